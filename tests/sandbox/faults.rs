//! Every kind of fault, as a client sees it.

use std::time::{Duration, Instant};

use reqwest::{StatusCode, blocking::RequestBuilder, header::RETRY_AFTER};
use serde_json::{Value, json};

use super::{send, vult_token};
use crate::support::sandbox::Sandbox;

fn ping(sandbox: &Sandbox) -> RequestBuilder {
    sandbox.http().get(format!("{}/ping", sandbox.url("vult")))
}

fn create_webhook(sandbox: &Sandbox) -> RequestBuilder {
    let url = format!("{}/webhook/create", sandbox.url("vult"));
    let hook = json!({"name": "events", "url": "https://hooks.example.com"});
    sandbox.http().post(url).bearer_auth(vult_token(sandbox)).json(&hook)
}

fn webhooks(sandbox: &Sandbox) -> usize {
    sandbox.state()["vult"]["webhooks"].as_array().unwrap().len()
}

#[test]
fn a_status_fault_has_the_vendors_error_body_and_is_injected_as_often_as_requested() {
    let sandbox = Sandbox::start();
    sandbox.fault(&json!({
        "vendor": "vult", "method": "GET", "path": "/pi*", "kind": "status", "status": 429, "times": 2,
        "retry_after": 7, "headers": {"x-request-id": "r-1"},
    }));
    for _ in 0..2 {
        let response = ping(&sandbox).send().unwrap();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[RETRY_AFTER], "7");
        assert_eq!(response.headers()["x-request-id"], "r-1");
        let body: Value = response.json().unwrap();
        assert_eq!(body, json!({"statusCode": 429, "error": "Too Many Requests", "message": "Too Many Requests"}));
    }
    assert_eq!(ping(&sandbox).send().unwrap().status(), StatusCode::OK);
}

#[test]
fn the_body_of_a_fault_replaces_the_vendors_error() {
    let sandbox = Sandbox::start();
    for (body, expected) in [(json!("<html>"), "<html>"), (json!({"a": 1}), r#"{"a":1}"#)] {
        sandbox.fault(&json!({"vendor": "vult", "kind": "status", "status": 502, "body": body}));
        assert_eq!(ping(&sandbox).send().unwrap().text().unwrap(), expected);
    }
}

#[test]
fn a_fault_before_the_handler_applies_nothing_and_one_after_it_does() {
    for (after, expected) in [(false, 0), (true, 1)] {
        let sandbox = Sandbox::start();
        for kind in ["status", "drop", "truncate", "garbage"] {
            sandbox.set_state(&json!({}));
            sandbox.fault(&json!({
                "vendor": "vult", "path": "/webhook", "kind": kind, "status": 500, "after": after,
            }));
            let genuine = create_webhook(&sandbox).send().and_then(reqwest::blocking::Response::json::<Value>);
            assert_ne!(genuine.ok(), Some(json!({})), "{kind} was injected");
            assert_eq!(webhooks(&sandbox), expected, "{kind}, after: {after}");
        }
    }
}

#[test]
fn a_dropped_connection_has_no_response() {
    let sandbox = Sandbox::start();
    sandbox.fault(&json!({"vendor": "vult", "kind": "drop"}));
    let error = ping(&sandbox).send().unwrap_err();
    assert!(error.is_request(), "{error:?}");
    assert_eq!(sandbox.request_lines(), ["GET /ping -"]);
    assert_eq!(sandbox.requests()[0]["fault"], "drop");
}

#[test]
fn a_truncated_response_is_shorter_than_its_content_length() {
    let sandbox = Sandbox::start();
    sandbox.fault(&json!({"vendor": "vult", "kind": "truncate"}));
    let response = ping(&sandbox).send().unwrap();
    assert_eq!((response.status(), response.content_length()), (StatusCode::OK, Some(1000)));
    let error = response.text().unwrap_err();
    assert!(error.is_body() || error.is_decode(), "{error:?}");
}

#[test]
fn garbage_is_200_and_not_json() {
    let sandbox = Sandbox::start();
    sandbox.fault(&json!({"vendor": "vult", "kind": "garbage"}));
    let response = ping(&sandbox).send().unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(serde_json::from_slice::<Value>(&response.bytes().unwrap()).is_err());
}

#[test]
fn a_delay_and_the_latency_delay_the_response() {
    let sandbox = Sandbox::start_with(&["--latency", "120ms"]);
    let timed = || {
        let start = Instant::now();
        assert_eq!(ping(&sandbox).send().unwrap().status(), StatusCode::OK);
        start.elapsed()
    };
    assert!(timed() >= Duration::from_millis(120));
    sandbox.fault(&json!({"vendor": "vult", "kind": "delay", "delay_ms": 200}));
    assert!(timed() >= Duration::from_millis(320));
}

#[test]
fn a_request_is_applied_although_its_client_times_out_during_the_latency() {
    let sandbox = Sandbox::start_with(&["--latency", "2s"]);
    let request = create_webhook(&sandbox).timeout(Duration::from_millis(500));
    assert!(request.send().unwrap_err().is_timeout());
    assert_eq!(webhooks(&sandbox), 1);
    assert_eq!(sandbox.request_lines()[1], "POST /webhook/create -");
}

#[test]
fn tokens_can_be_revoked_and_keys_replaced() {
    let sandbox = Sandbox::start();
    let request = || create_webhook(&sandbox);
    let before = request();
    sandbox.fault(&json!({"vendor": "vult", "path": "/webhook", "kind": "expire_token"}));
    assert_eq!(send(before).0, 401);
    assert_eq!(send(request()).0, 200);

    let public_key = || send(sandbox.http().get(format!("{}/idproofingapi/publickeys", sandbox.url("onekosmos")))).1;
    let old = public_key();
    sandbox.fault(&json!({"vendor": "onekosmos", "kind": "rotate_key", "after": true}));
    assert_eq!(public_key(), old, "it rotates after the response");
    assert_ne!(public_key(), old);
}

#[test]
fn a_fault_that_could_never_be_injected_is_rejected_and_a_waiting_one_can_be_removed() {
    let sandbox = Sandbox::start();
    let url = format!("{}/faults", sandbox.control());
    for (fault, named) in [
        (json!({"vendor": "vlut", "kind": "drop"}), "vlut"),
        (json!({"vendor": "vult", "kind": "rotate_key"}), "no key"),
        (json!({"vendor": "vult", "kind": "explode"}), "explode"),
        (json!({"vendor": "vult", "kind": "drop", "tmies": 2}), "tmies"),
    ] {
        let (status, body) = send(sandbox.http().post(&url).json(&fault));
        assert_eq!(status, 400);
        assert!(body["message"].as_str().unwrap().contains(named), "{body}");
    }
    sandbox.fault(&json!({"vendor": "vult", "kind": "drop"}));
    sandbox.clear_faults();
    assert_eq!(send(ping(&sandbox)).0, 200);
}
