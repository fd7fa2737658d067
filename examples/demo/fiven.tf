# Requests access to the credentials of a party. A destroy removes it from state only; the party's consent stays.
resource "idv_fiven_credentials_access_request" "alice" {
  party_id  = "alice::1220abcd"
  providers = ["GOOGLE", "GITHUB"]
}

data "idv_fiven_human_score" "us" {}
