//! Mistakes with Xident: keys, scopes, allowance, limits, images, and the generation of the API.

use expect_test::{Expect, expect};
use serde_json::json;

use super::Bench;

const USAGE: &str = "data \"idv_xident_usage\" \"all\" {}\n";

const ENTRY: &str = r#"
resource "idv_xident_blacklist_entry" "main" {
  reason        = "fraud"
  face_image_wo = "ZmFjZQ=="
}
"#;

/// The errors of an apply.
fn apply(bench: &Bench, configuration: &str, expected: &Expect) {
    bench.workspace.configure(configuration);
    bench.check(bench.workspace.apply(), expected);
}

#[test]
fn a_wrong_key() {
    Bench::new().variable("IDV_XIDENT_SECRET_KEY", "sk_live_wrong").plan(USAGE, &expect![[r#"
        Error: Xident: reading the usage failed: the response was 401 Unauthorized (unauthorized: the API key is missing or not valid)
          in data "idv_xident_usage" "all": `data "idv_xident_usage" "all" {}`
        Request: GET XIDENT_URL/v1/usage
        Check the credentials for Xident: that they are current, complete and meant for this address.
        The key is `secret_key` in `xident = { ... }` of the provider block, or IDV_XIDENT_SECRET_KEY. Check that it is complete, not revoked, belongs to this project, and begins with `sk_`; and that `api` (or IDV_XIDENT_API) is the generation of the API that the key is for."#]]);
}

#[test]
fn no_key() {
    let bench = Bench::new().variable("IDV_XIDENT_SECRET_KEY", "");
    bench.plan(USAGE, &expect![[r#"
        Error: Xident: putting the key on the request failed: this call needs `secret_key`, and none is configured
          in data "idv_xident_usage" "all": `data "idv_xident_usage" "all" {}`
        It was needed for reading the usage.
        Nothing was sent.
        Set `secret_key` in `xident = { ... }` of the provider block, or the environment variable IDV_XIDENT_SECRET_KEY."#]]);
    bench.variable("IDV_XIDENT_PUBLISHABLE_KEY", "").plan(USAGE, &expect![[r#"
        Error: `xident.secret_key` is missing
          in provider "idv": `provider "idv" {}`
        Xident authenticates callers by the key of their project. Set `secret_key` in `xident = { ... }` of the provider block, or the environment variable `IDV_XIDENT_SECRET_KEY`."#]]);
}

#[test]
fn keys_that_are_swapped() {
    let bench = Bench::new().variable("IDV_XIDENT_SECRET_KEY", "pk_test_sandbox_a40d92");
    bench.variable("IDV_XIDENT_PUBLISHABLE_KEY", "sk_test_sandbox_5c1e77").plan(
        USAGE,
        &expect![[r#"
        Error: Environment variable `IDV_XIDENT_SECRET_KEY` cannot be used
          in provider "idv": `provider "idv" {}`
        `IDV_XIDENT_SECRET_KEY` is a publishable key: set it in `publishable_key`.

        Error: Environment variable `IDV_XIDENT_PUBLISHABLE_KEY` cannot be used
          in provider "idv": `provider "idv" {}`
        `IDV_XIDENT_PUBLISHABLE_KEY` is a secret key: set it in `secret_key`."#]],
    );
}

#[test]
fn a_key_without_the_scope() {
    let bench = Bench::new();
    bench.sandbox.change_state(|state| state["xident"]["scopes"] = json!(["blacklist"]));
    bench.plan(USAGE, &expect![[r#"
        Error: Xident: reading the usage failed: the response was 403 Forbidden (INSUFFICIENT_SCOPE: the key lacks the scope usage)
          in data "idv_xident_usage" "all": `data "idv_xident_usage" "all" {}`
        Request: GET XIDENT_URL/v1/usage
        Xident accepts the credentials, but they lack a permission. Ask its administrator for it.
        The key in `secret_key` of `xident = { ... }`, or IDV_XIDENT_SECRET_KEY, lacks the scope for this call. Check the key's scopes in Xident's dashboard, or use a key that has it."#]]);
}

#[test]
fn a_publishable_key_without_its_prefix_in_place_of_the_secret_key() {
    let bench = Bench::new().variable("IDV_XIDENT_SECRET_KEY", "old-style-public-key");
    bench.sandbox.change_state(|state| state["xident"]["publishable_key"] = json!("old-style-public-key"));
    bench.plan(USAGE, &expect![[r#"
        Error: Xident: reading the usage failed: the response was 403 Forbidden (SECRET_KEY_REQUIRED: this endpoint needs the secret key)
          in data "idv_xident_usage" "all": `data "idv_xident_usage" "all" {}`
        Request: GET XIDENT_URL/v1/usage
        Xident accepts the credentials, but they lack a permission. Ask its administrator for it.
        The call needs the secret key. Check that `secret_key` in `xident = { ... }` of the provider block, or IDV_XIDENT_SECRET_KEY, begins with `sk_` and is not the publishable key."#]]);
}

#[test]
fn a_wrong_publishable_key() {
    let bench = Bench::new().variable("IDV_XIDENT_PUBLISHABLE_KEY", "pk_live_wrong");
    bench.plan("data \"idv_xident_requirements\" \"main\" {}\n", &expect![[r#"
        Error: Xident: checking the requirements failed: the response was 401 Unauthorized (unauthorized: the API key is missing or not valid)
          in data "idv_xident_requirements" "main": `data "idv_xident_requirements" "main" {}`
        Request: POST XIDENT_URL/v1/requirements/check
        Check the credentials for Xident: that they are current, complete and meant for this address.
        The key is `publishable_key` in `xident = { ... }` of the provider block, or IDV_XIDENT_PUBLISHABLE_KEY. Check that it is complete, belongs to this project, and begins with `pk_`."#]]);
}

#[test]
fn an_exhausted_allowance() {
    let bench = Bench::new();
    bench.sandbox.change_state(|state| state["xident"]["allowance"] = json!(0));
    apply(
        &bench,
        ENTRY,
        &expect![[r#"
            Error: Xident: adding a face to the blacklist failed: the response was 402 Payment Required (ALLOWANCE_EXHAUSTED: the allowance of the project is used up)
              in resource "idv_xident_blacklist_entry" "main": `resource "idv_xident_blacklist_entry" "main" {`
            Request: POST XIDENT_URL/v1/blacklist/add
            Your Xident plan does not include this call, or its quota is used up.
            The project is the one that `secret_key` (or IDV_XIDENT_SECRET_KEY) belongs to. Check its plan and billing in Xident's dashboard, then apply again. Objects that were created before are in state."#]],
    );
}

#[test]
fn an_image_that_is_too_large_for_the_vendor() {
    let bench = Bench::new();
    bench.sandbox.fault(&json!({
        "vendor": "xident", "method": "POST", "path": "/v1/blacklist/add", "kind": "status", "status": 413, "times": 1
    }));
    apply(
        &bench,
        ENTRY,
        &expect![[r#"
            Error: Xident: adding a face to the blacklist failed: the response was 413 Payload Too Large (payload_too_large)
              in resource "idv_xident_blacklist_entry" "main": `resource "idv_xident_blacklist_entry" "main" {`
            Request: POST XIDENT_URL/v1/blacklist/add
            Xident rejected the request. Change the value that it names.
            The image in `face_image_wo` (or `face_image`) is too large: Xident accepts at most 10,000,000 characters of base64. Use a smaller image."#]],
    );
}

#[test]
fn an_image_that_is_not_base64() {
    Bench::new().validate(
        &ENTRY.replace("ZmFjZQ==", "face.jpg"),
        &expect![[r#"
        Error: Wrong value for `face_image_wo`
          in resource "idv_xident_blacklist_entry" "main": `face_image_wo = "face.jpg"`
        `face_image_wo` is not standard base64: give the image with `filebase64(...)`."#]],
    );
}

#[test]
fn an_entry_without_an_image() {
    let bench = Bench::new();
    bench.workspace.configure(&ENTRY.replace("face_image_wo = \"ZmFjZQ==\"", ""));
    expect![[r#"
        Warning: `face_image` is missing for the blacklist entry "fraud"
          in resource "idv_xident_blacklist_entry" "main": `resource "idv_xident_blacklist_entry" "main" {`
        To create or change the blacklist entry, the vendor needs `face_image`, and the configuration sets neither `face_image_wo` nor `face_image`. The plan shows the change, and an apply fails. Set `face_image_wo`, or `face_image` on a Terraform before 1.11."#]].assert_eq(&bench.workspace.plan().warnings());
    bench.check(bench.workspace.apply_saved(), &expect![[r#"
        Error: `face_image` is missing for the blacklist entry "fraud"
          in resource "idv_xident_blacklist_entry" "main": `resource "idv_xident_blacklist_entry" "main" {`
        To create or change the blacklist entry, the vendor needs `face_image`, and the configuration sets neither `face_image_wo` nor `face_image`. The plan shows the change, and an apply fails. Set `face_image_wo`, or `face_image` on a Terraform before 1.11."#]]);
}

#[test]
fn a_rate_limit_that_lasts_longer_than_the_longest_wait() {
    let bench = Bench::new();
    bench.sandbox.fault(&json!({
        "vendor": "xident", "path": "/v1/usage", "kind": "status", "status": 429, "retry_after": 600, "times": 9
    }));
    bench.plan(USAGE, &expect![[r#"
        Error: Xident: reading the usage failed: the response was 429 Too Many Requests (rate_limited)
          in data "idv_xident_usage" "all": `data "idv_xident_usage" "all" {}`
        Request: GET XIDENT_URL/v1/usage
        Xident received too many requests. Wait, then try again.
        The vendor requests a wait of 600s; the longest wait is 60s.
        Xident limits each endpoint, such as `/blacklist` to 30 requests a minute, for all users of this key together. Check what else uses the key.
        To send fewer requests, set `requests_per_minute` beside the vendor's credentials, or lower `max_concurrent_requests` in the provider block, or IDV_MAX_CONCURRENT_REQUESTS."#]]);
}

#[test]
fn objects_of_the_other_generation() {
    Bench::new().variable("IDV_XIDENT_API", "verify/v1").plan(
        USAGE,
        &expect![[r#"
        Error: Xident: reading the usage failed: the API `verify/v1` has no such call
          in data "idv_xident_usage" "all": `data "idv_xident_usage" "all" {}`
        Nothing was sent.
        `v1` has it: set `api = "v1"` in `xident = { ... }` of the provider block, or IDV_XIDENT_API."#]],
    );
    apply(
        &Bench::new(),
        "resource \"idv_xident_api_key\" \"main\" {\n  name = \"shop\"\n}\n",
        &expect![[r#"
            Error: Xident: listing the API keys failed: the API `v1` has no such call
              in resource "idv_xident_api_key" "main": `resource "idv_xident_api_key" "main" {`
            Nothing was sent.
            `verify/v1` has it: set `api = "verify/v1"` in `xident = { ... }` of the provider block, or IDV_XIDENT_API."#]],
    );
}

#[test]
fn a_period_that_ends_before_it_begins() {
    let period = "data \"idv_xident_usage\" \"all\" {\n  start_date = \"2026-02-01\"\n  end_date = \"2026-01-31\"\n}\n";
    Bench::new().validate(
        period,
        &expect![[r#"
        Error: The period ends before it begins
          in data "idv_xident_usage" "all": `start_date = "2026-02-01"`
        `start_date` is `2026-02-01`, which is after `2026-01-31`. Swap them."#]],
    );
}

#[test]
fn a_user_who_is_already_enrolled() {
    let bench = Bench::new().variable("IDV_XIDENT_API", "verify/v1");
    bench.sandbox.change_state(|state| {
        state["xident"]["faces"] = json!({"user-456": {"id": 7, "image": "AA==", "enrolled_at": 1_700_000_000}});
    });
    let enrollment = "resource \"idv_xident_face_enrollment\" \"main\" {\n  user_id       = \"user-456\"\n  face_image_wo = \"ZmFjZQ==\"\n}\n";
    apply(
        &bench,
        enrollment,
        &expect![[r#"
            Error: The enrollment "user-456" exists already
              in resource "idv_xident_face_enrollment" "main": `resource "idv_xident_face_enrollment" "main" {`
            The user `user-456` is already enrolled at Xident, and another image would replace the one they sign in with. Nothing was sent. To manage the existing enrollment, add this block beside the resource and apply again:

            import {
              to = idv_xident_face_enrollment.NAME
              id = "user-456"
            }"#]],
    );
    assert_eq!(bench.sandbox.state()["xident"]["faces"]["user-456"]["image"], "AA==");
}

#[test]
fn an_entry_of_the_other_generation() {
    let bench = Bench::new();
    bench.workspace.configure(ENTRY);
    bench.workspace.apply().succeeded();
    bench.variable("IDV_XIDENT_API", "verify/v1").plan(ENTRY, &expect![[r#"
        Error: The blacklist entry "bl_000001" is of the other API
          in resource "idv_xident_blacklist_entry" "main": `resource "idv_xident_blacklist_entry" "main" {`
        The blacklist entry `bl_000001` was added through the API `v1`, and `verify/v1` numbers entries differently, so it cannot be found there. Set `api = "v1"` in `xident = { ... }`, or remove the entry from state and import it by its number; `terraform query` lists them."#]]);
}
