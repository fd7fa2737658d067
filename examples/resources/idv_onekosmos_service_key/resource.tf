resource "idv_onekosmos_service_key" "pipeline" {
  tag         = "pipeline"
  rotate_when = { quarter = "2026-Q4" } # a change resets the key, once
}
