# Looks through the session that `template_session_id` of the provider block names.
data "idv_onekosmos_proofing_templates" "driver_license" {
  document_type = "dl_object"
}

output "template_ids" {
  value = data.idv_onekosmos_proofing_templates.driver_license.templates[*].id
}
