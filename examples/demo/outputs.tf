output "vult_version" {
  description = "The version of the API that VULT's service runs."
  value       = data.idv_vult_service.this.version
}

output "webhook_ids" {
  description = "The id that VULT gave each webhook."
  value       = { for name, webhook in idv_vult_webhook.events : name => webhook.id }
}

output "documents_that_need_a_face" {
  description = "The documents on which a face must be found."
  value       = [for key, set in idv_vult_document_requirements.onboarding : key if set.face_encoding_required]
}

output "proofing_template_id" {
  description = "The id of the template."
  value       = idv_onekosmos_proofing_template.driver_license.id
}

output "service_key_id" {
  description = "The id of the service key, which a reset changes. Its secret is in neither plan nor state."
  value       = idv_onekosmos_service_key.pipeline.key_id
}

output "credentials_granted_by_alice" {
  description = "The contracts of the credentials that the party has granted, from which verification links are made."
  value       = idv_fiven_credentials_access_request.alice.contract_ids
}

output "human_score" {
  description = "How sure 5N ID is that there is a person."
  value       = data.idv_fiven_human_score.us.total_score
}

output "workflow_id" {
  description = "What sessions at Didit are begun with. It stays the same through all versions of the workflow."
  value       = idv_didit_workflow.kyc.workflow_id
}
