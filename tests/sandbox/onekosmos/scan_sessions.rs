//! Scan sessions follow the page's schema, return their settings, and can be declined.

use reqwest::Method;
use serde_json::{Value, json};

use super::caller::{Caller, SERVICE, SERVICE_EXT, now};
use super::message;
use crate::sandbox::send;
use crate::support::sandbox::Sandbox;

const PATH: &str = "document_share_session/create";

/// The required fields, for this caller's tenant and community.
fn body(sandbox: &Sandbox) -> Value {
    let state = &sandbox.state()["onekosmos"];
    json!({
        "connector": {
            "id": "connector-1",
            "type": "microblink",
            "config": {
                "license": "capture-license-6e02",
                "verifierUrl": "https://verifier.example.com",
                "document_share_session_enabled": true,
            },
        },
        "verification": {
            "id": "dvc 1",
            "tag": "license",
            "config": {"verifier": "microblink", "debug": false, "skip": false},
        },
        "sessionRequest": {
            "tenantDNS": state["tenant"]["dns"],
            "communityName": state["communities"][0]["name"],
            "documentType": "dl_object",
            "tenantId": state["tenant"]["id"],
            "communityId": state["communities"][0]["id"],
        },
    })
}

fn create(caller: &Caller<'_>, body: &Value) -> String {
    let (status, response) = caller.send(Method::POST, PATH, body);
    assert_eq!(status, 200, "{response}");
    let id = response["sessionId"].as_str().unwrap();
    assert!(response["url"].as_str().unwrap().contains(id), "{response}");
    id.to_owned()
}

/// Sends a GET with the two required headers and no license.
fn get(caller: &Caller<'_>, path: &str) -> (u16, Value) {
    let request = caller.unsigned(Method::GET, path).header("publickey", &caller.public_key);
    send(request.header("requestid", caller.request_id(now())))
}

#[test]
fn a_scan_session_is_created_shown_listed_and_declined() {
    let sandbox = Sandbox::start();
    let caller = Caller::new(&sandbox);
    let mut wanted = body(&sandbox);
    wanted["sessionRequest"]["user"] = json!({"uid": "u1", "firstname": "Ada"});
    wanted["sessionRequest"]["workflowMetadata"] = json!({"workflowId": "w1", "build": 7});
    let id = create(&caller, &wanted);
    assert_ne!(create(&caller, &wanted), id, "a second one");

    let (status, details) = get(&caller, &format!("proofingsession/{id}"));
    assert_eq!(status, 200, "{details}");
    let found = ["status", "id", "documentType", "license", "workflowId", "wfInstanceId"].map(|name| &details[name]);
    assert_eq!(json!(found), json!(["PENDING", id, "dl_object", "capture-license-6e02", "w1", null]));
    assert_eq!(details["user"]["uid"], "u1");
    assert_eq!(send(caller.unsigned(Method::GET, &format!("proofingtemplates/{id}"))).0, 200, "it shows templates");

    let place = &wanted["sessionRequest"];
    let fetch = json!({
        "tenantId": place["tenantId"], "communityId": place["communityId"], "pIndex": 0, "pSize": 10, "query": {"id": id},
    });
    let (_, page) = caller.send(Method::POST, "proofingsession/fetch", &caller.envelope(&fetch));
    let row = &page["data"]["data"][0];
    assert_eq!((&row["id"], &row["dvcID"]), (&json!(id), &json!("dvc 1")), "{page}");
    assert!(!row.to_string().contains("capture-license"), "the list has no license");

    for _ in ["once", "and again, which changes nothing"] {
        let (status, declined) = get(&caller, &format!("proofingsession/{id}/decline"));
        assert_eq!((status, &declined["status"], &declined["id"]), (200, &json!("DECLINED"), &json!(id)));
        assert_eq!(declined.as_object().unwrap().len(), 4, "{declined}");
    }
    assert_eq!(get(&caller, &format!("proofingsession/{id}")).1["status"], "DECLINED");
    assert_eq!(send(caller.unsigned(Method::GET, &format!("proofingtemplates/{id}"))).0, 400);
    for path in ["proofingsession/unknown", "proofingsession/unknown/decline"] {
        assert_eq!(get(&caller, path).0, 400);
        assert_eq!(send(caller.unsigned(Method::GET, path)).0, 400, "without headers");
    }
}

#[test]
fn a_scan_session_expires_by_the_sandbox_clock() {
    let sandbox = Sandbox::start();
    let caller = Caller::new(&sandbox);
    let unsaid = create(&caller, &body(&sandbox));
    let mut short = body(&sandbox);
    short["verification"]["config"]["expireSessionInMin"] = json!(1);
    let short = create(&caller, &short);
    sandbox.change_state(|state| state["onekosmos"]["allowed_time_span"] = json!(86400));
    let status = |id: &str| get(&caller, &format!("proofingsession/{id}")).1["status"].clone();
    sandbox.advance_clock(61);
    assert_eq!((status(&short), status(&unsaid)), (json!("EXPIRED"), json!("PENDING")));
    assert_eq!(get(&caller, &format!("proofingsession/{short}/decline")).0, 400, "it has ended");
    sandbox.advance_clock(15 * 60);
    assert_eq!(status(&unsaid), "EXPIRED");
}

#[test]
fn an_invalid_scan_session_is_rejected_by_field() {
    let sandbox = Sandbox::start();
    let caller = Caller::new(&sandbox);
    let (connector, verification, request) = ("/connector", "/verification", "/sessionRequest");
    for (at, field, value, named) in [
        ("", "connector", None, "`connector`"),
        (connector, "id", Some(json!("")), "connector.id"),
        ("/connector/config", "license", None, "connector.config: missing field `license`"),
        ("/connector/config", "document_share_session_enabled", Some(json!("yes")), "connector.config"),
        ("/verification/config", "verifier", None, "verification.config: missing field `verifier`"),
        ("/verification/config", "checks", Some(json!(["smile"])), "verification.config.checks[0]"),
        ("/verification/config", "expireSessionInMin", Some(json!(-1)), "expireSessionInMin"),
        (verification, "tag", None, "`tag`"),
        (verification, "dvcID", Some(json!("x")), "dvcID"),
        (request, "documentType", Some(json!("visa_object")), "sessionRequest.documentType"),
        (request, "tenantDNS", Some(json!("elsewhere.example")), "tenantDNS"),
        (request, "communityName", Some(json!("other")), "communityName"),
        (request, "community", Some(json!("default")), "community"),
    ] {
        let mut body = body(&sandbox);
        let fields = body.pointer_mut(at).unwrap().as_object_mut().unwrap();
        fields.remove(field);
        fields.extend(value.map(|value| (field.to_owned(), value)));
        let rejected = caller.send(Method::POST, PATH, &body);
        assert_eq!(rejected.0, 400, "{rejected:?}");
        assert!(message(&rejected).contains(named), "{named}: {rejected:?}");
    }
    let mut elsewhere = body(&sandbox);
    elsewhere["sessionRequest"]["communityId"] = json!("c");
    assert_eq!(caller.send(Method::POST, PATH, &elsewhere).0, 403);

    let wanted = body(&sandbox);
    for (license, status) in [(SERVICE, 200), (SERVICE_EXT, 403), ("stolen", 401)] {
        assert_eq!(send(caller.request(Method::POST, PATH, license).json(&wanted)).0, status, "{license}");
    }
    assert_eq!(caller.send(Method::POST, PATH, &caller.envelope(&wanted)).0, 400, "it is sent in the open");
    sandbox.change_state(|state| state["onekosmos"]["body_encryption"]["session_create"] = json!("encrypted"));
    create(&caller, &caller.envelope(&wanted));
    assert_eq!(caller.send(Method::POST, PATH, &wanted).0, 400, "must be encrypted");
}
