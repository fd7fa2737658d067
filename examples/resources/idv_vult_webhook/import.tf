import {
  to = idv_vult_webhook.events
  id = "whk_000001" # or "client-7/whk_000001"
}
