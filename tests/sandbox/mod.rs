//! The contract of the sandbox, tested from outside.

mod background;
mod control;
mod didit;
mod faults;
mod fiven;
mod onekosmos;
mod tenants;
mod vult;
mod xident;

use reqwest::blocking::RequestBuilder;
use serde_json::Value;

use crate::support::sandbox::Sandbox;

/// Sends a request and returns the status and the body, which is null if there is none.
fn send(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().unwrap();
    let status = response.status().as_u16();
    let text = response.text().unwrap();
    let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
    (status, body)
}

/// The message of an error response.
fn message((_, body): &(u16, Value)) -> &str {
    body["message"].as_str().unwrap_or_default()
}

/// Requests an access token of VULT.
fn vult_token(sandbox: &Sandbox) -> String {
    let (id, secret) = (&sandbox.env()["IDV_VULT_CLIENT_ID"], &sandbox.env()["IDV_VULT_CLIENT_SECRET"]);
    let request = sandbox.http().post(format!("{}/oauth/token", sandbox.url("vult")));
    let (status, body) = send(request.basic_auth(id, Some(secret)).form(&[("grant_type", "client_credentials")]));
    assert_eq!(status, 200, "{body}");
    body["access_token"].as_str().unwrap().to_owned()
}
