import {
  to       = idv_onekosmos_service_key.pipeline
  identity = { tag = "pipeline" }
}
