mock_provider "idv" {}

run "sanctions_count" {
  command = plan

  assert {
    condition     = idv_vult_weights.tenant.ofac_fuzzy_match_weight > 0
    error_message = "A match on the OFAC sanctions list does not change the score."
  }
}
