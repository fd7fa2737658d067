//! Xident's objects.

use serde_json::{Value, json};

use super::{DataSource, Deletion, Object, Part, USUAL, reads, replaces, rows, rows_mut, same, updates};

pub(super) const PART: Part = (
    &[BLACKLIST_ENTRY, FACE_ENROLLMENT, API_KEY],
    &[
        reads("idv_xident_requirements", ""),
        DataSource { type_name: "idv_xident_usage", attributes: "", api: Some("v1") },
    ],
);

/// Lets every call through as often as a test makes it.
pub(super) fn lift_limits(state: &mut Value) {
    for limit in state["xident"]["limits"].as_object_mut().unwrap().values_mut() {
        limit["per_minute"] = json!(6000);
    }
}

/// The vendor cannot change an entry.
const BLACKLIST_ENTRY: Object = Object {
    type_name: "idv_xident_blacklist_entry",
    attributes: &[
        replaces("reason", r#""fraud""#, r#""chargeback""#),
        replaces("metadata", "", r#"{ original_user_id = "user-456" }"#),
        same("face_image_wo", r#""ZmFjZS1pbWFnZS04YzRk""#),
        updates("face_image_wo_version", "", r#""1""#),
    ],
    api: Some("verify/v1"),
    create_request: "POST /verify/v1/blacklist/image",
    not_returned: &["face_image_wo_version"],
    secrets: &["ZmFjZS1pbWFnZS04YzRk"],
    listed: Some(|state| rows(state, "/xident/blacklist").len()),
    at_vendor: |state| rows(state, "/xident/blacklist").last().cloned().unwrap_or_default(),
    drift: |state| rows_mut(state, "/xident/blacklist")[0]["reason"] = json!("mistake"),
    repair: &["delete", "create"],
    deletion: Some(Deletion {
        delete: |state| rows_mut(state, "/xident/blacklist").clear(),
        warning: "The blacklist entry",
        is_created_again: true,
    }),
    ..USUAL
};

const FACE_ENROLLMENT: Object = Object {
    type_name: "idv_xident_face_enrollment",
    attributes: &[
        replaces("user_id", r#""user-456""#, r#""user-789""#),
        updates("face_image_wo", r#""ZmFjZS1pbWFnZS04YzRk""#, ""),
        updates("face_image", "", r#""ZmFjZS1pbWFnZS04YzRk""#),
    ],
    api: Some("verify/v1"),
    create_request: "POST /verify/v1/2fa/register",
    import_id: |_| "user-456".to_owned(),
    not_returned: &["face_image_wo_version"],
    secrets: &["ZmFjZS1pbWFnZS04YzRk"],
    is_unique: true,
    at_vendor: |state| state["xident"]["faces"].get("user-456").cloned().unwrap_or_default(),
    // An enrollment elsewhere changes the time, and there is nothing to repair.
    drift: |state| state["xident"]["faces"]["user-456"]["enrolled_at"] = json!(1_700_000_000),
    repair: &["no-op"],
    deletion: Some(Deletion {
        delete: |state| state["xident"]["faces"] = json!({}),
        warning: "The enrollment",
        is_created_again: true,
    }),
    ..USUAL
};

/// Two public keys of age, as HCL.
const RECIPIENTS: [&str; 2] = [
    r#""age1jymym3n6gdq6ntvlv97f7gz3szn7fp2ddt9lg06es9ljx82n3axqh45htq""#,
    r#""age15lu2x9jm2nn6y8ssyfdpg0dvm6epfev4a0mr576xtqkg3gfkzy4qunksg0""#,
];

/// The vendor cannot change a key.
const API_KEY: Object = Object {
    type_name: "idv_xident_api_key",
    attributes: &[
        replaces("name", r#""shop""#, r#""checkout""#),
        replaces("callback_url", "", r#""https://shop.example.com/verified""#),
        replaces("expires_at", "", r#""2027-01-01T00:00:00+01:00""#),
        replaces("rule_id", "", "7"),
        replaces("secret_recipient", RECIPIENTS[0], RECIPIENTS[1]),
    ],
    api: Some("verify/v1"),
    create_request: "POST /verify/v1/tokens",
    not_returned: &["secret_recipient"],
    listed: Some(|state| rows(state, "/xident/api_keys").len()),
    at_vendor: |state| rows(state, "/xident/api_keys").last().cloned().unwrap_or_default(),
    drift: |state| rows_mut(state, "/xident/api_keys")[0]["callback_url"] = json!("https://elsewhere.example.com/"),
    repair: &["delete", "create"],
    deletion: Some(Deletion {
        delete: |state| rows_mut(state, "/xident/api_keys").clear(),
        warning: "The API key",
        is_created_again: true,
    }),
    ..USUAL
};
