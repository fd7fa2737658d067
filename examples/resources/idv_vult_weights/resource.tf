# The tenant's own weights. What is left out keeps the tenant's value.
resource "idv_vult_weights" "tenant" {
  onboarding_face_encoding_tolerance = 0.55
  ofac_fuzzy_match_weight            = 12
}

# The weights of one client. Destroy puts back what was there before.
resource "idv_vult_weights" "client" {
  client_id                  = "client-7"
  minimum_liveness_tolerance = 0.8
  on_destroy                 = "restore"
}
