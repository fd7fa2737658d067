//! A proofing template whose create has an unknown outcome: no template of somebody else is adopted or changed.

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

const ADDRESS: &str = "idv_onekosmos_proofing_template.main";

/// The request that creates a template.
const CREATE: (&str, &str) = ("PUT", "/idproofingapi/proofingtemplates");

/// A template for the document and the `dvcID` of the sandbox's live session.
fn template(step: &str) -> String {
    format!(
        r#"resource "idv_onekosmos_proofing_template" "main" {{
             document_type = "dl_object"
             dvc_id        = "dvc_sandbox"
             workflow      = [{{ name = "{step}", type = "CAPTURE_FRONT" }}]
           }}
"#
    )
}

fn templates(sandbox: &Sandbox) -> Vec<Value> {
    sandbox.state()["onekosmos"]["templates"].as_array().unwrap().clone()
}

fn id(template: &Value) -> &str {
    template["_id"].as_str().unwrap()
}

/// Adds the template of somebody else, with the `dvcID` and document type of ours and this step.
fn plant_foreign_template(sandbox: &Sandbox, step: &str) -> Value {
    sandbox.change_state(|state| {
        let tenant = state["onekosmos"]["tenant"]["id"].clone();
        let community = state["onekosmos"]["communities"][0]["id"].clone();
        state["onekosmos"]["templates"] = json!([{
            "_id": "65f0c0ffee65f0c0ffee65f0",
            "tenantId": tenant,
            "communityId": community,
            "documentType": "dl_object",
            "dvcID": "dvc_sandbox",
            "workflow": [{ "name": step, "type": "CAPTURE_FRONT", "html": "" }],
        }]);
    });
    templates(sandbox)[0].clone()
}

/// Makes the vendor carry the next create out and return garbage.
fn lose_the_response(sandbox: &Sandbox) {
    let (method, path) = CREATE;
    sandbox.fault(&json!({"vendor": "onekosmos", "method": method, "path": path, "kind": "garbage", "after": true}));
}

fn assert_nothing_was_updated(sandbox: &Sandbox) {
    assert_eq!(sandbox.count("PATCH "), 0, "{:?}", sandbox.request_lines());
}

#[test]
fn lost_create_adopts_the_new_template_and_none_of_somebody_else() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let foreign = plant_foreign_template(&sandbox, "selfie");
    workspace.configure(&template("front"));
    lose_the_response(&sandbox);
    let warnings = workspace.apply().succeeded().warnings();
    assert!(warnings.contains("was created despite an error"), "{warnings}");
    let now = templates(&sandbox);
    assert_eq!((now.len(), &now[0]), (2, &foreign), "the foreign template is unchanged");
    assert_eq!(workspace.state()[ADDRESS]["id"], id(&now[1]));
    assert_nothing_was_updated(&sandbox);
    workspace.plan().assert_empty();

    // The next update changes no other.
    workspace.configure(&template("back"));
    workspace.apply().succeeded();
    let now = templates(&sandbox);
    assert_eq!((now.len(), &now[0], &now[1]["workflow"][0]["name"]), (2, &foreign, &json!("back")));
}

/// It cannot be told from a template that an apply left when it was killed: a template has no creation time.
#[test]
fn create_beside_an_equal_template_warns_of_it_and_does_not_touch_it() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let foreign = plant_foreign_template(&sandbox, "front");
    workspace.configure(&template("front"));
    lose_the_response(&sandbox);
    let warnings = workspace.apply().succeeded().warnings();
    let now = templates(&sandbox);
    assert_eq!((now.len(), &now[0]), (2, &foreign));
    assert_eq!(workspace.state()[ADDRESS]["id"], id(&now[1]));
    assert!(warnings.contains("may exist twice") && warnings.contains("was created despite an error"), "{warnings}");
    assert!(warnings.contains(&format!("id = \"dvc_sandbox/{}\"", id(&foreign))), "{warnings}");
    workspace.plan().assert_empty();
}

/// Applies with a create whose connection breaks, and expects an unknown outcome for this reason.
fn assert_outcome_is_unknown(sandbox: &Sandbox, workspace: &Workspace, dvc_id: &str, reason: &str) {
    // The vendor has not carried the create out, which Terraform cannot know.
    let (method, path) = CREATE;
    sandbox.fault(&json!({"vendor": "onekosmos", "method": method, "path": path, "kind": "drop"}));
    let errors = workspace.apply().failed().errors();
    assert!(errors.contains("It is not known whether the proofing template was created"), "{errors}");
    assert!(errors.contains(&format!("id = \"{dvc_id}/TEMPLATE_ID\"")), "{errors}");
    assert!(errors.contains(reason), "{errors}");
    assert!(workspace.state().is_empty());
}

#[test]
fn lost_create_without_a_session_has_an_unknown_outcome() {
    let sandbox = Sandbox::start();
    let mut workspace = Workspace::new(&sandbox);
    workspace.set("IDV_ONEKOSMOS_TEMPLATE_SESSION_ID", "");
    workspace.configure(&template("front"));
    let reason = "The template cannot be looked up without a session";
    assert_outcome_is_unknown(&sandbox, &workspace, "dvc_sandbox", reason);
}

/// A session shows the templates of its own `dvcID`, so a list without the template proves nothing.
#[test]
fn lost_create_of_another_dvc_id_than_the_sessions_has_an_unknown_outcome() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&template("front").replace("dvc_sandbox", "dvc_other"));
    assert_outcome_is_unknown(&sandbox, &workspace, "dvc_other", "The session may not show the template");
}

#[test]
fn create_that_was_not_carried_out_is_repeated_by_the_next_apply() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let foreign = plant_foreign_template(&sandbox, "selfie");
    workspace.configure(&template("front"));
    let (method, path) = CREATE;
    sandbox.fault(&json!({"vendor": "onekosmos", "method": method, "path": path, "kind": "drop"}));
    let errors = workspace.apply().failed().errors();
    assert!(errors.contains("most likely it was not created. Apply again."), "{errors}");
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
    let now = templates(&sandbox);
    assert_eq!((now.len(), &now[0]), (2, &foreign));
}

/// The create is carried out and its response is lost. Terraform is interrupted before the provider has read the outcome.
#[test]
fn interrupted_apply_keeps_a_template_whose_response_was_lost() {
    let sandbox = Sandbox::start_with(&["--latency", "1s"]);
    let mut workspace = Workspace::new(&sandbox);
    // So few that the read has to wait for the rate limit.
    workspace.set("IDV_ONEKOSMOS_REQUESTS_PER_MINUTE", "19");
    workspace.configure(&template("front"));
    let (method, path) = CREATE;
    sandbox.fault(&json!({"vendor": "onekosmos", "method": method, "path": path, "kind": "drop", "after": true}));
    let apply = workspace.start(&["apply", "-auto-approve", "-json"]);
    sandbox.wait_for_request(&format!("{method} {path}"));
    apply.interrupt();
    apply.wait();
    assert_eq!(workspace.state()[ADDRESS]["id"], id(&templates(&sandbox)[0]));
}
