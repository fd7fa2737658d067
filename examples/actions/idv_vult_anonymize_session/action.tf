terraform {
  required_version = ">= 1.14" # 1.13 would pass over the action without a word
}

# To do it: terraform apply -invoke=action.idv_vult_anonymize_session.request_4711
action "idv_vult_anonymize_session" "request_4711" {
  config {
    session_id = "ses_000002"
  }
}
