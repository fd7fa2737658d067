//! Messages for a vendor that fails, is too slow, or is not the one that the configuration means: they name the cause and the
//! attribute or variable to check.

use expect_test::expect;
use serde_json::json;

use super::Bench;

const WEBHOOKS: &str = "data \"idv_vult_webhooks\" \"all\" {}";
const LISTS: &str = "data \"idv_didit_lists\" \"all\" {}";

/// A sandbox in which the token request succeeds, the list fails, and nothing is repeated.
fn with_fault(mut fault: serde_json::Value) -> Bench {
    let bench = Bench::new().variable("IDV_MAX_RETRIES", "0");
    fault["vendor"] = "vult".into();
    fault["path"] = "/webhook/list".into();
    bench.sandbox.fault(&fault);
    bench
}

#[test]
fn message_for_a_server_error() {
    with_fault(json!({"kind": "status", "status": 500})).plan(
        WEBHOOKS,
        &expect![[r#"
        Error: VULT: listing the webhooks failed: the response was 500 Internal Server Error (Internal Server Error)
          in data "idv_vult_webhooks" "all": `data "idv_vult_webhooks" "all" {}`
        Request: POST VULT_URL/webhook/list
        VULT failed. Try again later; if it persists, send the time and the request to its support."#]],
    );
    let named = json!({"kind": "status", "status": 502, "headers": {"X-Request-Id": "r-18"}});
    with_fault(named).plan(
        WEBHOOKS,
        &expect![[r#"
        Error: VULT: listing the webhooks failed: the response was 502 Bad Gateway (Bad Gateway)
          in data "idv_vult_webhooks" "all": `data "idv_vult_webhooks" "all" {}`
        Request: POST VULT_URL/webhook/list
        Request id for the vendor's support: r-18
        VULT failed. Try again later; if it persists, send the time and the request id to its support."#]],
    );
}

#[test]
fn message_for_a_timeout() {
    let bench = with_fault(json!({"kind": "delay", "delay_ms": 3000})).variable("IDV_REQUEST_TIMEOUT", "1");
    bench.plan(WEBHOOKS, &expect![[r#"
        Error: VULT: listing the webhooks failed: `VULT_HOST` did not respond within 1s
          in data "idv_vult_webhooks" "all": `data "idv_vult_webhooks" "all" {}`
        Request: POST VULT_URL/webhook/list
        VULT, or a proxy in between, was too slow. Try again.
        The address is `base_url` in `vult = { ... }`, or IDV_VULT_BASE_URL.
        If it happens often, increase `request_timeout` in the provider block, or IDV_REQUEST_TIMEOUT: the seconds that one attempt may take.
        Cause: error sending request: operation timed out"#]]);
}

#[test]
fn message_for_a_rate_limit() {
    with_fault(json!({"kind": "status", "status": 429})).plan(WEBHOOKS, &expect![[r#"
        Error: VULT: listing the webhooks failed: the response was 429 Too Many Requests (Too Many Requests)
          in data "idv_vult_webhooks" "all": `data "idv_vult_webhooks" "all" {}`
        Request: POST VULT_URL/webhook/list
        VULT received too many requests. Wait, then try again.
        To send fewer requests, set `requests_per_minute` beside the vendor's credentials, or lower `max_concurrent_requests` in the provider block, or IDV_MAX_CONCURRENT_REQUESTS."#]]);
}

#[test]
fn message_for_a_response_that_is_not_json() {
    with_fault(json!({"kind": "garbage"})).plan(WEBHOOKS, &expect![[r#"
        Error: VULT: listing the webhooks failed: the response is not complete JSON: expected value at line 1 column 1
          in data "idv_vult_webhooks" "all": `data "idv_vult_webhooks" "all" {}`
        Request: POST VULT_URL/webhook/list
        The response of VULT differs from its documentation as this version knows it. Check that the base URL is the API's; if it is, report the lines above to the provider's developers.
        The address is `base_url` in `vult = { ... }`, or IDV_VULT_BASE_URL."#]]);
}

#[test]
fn message_for_a_token_url_without_a_token_endpoint() {
    let bench = Bench::new();
    let elsewhere = format!("{}/token", bench.sandbox.url("didit"));
    bench.variable("IDV_VULT_TOKEN_URL", &elsewhere).plan(WEBHOOKS, &expect![[r#"
        Error: VULT: requesting an access token failed: the response was 404 Not Found (the sandbox does not serve POST /token)
          in data "idv_vult_webhooks" "all": `data "idv_vult_webhooks" "all" {}`
        Request: POST DIDIT_URL/token
        It was needed for listing the webhooks.
        Check the token URL: there is no token endpoint at it.
        Tokens are requested at `token_url` in `vult = { ... }`, or IDV_VULT_TOKEN_URL. Without it, at the address in `openapi_file`, or at `/oauth/token` below `base_url`, or IDV_VULT_BASE_URL."#]]);
}

#[test]
fn message_for_the_base_url_of_another_service() {
    let bench = Bench::new();
    let elsewhere = bench.sandbox.url("vult").to_owned();
    bench.variable("IDV_DIDIT_BASE_URL", &elsewhere).plan(LISTS, &expect![[r#"
        Error: Didit: listing the lists failed: the response was 404 Not Found (Not Found: the sandbox does not serve GET /v3/lists/)
          in data "idv_didit_lists" "all": `data "idv_didit_lists" "all" {}`
        Request: GET VULT_URL/v3/lists/?limit=100&offset=0
        The response is not in the form of Didit's errors: nothing serves this path, or a proxy responded in place of Didit. Check the base URL and the path. It does not say that an object is gone: if you know that one is, remove it from state with `terraform state rm`.
        The address is `base_url` in `didit = { ... }`, or IDV_DIDIT_BASE_URL.
        If the API of this tenant differs from the vendor's documentation, `terraform-provider-idv doctor --contract` names what differs and prints the settings that adapt to it."#]]);
}

/// One cause hits every object: one error has it in full.
#[test]
fn host_that_cannot_be_reached_is_described_once_for_thirty_objects() {
    // Nothing listens at a port that has just been free.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (vendor, kind) in [("VULT", "idv_vult_webhooks"), ("DIDIT", "idv_didit_lists")] {
        let bench = Bench::new()
            .variable("IDV_MAX_RETRIES", "1")
            .variable(&format!("IDV_{vendor}_BASE_URL"), &format!("http://{free}"));
        // Terraform itself shows equal errors of one block once.
        let blocks: Vec<_> = (0..30).map(|number| format!("data \"{kind}\" \"number_{number}\" {{}}\n")).collect();
        bench.workspace.configure(&blocks.concat());
        let errors = bench.workspace.try_plan().failed().errors();
        assert_eq!(errors.matches("Error: ").count(), 30, "{errors}");
        assert_eq!(errors.matches("can be reached from this machine").count(), 1, "{errors}");
        assert_eq!(errors.matches("Another error with this cause").count(), 29, "{errors}");
    }
}
