data "idv_fiven_human_score" "us" {}

output "score" {
  value = data.idv_fiven_human_score.us.total_score
}
