terraform {
  required_version = ">= 1.10"
}

ephemeral "idv_fiven_verification_link" "bob" {
  contract_id = "contract_123"
}

# A provisioner may take the link, and Terraform prints nothing of what such a one says.
resource "terraform_data" "invitation" {
  triggers_replace = "2026-11" # change it to send another one

  provisioner "local-exec" {
    command     = "test -n \"$LINK\"" # the program that sends it goes here
    environment = { LINK = ephemeral.idv_fiven_verification_link.bob.link }
  }
}
