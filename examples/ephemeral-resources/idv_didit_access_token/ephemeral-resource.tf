terraform {
  required_version = ">= 1.10"
}

# The token that the provider signs its own requests with. It is in no plan and in no state. There is one where the provider
# signs in by `client_id` and `client_secret`; an `api_key` goes with requests as it is.
ephemeral "idv_didit_access_token" "main" {}

# A provider block, a provisioner and a write-only attribute may take it. Terraform prints nothing of what such a provisioner says.
resource "terraform_data" "report" {
  triggers_replace = "2026-11" # change it to have another one

  provisioner "local-exec" {
    command     = "test -n \"$DIDIT_TOKEN\"" # the program that asks Didit goes here
    environment = { DIDIT_TOKEN = ephemeral.idv_didit_access_token.main.access_token }
  }
}
