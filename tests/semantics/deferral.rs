//! A vendor whose settings are known only after an apply: a Terraform that defers plans the other vendors, and this one later.
//!
//! Only experimental builds of Terraform have `-allow-deferral`. Each test checks that a stable build refuses it. The calls
//! themselves are tested in `protocol::tests::deferral`.

use serde_json::Value;

use crate::support::sandbox::Sandbox;
use crate::support::workspace::{Plan, Workspace};

const DEFER: &str = "-allow-deferral";

/// Objects of VULT, whose client is known after an apply, and one of Didit. `trigger` makes the client unknown again.
fn configuration(sandbox: &Sandbox, trigger: &str, webhook: &str, more: &str) -> String {
    let client = &sandbox.env()["IDV_VULT_CLIENT_ID"];
    format!(
        "resource \"terraform_data\" \"tenant\" {{\n  input = \"{client}\"\n  triggers_replace = \"{trigger}\"\n}}\n\
         provider \"idv\" {{\n  vult = {{ client_id = terraform_data.tenant.output }}\n}}\n\
         data \"idv_vult_webhooks\" \"all\" {{}}\n\
         resource \"idv_vult_webhook\" \"main\" {{\n  name = \"{webhook}\"\n  url = \"https://h.example.com\"\n}}\n\
         resource \"idv_didit_list\" \"main\" {{\n  name = \"{trigger}\"\n  entry_type = \"phone\"\n  list_type = \"allowlist\"\n}}\n{more}"
    )
}

/// Whether this Terraform defers. A stable build says that it does not.
fn defers(workspace: &Workspace) -> bool {
    let run = workspace.run(&["plan", "-no-color", DEFER]);
    let is_refused = run.stderr.contains("The -allow-deferral flag is only valid in experimental builds of Terraform.");
    // Before 1.9 there is no such option.
    let is_unknown = run.stderr.contains("flag provided but not defined: -allow-deferral");
    assert!(is_refused || is_unknown || run.code == Some(0), "{}", run.stderr);
    run.code == Some(0)
}

/// The deferred changes: the address, the reason, and the actions.
fn deferred<'p>(plan: &'p Plan) -> Vec<(&'p str, &'p str, &'p Value)> {
    let changes = plan.json()["deferred_changes"].as_array().unwrap().iter();
    let changes = changes.map(|it| (&it["resource_change"], it["reason"].as_str().unwrap()));
    let mut changes: Vec<_> = changes
        .map(|(change, reason)| (change["address"].as_str().unwrap(), reason, &change["change"]["actions"]))
        .collect();
    changes.sort_by_key(|(address, ..)| *address);
    changes
}

#[track_caller]
fn assert_deferred(plan: &Plan, expected: &[(&str, &[&str])]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(address, actions)| (*address, "provider_config_unknown", serde_json::json!(actions)))
        .collect();
    let expected: Vec<_> = expected.iter().map(|(address, reason, actions)| (*address, *reason, actions)).collect();
    assert_eq!(deferred(plan), expected);
}

#[test]
fn objects_of_an_unknown_vendor_are_deferred_and_those_of_others_are_planned() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&configuration(&sandbox, "first", "events", ""));
    if !defers(&workspace) {
        return;
    }
    let plan = workspace.plan_with(&[DEFER]);
    assert_deferred(&plan, &[("data.idv_vult_webhooks.all", &["read"]), ("idv_vult_webhook.main", &["create"])]);
    assert_eq!(plan.actions("idv_didit_list.main"), ["create"]);
    workspace.apply_saved().succeeded();
    assert!(!workspace.state().contains_key("idv_vult_webhook.main"));
    let plan = workspace.plan_with(&[DEFER]);
    assert_eq!(plan.actions("idv_vult_webhook.main"), ["create"]);
    workspace.apply_saved().succeeded();
    workspace.plan().assert_empty();

    // The client becomes unknown again: a refresh, a replacement and imports are deferred.
    let imports = "import {\n  to = idv_vult_weights.main\n  id = \"/\"\n}\n\
                   resource \"idv_vult_weights\" \"main\" {\n  age_weight = 3\n}\n\
                   import {\n  to = idv_vult_document_requirements.main\n  identity = { document_type = \"passport\", data_source = \"ocr\" }\n}\n\
                   resource \"idv_vult_document_requirements\" \"main\" {\n  document_type = \"passport\"\n  data_source = \"ocr\"\n}\n";
    let before = workspace.state()["idv_vult_webhook.main"].clone();
    workspace.configure(&configuration(&sandbox, "second", "changed", imports));
    let plan = workspace.plan_with(&[DEFER]);
    assert_deferred(
        &plan,
        &[
            ("data.idv_vult_webhooks.all", &["read"]),
            ("idv_vult_document_requirements.main", &["create"]),
            ("idv_vult_webhook.main", &["delete", "create"]),
            ("idv_vult_weights.main", &["create"]),
        ],
    );
    assert_eq!(plan.actions("idv_didit_list.main"), ["update"]);
    workspace.apply_saved().succeeded();
    assert_eq!(workspace.state()["idv_vult_webhook.main"], before);
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
    assert_eq!(workspace.state()["idv_vult_weights.main"]["age_weight"], 3);
}
