# Rolls the tenant's weights back to an earlier set, which VULT keeps by its id.

# The sets that scored the sessions of the last 90 days, with the number of sessions of each.
data "idv_vult_session_outcomes" "recent" {
  days = 90
}

output "weights_in_use" {
  value = data.idv_vult_session_outcomes.recent.by_weights_id
}

variable "weights_id" {
  description = "The earlier set, such as one of `weights_in_use`."
  type        = string
  default     = "wgt_initial"
}

data "idv_vult_weights" "earlier" {
  weights_id = var.weights_id
}

resource "idv_vult_weights" "tenant" {
  onboarding_face_encoding_tolerance       = data.idv_vult_weights.earlier.onboarding_face_encoding_tolerance
  verified_account_face_encoding_tolerance = data.idv_vult_weights.earlier.verified_account_face_encoding_tolerance
  driver_license_fuzzy_match_tolerance     = data.idv_vult_weights.earlier.driver_license_fuzzy_match_tolerance
  driver_license_fuzzy_match_weight        = data.idv_vult_weights.earlier.driver_license_fuzzy_match_weight
  state_id_fuzzy_match_tolerance           = data.idv_vult_weights.earlier.state_id_fuzzy_match_tolerance
  state_id_fuzzy_match_weight              = data.idv_vult_weights.earlier.state_id_fuzzy_match_weight
  passport_fuzzy_match_tolerance           = data.idv_vult_weights.earlier.passport_fuzzy_match_tolerance
  passport_fuzzy_match_weight              = data.idv_vult_weights.earlier.passport_fuzzy_match_weight
  passport_card_fuzzy_match_tolerance      = data.idv_vult_weights.earlier.passport_card_fuzzy_match_tolerance
  passport_card_fuzzy_match_weight         = data.idv_vult_weights.earlier.passport_card_fuzzy_match_weight
  ofac_fuzzy_match_tolerance               = data.idv_vult_weights.earlier.ofac_fuzzy_match_tolerance
  ofac_fuzzy_match_weight                  = data.idv_vult_weights.earlier.ofac_fuzzy_match_weight
  suspicious_words_weight                  = data.idv_vult_weights.earlier.suspicious_words_weight
  image_manipulation_weight                = data.idv_vult_weights.earlier.image_manipulation_weight
  online_duplication_weight                = data.idv_vult_weights.earlier.online_duplication_weight
  is_identity_document_weight              = data.idv_vult_weights.earlier.is_identity_document_weight
  aamva_match_tolerance                    = data.idv_vult_weights.earlier.aamva_match_tolerance
  aamva_match_weight                       = data.idv_vult_weights.earlier.aamva_match_weight
  idv_session_tolerance                    = data.idv_vult_weights.earlier.idv_session_tolerance
  minimum_liveness_tolerance               = data.idv_vult_weights.earlier.minimum_liveness_tolerance
  passive_active_skip_tolerance            = data.idv_vult_weights.earlier.passive_active_skip_tolerance
  gender_probability_tolerance             = data.idv_vult_weights.earlier.gender_probability_tolerance
  gender_weight                            = data.idv_vult_weights.earlier.gender_weight
  expression_tolerance                     = data.idv_vult_weights.earlier.expression_tolerance
  age_tolerance                            = data.idv_vult_weights.earlier.age_tolerance
  age_weight                               = data.idv_vult_weights.earlier.age_weight
  direction_tolerance                      = data.idv_vult_weights.earlier.direction_tolerance
}
