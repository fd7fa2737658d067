# The tenant's current weights.
data "idv_vult_weights" "current" {}

# An earlier set, by the id that a verification session names in `idv_weights_id`.
data "idv_vult_weights" "before" {
  weights_id = "wgt_initial"
}

output "sanctions_weight" {
  value = {
    before = data.idv_vult_weights.before.ofac_fuzzy_match_weight
    now    = data.idv_vult_weights.current.ofac_fuzzy_match_weight
  }
}
