terraform {
  required_version = ">= 1.10"
}

resource "idv_didit_webhook_destination" "events" {
  label             = "events"
  url               = "https://hooks.example.com/didit"
  subscribed_events = ["status.updated"]
}

# The key by which Didit signs these events. It is in no plan and in no state.
ephemeral "idv_didit_webhook_destination" "events" {
  id = idv_didit_webhook_destination.events.id
}

# Hand it to what checks the signatures: usually a write-only attribute of a secret store.
resource "terraform_data" "receiver" {
  triggers_replace = idv_didit_webhook_destination.events.id

  provisioner "local-exec" {
    command     = "test -n \"$DIDIT_WEBHOOK_SECRET\"" # the program that keeps it goes here
    environment = { DIDIT_WEBHOOK_SECRET = ephemeral.idv_didit_webhook_destination.events.secret_shared_key }
  }
}
