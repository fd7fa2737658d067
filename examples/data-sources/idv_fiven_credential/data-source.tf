data "idv_fiven_credential" "bob" {
  party_id = "bob::1220ef01"
}

output "status" {
  value = data.idv_fiven_credential.bob.status
}
