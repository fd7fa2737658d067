# Asks a party for its credentials. Destroy forgets the request; the party's consent stays.
resource "idv_fiven_credentials_access_request" "alice" {
  party_id  = "alice::1220abcd"
  providers = ["GOOGLE", "GITHUB"]
}

data "idv_fiven_human_score" "us" {}
