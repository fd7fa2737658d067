import {
  to       = idv_vult_webhook.events
  identity = { id = "whk_000001" }
}
