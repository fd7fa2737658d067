# The webhooks with a text in name or address.
list "idv_vult_webhook" "events" {
  provider = idv
  limit    = 1000

  config {
    search_term = "events"
  }
}
