//! The stand-in for VULT rejects what the page rejects, and keeps everything else.

use reqwest::Method;
use serde_json::{Value, json};

use super::{message, send, vult_token};
use crate::support::sandbox::Sandbox;

/// A sandbox and a token for its VULT.
struct Vult {
    sandbox: Sandbox,
    token: String,
}

impl Vult {
    fn start() -> Self {
        let sandbox = Sandbox::start();
        let token = vult_token(&sandbox);
        Self { sandbox, token }
    }

    fn get(&self, path: &str) -> (u16, Value) {
        self.send(Method::GET, path, None)
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.send(Method::POST, path, Some(body))
    }

    fn send(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let request = self.sandbox.http().request(method, format!("{}{path}", self.sandbox.url("vult")));
        let request = request.bearer_auth(&self.token);
        send(match body {
            Some(body) => request.json(body),
            None => request,
        })
    }

    /// The current weights without their scope, as an update of the tenant's weights expects them.
    fn weights(&self) -> Value {
        let (status, mut weights) = self.get("/idv/weights");
        assert_eq!(status, 200, "{weights}");
        weights.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        weights
    }
}

#[test]
fn a_token_is_issued_for_credentials_in_the_header_or_the_form() {
    let sandbox = Sandbox::start();
    let url = format!("{}/oauth/token", sandbox.url("vult"));
    let (id, secret) = (&sandbox.env()["IDV_VULT_CLIENT_ID"], &sandbox.env()["IDV_VULT_CLIENT_SECRET"]);
    let form = |pairs: &[(&str, &str)]| sandbox.http().post(&url).form(&pairs);
    let grant = ("grant_type", "client_credentials");

    let (status, body) = send(form(&[grant, ("scope", "idv")]).basic_auth(id, Some(secret)));
    assert_eq!((status, &body["token_type"], &body["expires_in"]), (200, &json!("Bearer"), &json!(3600)), "{body}");
    assert_eq!(body["scope"], "idv");
    let (status, body) = send(form(&[grant, ("client_id", id), ("client_secret", secret), ("audience", "a")]));
    assert_eq!(status, 200, "{body}");

    for (request, status, code) in [
        (form(&[grant]).basic_auth(id, Some("wrong")), 401, "invalid_client"),
        (form(&[grant]), 401, "invalid_client"),
        (form(&[("grant_type", "password")]).basic_auth(id, Some(secret)), 400, "unsupported_grant_type"),
        (form(&[]).basic_auth(id, Some(secret)), 400, "invalid_request"),
        (form(&[grant, grant]).basic_auth(id, Some(secret)), 400, "invalid_request"),
        (form(&[grant, ("client_secret", secret)]).basic_auth(id, Some(secret)), 400, "invalid_request"),
        (sandbox.http().post(&url).json(&json!({"grant_type": "client_credentials"})), 400, "invalid_request"),
    ] {
        let response = send(request);
        assert_eq!((response.0, response.1["error"].as_str().unwrap()), (status, code), "{response:?}");
    }
}

#[test]
fn a_token_expires_by_the_sandbox_clock() {
    let vult = Vult::start();
    vult.sandbox.advance_clock(3595);
    assert_eq!(vult.get("/idv/weights").0, 200);
    vult.sandbox.advance_clock(10);
    let expired = vult.get("/idv/weights");
    assert_eq!(expired.0, 401);
    assert!(message(&expired).contains("expired"), "{expired:?}");
}

#[test]
fn only_the_utility_endpoints_are_public() {
    let sandbox = Sandbox::start();
    let get = |path: &str| send(sandbox.http().get(format!("{}{path}", sandbox.url("vult"))));
    let public = ["/", "/ping", "/status", "/metrics", "/health", "/health/live", "/health/ready", "/version"];
    for path in public {
        assert_eq!(get(path).0, 200, "{path}");
    }
    for path in ["/idv/weights", "/idv/weights/x", "/idv/requirements"] {
        assert_eq!(get(path).0, 401, "{path}");
    }
    let specification = get(get("/status").1["endpoints"]["api_spec"].as_str().unwrap()).1;
    assert_eq!(specification["paths"]["/idv/weights"]["post"]["summary"], "update weights");
    // The page has this summary twice; only the section differs.
    for (path, tag) in [("/idv/session/delete", "IDV"), ("/ida/session/delete", "IDA")] {
        let operation = &specification["paths"][path]["post"];
        assert_eq!((&operation["summary"], &operation["tags"]), (&json!("session delete"), &json!([tag])));
    }
}

#[test]
fn an_update_of_weights_requires_all_27_numbers() {
    let vult = Vult::start();
    let weights = vult.weights();
    assert_eq!(weights.as_object().unwrap().len(), 27);
    let rejected = |change: &dyn Fn(&mut Value)| {
        let mut body = weights.clone();
        change(&mut body);
        let response = vult.post("/idv/weights", &body);
        assert_eq!(response.0, 400, "{response:?}");
        message(&response).to_owned()
    };
    let missing = rejected(&|body| drop(body.as_object_mut().unwrap().remove("ofac_fuzzy_match_weight")));
    assert!(missing.contains("ofac_fuzzy_match_weight is required"), "{missing}");
    let text = rejected(&|body| body["age_weight"] = json!("1"));
    assert!(text.contains("age_weight must be a number"), "{text}");
    let unknown = rejected(&|body| body["age_wait"] = json!(1));
    assert!(unknown.contains("age_wait is not allowed"), "{unknown}");
    let null = rejected(&|body| body["client_id"] = Value::Null);
    assert!(null.contains("null"), "{null}");
    assert_eq!(vult.weights(), weights, "a rejected update changes nothing");
}

#[test]
fn weights_are_stored_by_scope_and_by_id() {
    let vult = Vult::start();
    let tenant = vult.weights();
    let mut body = tenant.clone();
    body["client_id"] = json!("client 7");
    body["age_weight"] = json!(3);
    assert_eq!(vult.post("/idv/weights", &body), (200, json!({})));

    assert_eq!(vult.get("/idv/weights?client_id=client%207").1["age_weight"], 3);
    assert_eq!(vult.weights(), tenant);
    let state = vult.sandbox.state();
    let id = state["vult"]["weights"][1]["id"].as_str().unwrap();
    let (status, historical) = vult.get(&format!("/idv/weights/{id}"));
    assert_eq!((status, &historical["client_id"], &historical["age_weight"]), (200, &json!("client 7"), &json!(3)));
    assert_eq!(vult.get("/idv/weights/never").0, 404);
}

#[test]
fn an_update_of_one_requirement_set_leaves_25_unchanged() {
    let vult = Vult::start();
    let list = || vult.get("/idv/requirements").1["requirements"].as_array().unwrap().clone();
    let before = list();
    assert_eq!(before.len(), 26);
    let mut written = before[7].clone();
    written["mentions_required"] = json!(true);
    let mut body = written.clone();
    body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    assert_eq!(vult.post("/idv/requirements", &body), (200, json!({})));
    let after = list();
    assert_eq!(after[7], written);
    for (index, (before, after)) in before.iter().zip(&after).enumerate() {
        assert_eq!(before == after, index != 7, "set {index}");
    }

    let filtered = vult.get("/idv/requirements?type_e=passport&client_id=client-7").1;
    assert_eq!(filtered["requirements"].as_array().unwrap().len(), 1);
    assert_eq!(vult.get("/idv/requirements?type_e=visa").0, 400);
    body["type_e"] = json!("visa");
    assert!(message(&vult.post("/idv/requirements", &body)).contains("visa"));
    body["type_e"] = json!("passport");
    body.as_object_mut().unwrap().remove("issue_at_required");
    assert!(message(&vult.post("/idv/requirements", &body)).contains("issue_at_required is required"));
}

#[test]
fn the_response_to_a_webhook_create_has_no_id_and_the_list_has_it() {
    let vult = Vult::start();
    let hook = json!({"name": "events", "url": "https://hooks.example.com/idv", "client_id": "client-7"});
    assert_eq!(vult.post("/webhook/create", &hook), (200, json!({})));
    assert_eq!(vult.post("/webhook/create", &hook), (200, json!({})), "an identical one is accepted");
    let (_, list) = vult.post("/webhook/list", &json!({"search_term": "EVENT", "client_id": "client-7"}));
    assert_eq!(list["statistics"]["total"], 2);
    let row = &list["webhooks"][0];
    assert_eq!((&row["name"], &row["url"], &row["client_id"]), (&hook["name"], &hook["url"], &hook["client_id"]));
    assert_ne!(row["id"], list["webhooks"][1]["id"]);

    assert_eq!(vult.post("/webhook/delete", &json!({"id": row["id"]})), (200, json!({})));
    assert_eq!(vult.post("/webhook/delete", &json!({"id": row["id"]})).0, 404);
    for (body, named) in [
        (json!({"url": "https://a.example"}), "name"),
        (json!({"name": "", "url": "https://a.example"}), "name"),
        (json!({"name": "a", "url": "ftp://a.example"}), "url"),
        (json!({"name": "a", "url": "https://a.example", "secret": 1}), "secret"),
    ] {
        let rejected = vult.post("/webhook/create", &body);
        assert_eq!(rejected.0, 400);
        assert!(message(&rejected).contains(named), "{rejected:?}");
    }
}

#[test]
fn webhooks_are_returned_in_pages() {
    let vult = Vult::start();
    let webhooks: Vec<_> = (0..300)
        .map(|index| json!({"id": format!("seeded-{index}"), "name": format!("hook {index}"), "url": "https://a.example"}))
        .collect();
    vult.sandbox.change_state(|state| state["vult"]["webhooks"] = json!(webhooks));
    let page = |body: Value| {
        let (status, list) = vult.post("/webhook/list", &body);
        assert_eq!(status, 200, "{list}");
        let ids: Vec<_> = list["webhooks"].as_array().unwrap().iter().map(|row| row["id"].clone()).collect();
        (ids, list["statistics"]["total"].clone())
    };
    assert_eq!(page(json!({})).0.len(), 20);
    let (ids, total) = page(json!({"take": 100, "skip": 250}));
    assert_eq!((ids.len(), &ids[0], total), (50, &json!("seeded-250"), json!(300)));
    assert_eq!(page(json!({"skip": 300})).0.len(), 0);
    vult.sandbox.change_state(|state| state["vult"]["page_cap"] = json!(30));
    assert_eq!((page(json!({"take": 100})).0.len(), page(json!({"take": 10})).0.len()), (30, 10));
    for body in [json!({"take": 101}), json!({"take": 0}), json!({"skip": -1}), json!({"take": "all"})] {
        assert_eq!(vult.post("/webhook/list", &body).0, 400, "{body}");
    }
}

#[test]
fn sessions_are_listed_with_filters_and_their_personal_data() {
    let vult = Vult::start();
    let list = |body: Value| {
        let (status, list) = vult.post("/idv/session/list", &body);
        assert_eq!(status, 200, "{list}");
        (list["sessions"].as_array().unwrap().clone(), list["meta_counts"]["total"].clone())
    };
    let (rows, total) = list(json!({}));
    assert_eq!((rows.len(), total, &rows[0]["last_name"]), (3, json!(3), &json!("Lovelace")));
    assert_eq!(list(json!({"take": 2, "skip": 2})).0.len(), 1);
    assert_eq!(list(json!({"start_date": "2026-01-02T00:00:00Z"})).0.len(), 0);
    assert_eq!(list(json!({"end_date": "2026-01-01T00:00:00Z", "status": "complete"})).0.len(), 3);
    assert_eq!(list(json!({"client_id": "client-7"})).0.len(), 0);
    for body in [json!({"take": 101}), json!({"start_date": "yesterday"}), json!({"status": "fine"}), json!({"x": 1})] {
        assert_eq!(vult.post("/idv/session/list", &body).0, 400, "{body}");
    }
}

#[test]
fn people_are_anonymised_and_sessions_deleted_individually() {
    let vult = Vult::start();
    let rows = |list: &str| vult.sandbox.state()["vult"][list].as_array().unwrap().clone();
    let names = |list: &str| -> Vec<_> { rows(list).iter().map(|row| row["last_name"].clone()).collect() };
    assert_eq!(names("identities"), ["Lovelace", "Turing", "Hopper"]);
    for _ in ["once", "and again, which changes nothing"] {
        let done = (200, json!({}));
        assert_eq!(vult.post("/identity/anonymize", &json!({"identity_id": "idn_000002"})), done);
        assert_eq!(vult.post("/idv/session/anonymize", &json!({"session_id": "ses_000003"})), done);
    }
    assert_eq!(names("identities"), ["Lovelace", "", "Hopper"]);
    assert_eq!(names("sessions"), ["Lovelace", "Turing", ""]);
    assert_eq!(rows("identities")[1]["gender_e"], "unknown");

    for (path, list, id) in [
        ("/idv/session/delete", "sessions", "ses_000001"),
        ("/ida/session/delete", "authentication_sessions", "ida_000001"),
    ] {
        assert_eq!(rows(list).len(), 3);
        assert_eq!(vult.post(path, &json!({"session_id": id})), (200, json!({})));
        assert_eq!(rows(list).len(), 2, "{path}");
        assert_eq!(vult.post(path, &json!({"session_id": id})).0, 404);
    }
    assert_eq!(vult.post("/idv/session/delete", &json!({"session_id": "ida_000002"})).0, 404, "of the other kind");

    for (path, field) in [("/identity/anonymize", "identity_id"), ("/idv/session/anonymize", "session_id")] {
        assert_eq!(vult.post(path, &json!({field: "nobody"})).0, 404);
        let rejected = vult.post(path, &json!({"id": "ses_000002"}));
        assert!(rejected.0 == 400 && message(&rejected).contains(field), "{rejected:?}");
    }
}
