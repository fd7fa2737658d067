data "idv_xident_usage" "january" {
  start_date = "2026-01-01"
  end_date   = "2026-01-31"
}

output "verifications_in_january" {
  value = data.idv_xident_usage.january.summary.total_verifications
}
