# The phone numbers that are blocked.
list "idv_didit_list_entry" "blocked_phones" {
  provider = idv
  limit    = 1000

  config {
    list_id = "b0000000-0000-4000-8000-000000000003"
  }
}
