resource "idv_fiven_credentials_access_request" "alice" {
  party_id  = "alice::1220abcd"
  providers = ["GOOGLE", "GITHUB"]
}
