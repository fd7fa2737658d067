//! Didit's creates: what they cost, and that an object of somebody else is never adopted.

use std::thread;

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

const PHONES: &str = "b0000000-0000-4000-8000-000000000003";

/// A kind of object whose create can collide with an object of somebody else.
struct Kind {
    /// The list, which is also the path of a create.
    path: &'static str,
    configuration: &'static str,
    /// The body of a create by somebody else: the same name or value, and another value of a second field.
    foreign: fn() -> Value,
    /// The field with the id of an import.
    id: &'static str,
    /// Whether Didit rejects a second object with the same name or value.
    unique: bool,
}

const KINDS: &[Kind] = &[
    Kind {
        path: "/v3/webhook/destinations/",
        configuration: r#"resource "idv_didit_webhook_destination" "main" {
          label             = "events"
          url               = "https://hooks.example.com/didit"
          subscribed_events = ["status.updated"]
        }"#,
        foreign: || {
            json!({
                "label": "events", "url": "https://hooks.example.com/didit", "subscribed_events": ["data.updated"],
            })
        },
        id: "uuid",
        unique: true,
    },
    Kind {
        path: "/v3/lists/",
        configuration: r#"resource "idv_didit_list" "main" {
          name       = "trusted"
          list_type  = "custom"
          entry_type = "phone"
        }"#,
        foreign: || json!({"name": "trusted", "list_type": "allowlist", "entry_type": "phone"}),
        id: "uuid",
        unique: true,
    },
    Kind {
        path: "/v3/lists/b0000000-0000-4000-8000-000000000003/entries/",
        configuration: r#"resource "idv_didit_list_entry" "main" {
          list_id = "b0000000-0000-4000-8000-000000000003"
          value   = "+49 151 000000"
          comment = "ours"
        }"#,
        foreign: || json!({"value": "+49151000000", "comment": "theirs"}),
        id: "uuid",
        unique: true,
    },
    Kind {
        path: "/v3/workflows/",
        configuration: r#"resource "idv_didit_workflow" "main" {
          workflow_label = "kyc"
          features       = [{ feature = "OCR" }]
        }"#,
        foreign: || json!({"workflow_label": "kyc", "features": [{"feature": "AML"}]}),
        id: "workflow_id",
        unique: false,
    },
    Kind {
        path: "/v3/questionnaires/",
        configuration: r#"resource "idv_didit_questionnaire" "main" {
          title         = "Onboarding"
          description   = "Ours."
          languages     = ["en"]
          form_elements = [{ element_type = "short_text", label = { en = "Occupation?" } }]
        }"#,
        foreign: || {
            json!({
                "title": "Onboarding", "description": "Theirs.", "languages": ["en"],
                "form_elements": [{"element_type": "short_text", "label": {"en": "Occupation?"}}],
            })
        },
        id: "questionnaire_group_id",
        unique: false,
    },
];

/// Creates an object as another caller, and returns its id.
fn create_as_somebody_else(sandbox: &Sandbox, kind: &Kind) -> String {
    let url = format!("{}{}", sandbox.url("didit"), kind.path);
    let request = sandbox.http().post(url).header("x-api-key", &sandbox.env()["IDV_DIDIT_API_KEY"]);
    let response = request.json(&(kind.foreign)()).send().unwrap();
    assert_eq!(response.status(), 201);
    response.json::<Value>().unwrap()[kind.id].as_str().unwrap().to_owned()
}

/// Everything that the application has.
fn objects(sandbox: &Sandbox) -> Value {
    let state = &sandbox.state()["didit"];
    ["webhook_destinations", "workflows", "questionnaires", "lists"]
        .map(|list| (list.to_owned(), state[list].clone()))
        .into_iter()
        .collect()
}

#[test]
fn an_object_that_somebody_else_creates_at_the_same_time_is_not_adopted() {
    thread::scope(|scope| {
        for kind in KINDS {
            scope.spawn(|| not_adopted(kind));
        }
    });
}

/// The create is rejected for its rate once, and in the meantime somebody else creates an object of the same name. Then the
/// outcome of the create is unknown, and nothing was created.
fn not_adopted(kind: &Kind) {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(kind.configuration);
    let fault = |members: Value| {
        let mut fault = json!({"vendor": "didit", "method": "POST", "path": kind.path, "kind": "status"});
        fault.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        sandbox.fault(&fault);
    };
    fault(json!({"status": 429, "retry_after": 4}));
    let apply = workspace.start(&["apply", "-json", "-auto-approve"]);
    sandbox.wait_for_request(&format!("POST {} 429", kind.path));
    let foreign = create_as_somebody_else(&sandbox, kind);
    fault(json!({"status": 502}));
    let errors = apply.wait().failed().errors();
    assert!(errors.contains("most likely it was not created. Apply again."), "{}: {errors}", kind.path);
    assert!(workspace.state().is_empty(), "{}", kind.path);

    let before = objects(&sandbox);
    let again = workspace.apply();
    if kind.unique {
        let errors = again.failed().errors();
        assert!(errors.contains("already exists") && errors.contains(&foreign), "{}: {errors}", kind.path);
        assert!(errors.contains("import {"), "{}: {errors}", kind.path);
    } else {
        again.succeeded();
        workspace.destroy().succeeded();
    }
    assert_eq!(objects(&sandbox), before, "{}", kind.path);
}

/// Plants an entry with the values of the configuration.
fn plant_entry(sandbox: &Sandbox, members: &Value) {
    let mut entry = json!({"uuid": "theirs", "value": "+49151000000", "comment": "ours"});
    entry.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    sandbox.change_state(|state| state["didit"]["lists"][2]["entries"] = json!([entry]));
}

/// A create whose response is lost, of an entry that the list has already.
fn lose_entry(sandbox: &Sandbox, workspace: &Workspace) -> String {
    workspace.configure(KINDS[2].configuration);
    let path = KINDS[2].path;
    sandbox.fault(&json!({"vendor": "didit", "method": "POST", "path": path, "kind": "garbage", "after": true}));
    workspace.apply().failed().errors()
}

#[test]
fn an_equal_entry_from_before_is_not_adopted() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    plant_entry(&sandbox, &json!({}));
    let errors = lose_entry(&sandbox, &workspace);
    assert!(errors.contains("most likely it was not created. Apply again."), "{errors}");
    assert!(workspace.state().is_empty());
    let errors = workspace.apply().failed().errors();
    assert!(errors.contains(&format!("id = \"{PHONES}/theirs\"")), "{errors}");
    workspace.destroy().succeeded();
    assert_eq!(sandbox.state()["didit"]["lists"][2]["entries"][0]["uuid"], "theirs");
}

#[test]
fn an_equal_entry_without_a_creation_time_is_ambiguous() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    plant_entry(&sandbox, &json!({"created_at": ""}));
    let errors = lose_entry(&sandbox, &workspace);
    assert!(errors.contains("is ambiguous") && errors.contains(&format!("id = \"{PHONES}/theirs\"")), "{errors}");
    assert!(workspace.state().is_empty());
}

#[test]
fn creates_run_in_parallel_and_read_no_list() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(
        r#"
resource "idv_didit_list" "many" {
  count      = 20
  name       = "list ${count.index}"
  list_type  = "custom"
  entry_type = "phone"
}
resource "idv_didit_webhook_destination" "many" {
  count             = 20
  label             = "destination ${count.index}"
  url               = "https://hooks.example.com/${count.index}"
  subscribed_events = ["status.updated"]
}
"#,
    );
    workspace.apply().succeeded();
    let mut lines = sandbox.request_lines();
    lines.sort();
    let expected = [vec!["POST /v3/lists/ 201"; 20], vec!["POST /v3/webhook/destinations/ 201"; 20]].concat();
    assert_eq!(lines, expected);
    workspace.plan().assert_empty();
}
