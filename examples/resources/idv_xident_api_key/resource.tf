provider "idv" {
  xident = { api = "verify/v1" } # `v1` has no API keys; the rest comes from IDV_XIDENT_... in the environment
}

resource "idv_xident_api_key" "checkout" {
  name         = "checkout"
  callback_url = "https://shop.example.com/verified"
  expires_at   = "2027-01-01T00:00:00Z"
}
