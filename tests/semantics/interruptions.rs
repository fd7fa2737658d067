//! An apply that is interrupted or whose responses are lost: no object is lost, and none is created twice.

use std::collections::BTreeSet;
use std::thread;

use serde_json::{Value, json};

use crate::support::configurations::{DESTINATION, TEMPLATE, WORKFLOW};
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

/// The ids of the webhooks and templates at the vendors.
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
fn interrupted_apply_keeps_what_it_created() {
    let sandbox = Sandbox::start_with(&["--latency", "2s"]);
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&format!("{TWO_WEBHOOKS}{TEMPLATE}"));
    let apply = workspace.start(&["apply", "-auto-approve", "-no-color"]);
    // Now the vendors have objects that are not in state yet.
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

/// The created object is found by a list, for which the rate limit has a place only seconds later.
#[test]
fn interrupted_apply_waits_for_the_rate_limit_to_find_what_it_created() {
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

/// A create: the vendor, the method and the path of the write, and a configuration.
type Create = (&'static str, &'static str, &'static str, &'static str);

/// Creates whose outcome can be read. `proofing_templates` has the templates.
const CREATES: &[Create] = &[
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

/// In another spelling than Didit's, in one of Didit's own lists.
const ENTRY: &str = r#"
data "idv_didit_lists" "phones" {
  entry_type = "phone"
}
resource "idv_didit_list_entry" "main" {
  list_id = data.idv_didit_lists.phones.lists[0].id
  value   = "+49 151 000000"
}
"#;

/// The create is carried out and its response is lost. Terraform is interrupted before the provider has read the outcome.
#[test]
fn interrupted_apply_finds_a_create_without_a_response() {
    thread::scope(|scope| {
        for (vendor, method, path, configuration) in [
            ("didit", "POST", "/v3/webhook/destinations/", DESTINATION),
            ("didit", "POST", "/v3/workflows/", WORKFLOW),
            ("didit", "POST", "/v3/questionnaires/", QUESTIONNAIRE),
            ("didit", "POST", "/v3/lists/", LIST),
            ("didit", "POST", "/v3/lists/*/entries/", ENTRY),
        ] {
            scope.spawn(move || is_found_after_an_interrupt(vendor, method, path, configuration));
        }
    });
}

fn is_found_after_an_interrupt(vendor: &str, method: &str, path: &str, configuration: &str) {
    let sandbox = Sandbox::start_with(&["--latency", "1s"]);
    let mut workspace = Workspace::new(&sandbox);
    // So few that the read has to wait for the rate limit.
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
    assert_eq!(known, 1, "the object created at {path} is not in state");
    workspace.set(&limit, "");
    workspace.plan().assert_empty();
}

/// The same for Xident, whose current API alone has lists.
const XIDENT: &[Create] = &[
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

/// How many objects the vendors have, without historical sets of weights.
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

/// Tries each create in a thread of its own, since each of them mostly waits.
fn each<'c>(creates: impl Iterator<Item = &'c Create>, test: impl Fn(&Create) + Sync) {
    let test = &test;
    thread::scope(|scope| {
        for create in creates {
            scope.spawn(move || test(create));
        }
    });
}

/// Applies each create with a fault after it was carried out, and then again: the result is that of an apply without a fault.
fn each_create_is_recovered(fault: &Value) {
    each(CREATES.iter().chain(XIDENT), |(vendor, method, path, configuration)| {
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
        // It may fail, or succeed with a warning. The next apply is what counts.
        workspace.apply();
        workspace.apply().succeeded();
        workspace.plan().assert_empty();
        assert_eq!(objects(&sandbox), objects(&wanted), "after {path}");
        assert!(
            sandbox.requests().iter().any(|request| request.get("fault").is_some()),
            "no fault was injected: {path}"
        );
    });
}

#[test]
fn next_apply_recovers_from_an_error_after_a_create() {
    each_create_is_recovered(&json!({"kind": "status", "status": 500, "after": true}));
}

#[test]
fn next_apply_recovers_from_no_response_to_a_create() {
    each_create_is_recovered(&json!({"kind": "drop", "after": true}));
}

#[test]
fn next_apply_recovers_from_an_unreadable_response_to_a_create() {
    each_create_is_recovered(&json!({"kind": "garbage", "after": true}));
}

/// Creates at Didit, in a list and of a list.
const AT_DIDIT: &[Create] = &[
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
fn outage_during_a_create_reports_the_create_and_the_read() {
    // Other creates are not read afterwards.
    let is_read = |path: &str| ["/webhook/create", "/api/v1/credentials-access-request"].contains(&path);
    let creates = CREATES.iter().filter(|create| is_read(create.2)).chain(XIDENT).chain(AT_DIDIT);
    each(creates, |(vendor, method, path, configuration)| {
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
        assert!(errors.contains("the request may have been applied"), "{path} hides the create: {errors}");
        let not_in_state = ["is not in state", "Nothing of it is in state.", "Nothing is in state."];
        assert!(not_in_state.iter().any(|text| errors.contains(text)), "{errors}");
        assert!(errors.contains("broke before the response was complete"), "{path} hides the read: {errors}");
        let managed = workspace.state().into_keys().filter(|address| !address.starts_with("data."));
        assert_eq!(managed.count(), 0, "{path}");
    });
}

/// Creates that a vendor accepts twice.
const ACCEPTED_TWICE: &[Create] = &[
    ("onekosmos", "PUT", "/idproofingapi/proofingtemplates", TEMPLATE),
    ("didit", "POST", "/v3/workflows/", WORKFLOW),
    ("didit", "POST", "/v3/questionnaires/", QUESTIONNAIRE),
    ("xident", "POST", "/verify/v1/tokens", "resource \"idv_xident_api_key\" \"main\" {\n  name = \"shop\"\n}\n"),
];

/// Kills the provider after a create was carried out and before its response.
fn kill_during_a_create(sandbox: &Sandbox, workspace: &Workspace, create: &Create) {
    let (vendor, method, path, configuration) = create;
    workspace.configure(configuration);
    let before = objects(sandbox);
    sandbox.fault(
        &json!({"vendor": vendor, "method": method, "path": path, "kind": "delay", "delay_ms": 9000, "after": true}),
    );
    let apply = workspace.start(&["apply", "-auto-approve", "-json"]);
    sandbox.wait_until("the create", |sandbox| objects(sandbox) > before);
    apply.kill_provider();
    apply.wait().failed();
    let managed = workspace.state().into_keys().filter(|address| !address.starts_with("data."));
    assert_eq!(managed.count(), 0, "{path}");
    sandbox.clear_faults();
}

#[test]
fn apply_after_a_kill_warns_that_an_object_may_exist_twice_and_names_the_first() {
    each(ACCEPTED_TWICE.iter().chain(&XIDENT[..1]), |create| {
        let sandbox = Sandbox::start().with_variable("IDV_XIDENT_API", "verify/v1");
        let workspace = Workspace::new(&sandbox);
        // The list shows a blacklist entry at once, and not only after the second apply has read it.
        sandbox.change_state(|state| state["xident"]["processing_seconds"] = json!(0));
        kill_during_a_create(&sandbox, &workspace, create);
        let there = objects(&sandbox);
        let warnings = workspace.apply().succeeded().warnings();
        assert!(warnings.contains("may exist twice"), "{warnings}");
        let (id, _) = warnings.split_once("` with the same values").unwrap();
        let id = id.rsplit('`').next().unwrap();
        assert!(warnings.contains("import {") && warnings.contains(&format!("{id}\"")), "{warnings}");
        assert_eq!(objects(&sandbox), there + 1);
        // The next apply has nothing to say about it.
        workspace.plan().assert_empty();
    });
}
