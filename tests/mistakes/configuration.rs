//! Mistakes in the provider block and its variables.

use expect_test::expect;

use super::{Bench, WEBHOOK};

#[test]
fn vendor_is_not_configured() {
    let bench = Bench::new().variable("IDV_VULT_BASE_URL", "").variable("IDV_VULT_CLIENT_ID", "");
    bench.variable("IDV_VULT_CLIENT_SECRET", "").plan(WEBHOOK, &expect![[r#"
        Error: `vult` is not configured
          in resource "idv_vult_webhook" "events": `resource "idv_vult_webhook" "events" {`
        This object belongs to the vendor `vult`, and the provider has no configuration for it. Add `vult = { ... }` to the `provider "idv"` block, or set its attributes by environment variables that begin with `IDV_VULT_`."#]]);
}

#[test]
fn credentials_are_missing() {
    let bench = Bench::new().variable("IDV_VULT_CLIENT_ID", "").variable("IDV_VULT_CLIENT_SECRET", "");
    bench.plan(WEBHOOK, &expect![[r#"
        Error: `vult.client_id` is missing
          in provider "idv": `provider "idv" {}`
        VULT signs clients in by id and secret. Set `client_id` in `vult = { ... }` of the provider block, or the environment variable `IDV_VULT_CLIENT_ID`.

        Error: `vult.client_secret` is missing
          in provider "idv": `provider "idv" {}`
        VULT signs clients in by id and secret. Set `client_secret` in `vult = { ... }` of the provider block, or the environment variable `IDV_VULT_CLIENT_SECRET`."#]]);
}

#[test]
fn half_of_the_credentials_is_missing() {
    Bench::new().variable("IDV_VULT_CLIENT_SECRET", "").plan(WEBHOOK, &expect![[r#"
        Error: `vult.client_secret` is missing
          in provider "idv": `provider "idv" {}`
        VULT signs clients in by id and secret. Set `client_secret` in `vult = { ... }` of the provider block, or the environment variable `IDV_VULT_CLIENT_SECRET`."#]]);
}

#[test]
fn credentials_are_wrong() {
    Bench::new().variable("IDV_VULT_CLIENT_SECRET", "wrong").plan(
        &format!("{WEBHOOK}data \"idv_vult_webhooks\" \"all\" {{}}"),
        &expect![[r#"
            Error: VULT: requesting an access token failed: the response was 401 Unauthorized (invalid_client: client authentication failed)
              in data "idv_vult_webhooks" "all": `data "idv_vult_webhooks" "all" {}`
            Request: POST VULT_URL/oauth/token
            It was needed for listing the webhooks.
            Check the credentials for VULT: that they are current, complete and meant for this address.
            They are `client_id` and `client_secret` in `vult = { ... }` of the provider block, or IDV_VULT_CLIENT_ID and IDV_VULT_CLIENT_SECRET. If the token endpoint is elsewhere, set `token_url`; if it wants the credentials in the form, set `client_auth = "post"`."#]],
    );
}

#[test]
fn vendor_refuses_the_token() {
    let bench = Bench::new();
    bench.sandbox.fault(&serde_json::json!({
        "vendor": "vult", "path": "/webhook/list", "kind": "status", "status": 401, "times": 9
    }));
    bench.plan("data \"idv_vult_webhooks\" \"all\" {}", &expect![[r#"
        Error: VULT: listing the webhooks failed: the response was 401 Unauthorized (Unauthorized)
          in data "idv_vult_webhooks" "all": `data "idv_vult_webhooks" "all" {}`
        Request: POST VULT_URL/webhook/list (2 attempts)
        Check the credentials for VULT: that they are current, complete and meant for this address.
        They are `client_id` and `client_secret` in `vult = { ... }` of the provider block, or IDV_VULT_CLIENT_ID and IDV_VULT_CLIENT_SECRET. If the token endpoint is elsewhere, set `token_url`; if it wants the credentials in the form, set `client_auth = "post"`."#]]);
}

#[test]
fn permission_is_missing() {
    let bench = Bench::new();
    bench.sandbox.fault(&serde_json::json!({
        "vendor": "vult", "path": "/webhook/list", "kind": "status", "status": 403, "headers": {"X-Request-Id": "r-17"}
    }));
    bench.plan(
        "data \"idv_vult_webhooks\" \"all\" {}",
        &expect![[r#"
        Error: VULT: listing the webhooks failed: the response was 403 Forbidden (Forbidden)
          in data "idv_vult_webhooks" "all": `data "idv_vult_webhooks" "all" {}`
        Request: POST VULT_URL/webhook/list
        Request id for the vendor's support: r-17
        VULT accepts the credentials, but they lack a permission. Ask its administrator for it.
        The token may lack a scope. See `scopes` and `audience` in `vult = { ... }`."#]],
    );
}

#[test]
fn host_is_unreachable() {
    // A port on which nothing listens: the system gives none below 1024 away.
    let bench = Bench::new().variable("IDV_VULT_BASE_URL", "http://127.0.0.1:1").variable("IDV_MAX_RETRIES", "0");
    bench.plan("data \"idv_vult_webhooks\" \"all\" {}", &expect![[r#"
        Error: VULT: requesting an access token failed: no connection to `127.0.0.1:1`
          in data "idv_vult_webhooks" "all": `data "idv_vult_webhooks" "all" {}`
        Request: POST http://127.0.0.1:1/oauth/token
        It was needed for listing the webhooks.
        Check that VULT can be reached from this machine: the base URL, name resolution, a firewall, and the proxy variables `HTTPS_PROXY` and `NO_PROXY`.
        Tokens are requested at `token_url` in `vult = { ... }`, or IDV_VULT_TOKEN_URL. Without it, at the address in `openapi_file`, or at `/oauth/token` below `base_url`, or IDV_VULT_BASE_URL.
        Cause: error sending request: client error (Connect): tcp connect error: Connection refused"#]]);
}

#[test]
fn address_is_not_a_url() {
    let configuration = format!("provider \"idv\" {{\n  vult = {{ base_url = \"kyc.example.com\" }}\n}}\n{WEBHOOK}");
    Bench::new().validate(&configuration, &expect![[r#"
        Error: Wrong value for `base_url`
          in provider "idv": `vult = { base_url = "kyc.example.com" }`
        `vult.base_url` must be an absolute http or https URL, but it does not begin with `https://`; found `kyc.example.com`."#]]);
}

#[test]
fn several_mistakes_are_reported_at_once() {
    let configuration = r#"
provider "idv" {
  request_timeout = 0.5
  vult = {
    base_url    = "kyc.example.com"
    client_auth = "digest"
  }
}
"#;
    Bench::new().validate(&format!("{configuration}{WEBHOOK}"), &expect![[r#"
        Error: Wrong value for `base_url`
          in provider "idv": `base_url    = "kyc.example.com"`
        `vult.base_url` must be an absolute http or https URL, but it does not begin with `https://`; found `kyc.example.com`.

        Error: Wrong value for `client_auth`
          in provider "idv": `client_auth = "digest"`
        `vult.client_auth` must be `basic` or `post`; found `digest`.

        Error: Wrong value for `request_timeout`
          in provider "idv": `request_timeout = 0.5`
        `request_timeout` must be a whole number; found `0.5`.

        Error: Wrong value for `request_timeout`
          in provider "idv": `request_timeout = 0.5`
        `request_timeout` must be between 1 and 600; found `0.5`."#]]);
}

#[test]
fn variable_has_a_value_of_the_wrong_type() {
    let bench = Bench::new().variable("IDV_REQUEST_TIMEOUT", "soon").variable("IDV_MAX_RETRIES", "99");
    bench.variable("IDV_VULT_BASE_URL", "kyc.example.com").plan(WEBHOOK, &expect![[r#"
        Error: Environment variable `IDV_REQUEST_TIMEOUT` cannot be used
          in provider "idv": `provider "idv" {}`
        `IDV_REQUEST_TIMEOUT` must hold a number; found `soon`.

        Error: Environment variable `IDV_MAX_RETRIES` cannot be used
          in provider "idv": `provider "idv" {}`
        `IDV_MAX_RETRIES` must be between 0 and 20; found `99`.

        Error: Environment variable `IDV_VULT_BASE_URL` cannot be used
          in provider "idv": `provider "idv" {}`
        `IDV_VULT_BASE_URL` must be an absolute http or https URL, but it does not begin with `https://`; found `kyc.example.com`."#]]);
}

#[test]
fn value_is_known_only_after_an_apply() {
    let configuration = r#"
resource "terraform_data" "tenant" {
  input = "client-7"
}
provider "idv" {
  vult = { client_id = terraform_data.tenant.output }
}
data "idv_vult_webhooks" "all" {}
"#;
    Bench::new().plan(configuration, &expect![[r#"
        Error: `vult.client_id` is not known yet
          in data "idv_vult_webhooks" "all": `data "idv_vult_webhooks" "all" {}`
        `vult.client_id` of the provider block depends on a value that is known only after an apply, so the vendor cannot be called yet. Set it by an input variable or by the environment variable `IDV_VULT_CLIENT_ID`, or first apply the object that it depends on with `-target`."#]]);
}

#[test]
fn paths_have_a_typo_and_a_wrong_route() {
    let configuration = r#"
provider "idv" {
  vult = {
    paths = {
      webhook_lst    = "POST /hooks/list"
      webhook_create = "/hooks"
    }
  }
}
"#;
    Bench::new().plan(&format!("{configuration}{WEBHOOK}"), &expect![[r#"
        Error: Wrong route in `paths`
          in provider "idv": `webhook_lst    = "POST /hooks/list"`
        `paths["webhook_lst"]`: there is no such operation; the operations are get_weights, update_weights, get_weights_by_id, get_requirements, update_requirements, webhook_create, webhook_list, webhook_delete, session_list, anonymize_identity, session_anonymize, session_delete, root, ping, status, metrics, health, liveness, readiness, version.

        Error: Wrong route in `paths`
          in provider "idv": `webhook_create = "/hooks"`
        `paths["webhook_create"]`: `/hooks` is not a method and a path, such as "GET /v2/objects"."#]]);
}
