//! Didit's lists, their entries, and the customization.

use serde_json::{Value, json};

use super::Case;
use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

fn lists(state: &mut Value) -> &mut Vec<Value> {
    state["didit"]["lists"].as_array_mut().unwrap()
}

/// The list that is not the system's, without the time of its last change.
fn own_list(state: &Value) -> Value {
    let mut own = state["didit"]["lists"].as_array().unwrap().iter().find(|list| list["is_system"] == false).cloned();
    own.as_mut().and_then(Value::as_object_mut).map(|list| list.remove("updated_at"));
    own.unwrap_or_default()
}

#[test]
fn lists_live_and_die() {
    Case {
        address: "idv_didit_list.main",
        created: r#"resource "idv_didit_list" "main" {
            name       = "trusted phones"
            list_type  = "allowlist"
            entry_type = "phone"
        }"#,
        updated: Some(
            r#"resource "idv_didit_list" "main" {
                name        = "phones of staff"
                description = "Ours."
                list_type   = "allowlist"
                entry_type  = "phone"
            }"#,
        ),
        replaced: &[
            (
                "list_type",
                r#"resource "idv_didit_list" "main" {
                    name       = "trusted phones"
                    list_type  = "custom"
                    entry_type = "phone"
                }"#,
            ),
            (
                "entry_type",
                r#"resource "idv_didit_list" "main" {
                    name       = "trusted phones"
                    list_type  = "allowlist"
                    entry_type = "email"
                }"#,
            ),
        ],
        import_id: |attributes| attributes["id"].as_str().unwrap().to_owned(),
        at_vendor: own_list,
        drift: |state| {
            let own = lists(state).iter_mut().find(|list| list["is_system"] == false).unwrap();
            own["name"] = json!("renamed");
        },
        repair: &["update"],
        delete: |state| lists(state).retain(|list| list["is_system"] == true),
        gone: "A list is gone",
        created_anew: true,
        destroyed: |_| Value::Null,
    }
    .run();
}

/// The first entry of any list.
fn entry(state: &Value) -> Value {
    let lists = state["didit"]["lists"].as_array().unwrap().iter();
    lists.flat_map(|list| list["entries"].as_array().unwrap()).next().cloned().unwrap_or_default()
}

fn entries(state: &mut Value) -> &mut Vec<Value> {
    lists(state)[2]["entries"].as_array_mut().unwrap()
}

#[test]
fn list_entries_live_and_die() {
    Case {
        address: "idv_didit_list_entry.main",
        // The value is stored as +49151000000.
        created: r#"resource "idv_didit_list_entry" "main" {
            list_id       = "b0000000-0000-4000-8000-000000000003"
            value         = "+49 151 000000"
            display_label = "Alice"
            comment       = "fraud"
            metadata      = jsonencode({ ticket = 1 })
        }"#,
        updated: None,
        replaced: &[
            (
                "list_id",
                r#"resource "idv_didit_list_entry" "main" {
                    list_id       = "b0000000-0000-4000-8000-000000000002"
                    value         = "+49 151 000000"
                    display_label = "Alice"
                    comment       = "fraud"
                    metadata      = jsonencode({ ticket = 1 })
                }"#,
            ),
            (
                "value",
                r#"resource "idv_didit_list_entry" "main" {
                    list_id       = "b0000000-0000-4000-8000-000000000003"
                    value         = "+49 151 000001"
                    display_label = "Alice"
                    comment       = "fraud"
                    metadata      = jsonencode({ ticket = 1 })
                }"#,
            ),
            (
                "display_label",
                r#"resource "idv_didit_list_entry" "main" {
                    list_id  = "b0000000-0000-4000-8000-000000000003"
                    value    = "+49 151 000000"
                    comment  = "fraud"
                    metadata = jsonencode({ ticket = 1 })
                }"#,
            ),
            (
                "comment",
                r#"resource "idv_didit_list_entry" "main" {
                    list_id       = "b0000000-0000-4000-8000-000000000003"
                    value         = "+49 151 000000"
                    display_label = "Alice"
                    comment       = "no fraud"
                    metadata      = jsonencode({ ticket = 1 })
                }"#,
            ),
            (
                "metadata",
                r#"resource "idv_didit_list_entry" "main" {
                    list_id       = "b0000000-0000-4000-8000-000000000003"
                    value         = "+49 151 000000"
                    display_label = "Alice"
                    comment       = "fraud"
                }"#,
            ),
        ],
        import_id: |attributes| {
            format!("{}/{}", attributes["list_id"].as_str().unwrap(), attributes["id"].as_str().unwrap())
        },
        at_vendor: entry,
        drift: |state| entries(state)[0]["comment"] = json!("changed in the console"),
        // The vendor cannot change an entry.
        repair: &["delete", "create"],
        delete: |state| entries(state).clear(),
        gone: "A list entry is gone",
        created_anew: true,
        destroyed: |_| Value::Null,
    }
    .run();
}

/// The customization is always there: it is neither created nor gone.
#[test]
fn the_customization_is_taken_over() {
    let case = Case {
        address: "idv_didit_customization.main",
        created: r##"resource "idv_didit_customization" "main" {
            color_panel     = "#112233"
            app_public_name = "Acme"
        }"##,
        updated: Some(
            r##"resource "idv_didit_customization" "main" {
                color_panel     = "#445566"
                app_public_name = ""
            }"##,
        ),
        replaced: &[],
        import_id: |_| "customization".to_owned(),
        at_vendor: |state| state["didit"]["customization"].clone(),
        drift: |state| state["didit"]["customization"]["app_public_name"] = json!("changed in the console"),
        repair: &["update"],
        delete: |_| unreachable!("the vendor always has one"),
        gone: "",
        created_anew: false,
        destroyed: Value::clone,
    };
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    case.creates(&workspace, &sandbox);
    case.updates_in_place(&workspace);
    case.replaces_where_declared(&workspace);
    case.imports(&workspace, &sandbox);
    case.repairs_drift(&workspace, &sandbox);
    case.destroys(&workspace, &sandbox);
}
