terraform {
  required_version = ">= 1.10"
}

# The token that the provider signs its own requests with. It is in no plan and in no state.
ephemeral "idv_fiven_access_token" "main" {}

# A provider block, a provisioner and a write-only attribute may take it. Terraform prints nothing of what such a provisioner says.
resource "terraform_data" "report" {
  triggers_replace = "2026-11" # change it to have another one

  provisioner "local-exec" {
    command     = "test -n \"$FIVEN_TOKEN\"" # the program that asks 5N ID goes here
    environment = { FIVEN_TOKEN = ephemeral.idv_fiven_access_token.main.access_token }
  }
}
