terraform {
  required_version = ">= 1.10"
}

# The token that the provider signs its own requests with. It is in no plan and in no state.
ephemeral "idv_vult_access_token" "main" {}

# A provisioner, a provider block and a write-only attribute may take it: here a script that looks at the tenant after each
# change of the webhook.
resource "terraform_data" "smoke_test" {
  triggers_replace = idv_vult_webhook.events.id

  provisioner "local-exec" {
    command     = "python3 ${path.module}/smoke_test.py"
    environment = { VULT_TOKEN = ephemeral.idv_vult_access_token.main.access_token }
  }
}

resource "idv_vult_webhook" "events" {
  name = "events"
  url  = "https://hooks.example.com/idv"
}
