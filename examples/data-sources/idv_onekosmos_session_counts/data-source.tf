# How often the template of driver licenses was used, and how the sessions ended.
data "idv_onekosmos_session_counts" "driver_license" {
  document_type = "dl_object"
  dvc_id        = "dvc_sandbox"
}

output "sessions" {
  value = data.idv_onekosmos_session_counts.driver_license.by_status
}
