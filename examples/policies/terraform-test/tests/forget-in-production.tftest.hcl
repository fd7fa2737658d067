mock_provider "idv" {}

# For the configuration of a production tenant.
run "destroy_does_not_forget" {
  command = plan

  assert {
    condition     = idv_vult_weights.tenant.on_destroy != "forget"
    error_message = "A destroy leaves the settings of the production tenant, and nobody manages them."
  }
}
