mock_provider "idv" {}

run "events_are_encrypted" {
  command = plan

  assert {
    condition     = can(regex("^https://|^http://(localhost|127\\.0\\.0\\.1|\\[::1\\])[:/]", idv_vult_webhook.events.url))
    error_message = "The address of the webhook begins with http://."
  }
}
