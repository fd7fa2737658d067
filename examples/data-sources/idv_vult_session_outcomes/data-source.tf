# The sessions of the first quarter, as numbers.
data "idv_vult_session_outcomes" "quarter" {
  from = "2026-01-01T00:00:00Z"
  to   = "2026-04-01T00:00:00Z"
}

output "sessions" {
  value = {
    total      = data.idv_vult_session_outcomes.quarter.total
    share      = data.idv_vult_session_outcomes.quarter.verified_share
    by_weights = data.idv_vult_session_outcomes.quarter.by_weights_id
  }
}
