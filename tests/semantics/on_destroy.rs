//! What a destroy does if the vendor has no delete: what the warning in its plan says.

use serde_json::{Value, json};

use super::weights::current;
use crate::support::sandbox::Sandbox;
use crate::support::workspace::{Plan, Workspace};

fn weights(on_destroy: &str, age_weight: u32) -> String {
    format!(
        "resource \"idv_vult_weights\" \"main\" {{\n  age_weight = {age_weight}\n  on_destroy = \"{on_destroy}\"\n}}\n"
    )
}

fn requirements(on_destroy: &str) -> String {
    format!(
        "resource \"idv_vult_document_requirements\" \"main\" {{\n  document_type = \"passport\"\n  data_source = \"ocr\"\n  \
         city_required = true\n  on_destroy = \"{on_destroy}\"\n}}\n"
    )
}

fn bucket(on_destroy: &str) -> String {
    format!(
        "resource \"idv_onekosmos_bucket\" \"main\" {{\n  type = \"aws\"\n  bucket_name = \"evidence\"\n  aws_credential = {{ \
         access_key = \"AKIA1\", region = \"eu-central-1\", secret_key = \"hush\" }}\n  on_destroy = \"{on_destroy}\"\n}}\n"
    )
}

fn change_weight(sandbox: &Sandbox, name: &str, value: u32) {
    sandbox.change_state(|state| {
        state["vult"]["weights"].as_array_mut().unwrap().last_mut().unwrap()[name] = json!(value);
    });
}

/// Removes private state, as if a version without it had written the state.
fn drop_private(workspace: &Workspace) {
    let path = workspace.path().join("terraform.tfstate");
    let mut state: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    for resource in state["resources"].as_array_mut().unwrap() {
        for instance in resource["instances"].as_array_mut().unwrap() {
            assert!(instance.as_object_mut().unwrap().remove("private").is_some(), "there is no private state");
        }
    }
    state["serial"] = json!(state["serial"].as_u64().unwrap() + 1);
    std::fs::write(path, state.to_string()).unwrap();
}

#[track_caller]
fn assert_warns(plan: &Plan, words: &str) {
    assert!(plan.warnings().contains(words), "no `{words}` in {}", plan.warnings());
}

/// Plans a destroy, which must warn with these words, and applies it.
#[track_caller]
fn destroy(workspace: &Workspace, words: &str) {
    assert_warns(&workspace.plan_with(&["-destroy"]), words);
    workspace.apply_saved().succeeded();
    assert!(workspace.state().is_empty());
}

#[test]
fn restore_writes_the_values_from_before_the_first_apply() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    change_weight(&sandbox, "gender_weight", 77);
    let before = current(&sandbox);
    workspace.configure(&weights("restore", 5));
    workspace.apply().succeeded();
    // The original survives an update and a refresh that finds drift.
    workspace.configure(&weights("restore", 6));
    workspace.apply().succeeded();
    change_weight(&sandbox, "gender_weight", 9);
    workspace.run(&["apply", "-refresh-only", "-auto-approve", "-json"]).succeeded();
    assert_ne!(current(&sandbox), before);
    destroy(&workspace, "writes back the values that");
    assert_eq!(current(&sandbox), before);
}

#[test]
fn on_destroy_can_change_from_forget_to_restore() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let before = current(&sandbox);
    workspace.configure(&weights("forget", 5));
    workspace.apply().succeeded();
    assert_warns(&workspace.plan_with(&["-destroy"]), "apply `on_destroy = \"restore\"` first");
    workspace.configure(&weights("restore", 5));
    workspace.apply().succeeded();
    destroy(&workspace, "Destroy restores the weights");
    assert_eq!(current(&sandbox), before);
}

#[test]
fn restore_after_an_import_writes_the_imported_values() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    change_weight(&sandbox, "age_weight", 42);
    let before = current(&sandbox);
    workspace.configure(&weights("restore", 5));
    workspace.import("idv_vult_weights.main", "/").succeeded();
    workspace.apply().succeeded();
    assert!((current(&sandbox)["age_weight"] - 5.0).abs() < f64::EPSILON);
    destroy(&workspace, "Destroy restores the weights");
    assert_eq!(current(&sandbox), before);
}

#[test]
fn restore_after_an_import_block_writes_the_imported_values() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    change_weight(&sandbox, "age_weight", 42);
    let before = current(&sandbox);
    workspace
        .configure(&format!("{}import {{\n  to = idv_vult_weights.main\n  id = \"/\"\n}}\n", weights("restore", 5)));
    workspace.apply().succeeded();
    assert!((current(&sandbox)["age_weight"] - 5.0).abs() < f64::EPSILON);
    destroy(&workspace, "Destroy restores the weights");
    assert_eq!(current(&sandbox), before);
}

/// The values from before a version without private state are lost; this version keeps those that it reads first.
#[test]
fn restore_with_state_of_an_earlier_version_writes_the_values_of_the_first_read() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&weights("restore", 5));
    workspace.apply().succeeded();
    drop_private(&workspace);
    let found = current(&sandbox);
    workspace.configure(&weights("restore", 6));
    workspace.apply().succeeded();
    assert_ne!(current(&sandbox), found);
    destroy(&workspace, "Destroy restores the weights");
    assert_eq!(current(&sandbox), found);
}

/// Terraform then drops private state: without a warning, the values of the killed apply would count as the original.
#[test]
fn an_original_that_was_lost_with_a_killed_provider_is_reported() {
    for (vendor, method, path, configuration) in [
        ("vult", "POST", "/idv/weights", weights as fn(&str, u32) -> String),
        ("didit", "PATCH", "/v3/customization/", |on_destroy, radius| {
            format!(
                "resource \"idv_didit_customization\" \"main\" {{\n  border_radius_panel = {radius}\n  on_destroy = \"{on_destroy}\"\n}}\n"
            )
        }),
    ] {
        let sandbox = Sandbox::start();
        let workspace = Workspace::new(&sandbox);
        workspace.configure(&configuration("restore", 5));
        workspace.apply().succeeded();
        workspace.configure(&configuration("restore", 6));
        sandbox.forget_requests();
        sandbox.fault(&serde_json::json!({
            "vendor": vendor, "method": method, "path": path, "kind": "delay", "delay_ms": 60_000, "after": true,
        }));
        let apply = workspace.start(&["apply", "-auto-approve", "-no-color"]);
        sandbox.wait_for_request(&format!("{method} {path}"));
        apply.kill_provider();
        apply.wait().failed();
        assert_warns(&workspace.plan(), "No original of");
        workspace.apply().succeeded();
        assert!(!workspace.plan().warnings().contains("No original of"), "the warning comes once: {vendor}");
    }
}

/// Without a refresh there is no original: the destroy warns that it cannot restore, and does nothing.
#[test]
fn restore_without_an_original_says_so() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&weights("restore", 5));
    workspace.apply().succeeded();
    drop_private(&workspace);
    let before = current(&sandbox);
    let plan = workspace.plan_with(&["-destroy", "-refresh=false"]);
    assert_warns(&plan, "are not known, so the destroy leaves the weights as they are");
    assert!(workspace.apply_saved().succeeded().warnings().contains("The weights were not restored"));
    assert_eq!(current(&sandbox), before);
}

#[test]
fn restore_writes_one_set_of_requirements_and_no_other() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let sets = || sandbox.state()["vult"]["requirements"].clone();
    let before = sets();
    workspace.configure(&requirements("restore"));
    workspace.import("idv_vult_document_requirements.main", "passport/ocr").succeeded();
    workspace.apply().succeeded();
    assert_ne!(sets(), before);
    destroy(&workspace, "Destroy restores the document requirements");
    assert_eq!(sets(), before);
}

#[test]
fn forget_sends_nothing() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&format!("{}{}{}", weights("forget", 5), requirements("forget"), bucket("forget")));
    workspace.apply().succeeded();
    let plan = workspace.plan_with(&["-destroy"]);
    for what in ["the weights", "the document requirements", "the bucket"] {
        assert_warns(&plan, &format!("Destroy forgets {what}"));
    }
    let before = sandbox.state();
    sandbox.forget_requests();
    workspace.apply_saved().succeeded();
    for vendor in ["/vult/weights", "/vult/requirements", "/onekosmos/buckets"] {
        assert_eq!(sandbox.state().pointer(vendor), before.pointer(vendor), "{vendor}");
    }
    let writes = sandbox.request_lines().into_iter().filter(|line| !line.starts_with("GET"));
    let writes: Vec<_> = writes.filter(|line| !line.starts_with("POST /oauth/token")).collect();
    assert_eq!(writes, [""; 0]);
}

#[test]
fn disable_switches_the_bucket_off() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&bucket("disable"));
    workspace.apply().succeeded();
    destroy(&workspace, "the destroy switches it off; its settings stay");
    let bucket = &sandbox.state()["onekosmos"]["buckets"][0];
    assert_eq!((&bucket["isEnabled"], &bucket["bucketName"]), (&json!(false), &json!("evidence")));
    assert_eq!(bucket["aws_credential"]["secretKey"], "hush");
}

/// If the create failed, the next one would keep the values that this one wrote as the original.
#[test]
fn restore_after_a_create_with_a_lost_response_writes_the_values_from_before() {
    let sandbox = Sandbox::start().with_variable("IDV_MAX_RETRIES", "0");
    let workspace = Workspace::new(&sandbox);
    let before = current(&sandbox);
    workspace.configure(&weights("restore", 5));
    sandbox.fault(&json!({
        "vendor": "vult", "method": "POST", "path": "/idv/weights", "kind": "status", "status": 500, "after": true,
    }));
    workspace.apply().succeeded();
    assert_ne!(current(&sandbox), before, "it was applied");
    workspace.plan().assert_empty();
    destroy(&workspace, "writes back the values that");
    assert_eq!(current(&sandbox), before);
}

#[test]
fn a_replacement_restores_the_previous_scope() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let before = current(&sandbox);
    workspace.configure(&weights("restore", 5));
    workspace.apply().succeeded();
    workspace.configure(&weights("restore", 5).replace("{\n", "{\n  client_id = \"client-7\"\n"));
    assert_eq!(workspace.plan().actions("idv_vult_weights.main"), ["delete", "create"]);
    workspace.apply_saved().succeeded();
    let state = sandbox.state();
    let of_tenant = |set: &&Value| set["client_id"].as_str().unwrap_or_default().is_empty();
    let left = state["vult"]["weights"].as_array().unwrap().iter().rfind(of_tenant).unwrap();
    assert_eq!(left["age_weight"].as_f64(), before.get("age_weight").copied());
}

fn customization(name: &str) -> String {
    format!(
        "resource \"idv_didit_customization\" \"{name}\" {{\n  font_weight = \"500\"\n  on_destroy = \"restore\"\n}}\n"
    )
}

/// Reads an object of the vendor from the sandbox's state.
type AtVendor = fn(&Value) -> Value;

/// Each singleton, with an `on_destroy` that changes the vendor's settings.
fn singletons() -> [(String, AtVendor); 4] {
    [
        (weights("restore", 5), |state| {
            state["vult"]["weights"].as_array().unwrap().last().unwrap()["age_weight"].clone()
        }),
        (requirements("restore"), |state| state["vult"]["requirements"].clone()),
        (bucket("disable"), |state| state["onekosmos"]["buckets"][0]["isEnabled"].clone()),
        (customization("main"), |state| state["didit"]["customization"].clone()),
    ]
}

/// The new resource adopts the settings before the old one is destroyed.
#[test]
fn destroy_changes_nothing_after_another_resource_adopted_the_settings() {
    for (configuration, at_vendor) in singletons() {
        let sandbox = Sandbox::start();
        let workspace = Workspace::new(&sandbox);
        let first = configuration.replacen("{\n", "{\n  lifecycle { create_before_destroy = true }\n", 1);
        workspace.configure(&first);
        workspace.apply().succeeded();
        let wanted = at_vendor(&sandbox.state());
        let address = workspace.state().into_keys().next().unwrap();
        workspace.plan_with(&[&format!("-replace={address}")]);
        let run = workspace.apply_saved().succeeded();
        assert_eq!(at_vendor(&sandbox.state()), wanted, "{address}");
        assert!(run.warnings().contains("in this run, so the destroy of this one changes nothing"), "{address}");
        workspace.plan().assert_empty();
    }
}

/// Terraform destroys one and creates the other at the same time, in any order.
#[test]
fn a_rename_without_a_moved_block_changes_nothing() {
    for (configuration, at_vendor) in singletons() {
        let sandbox = Sandbox::start();
        let workspace = Workspace::new(&sandbox);
        workspace.configure(&configuration);
        workspace.apply().succeeded();
        let wanted = at_vendor(&sandbox.state());
        workspace.configure(&configuration.replace("\"main\"", "\"renamed\""));
        workspace.apply().succeeded();
        assert_eq!(at_vendor(&sandbox.state()), wanted, "after {configuration}");
        workspace.plan().assert_empty();
    }
}

/// If the create failed, the next one would keep the values that this one wrote as the original.
#[test]
fn a_customization_with_a_lost_response_is_restored_to_the_values_from_before() {
    let sandbox = Sandbox::start().with_variable("IDV_MAX_RETRIES", "0");
    let workspace = Workspace::new(&sandbox);
    let at_didit = || sandbox.state()["didit"]["customization"].clone();
    let before = at_didit();
    workspace.configure(&customization("main"));
    sandbox.fault(&json!({
        "vendor": "didit", "method": "PATCH", "path": "/v3/customization/", "kind": "status", "status": 500, "after": true,
    }));
    assert!(workspace.apply().succeeded().warnings().contains("was updated despite an error"));
    assert_ne!(at_didit(), before, "it was applied");
    workspace.plan().assert_empty();
    destroy(&workspace, "writes back the values that");
    assert_eq!(at_didit(), before);
}
