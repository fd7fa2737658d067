//! Every kind of fault, as a client meets it.

use std::time::{Duration, Instant};

use reqwest::{StatusCode, blocking::RequestBuilder, header::RETRY_AFTER};
use serde_json::{Value, json};

use super::{ask, vult_token};
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
fn a_status_comes_with_the_vendors_error_body_as_often_as_asked() {
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
fn a_body_of_its_own_replaces_the_vendors_error() {
    let sandbox = Sandbox::start();
    for (body, expected) in [(json!("<html>"), "<html>"), (json!({"a": 1}), r#"{"a":1}"#)] {
        sandbox.fault(&json!({"vendor": "vult", "kind": "status", "status": 502, "body": body}));
        assert_eq!(ping(&sandbox).send().unwrap().text().unwrap(), expected);
    }
}

#[test]
fn before_nothing_is_carried_out_and_after_everything_is() {
    for (after, expected) in [(false, 0), (true, 1)] {
        let sandbox = Sandbox::start();
        for kind in ["status", "drop", "truncate", "garbage"] {
            sandbox.set_state(&json!({}));
            sandbox.fault(&json!({
                "vendor": "vult", "path": "/webhook", "kind": kind, "status": 500, "after": after,
            }));
            let genuine = create_webhook(&sandbox).send().and_then(reqwest::blocking::Response::json::<Value>);
            assert_ne!(genuine.ok(), Some(json!({})), "{kind} struck");
            assert_eq!(webhooks(&sandbox), expected, "{kind}, after: {after}");
        }
    }
}

#[test]
fn a_dropped_connection_gives_no_answer() {
    let sandbox = Sandbox::start();
    sandbox.fault(&json!({"vendor": "vult", "kind": "drop"}));
    let error = ping(&sandbox).send().unwrap_err();
    assert!(error.is_request(), "{error:?}");
    assert_eq!(sandbox.request_lines(), ["GET /ping -"]);
    assert_eq!(sandbox.requests()[0]["fault"], "drop");
}

#[test]
fn a_truncated_answer_begins_and_does_not_end() {
    let sandbox = Sandbox::start();
    sandbox.fault(&json!({"vendor": "vult", "kind": "truncate"}));
    let response = ping(&sandbox).send().unwrap();
    assert_eq!((response.status(), response.content_length()), (StatusCode::OK, Some(1000)));
    let error = response.text().unwrap_err();
    assert!(error.is_body() || error.is_decode(), "{error:?}");
}

#[test]
fn garbage_is_200_and_no_json() {
    let sandbox = Sandbox::start();
    sandbox.fault(&json!({"vendor": "vult", "kind": "garbage"}));
    let response = ping(&sandbox).send().unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(serde_json::from_slice::<Value>(&response.bytes().unwrap()).is_err());
}

#[test]
fn a_delay_and_the_latency_hold_the_answer_back() {
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
fn a_client_that_gives_up_during_the_latency_has_changed_something_nevertheless() {
    let sandbox = Sandbox::start_with(&["--latency", "2s"]);
    let request = create_webhook(&sandbox).timeout(Duration::from_millis(500));
    assert!(request.send().unwrap_err().is_timeout());
    assert_eq!(webhooks(&sandbox), 1);
    assert_eq!(sandbox.request_lines()[1], "POST /webhook/create -");
}

#[test]
fn tokens_and_keys_can_be_taken_away() {
    let sandbox = Sandbox::start();
    let request = || create_webhook(&sandbox);
    let before = request();
    sandbox.fault(&json!({"vendor": "vult", "path": "/webhook", "kind": "expire_token"}));
    assert_eq!(ask(before).0, 401);
    assert_eq!(ask(request()).0, 200);

    let public_key = || ask(sandbox.http().get(format!("{}/idproofingapi/publickeys", sandbox.url("onekosmos")))).1;
    let old = public_key();
    sandbox.fault(&json!({"vendor": "onekosmos", "kind": "rotate_key", "after": true}));
    assert_eq!(public_key(), old, "it rotates after the answer");
    assert_ne!(public_key(), old);
}

#[test]
fn a_fault_that_could_not_strike_is_refused_and_one_that_waits_can_be_forgotten() {
    let sandbox = Sandbox::start();
    let url = format!("{}/faults", sandbox.control());
    for (fault, named) in [
        (json!({"vendor": "vlut", "kind": "drop"}), "vlut"),
        (json!({"vendor": "vult", "kind": "rotate_key"}), "no key"),
        (json!({"vendor": "vult", "kind": "explode"}), "explode"),
        (json!({"vendor": "vult", "kind": "drop", "tmies": 2}), "tmies"),
    ] {
        let (status, body) = ask(sandbox.http().post(&url).json(&fault));
        assert_eq!(status, 400);
        assert!(body["message"].as_str().unwrap().contains(named), "{body}");
    }
    sandbox.fault(&json!({"vendor": "vult", "kind": "drop"}));
    sandbox.clear_faults();
    assert_eq!(ask(ping(&sandbox)).0, 200);
}
