//! Xident's objects on the older generation of its API, which can only add them.

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

/// On `v1` an object is created, replaced, imported without a check, and left at the vendor by a destroy.
fn on_v1(address: &str, created: &str, image: (&str, &str), import_id: fn(&Value) -> String, forgets: &str) {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(created);
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
    let id = import_id(&workspace.state()[address]);

    let imported = Workspace::new(&sandbox);
    imported.configure(created);
    imported.import(address, &id).succeeded();
    let plan = imported.plan();
    assert_eq!(plan.actions(address), ["update"], "what the import could not read");
    sandbox.forget_requests();
    imported.apply_saved().succeeded();
    assert_eq!(sandbox.requests(), Vec::<Value>::new(), "it is recorded and not sent");
    imported.plan().assert_empty();

    workspace.configure(&created.replace(image.0, image.1));
    let plan = workspace.plan();
    assert_eq!(plan.actions(address), ["delete", "create"]);
    assert_eq!(plan.change(address)["replace_paths"], json!([["face_image_wo_version"]]));
    workspace.apply_saved().succeeded();
    workspace.plan().assert_empty();

    let kept = sandbox.state();
    let plan = workspace.plan_with(&["-destroy"]);
    assert!(plan.warnings().contains(forgets), "{}", plan.warnings());
    workspace.apply_saved().succeeded();
    assert!(workspace.state().is_empty());
    assert_eq!(sandbox.state(), kept);
}

#[test]
fn v1_blacklist_entries_stay_after_a_destroy() {
    on_v1(
        "idv_xident_blacklist_entry.main",
        r#"resource "idv_xident_blacklist_entry" "main" {
            reason                = "fraud"
            metadata              = { original_user_id = "user-456" }
            face_image_wo         = "ZmFjZQ=="
            face_image_wo_version = "1"
        }"#,
        ("\"1\"", "\"2\""),
        |attributes| attributes["id"].as_str().unwrap().to_owned(),
        "The blacklist entry \"bl_000002\" stays at Xident",
    );
}

#[test]
fn v1_faces_stay_after_a_destroy() {
    on_v1(
        "idv_xident_face_enrollment.main",
        r#"resource "idv_xident_face_enrollment" "main" {
            user_id               = "user-456"
            face_image_wo         = "ZmFjZQ=="
            face_image_wo_version = "1"
        }"#,
        ("\"1\"", "\"2\""),
        |_| "user-456".to_owned(),
        "The enrollment \"user-456\" stays at Xident",
    );
}
