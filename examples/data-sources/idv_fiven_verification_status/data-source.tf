data "idv_fiven_verification_status" "of_a_link" {
  token = "verify_token_abc123" # idv-lint: ignore=literal-secret the token of every sandbox
}

output "status" {
  value = data.idv_fiven_verification_status.of_a_link.status
}
