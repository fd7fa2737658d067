terraform {
  required_version = ">= 1.16" # 1.15 has no before_destroy and after_destroy
}

# Before the webhook is deleted, the session that was made to test it loses the person's data.
action "idv_vult_anonymize_session" "test_person" {
  config {
    session_id = "ses_000002"
  }
}

resource "idv_vult_webhook" "staging" {
  name = "staging"
  url  = "https://hooks.example.com/idv/staging"

  lifecycle {
    action_trigger {
      events  = [before_destroy]
      actions = [action.idv_vult_anonymize_session.test_person]
    }
  }
}

# After the pipeline is gone, no copy of its key signs in any more.
action "idv_onekosmos_reset_service_key" "pipeline" {
  config {
    tag = "pipeline"
  }
}

resource "terraform_data" "pipeline" {
  input = "nightly"

  lifecycle {
    action_trigger {
      events  = [after_destroy]
      actions = [action.idv_onekosmos_reset_service_key.pipeline]
    }
  }
}
