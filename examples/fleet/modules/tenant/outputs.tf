output "webhook_id" {
  description = "The id of the webhook at VULT."
  value       = idv_vult_webhook.events.id
}

output "trusted_list_id" {
  description = "The id of the tenant's list at Didit."
  value       = idv_didit_list.trusted_phones.id
}
