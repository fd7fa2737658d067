# The project's API keys, without their secrets. Needs `api = "verify/v1"` in the provider block.
list "idv_xident_api_key" "all" {
  provider = idv
}
