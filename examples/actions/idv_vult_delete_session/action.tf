terraform {
  required_version = ">= 1.14" # 1.13 would pass over the action without a word
}

# To do it: terraform apply -invoke=action.idv_vult_delete_session.test_person
action "idv_vult_delete_session" "test_person" {
  config {
    session_id = "ses_000001"
  }
}
