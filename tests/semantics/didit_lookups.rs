//! Data sources that read one object by its id or its name.

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

/// An application with two workflows of one name, one of them in two versions, and a draft.
fn with_workflows() -> (Sandbox, Workspace) {
    let sandbox = Sandbox::start();
    let version = |id: &str, number: u64, status: &str, label: &str| {
        json!({
            "uuid": format!("{id}-v{number}"), "workflow_id": id, "version": number, "status": status,
            "settings": {"workflow_label": label, "max_retry_attempts": number},
        })
    };
    let versions = json!([
        version("wf-a", 1, "published", "kyc"),
        version("wf-a", 2, "published", "kyc"),
        version("wf-b", 1, "draft", "kyc"),
        version("wf-c", 1, "draft", "age"),
    ]);
    sandbox.change_state(|state| state["didit"]["workflows"] = versions);
    let workspace = Workspace::new(&sandbox);
    (sandbox, workspace)
}

fn workflow(selection: &str) -> String {
    format!("data \"idv_didit_workflow\" \"main\" {{\n  {selection}\n}}\n")
}

fn found(workspace: &Workspace) -> Value {
    workspace.state()["data.idv_didit_workflow.main"].clone()
}

#[test]
fn id_selects_the_current_version_with_its_settings() {
    let (_sandbox, workspace) = with_workflows();
    workspace.configure(&workflow("workflow_id = \"wf-a\""));
    workspace.apply().succeeded();
    let found = found(&workspace);
    assert_eq!((&found["uuid"], &found["workflow_label"]), (&json!("wf-a-v2"), &json!("kyc")));
    assert_eq!((&found["version"], &found["max_retry_attempts"]), (&json!(2), &json!(2)));
    workspace.plan().assert_empty();
}

#[test]
fn name_selects_an_object_and_an_ambiguous_one_lists_the_ids() {
    let (_sandbox, workspace) = with_workflows();
    workspace.configure(&workflow("workflow_label = \"age\""));
    workspace.apply().succeeded();
    assert_eq!((&found(&workspace)["workflow_id"], &found(&workspace)["status"]), (&json!("wf-c"), &json!("draft")));
    workspace.configure(&workflow("workflow_label = \"kyc\""));
    let errors = workspace.try_plan().failed().errors();
    assert!(errors.contains("The workflow \"kyc\" is ambiguous"), "{errors}");
    assert!(errors.contains("- `wf-b`") && errors.contains("- `wf-a`") && !errors.contains("wf-c"), "{errors}");
    workspace.configure(&workflow("workflow_label = \"ages\""));
    let errors = workspace.try_plan().failed().errors();
    assert!(errors.contains("Did you mean `age`?"), "{errors}");
}

#[test]
fn exactly_one_of_id_and_name_is_set() {
    let (_sandbox, workspace) = with_workflows();
    for (selection, expected) in [
        ("", "Neither `workflow_id` nor `workflow_label` is set"),
        ("workflow_id = \"wf-a\"\n  workflow_label = \"kyc\"", "`workflow_label` conflicts with `workflow_id`"),
    ] {
        workspace.configure(&workflow(selection));
        let errors = workspace.validate().failed().errors();
        assert!(errors.contains(expected), "{errors}");
    }
}

#[test]
fn list_and_questionnaire_are_found_by_name_and_by_id() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(
        r#"
resource "idv_didit_questionnaire" "main" {
  title         = "Onboarding"
  languages     = ["de", "en"]
  form_elements = [{ element_type = "short_text", label = { de = "Beruf?", en = "Occupation?" } }]
}
data "idv_didit_questionnaire" "by_title" {
  title      = " Onboarding"
  depends_on = [idv_didit_questionnaire.main]
}
data "idv_didit_questionnaire" "by_id" {
  questionnaire_group_id = idv_didit_questionnaire.main.questionnaire_group_id
}
data "idv_didit_list" "by_name" {
  name = "Blocklist: phone"
}
data "idv_didit_list" "by_id" {
  id = data.idv_didit_list.by_name.id
}
"#,
    );
    workspace.apply().succeeded();
    let state = workspace.state();
    let by_title = &state["data.idv_didit_questionnaire.by_title"];
    let by_id = &state["data.idv_didit_questionnaire.by_id"];
    assert_eq!((&by_title["title"], &by_id["title"]), (&json!(" Onboarding"), &json!("Onboarding")));
    assert_eq!(by_title["questionnaire_id"], by_id["questionnaire_id"]);
    assert_eq!((&by_id["languages"], &by_id["is_active"]), (&json!(["de", "en"]), &json!(true)));
    assert_eq!(state["data.idv_didit_list.by_name"], state["data.idv_didit_list.by_id"]);
    assert_eq!(state["data.idv_didit_list.by_id"]["is_system"], json!(true));
    workspace.plan().assert_empty();
}
