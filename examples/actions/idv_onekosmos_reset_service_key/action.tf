terraform {
  required_version = ">= 1.14" # 1.13 would pass over the action without a word
}

# To do it at once: terraform apply -invoke=action.idv_onekosmos_reset_service_key.pipeline
action "idv_onekosmos_reset_service_key" "pipeline" {
  config {
    tag = "pipeline"
  }
}

# To do it with something else: whenever the text changes, as it does when somebody leaves the team.
resource "terraform_data" "team" {
  input = "ada, alan, grace"

  lifecycle {
    action_trigger {
      events  = [after_update]
      actions = [action.idv_onekosmos_reset_service_key.pipeline]
    }
  }
}
