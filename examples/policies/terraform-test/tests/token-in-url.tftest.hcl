mock_provider "idv" {}

run "addresses_have_no_credential" {
  command = plan

  assert {
    condition = !can(regex(
      "(?i)^https?://[^/?#]*@|[?&](access_token|api_key|key|password|secret|sig|signature|token)=[^&]",
      idv_vult_webhook.events.url
    ))
    error_message = "The address of the webhook contains a credential."
  }
}
