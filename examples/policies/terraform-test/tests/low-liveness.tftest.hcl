mock_provider "idv" {}

run "liveness_has_a_bound" {
  command = plan

  assert {
    condition     = idv_vult_weights.tenant.minimum_liveness_tolerance >= 0.8
    error_message = "minimum_liveness_tolerance is below 0.8."
  }
}
