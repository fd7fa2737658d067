//! Didit's lists, their entries, and the customization.

use serde_json::{Value, json};

use super::{Deletion, Object, Part, USUAL, reads, replaces, rows, rows_mut, text, updates};

pub(super) const PART: Part = (
    &[LIST, LIST_ENTRY, CUSTOMIZATION],
    &[reads("idv_didit_lists", ""), reads("idv_didit_list", "name = \"Blocklist: phone\"")],
);

const LISTS: &str = "/didit/lists";

const LIST: Object = Object {
    type_name: "idv_didit_list",
    attributes: &[
        updates("name", r#""trusted phones""#, r#""phones of staff""#),
        updates("description", "", r#""Ours.""#),
        replaces("list_type", r#""allowlist""#, r#""custom""#),
        replaces("entry_type", r#""phone""#, r#""email""#),
    ],
    create_request: "POST /v3/lists/",
    listed: Some(|state| rows(state, LISTS).iter().filter(|list| is_own(list)).count()),
    is_unique: true,
    at_vendor: |state| {
        let mut own = rows(state, LISTS).iter().find(|list| is_own(list)).cloned();
        own.as_mut().and_then(Value::as_object_mut).map(|list| list.remove("updated_at"));
        own.unwrap_or_default()
    },
    drift: |state| {
        let own = rows_mut(state, LISTS).iter_mut().find(|list| is_own(list)).unwrap();
        own["name"] = json!("renamed");
    },
    deletion: Some(Deletion {
        delete: |state| rows_mut(state, LISTS).retain(|list| !is_own(list)),
        warning: "The list",
        is_created_again: true,
    }),
    deletes_more: true,
    ..USUAL
};

/// Whether a list is not one of the system's.
fn is_own(list: &Value) -> bool {
    list["is_system"] != true
}

/// An entry of one of the system's lists. The vendor cannot change an entry, and stores the value as +49151000000.
const LIST_ENTRY: Object = Object {
    type_name: "idv_didit_list_entry",
    attributes: &[
        replaces("list_id", r#""b0000000-0000-4000-8000-000000000003""#, r#""b0000000-0000-4000-8000-000000000002""#),
        replaces("value", r#""+49 151 000000""#, r#""+49 151 000001""#),
        replaces("display_label", r#""Alice""#, ""),
        replaces("comment", r#""fraud""#, r#""no fraud""#),
        replaces("metadata", "jsonencode({ ticket = 1 })", ""),
    ],
    create_request: "POST /v3/lists/b0000000-0000-4000-8000-000000000003/entries/",
    import_id: |attributes| format!("{}/{}", text(attributes, "list_id"), text(attributes, "id")),
    listed: Some(|state| rows(state, LISTS).iter().map(|list| rows(list, "/entries").len()).sum()),
    is_unique: true,
    at_vendor: |state| {
        rows(state, LISTS).iter().flat_map(|list| rows(list, "/entries")).next().cloned().unwrap_or_default()
    },
    drift: |state| rows_mut(state, "/didit/lists/2/entries")[0]["comment"] = json!("changed in the console"),
    repair: &["delete", "create"],
    deletion: Some(Deletion {
        delete: |state| rows_mut(state, "/didit/lists/2/entries").clear(),
        warning: "The list entry",
        is_created_again: true,
    }),
    ..USUAL
};

/// The vendor always has it.
const CUSTOMIZATION: Object = Object {
    type_name: "idv_didit_customization",
    attributes: &[
        updates("color_panel", r##""#112233""##, r##""#445566""##),
        updates("app_public_name", r#""Acme""#, r#""""#),
    ],
    create_request: "PATCH /v3/customization/",
    import_id: |_| "customization".to_owned(),
    listed: Some(|_| 1),
    can_restore: true,
    at_vendor: |state| state["didit"]["customization"].clone(),
    drift: |state| state["didit"]["customization"]["app_public_name"] = json!("changed in the console"),
    after_destroy: Value::clone,
    ..USUAL
};
