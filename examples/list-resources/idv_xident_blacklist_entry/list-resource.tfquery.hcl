# The faces that were put on the blacklist for one reason. Needs `api = "verify/v1"` in the provider block.
list "idv_xident_blacklist_entry" "fraud" {
  provider = idv
  limit    = 1000

  config {
    reason = "fraud"
  }
}
