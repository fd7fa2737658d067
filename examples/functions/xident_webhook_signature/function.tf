# What a test of a webhook's receiver sends along.
output "older_form" {
  value     = provider::idv::xident_webhook_signature(local.payload, var.webhook_secret)
  sensitive = true
}

output "todays_form" {
  value     = "t=1700000000,v1=${provider::idv::xident_webhook_signature("1700000000.${local.payload}", var.webhook_secret)}"
  sensitive = true
}

locals {
  payload = jsonencode({ event = "session.completed" })
}

variable "webhook_secret" {
  description = "The secret of the webhook."
  type        = string
  sensitive   = true
}
