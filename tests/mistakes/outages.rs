//! A vendor that fails, is too slow, or is not the one that the configuration means: whose move it is, and which attribute
//! or variable to look at.

use expect_test::expect;
use serde_json::json;

use super::Bench;

const WEBHOOKS: &str = "data \"idv_vult_webhooks\" \"all\" {}";
const LISTS: &str = "data \"idv_didit_lists\" \"all\" {}";

/// The token is given out, the list fails, and nothing is repeated.
fn with_fault(mut fault: serde_json::Value) -> Bench {
    let bench = Bench::new().variable("IDV_MAX_RETRIES", "0");
    fault["vendor"] = "vult".into();
    fault["path"] = "/webhook/list".into();
    bench.sandbox.fault(&fault);
    bench
}

#[test]
fn a_vendor_that_fails() {
    with_fault(json!({"kind": "status", "status": 500})).plan(
        WEBHOOKS,
        &expect![[r#"
        Error: VULT: listing the webhooks failed: the answer was 500 Internal Server Error (Internal Server Error)
          in data "idv_vult_webhooks" "all": `data "idv_vult_webhooks" "all" {}`
        Request: POST VULT_URL/webhook/list
        It is VULT's move. Try again later; if it stays, give its support the time and the request."#]],
    );
    let named = json!({"kind": "status", "status": 502, "headers": {"X-Request-Id": "r-18"}});
    with_fault(named).plan(
        WEBHOOKS,
        &expect![[r#"
        Error: VULT: listing the webhooks failed: the answer was 502 Bad Gateway (Bad Gateway)
          in data "idv_vult_webhooks" "all": `data "idv_vult_webhooks" "all" {}`
        Request: POST VULT_URL/webhook/list
        Request id for the vendor's support: r-18
        It is VULT's move. Try again later; if it stays, give its support the time and the request id."#]],
    );
}

#[test]
fn a_vendor_that_is_too_slow() {
    let bench = with_fault(json!({"kind": "delay", "delay_ms": 3000})).variable("IDV_REQUEST_TIMEOUT", "1");
    bench.plan(WEBHOOKS, &expect![[r#"
        Error: VULT: listing the webhooks failed: `VULT_HOST` did not answer within 1s
          in data "idv_vult_webhooks" "all": `data "idv_vult_webhooks" "all" {}`
        Request: POST VULT_URL/webhook/list
        VULT, or something on the way to it, was too slow. Try again.
        The address is `base_url` in `vult = { ... }`, or IDV_VULT_BASE_URL.
        If it happens often, raise `request_timeout` in the provider block, or IDV_REQUEST_TIMEOUT: the seconds that one attempt may take.
        Cause: error sending request: operation timed out"#]]);
}

#[test]
fn a_vendor_that_is_asked_too_often() {
    with_fault(json!({"kind": "status", "status": 429})).plan(WEBHOOKS, &expect![[r#"
        Error: VULT: listing the webhooks failed: the answer was 429 Too Many Requests (Too Many Requests)
          in data "idv_vult_webhooks" "all": `data "idv_vult_webhooks" "all" {}`
        Request: POST VULT_URL/webhook/list
        VULT was asked too often. Wait, then try again.
        To ask less often, set `requests_per_minute` beside the vendor's credentials, or lower `max_concurrent_requests` in the provider block, or IDV_MAX_CONCURRENT_REQUESTS."#]]);
}

#[test]
fn a_page_for_people_in_place_of_an_answer() {
    with_fault(json!({"kind": "garbage"})).plan(WEBHOOKS, &expect![[r#"
        Error: VULT: listing the webhooks failed: the answer is not complete JSON: expected value at line 1 column 1
          in data "idv_vult_webhooks" "all": `data "idv_vult_webhooks" "all" {}`
        Request: POST VULT_URL/webhook/list
        The answer of VULT differs from its documentation as this version knows it. Check that the base URL is the API's; if it is, report the lines above to the provider's developers.
        The address is `base_url` in `vult = { ... }`, or IDV_VULT_BASE_URL."#]]);
}

#[test]
fn an_address_that_gives_out_no_tokens() {
    let bench = Bench::new();
    let elsewhere = format!("{}/token", bench.sandbox.url("didit"));
    bench.variable("IDV_VULT_TOKEN_URL", &elsewhere).plan(WEBHOOKS, &expect![[r#"
        Error: VULT: asking for an access token failed: the answer was 404 Not Found (the sandbox does not serve POST /token)
          in data "idv_vult_webhooks" "all": `data "idv_vult_webhooks" "all" {}`
        Request: POST DIDIT_URL/token
        It was needed for listing the webhooks.
        Check the address: nothing there gives out tokens.
        Tokens are asked for at `token_url` in `vult = { ... }`, or IDV_VULT_TOKEN_URL. Without it that is the address that `openapi_file` names, or `/oauth/token` below `base_url`, or IDV_VULT_BASE_URL."#]]);
}

#[test]
fn the_address_of_another_service() {
    let bench = Bench::new();
    let elsewhere = bench.sandbox.url("vult").to_owned();
    bench.variable("IDV_DIDIT_BASE_URL", &elsewhere).plan(LISTS, &expect![[r#"
        Error: Didit: listing the lists failed: the answer was 404 Not Found (Not Found: the sandbox does not serve GET /v3/lists/)
          in data "idv_didit_lists" "all": `data "idv_didit_lists" "all" {}`
        Request: GET VULT_URL/v3/lists/?limit=100&offset=0
        Check the id and the base URL: the object was deleted, never existed, or the path is another one.
        The address is `base_url` in `didit = { ... }`, or IDV_DIDIT_BASE_URL."#]]);
}
