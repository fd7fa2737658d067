data "idv_fiven_credentials" "all" {}

output "parties" {
  value = distinct(data.idv_fiven_credentials.all.credentials[*].party_id)
}
