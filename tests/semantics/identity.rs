//! Identity: state without identities keeps working, and an identity of another tenant is refused.

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

const ADDRESS: &str = "idv_vult_webhook.events";

/// A webhook in a state without identities, as a Terraform before 1.12 writes it.
fn with_old_state(sandbox: &Sandbox) -> Workspace {
    let workspace = Workspace::new(sandbox);
    workspace.configure(
        r#"resource "idv_vult_webhook" "events" {
            name = "events"
            url  = "https://hooks.example.com/idv"
        }"#,
    );
    workspace.apply().succeeded();
    let mut state = stored(&workspace);
    let instance = state["resources"][0]["instances"][0].as_object_mut().unwrap();
    assert!(instance.remove("identity").is_some_and(|identity| identity["id"].is_string()));
    instance.remove("identity_schema_version");
    state["serial"] = json!(state["serial"].as_u64().unwrap() + 1);
    workspace.write("terraform.tfstate", &state.to_string());
    workspace
}

fn stored(workspace: &Workspace) -> Value {
    serde_json::from_str(&std::fs::read_to_string(workspace.path().join("terraform.tfstate")).unwrap()).unwrap()
}

fn stored_identity(workspace: &Workspace) -> Value {
    stored(workspace)["resources"][0]["instances"][0]["identity"].clone()
}

#[test]
fn refresh_adds_the_identity_to_old_state() {
    let sandbox = Sandbox::start();
    let workspace = with_old_state(&sandbox);
    workspace.plan().assert_empty();
    workspace.run(&["apply", "-json", "-auto-approve", "-refresh-only"]).succeeded();
    let identity = stored_identity(&workspace);
    assert_eq!(
        (&identity["id"], &identity["base_url"]),
        (&workspace.state()[ADDRESS]["id"], &json!(sandbox.url("vult")))
    );
}

#[test]
fn old_state_works_without_a_refresh() {
    let sandbox = Sandbox::start();
    let workspace = with_old_state(&sandbox);
    workspace.plan_with(&["-refresh=false"]).assert_empty();
    workspace.configure(
        r#"resource "idv_vult_webhook" "events" {
            name = "events"
            url  = "https://hooks.example.com/elsewhere"
        }"#,
    );
    assert_eq!(workspace.plan_with(&["-refresh=false"]).actions(ADDRESS), ["delete", "create"]);
    workspace.apply_saved().succeeded();
    assert_eq!(stored_identity(&workspace)["id"], workspace.state()[ADDRESS]["id"]);
}

#[test]
fn update_adds_the_identity_to_old_state() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let configure = |weight: u32| {
        workspace.configure(&format!("resource \"idv_vult_weights\" \"main\" {{\n  age_weight = {weight}\n}}\n"));
    };
    configure(3);
    workspace.apply().succeeded();
    let mut state = stored(&workspace);
    state["resources"][0]["instances"][0].as_object_mut().unwrap().remove("identity").unwrap();
    state["serial"] = json!(9);
    workspace.write("terraform.tfstate", &state.to_string());
    configure(4);
    assert_eq!(workspace.plan_with(&["-refresh=false"]).actions("idv_vult_weights.main"), ["update"]);
    workspace.apply_saved().succeeded();
    assert_eq!(stored_identity(&workspace)["base_url"], sandbox.url("vult"));
}

#[test]
fn deleted_object_without_an_identity_is_planned_for_creation() {
    let sandbox = Sandbox::start();
    let workspace = with_old_state(&sandbox);
    sandbox.change_state(|state| state["vult"]["webhooks"] = json!([]));
    let plan = workspace.plan();
    assert_eq!(plan.actions(ADDRESS), ["create"]);
    assert!(plan.warnings().contains("Warning: The webhook \"whk_"));
    workspace.apply_saved().succeeded();
    workspace.plan().assert_empty();
}

fn import_by(identity: &str, workspace: &Workspace) -> String {
    workspace.configure(&format!(
        "import {{\n  to = {ADDRESS}\n  identity = {{\n{identity}\n  }}\n}}\n\
         resource \"idv_vult_webhook\" \"events\" {{\n  name = \"events\"\n  url = \"https://hooks.example.com/idv\"\n}}\n"
    ));
    workspace.try_plan().failed().errors()
}

#[test]
fn wrong_identity_names_the_expected_one() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let of_another_tenant = import_by("id = \"whk_1\"\nbase_url = \"https://other.example.com\"", &workspace);
    expect_test::expect![[r#"
        Error: The identity is of another tenant
        The identity has `base_url = "https://other.example.com"`, and the provider is configured for `https://kyc.example.com`. Use a provider block for the former, or omit the attribute."#]].assert_eq(&of_another_tenant.replace(sandbox.url("vult"), "https://kyc.example.com"));
    let incomplete = import_by("client_id = \"client-7\"", &workspace);
    expect_test::expect![[r#"
        Error: Incorrect value type
          in import: `identity = {
        client_id = "client-7"
          }`
        Invalid expression value: attribute "id" is required."#]]
    .assert_eq(&incomplete);
    let not_found = import_by("id = \"whk_1\"", &workspace);
    expect_test::expect![[r#"
        Error: Cannot import non-existent remote object
        While attempting to import an existing object to "idv_vult_webhook.events", the provider detected that no object exists with the given id. Only pre-existing objects can be imported; check that the id is correct and that it is associated with the provider's configured region or endpoint, or use "terraform apply" to create a new remote object for this resource."#]].assert_eq(&not_found);
}
