resource "idv_didit_webhook_destination" "events" {
  label             = "events"
  url               = "https://hooks.example.com/didit"
  webhook_version   = "v3"
  subscribed_events = ["status.updated", "data.updated"]
}
