//! The stand-in for 5N ID rejects what page and SDK reject, and serves one tenant in both shapes.

use reqwest::Method;
use serde_json::{Value, json};

use super::send;
use crate::support::sandbox::Sandbox;

/// A sandbox and a token for its 5N ID.
struct Fiven {
    sandbox: Sandbox,
    token: String,
}

impl Fiven {
    fn start() -> Self {
        let sandbox = Sandbox::start();
        let (status, body) = grant(&sandbox, &sandbox.env()["IDV_FIVEN_CLIENT_SECRET"]);
        assert_eq!((status, &body["token_type"], &body["expires_in"]), (200, &json!("Bearer"), &json!(3600)), "{body}");
        Self { token: body["access_token"].as_str().unwrap().to_owned(), sandbox }
    }

    fn get(&self, path: &str) -> (u16, Value) {
        self.send(Method::GET, path, None)
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.send(Method::POST, path, Some(body))
    }

    fn send(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let request = self.sandbox.http().request(method, format!("{}/api/v1{path}", self.sandbox.url("fiven")));
        let request = request.bearer_auth(&self.token);
        send(match body {
            Some(body) => request.json(body),
            None => request,
        })
    }
}

fn grant(sandbox: &Sandbox, secret: &str) -> (u16, Value) {
    let id = sandbox.env()["IDV_FIVEN_CLIENT_ID"].as_str();
    let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
    send(sandbox.http().post(format!("{}/oauth/token", sandbox.url("fiven"))).form(&form))
}

#[test]
fn only_the_check_of_a_link_is_public() {
    let fiven = Fiven::start();
    let url = fiven.sandbox.url("fiven");
    let anonymous = |path: &str| send(fiven.sandbox.http().get(format!("{url}/api/v1{path}"))).0;
    for path in ["/check/verify_token_abc123", "/verification/check/verify_token_abc123"] {
        assert_eq!(anonymous(path), 200, "{path}");
    }
    for path in ["/credentials", "/credentials/x", "/kyc/human-score", "/institutions/me/credentials"] {
        assert_eq!(anonymous(path), 401, "{path}");
    }
    let (status, rejected) = grant(&fiven.sandbox, "wrong");
    assert_eq!((status, &rejected["message"]), (401, &json!("client authentication failed")));
}

#[test]
fn a_token_expires_by_the_sandbox_clock() {
    let fiven = Fiven::start();
    fiven.sandbox.advance_clock(3595);
    assert_eq!(fiven.get("/credentials").0, 200);
    fiven.sandbox.advance_clock(10);
    assert_eq!(fiven.get("/credentials").0, 401);
}

#[test]
fn each_generation_responds_to_an_access_request_in_its_shape() {
    let fiven = Fiven::start();
    let body = json!({"partyId": "alice::1220", "providers": ["GOOGLE", "GITHUB"]});
    let (status, response) = fiven.post("/credentials-access-request", &body);
    assert_eq!((status, &response["status"], &response["partyId"]), (200, &json!("pending"), &json!("alice::1220")));
    assert_eq!(fiven.post("/institutions/me/credentials/request", &body), (204, Value::Null));
    let one = fiven.get("/credentials/alice::1220").1;
    assert_eq!(one["providers"], json!(["GITHUB", "GOOGLE"]));
    let several = fiven.get("/institutions/me/credentials/alice::1220").1;
    let providers: Vec<_> = several.as_array().unwrap().iter().map(|row| row["provider"].as_str().unwrap()).collect();
    assert_eq!(providers, ["GITHUB", "GOOGLE"], "a granted provider is not granted twice");
    for body in [json!({"partyId": "a", "providers": ["MYSPACE"]}), json!({"partyId": "", "providers": []}), json!({})]
    {
        assert_eq!(fiven.post("/credentials-access-request", &body).0, 400, "{body}");
    }
}

#[test]
fn pages_and_batches_have_at_most_100_rows() {
    let fiven = Fiven::start();
    let (_, page) = fiven.get("/credentials");
    assert_eq!((&page["limit"], &page["total"], &page["offset"]), (&json!(20), &json!(1), &json!(0)));
    assert_eq!(page["credentials"][0]["providers"], Value::Null, "the page's list has none");
    for path in ["/credentials?limit=101", "/credentials?limit=0", "/credentials?partyIds=x"] {
        assert_eq!(fiven.get(path).0, 400, "{path}");
    }
    fiven.sandbox.change_state(|state| {
        let credentials = state["fiven"]["credentials"].as_array_mut().unwrap();
        *credentials = vec![credentials[0].clone(); 5];
        state["fiven"]["page_cap"] = json!(2);
    });
    let (_, page) = fiven.get("/credentials?limit=100&offset=4");
    assert_eq!((page["credentials"].as_array().unwrap().len(), &page["limit"]), (1, &json!(2)));
    assert_eq!(fiven.get("/institutions/me/credentials").1["items"].as_array().unwrap().len(), 2);
    let batch = |count: usize| json!({"requests": vec![json!({"contractId": "contract_123"}); count]});
    for path in ["/generate-links-batch", "/verification/generate-links-batch"] {
        assert_eq!((fiven.post(path, &batch(100)).0, fiven.post(path, &batch(101)).0), (200, 400), "{path}");
    }
}

#[test]
fn a_revoked_credential_is_shown_in_both_shapes() {
    let fiven = Fiven::start();
    fiven.sandbox.change_state(|state| state["fiven"]["credentials"][0]["status"] = json!("revoked"));
    assert_eq!(fiven.get("/credentials/bob::1220ef01").1["status"], "revoked");
    assert_eq!(fiven.get("/institutions/me/credentials/bob::1220ef01").1[0]["freshness"], "REVOKED");
    assert_eq!(fiven.get("/check/verify_token_abc123").1["status"], "revoked");
    assert_eq!(fiven.get("/verification/check/verify_token_abc123").1["status"], "revoked");
}
