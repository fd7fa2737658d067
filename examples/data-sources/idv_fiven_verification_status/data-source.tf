data "idv_fiven_verification_status" "of_a_link" {
  token = "verify_token_abc123"
}

output "status" {
  value = data.idv_fiven_verification_status.of_a_link.status
}
