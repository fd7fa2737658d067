terraform {
  required_version = ">= 1.14" # 1.13 would pass over the action without a word
}

# To do it: terraform apply -invoke=action.idv_fiven_request_credentials.remind_alice
action "idv_fiven_request_credentials" "remind_alice" {
  config {
    party_id  = "alice::1220abcd"
    providers = ["GOOGLE", "GITHUB"]
  }
}
