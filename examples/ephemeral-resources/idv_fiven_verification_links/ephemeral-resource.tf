terraform {
  required_version = ">= 1.10"
}

ephemeral "idv_fiven_verification_links" "batch" {
  contract_ids = ["contract_123"] # as many as there are: 100 go into one request
}

# A provisioner may take the links, and Terraform prints nothing of what such a one says.
resource "terraform_data" "invitations" {
  triggers_replace = "2026-11" # change it to send others

  provisioner "local-exec" {
    command = "test -n \"$LINKS\"" # the program that sends them goes here
    environment = {
      LINKS = jsonencode({ for row in ephemeral.idv_fiven_verification_links.batch.links : row.contract_id => row.link })
    }
  }
}
