//! What is left of an apply that is interrupted, or whose answers go astray: nothing lost, nothing twice.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

const TWO_WEBHOOKS: &str = r#"
resource "idv_vult_webhook" "one" {
  name = "one"
  url  = "https://h.example.com"
}
resource "idv_vult_webhook" "two" {
  name = "two"
  url  = "https://h.example.com"
}
"#;

const TEMPLATE: &str = r#"
resource "idv_onekosmos_proofing_template" "main" {
  document_type = "dl_object"
  dvc_id        = "dvc_sandbox"
  workflow      = [{ name = "front", type = "CAPTURE_FRONT" }]
}
"#;

/// The ids of webhooks and templates that the vendors have.
fn ids_at_vendors(sandbox: &Sandbox) -> BTreeSet<String> {
    let state = sandbox.state();
    let rows = |list: &str| state.pointer(list).unwrap().as_array().unwrap().clone();
    let webhooks = rows("/vult/webhooks").into_iter().map(|row| row["id"].to_string());
    webhooks.chain(rows("/onekosmos/templates").into_iter().map(|row| row["_id"].to_string())).collect()
}

fn ids_in_state(workspace: &Workspace) -> BTreeSet<String> {
    workspace.state().values().map(|attributes| attributes["id"].to_string()).collect()
}

#[test]
fn ctrl_c_during_a_slow_apply() {
    let sandbox = Sandbox::start_with(&["--latency", "2s"]);
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&format!("{TWO_WEBHOOKS}{TEMPLATE}"));
    let apply = workspace.start(&["apply", "-auto-approve", "-no-color"]);
    // From here on the vendors have objects of which Terraform does not know yet.
    sandbox.wait_for_request("POST /webhook/create");
    sandbox.wait_for_request("PUT /idproofingapi/proofingtemplates");
    apply.interrupt();
    let run = apply.wait();
    assert!(run.stdout.contains("Interrupt received"), "Terraform did not see the signal");
    let (there, known) = (ids_at_vendors(&sandbox), ids_in_state(&workspace));
    assert!(there.len() > 1);
    assert_eq!(known, there, "what the vendors have is in state");
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
    let there = ids_at_vendors(&sandbox);
    assert_eq!(there.len(), 3);
    assert_eq!(ids_in_state(&workspace), there);
}

/// What was created is found by a list, and the rate lets that through seconds later only.
#[test]
fn ctrl_c_where_requests_wait_for_their_turn() {
    let sandbox = Sandbox::start_with(&["--latency", "1s"]).with_variable("IDV_VULT_REQUESTS_PER_MINUTE", "20");
    let workspace = Workspace::new(&sandbox);
    workspace.configure(TWO_WEBHOOKS);
    let apply = workspace.start(&["apply", "-auto-approve", "-no-color"]);
    sandbox.wait_for_request("POST /webhook/create");
    apply.interrupt();
    let run = apply.wait();
    assert!(run.stdout.contains("Interrupt received"), "Terraform did not see the signal");
    let there = ids_at_vendors(&sandbox);
    assert!(!there.is_empty());
    assert_eq!(ids_in_state(&workspace), there, "what the vendor has is in state");
}

/// A create of each kind: the vendor, the write that makes it, and a configuration.
const CREATES: &[(&str, &str, &str, &str)] = &[
    ("vult", "POST", "/webhook/create", TWO_WEBHOOKS),
    ("vult", "POST", "/idv/weights", "resource \"idv_vult_weights\" \"main\" {\n  age_weight = 2\n}\n"),
    (
        "vult",
        "POST",
        "/idv/requirements",
        r#"resource "idv_vult_document_requirements" "main" {
             document_type = "passport"
             data_source   = "ocr"
             city_required = true
           }"#,
    ),
    ("onekosmos", "PUT", "/idproofingapi/proofingtemplates", TEMPLATE),
    (
        "onekosmos",
        "PUT",
        "/idproofingapi/bucket",
        r#"resource "idv_onekosmos_bucket" "main" {
             type           = "aws"
             bucket_name    = "evidence"
             aws_credential = { access_key = "AKIA1", region = "eu-central-1", secret_key_wo = "hush" }
           }"#,
    ),
    (
        "fiven",
        "POST",
        "/api/v1/credentials-access-request",
        r#"resource "idv_fiven_credentials_access_request" "main" {
             party_id  = "alice::1220abcd"
             providers = ["GOOGLE"]
           }"#,
    ),
    ("didit", "POST", "/v3/webhook/destinations/", DESTINATION),
    ("didit", "POST", "/v3/workflows/", WORKFLOW),
    ("didit", "POST", "/v3/questionnaires/", QUESTIONNAIRE),
    ("didit", "POST", "/v3/lists/", LIST),
    ("didit", "POST", "/v3/lists/*/entries/", ENTRY),
    (
        "didit",
        "PATCH",
        "/v3/customization/",
        "resource \"idv_didit_customization\" \"main\" {\n  hide_progress_bar = true\n}\n",
    ),
];

const DESTINATION: &str = r#"
resource "idv_didit_webhook_destination" "main" {
  label             = "events"
  url               = "https://hooks.example.com/didit"
  subscribed_events = ["status.updated"]
}
"#;

const WORKFLOW: &str = r#"
resource "idv_didit_workflow" "main" {
  workflow_label = "kyc"
  features       = [{ feature = "OCR" }]
}
"#;

const QUESTIONNAIRE: &str = r#"
resource "idv_didit_questionnaire" "main" {
  title         = "Onboarding"
  languages     = ["en"]
  form_elements = [{ element_type = "short_text", label = { en = "Occupation?" } }]
}
"#;

const LIST: &str = r#"
resource "idv_didit_list" "main" {
  name       = "trusted"
  list_type  = "custom"
  entry_type = "country"
}
"#;

/// In a spelling of its own, in one of Didit's own lists.
const ENTRY: &str = r#"
data "idv_didit_lists" "phones" {
  entry_type = "phone"
}
resource "idv_didit_list_entry" "main" {
  list_id = data.idv_didit_lists.phones.lists[0].id
  value   = "+49 151 000000"
}
"#;

/// The create is carried out and not answered, and before anybody has looked what became of it Terraform is interrupted.
#[test]
fn ctrl_c_after_a_create_whose_answer_is_lost() {
    std::thread::scope(|scope| {
        for (vendor, method, path, configuration) in [
            ("onekosmos", "PUT", "/idproofingapi/proofingtemplates", TEMPLATE),
            ("didit", "POST", "/v3/webhook/destinations/", DESTINATION),
            ("didit", "POST", "/v3/workflows/", WORKFLOW),
            ("didit", "POST", "/v3/questionnaires/", QUESTIONNAIRE),
            ("didit", "POST", "/v3/lists/", LIST),
            ("didit", "POST", "/v3/lists/*/entries/", ENTRY),
        ] {
            scope.spawn(move || is_found_after_ctrl_c(vendor, method, path, configuration));
        }
    });
}

fn is_found_after_ctrl_c(vendor: &str, method: &str, path: &str, configuration: &str) {
    let sandbox = Sandbox::start_with(&["--latency", "1s"]);
    let mut workspace = Workspace::new(&sandbox);
    // So few that the look has to wait for its turn.
    let limit = format!("IDV_{}_REQUESTS_PER_MINUTE", vendor.to_uppercase());
    workspace.set(&limit, "19");
    workspace.configure(configuration);
    sandbox.fault(&json!({"vendor": vendor, "method": method, "path": path, "kind": "drop", "after": true}));
    let apply = workspace.start(&["apply", "-auto-approve", "-no-color"]);
    let created = |sandbox: &Sandbox| sandbox.requests().iter().any(|request| request["method"] == method);
    sandbox.wait_until("a create", created);
    apply.interrupt();
    let run = apply.wait();
    assert!(run.stdout.contains("Interrupt received"), "Terraform did not see the signal");
    let known = workspace.state().into_keys().filter(|address| address.starts_with("idv_")).count();
    assert_eq!(known, 1, "what was created at {path} is not in state");
    workspace.set(&limit, "");
    workspace.plan().assert_empty();
}

/// Of those that are found by looking after them, which only Xident's newer API can.
const TODAY: &[(&str, &str, &str, &str)] = &[
    (
        "xident",
        "POST",
        "/verify/v1/blacklist/image",
        r#"resource "idv_xident_blacklist_entry" "main" {
             reason        = "fraud"
             face_image_wo = "ZmFjZQ=="
           }"#,
    ),
    (
        "xident",
        "POST",
        "/verify/v1/2fa/register",
        r#"resource "idv_xident_face_enrollment" "main" {
             user_id       = "user-456"
             face_image_wo = "ZmFjZQ=="
           }"#,
    ),
    ("xident", "POST", "/verify/v1/tokens", "resource \"idv_xident_api_key\" \"main\" {\n  name = \"shop\"\n}\n"),
];

/// How many objects the vendors have; a historical set of weights counts as none.
fn objects(sandbox: &Sandbox) -> usize {
    let state = sandbox.state();
    let lists = [
        "/vult/webhooks",
        "/vult/requirements",
        "/onekosmos/templates",
        "/onekosmos/buckets",
        "/fiven/requests",
        "/xident/blacklist",
        "/xident/api_keys",
        "/didit/webhook_destinations",
        "/didit/workflows",
        "/didit/questionnaires",
        "/didit/lists",
    ];
    let entries =
        state["didit"]["lists"].as_array().unwrap().iter().map(|list| list["entries"].as_array().unwrap().len());
    let faces = state["xident"]["faces"].as_object().unwrap().len();
    faces
        + entries.sum::<usize>()
        + lists.iter().map(|list| state.pointer(list).unwrap().as_array().unwrap().len()).sum::<usize>()
}

/// The vendor carries a create out and does not say so.
fn astray(fault: &Value) {
    for (vendor, method, path, configuration) in CREATES.iter().chain(TODAY) {
        let start = || Sandbox::start().with_variable("IDV_XIDENT_API", "verify/v1");
        let wanted = start();
        let undisturbed = Workspace::new(&wanted);
        undisturbed.configure(configuration);
        undisturbed.apply().succeeded();

        let sandbox = start();
        let workspace = Workspace::new(&sandbox);
        workspace.configure(configuration);
        let mut fault = fault.clone();
        for (key, value) in [("vendor", vendor), ("method", method), ("path", path)] {
            fault[key] = json!(value);
        }
        sandbox.fault(&fault);
        // It may fail or succeed with a warning; what counts is what the next one finds.
        workspace.apply();
        workspace.apply().succeeded();
        workspace.plan().assert_empty();
        assert_eq!(objects(&sandbox), objects(&wanted), "after {path}");
        assert!(sandbox.requests().iter().any(|request| request.get("fault").is_some()), "nothing went astray: {path}");
    }
}

#[test]
fn an_error_after_a_create_was_carried_out() {
    astray(&json!({"kind": "status", "status": 500, "after": true}));
}

#[test]
fn no_answer_after_a_create_was_carried_out() {
    astray(&json!({"kind": "drop", "after": true}));
}

#[test]
fn an_answer_to_a_create_that_cannot_be_read() {
    astray(&json!({"kind": "garbage", "after": true}));
}

/// What Didit creates in its two ways.
const AT_DIDIT: &[(&str, &str, &str, &str)] = &[
    (
        "didit",
        "POST",
        "/v3/lists/",
        r#"resource "idv_didit_list" "main" {
             name       = "trusted"
             list_type  = "allowlist"
             entry_type = "phone"
           }"#,
    ),
    (
        "didit",
        "POST",
        "/v3/lists/",
        r#"data "idv_didit_lists" "main" {
             list_type  = "blocklist"
             entry_type = "email"
           }
           resource "idv_didit_list_entry" "main" {
             list_id = one(data.idv_didit_lists.main.lists).id
             value   = "mallory@example.com"
           }"#,
    ),
];

#[test]
fn a_vendor_that_goes_away_during_a_create_hides_neither_failure() {
    // The other creates are not looked for afterwards.
    let looked_for = |path: &str| ["/webhook/create", "/api/v1/credentials-access-request"].contains(&path);
    let creates = CREATES.iter().filter(|create| looked_for(create.2)).chain(TODAY).chain(AT_DIDIT);
    for (vendor, method, path, configuration) in creates {
        let sandbox = Sandbox::start().with_variable("IDV_XIDENT_API", "verify/v1");
        let mut workspace = Workspace::new(&sandbox);
        workspace.set("IDV_MAX_RETRIES", "0");
        workspace.set("IDV_REQUEST_TIMEOUT", "2");
        workspace.configure(configuration);
        sandbox.fault(
            &json!({"vendor": vendor, "method": method, "path": path, "kind": "delay", "delay_ms": 8000, "after": true, "times": 9}),
        );
        let apply = workspace.start(&["apply", "-auto-approve", "-json"]);
        sandbox.wait_for_request(&format!("{method} {path}"));
        sandbox.fault(&json!({"vendor": vendor, "kind": "drop", "times": 99}));
        let errors = apply.wait().failed().errors();
        assert!(errors.contains("the request may have been carried out"), "{path} hides the create: {errors}");
        assert!(errors.contains("Nothing of it is in state.") || errors.contains("Nothing is in state."), "{errors}");
        assert!(errors.contains("broke before the answer was complete"), "{path} hides the look: {errors}");
        let managed = workspace.state().into_keys().filter(|address| !address.starts_with("data."));
        assert_eq!(managed.count(), 0, "{path}");
    }
}
