//! The stand-in for Xident: two generations of one project, keys, scopes, limits, and an asynchronous create.

use reqwest::Method;
use reqwest::blocking::{RequestBuilder, Response};
use serde_json::{Value, json};

use super::send;
use crate::support::sandbox::Sandbox;

const IMAGE: &str = "ZmFjZQ==";

fn key(sandbox: &Sandbox, kind: &str) -> String {
    sandbox.env()[&format!("IDV_XIDENT_{kind}_KEY")].clone()
}

/// Builds a request in the form of the generation of its path.
fn request(sandbox: &Sandbox, key: &str, method: Method, path: &str) -> RequestBuilder {
    let request = sandbox.http().request(method, format!("{}{path}", sandbox.url("xident")));
    if path.starts_with("/verify") { request.header("X-API-Key", key) } else { request.bearer_auth(key) }
}

fn get(sandbox: &Sandbox, path: &str) -> (u16, Value) {
    send(request(sandbox, &key(sandbox, "SECRET"), Method::GET, path))
}

fn post(sandbox: &Sandbox, path: &str, body: &Value) -> (u16, Value) {
    send(request(sandbox, &key(sandbox, "SECRET"), Method::POST, path).json(body))
}

fn code(response: &(u16, Value)) -> (u16, &str) {
    (response.0, response.1["error"]["code"].as_str().unwrap_or_default())
}

#[test]
fn each_generation_requires_the_right_key_in_its_own_header() {
    let sandbox = Sandbox::start();
    let (secret, publishable) = (key(&sandbox, "SECRET"), key(&sandbox, "PUBLISHABLE"));
    for path in ["/v1/usage", "/verify/v1/blacklist"] {
        let with = |key: &str| send(request(&sandbox, key, Method::GET, path));
        assert_eq!(with(&secret).0, 200, "{path}");
        assert_eq!(code(&with("sk_test_wrong")), (401, "unauthorized"), "{path}");
        assert_eq!(code(&with(&publishable)), (403, "SECRET_KEY_REQUIRED"), "{path}");
    }
    let bearer = sandbox.http().get(format!("{}/verify/v1/blacklist", sandbox.url("xident"))).bearer_auth(&secret);
    assert_eq!(code(&send(bearer)), (401, "unauthorized"));
    let today = |key: &str| send(request(&sandbox, key, Method::GET, "/verify/v1/requirements/check"));
    assert_eq!((today(&publishable).0, today(&secret).0), (200, 401));
    let on_the_page = |key: &str| {
        let body = json!({"api_key": publishable});
        send(request(&sandbox, key, Method::POST, "/v1/requirements/check").json(&body))
    };
    assert_eq!((on_the_page(&publishable).0, on_the_page("pk_test_wrong").0), (200, 401), "in both places");
    sandbox.change_state(|state| state["xident"]["scopes"] = json!(["usage"]));
    assert_eq!(code(&get(&sandbox, "/verify/v1/blacklist")), (403, "INSUFFICIENT_SCOPE"));
}

#[test]
fn each_endpoint_has_a_limit_and_returns_what_remains() {
    let sandbox = Sandbox::start();
    let usage = || request(&sandbox, &key(&sandbox, "SECRET"), Method::GET, "/v1/usage").send().unwrap();
    let number =
        |response: &Response, name: &str| -> i64 { response.headers()[name].to_str().unwrap().parse().unwrap() };
    let first = usage();
    assert_eq!((number(&first, "x-ratelimit-limit"), number(&first, "x-ratelimit-remaining")), (10, 9));
    for left in (0..9).rev() {
        assert_eq!(number(&usage(), "x-ratelimit-remaining"), left);
    }
    let over = usage();
    assert_eq!((over.status().as_u16(), number(&over, "x-ratelimit-remaining")), (429, 0));
    assert!((1..=60).contains(&number(&over, "retry-after")));
    assert_eq!(get(&sandbox, "/verify/v1/blacklist").0, 200, "another endpoint has a limit of its own");
    sandbox.advance_clock(60);
    assert_eq!(usage().status().as_u16(), 200);
}

#[test]
fn the_response_to_an_image_has_no_id_and_the_list_shows_it_later() {
    let sandbox = Sandbox::start();
    sandbox.change_state(|state| state["xident"]["processing_seconds"] = json!(30));
    let (status, body) = post(&sandbox, "/verify/v1/blacklist/image", &json!({"image": IMAGE, "reason": "fraud"}));
    assert_eq!((status, &body["data"]), (201, &json!({"status": "processing"})));
    let rows = || get(&sandbox, "/verify/v1/blacklist").1["data"].as_array().unwrap().clone();
    assert!(rows().is_empty());
    sandbox.advance_clock(31);
    let rows = rows();
    assert_eq!((rows.len(), &rows[0]["reason"], &rows[0]["source"]), (1, &json!("fraud"), &json!("image")));
    let id = rows[0]["id"].as_i64().unwrap();
    let delete = |id: i64| {
        let path = format!("/verify/v1/blacklist/{id}");
        send(request(&sandbox, &key(&sandbox, "SECRET"), Method::DELETE, &path)).0
    };
    assert_eq!((delete(id), delete(id)), (200, 404));
}

#[test]
fn the_older_generation_returns_an_id_and_stores_metadata() {
    let sandbox = Sandbox::start();
    let body = json!({"face_image": IMAGE, "reason": "fraud", "metadata": {"original_user_id": "user-456"}});
    assert_eq!(
        post(&sandbox, "/v1/blacklist/add", &body),
        (200, json!({"success": true, "blacklist_id": "bl_000001"}))
    );
    assert_eq!(sandbox.state()["xident"]["blacklist"][0]["metadata"], body["metadata"]);
}

#[test]
fn an_invalid_body_is_rejected() {
    let sandbox = Sandbox::start();
    for (path, body) in [
        ("/v1/blacklist/add", json!({"face_image": IMAGE})),
        ("/v1/blacklist/add", json!({"face_image": "no base64!", "reason": "fraud"})),
        ("/v1/blacklist/add", json!({"face_image": IMAGE, "reason": "r".repeat(501)})),
        ("/v1/blacklist/add", json!({"image": IMAGE, "reason": "fraud"})),
        ("/verify/v1/blacklist/image", json!({"image": IMAGE, "reason": "fraud", "metadata": {}})),
        ("/verify/v1/2fa/register", json!({"user_id": "", "image": IMAGE})),
        ("/verify/v1/tokens", json!({"name": "shop", "expires_at": "soon"})),
    ] {
        assert_eq!(code(&post(&sandbox, path, &body)), (400, "invalid_request"), "{path} {body}");
    }
    assert_eq!(code(&get(&sandbox, "/verify/v1/blacklist?per_page=101")), (400, "invalid_request"));
    let image = "A".repeat(10_000_004);
    let large = post(&sandbox, "/verify/v1/2fa/register", &json!({"user_id": "user-1", "image": image}));
    assert_eq!(code(&large), (413, "payload_too_large"));
    sandbox.change_state(|state| state["xident"]["allowance"] = json!(0));
    let broke = post(&sandbox, "/v1/blacklist/add", &json!({"face_image": IMAGE, "reason": "fraud"}));
    assert_eq!(code(&broke), (402, "ALLOWANCE_EXHAUSTED"));
    assert_eq!(sandbox.state()["xident"]["blacklist"], json!([]));
}

#[test]
fn lists_are_returned_in_pages() {
    let sandbox = Sandbox::start();
    sandbox.change_state(|state| {
        let row = |id: u32| json!({"id": id, "reason": "fraud", "image": IMAGE, "created_at": 0});
        state["xident"]["blacklist"] = (1..=25).map(row).collect();
    });
    let (_, body) = get(&sandbox, "/verify/v1/blacklist?page=2");
    assert_eq!(body["data"].as_array().unwrap().len(), 5);
    assert_eq!(body["meta"]["pagination"], json!({"page": 2, "per_page": 20, "total": 25, "total_pages": 2}));
    sandbox.change_state(|state| state["xident"]["page_cap"] = json!(10));
    let (_, body) = get(&sandbox, "/verify/v1/blacklist?page=3&per_page=100");
    assert_eq!(body["data"].as_array().unwrap().len(), 5);
    assert_eq!(body["meta"]["pagination"], json!({"page": 3, "per_page": 10, "total": 25, "total_pages": 3}));
}

#[test]
fn the_secret_of_a_key_is_returned_once() {
    let sandbox = Sandbox::start();
    let (status, created) = post(&sandbox, "/verify/v1/tokens", &json!({"name": "shop", "rule_id": 7}));
    assert_eq!(status, 201);
    assert!(created["data"]["token"].as_str().unwrap().starts_with("sk_test_"));
    let (_, read) = get(&sandbox, &format!("/verify/v1/tokens/{}", created["data"]["id"]));
    assert_eq!((&read["data"]["rule_id"], read["data"].get("token")), (&json!(7), None));
}
