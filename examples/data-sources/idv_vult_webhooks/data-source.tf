data "idv_vult_webhooks" "all" {}

output "webhook_ids" {
  value = { for webhook in data.idv_vult_webhooks.all.webhooks : webhook.name => webhook.id... }
}
