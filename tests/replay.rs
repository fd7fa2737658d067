//! `sandbox --replay`: routes, encryption and pages that a recording has in another form than the sandbox.

use serde_json::{Value, json};

use crate::recording::{recorded, replay};
use crate::support::objects;
use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

const WEIGHTS: &str = "data \"idv_vult_weights\" \"main\" {}\n";

const WEBHOOK: &str = "resource \"idv_vult_webhook\" \"main\" {\n  name = \"hook 60\"\n  url  = \"https://h.example.com\"\n}\n\
                       import {\n  to = idv_vult_webhook.main\n  id = \"whk_60\"\n}\n";

const BUCKET: &str = r#"
resource "idv_onekosmos_bucket" "main" {
  type           = "aws"
  bucket_name    = "evidence"
  aws_credential = { access_key = "AKIA1", region = "eu-central-1", secret_key_wo = "hush" }
}
"#;

const SESSIONS: &str = "data \"idv_onekosmos_proofing_sessions\" \"all\" {}\n";

const SERVICE_KEYS: &str = "data \"idv_onekosmos_service_keys\" \"all\" {}\n";

/// A sandbox that replays what the doctor records at a tenant, after a change of the lines.
fn replayed(tenant: &Sandbox, change: impl Fn(&mut Value)) -> Sandbox {
    let workspace = Workspace::new(tenant);
    let recording = recorded(&workspace);
    replay(&workspace, &recording, change)
}

fn is_at(line: &Value, vendor: &str, method: &str, route: &str) -> bool {
    line["vendor"] == vendor && line["request"]["method"] == method && line["request"]["route"] == route
}

/// Records a call at another route, as with a setting that names the route.
fn move_call(line: &mut Value, vendor: &str, (method, route): (&str, &str), (new_method, new_route): (&str, &str)) {
    if is_at(line, vendor, method, route) {
        line["request"]["call"] = format!("{method} {route}").into();
        line["request"]["method"] = new_method.into();
        line["request"]["route"] = new_route.into();
    }
}

/// A tenant of VULT with this many webhooks.
fn add_webhooks(sandbox: &Sandbox, count: u32) {
    let row = |n: u32| json!({"id": format!("whk_{n}"), "name": format!("hook {n}"), "url": "https://h.example.com"});
    sandbox.change_state(|state| state["vult"]["webhooks"] = (0..count).map(row).collect());
}

/// A tenant of 1Kosmos with this many sessions.
fn add_sessions(sandbox: &Sandbox, count: usize) {
    sandbox.change_state(|state| {
        let sessions = state["onekosmos"]["sessions"].as_array_mut().unwrap();
        let first = sessions[0].clone();
        for number in 1..count {
            let mut session = first.clone();
            session["id"] = format!("session-{number}").into();
            session["_id"] = format!("{number:024x}").into();
            sessions.push(session);
        }
    });
}

#[test]
fn moved_token_endpoint_is_used_once_token_url_names_it() {
    let sandbox = replayed(&Sandbox::start(), |line| {
        move_call(line, "VULT", ("POST", "/oauth/token"), ("POST", "/realms/{}/token"));
    });
    let mut workspace = Workspace::new(&sandbox);
    workspace.configure(WEIGHTS);
    let errors = workspace.try_plan().failed().errors();
    assert!(errors.contains("404") && errors.contains("/oauth/token") && errors.contains("token_url"), "{errors}");

    workspace.set("IDV_VULT_TOKEN_URL", &format!("{}/realms/main/token", sandbox.url("vult")));
    workspace.apply().succeeded();
    assert_eq!(sandbox.count("POST /realms/main/token 200"), 1, "{:?}", sandbox.request_lines());
}

#[test]
fn moved_call_is_used_once_paths_names_it() {
    let sandbox = replayed(&Sandbox::start(), |line| {
        move_call(line, "VULT", ("POST", "/webhook/list"), ("PUT", "/v3/webhooks/search"));
    });
    add_webhooks(&sandbox, 61);
    let mut workspace = Workspace::new(&sandbox);
    workspace.configure(WEBHOOK);
    let errors = workspace.try_plan().failed().errors();
    assert!(errors.contains("404"), "{errors}");

    workspace.set("IDV_VULT_PATHS", "{\"webhook_list\": \"PUT /v3/webhooks/search\"}");
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
}

#[test]
fn moved_calls_are_served_at_their_recorded_routes_only() {
    let sandbox = replayed(&Sandbox::start(), |line| {
        move_call(line, "Didit", ("GET", "/v3/lists/{}/entries/"), ("POST", "/v4/entries/{}/search"));
        if is_at(line, "Didit", "GET", "/v3/lists/") {
            let shape = line["body"].to_string().replace("\"results\":", "\"rows\":");
            line["body"] = serde_json::from_str(&shape).unwrap();
        }
        move_call(line, "Didit", ("GET", "/v3/lists/"), ("GET", "/v4/lists"));
        move_call(line, "Xident", ("GET", "/v1/usage"), ("GET", "/v2/usage"));
    });
    let send = |vendor: &str, method: reqwest::Method, path: &str| {
        let request = sandbox.http().request(method, format!("{}{path}", sandbox.url(vendor)));
        let request = request.header("x-api-key", &sandbox.env()["IDV_DIDIT_API_KEY"]);
        let response = request.bearer_auth(&sandbox.env()["IDV_XIDENT_SECRET_KEY"]).send().unwrap();
        (response.status().as_u16(), response.json::<Value>().unwrap())
    };
    let get = |vendor, path: &str| send(vendor, reqwest::Method::GET, path);

    let (status, lists) = get("didit", "/v4/lists?limit=3");
    assert_eq!(status, 200, "{lists}");
    assert!(lists["next"].as_str().unwrap().contains("/v4/lists?"), "{lists}");
    let lists = lists["rows"].as_array().unwrap();
    assert_eq!(lists.len(), 3, "the query is kept");
    let id = lists[0]["uuid"].as_str().unwrap();
    let (status, entries) = send("didit", reqwest::Method::POST, &format!("/v4/entries/{id}/search"));
    assert!(status == 200 && entries["results"].is_array(), "{status} {entries}");
    assert_eq!(get("xident", "/v2/usage").0, 200);

    for path in ["/v3/lists/".to_owned(), format!("/v3/lists/{id}/entries/")] {
        let (status, body) = get("didit", &path);
        assert!(status == 404 && body["detail"].is_string(), "{path}: {status} {body}");
    }
    let (status, body) = get("xident", "/v1/usage");
    assert_eq!((status, &body["error"]["code"]), (404, &json!("not_found")), "{body}");
    assert_eq!(get("didit", &format!("/v3/lists/{id}/")).0, 200, "other calls keep their routes");
}

#[test]
fn recording_of_an_address_with_a_path_is_replayed_without_the_path() {
    let sandbox = replayed(&Sandbox::start(), |line| {
        move_call(line, "VULT", ("POST", "/webhook/list"), ("POST", "/webhooks/search"));
        if line["vendor"] == "VULT" {
            line["request"]["route"] = format!("/kyc/api{}", line["request"]["route"].as_str().unwrap()).into();
        }
        if is_at(line, "VULT", "GET", "/kyc/api/idv/weights") {
            line["status"] = 403.into();
        }
    });
    let mut workspace = Workspace::new(&sandbox);
    workspace.configure(WEIGHTS);
    let errors = workspace.try_plan().failed().errors();
    assert!(errors.contains("403"), "{errors}");

    add_webhooks(&sandbox, 61);
    workspace.configure(WEBHOOK);
    workspace.set("IDV_VULT_PATHS", "{\"webhook_list\": \"POST /webhooks/search\"}");
    workspace.apply().succeeded();
    // The address of the recorded tenant is as good.
    let mut workspace = Workspace::new(&sandbox);
    workspace.configure(WEBHOOK);
    workspace.set("IDV_VULT_PATHS", "{\"webhook_list\": \"POST /webhooks/search\"}");
    workspace.set("IDV_VULT_BASE_URL", &format!("{}/kyc/api", sandbox.url("vult")));
    workspace.apply().succeeded();
    assert!(sandbox.count("POST /kyc/api/webhooks/search 200") > 0, "{:?}", sandbox.request_lines());
}

#[test]
fn rejected_encryption_is_met_until_body_encryption_says_plain() {
    let sandbox = replayed(&Sandbox::start(), |line| {
        if is_at(line, "1Kosmos", "POST", "/idproofingapi/proofingsession/fetch") {
            assert_eq!(line["request"]["encrypted"], true);
            line["status"] = 400.into();
        }
    });
    let workspace = Workspace::new(&sandbox);
    // The recording has no PUT of a bucket: its body is plain because no encrypted body was accepted.
    for (configuration, endpoint) in [(SESSIONS, "session_fetch"), (BUCKET, "bucket_put")] {
        workspace.configure(configuration);
        let errors = workspace.apply().failed().errors();
        assert!(errors.contains("400") && errors.contains(endpoint), "{errors}");
    }
    workspace.configure(&format!(
        "provider \"idv\" {{\n  onekosmos = {{ body_encryption = {{ session_fetch = \"plain\", bucket_put = \"plain\" }} }}\n}}\n\
         {SESSIONS}{BUCKET}"
    ));
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
}

#[test]
fn accepted_form_of_a_body_is_replayed() {
    let sandbox = replayed(&Sandbox::start(), |line| {
        if is_at(line, "1Kosmos", "POST", "/idproofingapi/proofingsession/fetch") {
            line["request"]["encrypted"] = false.into();
        }
    });
    let encryption = &sandbox.state()["onekosmos"]["body_encryption"];
    assert_eq!((&encryption["session_fetch"], &encryption["bucket_put"]), (&json!("plain"), &json!("encrypted")));
    let workspace = Workspace::new(&sandbox);
    workspace.configure(SESSIONS);
    assert!(workspace.apply().failed().errors().contains("session_fetch"));
}

#[test]
fn encrypted_responses_are_replayed_and_their_content_has_the_recorded_form() {
    let tenant = objects::sandbox();
    tenant.change_state(|state| state["onekosmos"]["encrypt_responses"] = true.into());
    let workspace = Workspace::new(&tenant);
    workspace.configure(BUCKET);
    workspace.apply().succeeded();
    let recording = recorded(&workspace);
    let sandbox = replay(&workspace, &recording, |_| {});
    assert_eq!(sandbox.state()["onekosmos"]["encrypt_responses"], true);
    let again = Workspace::new(&sandbox);
    again.configure(&format!("{SESSIONS}{SERVICE_KEYS}{BUCKET}"));
    again.apply().succeeded();
    again.plan().assert_empty();
    let text = std::fs::read_to_string(recorded(&again)).unwrap();
    assert!(text.contains("\"decrypts\":"), "the responses are encrypted again");

    let sandbox = replay(&workspace, &recording, |line| {
        if line["decrypts"].is_u64() {
            let shape = line["body"].to_string().replace("\"keyId\":", "\"keyReference\":");
            line["body"] = serde_json::from_str(&shape).unwrap();
        }
    });
    let renamed = Workspace::new(&sandbox);
    renamed.configure(SERVICE_KEYS);
    let errors = renamed.try_plan().failed().errors();
    assert!(errors.contains("listing the service keys failed: in the response, `[0]` is missing"), "{errors}");
}

#[test]
fn page_cap_of_a_size_in_a_body_is_replayed() {
    let tenant = Sandbox::start();
    add_webhooks(&tenant, 120);
    tenant.change_state(|state| state["vult"]["page_cap"] = 50.into());
    let sandbox = replayed(&tenant, |_| {});
    add_webhooks(&sandbox, 120);
    let workspace = Workspace::new(&sandbox);
    workspace.configure(WEBHOOK);
    workspace.apply().succeeded();
    sandbox.forget_requests();
    workspace.plan().assert_empty();
    assert_eq!(sandbox.count("POST /webhook/list"), 3, "pages of 50: {:?}", sandbox.request_lines());
}

#[test]
fn page_cap_of_a_size_in_an_encrypted_body_is_replayed() {
    let tenant = Sandbox::start();
    add_sessions(&tenant, 25);
    tenant.change_state(|state| state["onekosmos"]["page_cap"] = 10.into());
    let sandbox = replayed(&tenant, |_| {});
    add_sessions(&sandbox, 25);
    let workspace = Workspace::new(&sandbox);
    workspace.configure(SESSIONS);
    workspace.apply().succeeded();
    let pages = sandbox.count("POST /idproofingapi/proofingsession/fetch");
    assert_eq!(pages, 3, "pages of 10: {:?}", sandbox.request_lines());
}
