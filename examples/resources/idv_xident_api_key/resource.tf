provider "idv" {
  xident = { api = "verify/v1" } # `v1` has no API keys; the rest comes from IDV_XIDENT_... in the environment
}

# With `secret_recipient` the secret is in state only for the holder of a private key: `age-keygen -o key.txt` makes the pair.
resource "idv_xident_api_key" "checkout" {
  name             = "checkout"
  callback_url     = "https://shop.example.com/verified"
  expires_at       = "2027-01-01T00:00:00Z"
  secret_recipient = "age1ny5zlwqkkyj54m0nu3llykxxmdmf8nkj4zllcundyfczj46g25rs5sxd05" # yours
}

# terraform output -raw checkout_key | terraform-provider-idv decrypt --identity key.txt
output "checkout_key" {
  value = idv_xident_api_key.checkout.encrypted_secret
}
