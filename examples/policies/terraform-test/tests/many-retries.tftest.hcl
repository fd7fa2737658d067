mock_provider "idv" {}

run "retries_have_a_bound" {
  command = plan

  assert {
    condition     = idv_didit_workflow.kyc.max_retry_attempts <= 3
    error_message = "max_retry_attempts is above 3."
  }
}
