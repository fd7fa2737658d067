import {
  to       = idv_didit_webhook_destination.events
  identity = { id = "d0000000-0000-4000-8000-000000000001" }
}
