//! The stand-in for 1Kosmos rejects what the page rejects, and reads only what was encrypted for it.

mod caller;
mod scan_sessions;

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::Method;
use serde_json::{Value, json};

use self::caller::{Caller, SERVICE, SERVICE_EXT, SYSTEM, now};
use super::{message, send};
use crate::support::sandbox::Sandbox;

fn template() -> Value {
    let html = BASE64_STANDARD.encode("<p>hello</p>");
    json!({"documentType": "dl_object", "dvcID": "dvc 1", "workflow": [
        {"name": "welcome", "type": "HTML", "html": html, "actions": [{"name": "go", "on": "click", "jumpTo": "front"}]},
        {"name": "front", "type": "CAPTURE_FRONT", "html": "", "params": [{"name": "mode", "field": "captureMode"}]},
    ]})
}

fn bucket() -> Value {
    json!({"type": "aws", "bucketName": "evidence", "isEnabled": true, "createdBy": "terraform",
        "aws_credential": {"accessKey": "AKIA", "secretKey": "top-secret", "region": "eu-central-1"}})
}

#[test]
fn encrypted_headers_are_accepted_on_both_curves() {
    let sandbox = Sandbox::start();
    for curve in ["secp256k1", "prime256v1"] {
        sandbox.change_state(|state| state["onekosmos"]["curve"] = json!(curve));
        let caller = Caller::new(&sandbox);
        let (status, keys) = caller.get("servicekeys");
        assert_eq!(status, 200, "{curve}: {keys}");
        let keys = keys.as_array().unwrap();
        assert_eq!(keys.len(), 5);
        assert_eq!(keys[0].as_object().unwrap().keys().collect::<Vec<_>>(), ["keyId", "keySecret", "tag", "type"]);
    }
}

#[test]
fn a_header_that_is_missing_or_cannot_be_decrypted_is_rejected() {
    let sandbox = Sandbox::start();
    let caller = Caller::new(&sandbox);
    let request = || caller.unsigned(Method::GET, "servicekeys").header("publickey", &caller.public_key);
    let id = || caller.request_id(now());
    let not_an_id = caller.seal(r#"{"ts":"now","appid":"test"}"#);
    for (request, status, expected) in [
        (caller.unsigned(Method::GET, "servicekeys"), 400, "publickey is required"),
        (caller.unsigned(Method::GET, "servicekeys").header("publickey", "AAEC"), 400, "publickey is not"),
        (request(), 400, "requestid is required"),
        (request().header("requestid", "AAEC"), 400, "This header can't be decrypted"),
        (request().header("requestid", not_an_id), 400, "requestid: ts"),
        (request().header("requestid", id()), 401, "licensekey is required"),
        (request().header("requestid", id()).header("licensekey", SYSTEM), 400, "This header can't be decrypted"),
        (request().header("requestid", id()).header("licensekey", caller.seal("stolen")), 401, "license is not valid"),
    ] {
        let response = send(request);
        assert_eq!(response.0, status, "{response:?}");
        assert!(message(&response).contains(expected), "{response:?}");
    }
}

#[test]
fn each_call_requires_its_license_level() {
    let sandbox = Sandbox::start();
    let caller = Caller::new(&sandbox);
    let bucket = caller.in_place("bucket", "");
    let by_dvc_id = caller.in_place("proofingtemplates", "/dvcId/none");
    let workflow = caller.envelope(&json!({"workflow": []}));
    for (license, service_keys, bucket_status, update) in
        [(SYSTEM, 200, 200, 404), (SERVICE, 403, 200, 404), (SERVICE_EXT, 403, 403, 404), ("stolen", 401, 401, 401)]
    {
        assert_eq!(send(caller.request(Method::GET, "servicekeys", license)).0, service_keys, "{license}");
        assert_eq!(send(caller.request(Method::GET, &bucket, license)).0, bucket_status, "{license}");
        assert_eq!(send(caller.request(Method::PATCH, &by_dvc_id, license).json(&workflow)).0, update, "{license}");
    }
}

#[test]
fn a_timestamp_must_be_near_the_servers_clock() {
    let sandbox = Sandbox::start();
    let caller = Caller::new(&sandbox);
    sandbox.advance_clock(50);
    assert_eq!(caller.get("servicekeys").0, 200);
    for seconds in [20, -140] {
        sandbox.advance_clock(seconds);
        let skewed = caller.get("servicekeys");
        assert_eq!(skewed.0, 401);
        assert!(message(&skewed).contains("more than 60 seconds"), "{skewed:?}");
    }
}

#[test]
fn a_template_is_created_changed_listed_and_deleted() {
    let sandbox = Sandbox::start();
    let caller = Caller::new(&sandbox);
    let path = caller.in_place("proofingtemplates", "");
    let (status, created) = caller.send(Method::PUT, &path, &template());
    assert_eq!(status, 200, "{created}");
    let id = created["_id"].as_str().unwrap().to_owned();
    assert!(id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    assert_eq!((&created["documentType"], &created["dvcID"]), (&json!("dl_object"), &Value::Null));
    assert_eq!(created["workflow"][0]["actions"][0]["script"], Value::Null);
    assert_eq!(created["workflow"][1]["actions"], json!([]));
    assert_ne!(caller.send(Method::PUT, &path, &template()).1["_id"], created["_id"], "a second one");

    let by_id = format!("{path}/id/{id}");
    let mut workflow = template()["workflow"].clone();
    workflow[0]["name"] = json!("hello");
    let (status, changed) = caller.send(Method::PATCH, &by_id, &json!({"workflow": workflow}));
    assert_eq!((status, &changed["workflow"][0]["name"]), (200, &json!("hello")), "{changed}");
    workflow[0]["name"] = json!("hi");
    let by_dvc_id = format!("{path}/dvcId/dvc%201");
    let update = json!({"documentType": "dl_object", "workflow": workflow});
    assert_eq!(caller.send(Method::PATCH, &by_dvc_id, &json!({"data": update})).0, 400, "must be encrypted");
    let (status, changed) = caller.send(Method::PATCH, &by_dvc_id, &caller.envelope(&update));
    assert_eq!((status, &changed["_id"]), (200, &created["_id"]), "{changed}");

    let session = &sandbox.env()["IDV_ONEKOSMOS_TEMPLATE_SESSION_ID"];
    let list = || send(caller.unsigned(Method::GET, &format!("proofingtemplates/{session}")));
    let (status, listed) = list();
    assert_eq!((status, listed["list"].as_array().unwrap().len()), (200, 2));
    assert_eq!(listed["list"][0], changed);

    assert_eq!(send(caller.request(Method::DELETE, &by_id, SYSTEM)), (204, Value::Null));
    assert_eq!(send(caller.request(Method::DELETE, &by_id, SYSTEM)).0, 404);
    assert_eq!(caller.send(Method::PATCH, &by_id, &json!({"workflow": []})).0, 404);
    assert_eq!(list().1["list"].as_array().unwrap().len(), 1);
}

#[test]
fn an_invalid_template_is_rejected_by_field() {
    let sandbox = Sandbox::start();
    let caller = Caller::new(&sandbox);
    let path = caller.in_place("proofingtemplates", "");
    let (step, front, action) = ("/workflow/0", "/workflow/1", "/workflow/0/actions/0");
    for (at, field, value, named) in [
        ("", "documentType", Some(json!("visa_object")), "documentType"),
        ("", "dvcID", Some(json!("")), "dvcID"),
        ("", "dvcId", Some(json!("x")), "dvcId"),
        ("", "workflow", Some(json!({})), "workflow"),
        (step, "type", Some(json!("VIDEO")), "workflow[0].type"),
        (step, "html", Some(json!("<p>")), "workflow[0].html must be a valid base64"),
        (step, "html", Some(json!("")), "workflow[0].html is not allowed to be empty"),
        (front, "html", None, "workflow[1]: missing field `html`"),
        (action, "script", Some(json!("x")), "script"),
    ] {
        let mut body = template();
        let fields = body.pointer_mut(at).unwrap().as_object_mut().unwrap();
        fields.remove(field);
        fields.extend(value.map(|value| (field.to_owned(), value)));
        let rejected = caller.send(Method::PUT, &path, &body);
        assert_eq!(rejected.0, 400, "{rejected:?}");
        assert!(message(&rejected).contains(named), "{rejected:?}");
    }
    assert_eq!(caller.send(Method::PUT, &path, &caller.envelope(&template())).0, 400, "it is sent in the open");
    assert_eq!(caller.send(Method::PUT, "proofingtemplates/tenant/t/community/c", &template()).0, 403);
}

#[test]
fn templates_are_listed_only_through_a_live_session() {
    let sandbox = Sandbox::start();
    let caller = Caller::new(&sandbox);
    let list = |session: &str| send(caller.unsigned(Method::GET, &format!("proofingtemplates/{session}"))).0;
    let session = sandbox.env()["IDV_ONEKOSMOS_TEMPLATE_SESSION_ID"].clone();
    assert_eq!(list(&session), 200);
    assert_eq!(list("unknown"), 400);
    sandbox.change_state(|state| state["onekosmos"]["sessions"][0]["expiryTS"] = json!((now() + 100) * 1000));
    assert_eq!(list(&session), 200);
    sandbox.advance_clock(101);
    assert_eq!(list(&session), 400);
}

#[test]
fn a_bucket_is_put_encrypted_and_returned_without_its_secrets() {
    let sandbox = Sandbox::start();
    let caller = Caller::new(&sandbox);
    let path = caller.in_place("bucket", "");
    assert_eq!(caller.get(&path), (200, json!({"data": null})));
    assert_eq!(caller.send(Method::PUT, &path, &json!({"data": bucket()})).0, 400, "must be encrypted");
    let (status, created) = caller.send(Method::PUT, &path, &caller.envelope(&bucket()));
    assert_eq!(status, 200, "{created}");
    assert_eq!(created["data"]["aws_credential"]["secretKey"], "********");
    assert_eq!(caller.get(&path).1, created);

    let mut disabled = bucket();
    disabled["isEnabled"] = json!(false);
    let (_, changed) = caller.send(Method::PUT, &path, &caller.envelope(&disabled));
    assert_eq!((&changed["data"]["_id"], &changed["data"]["isEnabled"]), (&created["data"]["_id"], &json!(false)));
    sandbox.change_state(|state| state["onekosmos"]["show_bucket_secrets"] = json!(true));
    assert_eq!(caller.get(&path).1["data"]["aws_credential"]["secretKey"], "top-secret");

    for field in ["type", "bucketName", "isEnabled", "createdBy"] {
        let mut body = bucket();
        body.as_object_mut().unwrap().remove(field);
        let rejected = caller.send(Method::PUT, &path, &caller.envelope(&body));
        assert!(rejected.0 == 400 && message(&rejected).contains(field), "{rejected:?}");
    }
    let mut body = bucket();
    body["aws_credential"].as_object_mut().unwrap().remove("region");
    let rejected = caller.send(Method::PUT, &path, &caller.envelope(&body));
    assert!(rejected.0 == 400 && message(&rejected).contains("aws_credential: missing field `region`"), "{rejected:?}");
}

#[test]
fn responses_can_be_encrypted_and_bodies_plain() {
    let sandbox = Sandbox::start();
    sandbox.change_state(|state| {
        state["onekosmos"]["encrypt_responses"] = json!(true);
        state["onekosmos"]["body_encryption"]["bucket_put"] = json!("plain");
        state["onekosmos"]["body_encryption"]["template_create"] = json!("encrypted");
        state["onekosmos"]["show_dvc_id"] = json!(true);
    });
    let caller = Caller::new(&sandbox);
    let (status, response) = caller.send(Method::PUT, &caller.in_place("bucket", ""), &json!({"data": bucket()}));
    assert_eq!(status, 200, "{response}");
    assert_eq!(caller.open(&response["data"])["bucketName"], "evidence");
    assert_eq!(caller.open(&caller.get("servicekeys").1["data"]).as_array().unwrap().len(), 5);
    let (_, created) =
        caller.send(Method::PUT, &caller.in_place("proofingtemplates", ""), &caller.envelope(&template()));
    assert_eq!(created["dvcID"], "dvc 1");
}

#[test]
fn sessions_are_filtered_and_paged() {
    let sandbox = Sandbox::start();
    sandbox.change_state(|state| {
        let live = state["onekosmos"]["sessions"][0].clone();
        let sessions = (0..25).map(|index| {
            let mut session = live.clone();
            session["id"] = json!(format!("session-{index}"));
            session["status"] = json!(if index % 5 == 0 { "COMPLETED" } else { "PENDING" });
            session["createdTS"] = json!(1_700_000_000_000_i64 + index * 1000);
            session["user"]["lastname"] = json!(format!("Doe{index}"));
            session
        });
        state["onekosmos"]["sessions"] = sessions.collect();
    });
    let caller = Caller::new(&sandbox);
    let (tenant, community) = caller.place.strip_prefix("tenant/").unwrap().split_once("/community/").unwrap();
    let fetch = |query: Value, index: usize, size: usize| {
        let body = json!({
            "tenantId": tenant, "communityId": community, "pIndex": index, "pSize": size, "query": query,
        });
        caller.send(Method::POST, "proofingsession/fetch", &caller.envelope(&body))
    };
    let count = |query: Value| fetch(query, 0, 100).1["data"]["page"]["total"].clone();
    let (status, page) = fetch(json!({}), 2, 10);
    assert_eq!(status, 200, "{page}");
    assert_eq!(page["data"]["page"], json!({"index": 2, "total": 25, "size": 10}));
    assert_eq!(page["data"]["data"].as_array().unwrap().len(), 5);
    assert_eq!(page["data"]["data"][0]["id"], "session-20");
    assert_eq!(count(json!({"status": "COMPLETED"})), 5);
    assert_eq!(count(json!({"name": "Doe1"})), 11);
    assert_eq!(count(json!({"startDate": "2023-11-14 22:13:40.000", "endDate": "2023-11-14 22:13:41.000"})), 2);
    for query in [json!({"status": "DONE"}), json!({"startDate": "yesterday"}), json!({"state": "PENDING"})] {
        assert_eq!(fetch(query.clone(), 0, 10).0, 400, "{query}");
    }
    assert_eq!(fetch(json!({}), 0, 0).0, 400);
}

#[test]
fn resetting_the_services_own_key_changes_it_for_everyone() {
    let sandbox = Sandbox::start();
    let caller = Caller::new(&sandbox);
    let keys = caller.get("servicekeys").1;
    let reset = |caller: &Caller, index: usize| {
        let key_id = keys[index]["keyId"].as_str().unwrap();
        send(caller.request(Method::DELETE, &format!("servicekey/{key_id}"), SYSTEM))
    };
    let (status, renewed) = reset(&caller, 1);
    assert_eq!((status, &renewed[0]["tag"]), (200, &keys[1]["tag"]), "{renewed}");
    assert!(renewed[0]["keyId"] != keys[1]["keyId"] && renewed[0]["keySecret"] != keys[1]["keySecret"]);
    assert_eq!(reset(&caller, 1).0, 400, "the old id is gone");
    assert_eq!(caller.get("servicekeys").0, 200, "another key is no business of this service");

    assert_eq!((reset(&caller, 0).0, &keys[0]["tag"]), (200, &json!("service")));
    let rejected = caller.get("servicekeys");
    assert_eq!((rejected.0, message(&rejected)), (400, "This header can't be decrypted"));
    assert_eq!(Caller::new(&sandbox).get("servicekeys").0, 200);
}

#[test]
fn a_tenant_is_discovered_without_credentials() {
    let sandbox = Sandbox::start();
    let state = sandbox.state()["onekosmos"].clone();
    let root = sandbox.url("onekosmos");
    let discover =
        |body: Value| send(sandbox.http().post(format!("{root}/api/r1/system/community_info/fetch")).json(&body));
    let host = root.trim_start_matches("http://");
    for body in [
        json!({"dns": host, "communityName": "default"}),
        json!({"dns": state["tenant"]["dns"], "communityId": state["communities"][0]["id"]}),
        json!({"tenantId": state["tenant"]["id"], "communityName": "default"}),
    ] {
        let (status, found) = discover(body);
        assert_eq!(status, 200, "{found}");
        assert_eq!(
            (&found["tenant"]["id"], &found["community"]["id"]),
            (&state["tenant"]["id"], &state["communities"][0]["id"])
        );
    }
    assert_eq!(discover(json!({"dns": host, "communityName": "other"})).0, 404);
    assert_eq!(discover(json!({"dns": "elsewhere.example", "communityName": "default"})).0, 404);
    assert_eq!(discover(json!({"dns": host})).0, 400);
    for path in ["/caas/sd", "/idproofingapi/sd"] {
        assert!(send(sandbox.http().get(format!("{root}{path}"))).1["idproofingapi"].is_string());
    }
    let health = send(sandbox.http().get(format!("{root}/idproofingapi/healthz"))).1;
    let public = send(sandbox.http().get(format!("{root}/idproofingapi/publickeys"))).1;
    assert_eq!(health["publicKey"], public["publicKey"]);
    let connectors = send(sandbox.http().get(format!("{root}/idproofingapi/info"))).1;
    assert_eq!(connectors[0].as_object().unwrap().keys().collect::<Vec<_>>(), ["docType", "verifierType"]);
}
