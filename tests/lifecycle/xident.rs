//! Xident's resources, on both generations of its API.

use serde_json::{Value, json};

use super::Case;
use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

/// A sandbox in which a test need not wait for the limits.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::start();
    sandbox.change_state(|state| {
        for limit in state["xident"]["limits"].as_object_mut().unwrap().values_mut() {
            limit["per_minute"] = json!(6000);
        }
    });
    sandbox
}

/// The last of the project's objects of one kind.
fn last(state: &Value, list: &str) -> Value {
    state["xident"][list].as_array().unwrap().last().cloned().unwrap_or_default()
}

/// The project's objects of one kind.
fn all<'s>(state: &'s mut Value, list: &str) -> &'s mut Vec<Value> {
    state["xident"][list].as_array_mut().unwrap()
}

#[test]
fn blacklist_entries_are_deleted() {
    Case {
        address: "idv_xident_blacklist_entry.main",
        created: r#"provider "idv" { xident = { api = "verify/v1" } }
        resource "idv_xident_blacklist_entry" "main" {
            reason        = "fraud"
            face_image_wo = "ZmFjZQ=="
        }"#,
        updated: Some(
            r#"provider "idv" { xident = { api = "verify/v1" } }
            resource "idv_xident_blacklist_entry" "main" {
                reason                = "fraud"
                face_image_wo         = "ZmFjZQ=="
                face_image_wo_version = "1"
            }"#,
        ),
        replaced: &[
            (
                "reason",
                r#"provider "idv" { xident = { api = "verify/v1" } }
                resource "idv_xident_blacklist_entry" "main" {
                    reason        = "chargeback"
                    face_image_wo = "ZmFjZQ=="
                }"#,
            ),
            (
                "metadata",
                r#"provider "idv" { xident = { api = "verify/v1" } }
                resource "idv_xident_blacklist_entry" "main" {
                    reason        = "fraud"
                    face_image_wo = "ZmFjZQ=="
                    metadata      = { original_user_id = "user-456" }
                }"#,
            ),
        ],
        import_id: |attributes| attributes["id"].as_str().unwrap().to_owned(),
        at_vendor: |state| last(state, "blacklist"),
        drift: |state| all(state, "blacklist")[0]["reason"] = json!("mistake"),
        // The vendor cannot change an entry.
        repair: &["delete", "create"],
        delete: |state| all(state, "blacklist").clear(),
        gone: "A blacklist entry is gone",
        created_anew: true,
        destroyed: |_| Value::Null,
    }
    .run_in(&sandbox());
}

#[test]
fn face_enrollments_are_deleted() {
    Case {
        address: "idv_xident_face_enrollment.main",
        created: r#"provider "idv" { xident = { api = "verify/v1" } }
        resource "idv_xident_face_enrollment" "main" {
            user_id       = "user-456"
            face_image_wo = "ZmFjZQ=="
        }"#,
        updated: Some(
            r#"provider "idv" { xident = { api = "verify/v1" } }
            resource "idv_xident_face_enrollment" "main" {
                user_id    = "user-456"
                face_image = "ZmFjZQ=="
            }"#,
        ),
        replaced: &[(
            "user_id",
            r#"provider "idv" { xident = { api = "verify/v1" } }
            resource "idv_xident_face_enrollment" "main" {
                user_id       = "user-789"
                face_image_wo = "ZmFjZQ=="
            }"#,
        )],
        import_id: |_| "user-456".to_owned(),
        at_vendor: |state| state["xident"]["faces"].get("user-456").cloned().unwrap_or_default(),
        // Whoever enrolls the user elsewhere changes the time, which is nothing to undo.
        drift: |state| state["xident"]["faces"]["user-456"]["enrolled_at"] = json!(1_700_000_000),
        repair: &["no-op"],
        delete: |state| state["xident"]["faces"] = json!({}),
        gone: "A face is gone",
        created_anew: true,
        destroyed: |_| Value::Null,
    }
    .run_in(&sandbox());
}

#[test]
fn api_keys_are_deleted() {
    Case {
        address: "idv_xident_api_key.main",
        created: r#"provider "idv" { xident = { api = "verify/v1" } }
        resource "idv_xident_api_key" "main" {
            name = "shop"
        }"#,
        updated: None,
        replaced: &[
            (
                "name",
                r#"provider "idv" { xident = { api = "verify/v1" } }
                resource "idv_xident_api_key" "main" {
                    name = "checkout"
                }"#,
            ),
            (
                "callback_url",
                r#"provider "idv" { xident = { api = "verify/v1" } }
                resource "idv_xident_api_key" "main" {
                    name         = "shop"
                    callback_url = "https://shop.example.com/verified"
                }"#,
            ),
            (
                "expires_at",
                r#"provider "idv" { xident = { api = "verify/v1" } }
                resource "idv_xident_api_key" "main" {
                    name       = "shop"
                    expires_at = "2027-01-01T00:00:00+01:00"
                }"#,
            ),
            (
                "rule_id",
                r#"provider "idv" { xident = { api = "verify/v1" } }
                resource "idv_xident_api_key" "main" {
                    name    = "shop"
                    rule_id = 7
                }"#,
            ),
        ],
        import_id: |attributes| attributes["id"].as_str().unwrap().to_owned(),
        at_vendor: |state| last(state, "api_keys"),
        drift: |state| all(state, "api_keys")[0]["callback_url"] = json!("https://elsewhere.example.com/"),
        repair: &["delete", "create"],
        delete: |state| all(state, "api_keys").clear(),
        gone: "An API key is gone",
        created_anew: true,
        destroyed: |_| Value::Null,
    }
    .run_in(&sandbox());
}

/// What `v1` can: create, replace, import on trust, and forget.
fn on_v1(address: &str, created: &str, image: (&str, &str), import_id: fn(&Value) -> String, forgets: &str) {
    let sandbox = sandbox();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(created);
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
    let id = import_id(&workspace.state()[address]);

    let imported = Workspace::new(&sandbox);
    imported.configure(created);
    imported.import(address, &id).succeeded();
    let plan = imported.plan();
    assert_eq!(plan.actions(address), ["update"], "the gaps of the import");
    sandbox.forget_requests();
    imported.apply_saved().succeeded();
    assert_eq!(sandbox.requests(), Vec::<Value>::new(), "gaps are recorded and not sent");
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
fn blacklist_entries_on_v1_are_forgotten() {
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
        "Destroy forgets the blacklist entry",
    );
}

#[test]
fn face_enrollments_on_v1_are_forgotten() {
    on_v1(
        "idv_xident_face_enrollment.main",
        r#"resource "idv_xident_face_enrollment" "main" {
            user_id               = "user-456"
            face_image_wo         = "ZmFjZQ=="
            face_image_wo_version = "1"
        }"#,
        ("\"1\"", "\"2\""),
        |_| "user-456".to_owned(),
        "Destroy forgets the face",
    );
}
