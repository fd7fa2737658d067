# The parties that have granted access. 5N ID shows no request that is pending.
list "idv_fiven_credentials_access_request" "all" {
  provider = idv
}
