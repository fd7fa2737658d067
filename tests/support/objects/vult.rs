//! VULT's objects.

use serde_json::{Value, json};

use super::{Deletion, Object, Part, USUAL, distinct, reads, replaces, rows, rows_mut, same, updates};

pub(super) const PART: Part = (
    &[WEIGHTS, DOCUMENT_REQUIREMENTS, WEBHOOK],
    &[
        reads("idv_vult_weights", ""),
        reads("idv_vult_document_requirements", "document_type = \"passport\"\ndata_source = \"mrz\""),
        reads("idv_vult_webhooks", ""),
        reads("idv_vult_service", ""),
        reads("idv_vult_session_outcomes", "from = \"2026-01-01T00:00:00Z\""),
    ],
);

const WEIGHTS: Object = Object {
    type_name: "idv_vult_weights",
    attributes: &[
        replaces("client_id", "", r#""client-7""#),
        replaces("user_id", "", r#""user-1""#),
        updates("ofac_fuzzy_match_weight", "13", "14.5"),
        same("minimum_liveness_tolerance", "0.85"),
    ],
    create_request: "POST /idv/weights",
    import_id: |_| "/".to_owned(),
    listed: Some(|state| distinct(rows(state, "/vult/weights"), &["client_id", "user_id"])),
    can_restore: true,
    at_vendor: weights,
    drift: |state| {
        let set = rows_mut(state, "/vult/weights").iter_mut().rfind(|set| is_tenants(set));
        set.unwrap()["ofac_fuzzy_match_weight"] = json!(99);
    },
    after_destroy: Value::clone,
    ..USUAL
};

fn is_tenants(set: &Value) -> bool {
    set["client_id"].is_null() && set["user_id"].is_null()
}

/// The current weights of the tenant, which are the last ones written, without the id of the set.
fn weights(state: &Value) -> Value {
    let mut current = rows(state, "/vult/weights").iter().rev().find(|set| is_tenants(set)).cloned();
    current.as_mut().and_then(Value::as_object_mut).map(|set| set.remove("id"));
    current.unwrap_or_default()
}

const DOCUMENT_REQUIREMENTS: Object = Object {
    type_name: "idv_vult_document_requirements",
    attributes: &[
        replaces("document_type", r#""passport""#, r#""driver_license""#),
        replaces("data_source", r#""ocr""#, r#""mrz""#),
        replaces("client_id", "", r#""client-7""#),
        replaces("user_id", "", r#""user-1""#),
        updates("face_encoding_required", "true", "false"),
    ],
    create_request: "POST /idv/requirements",
    import_id: |_| "passport/ocr".to_owned(),
    listed: Some(|state| rows(state, "/vult/requirements").len()),
    can_restore: true,
    at_vendor: |state| {
        let sets = rows(state, "/vult/requirements");
        sets.iter().find(|set| is_passport_ocr(set)).cloned().unwrap_or_default()
    },
    drift: |state| {
        let set = rows_mut(state, "/vult/requirements").iter_mut().find(|set| is_passport_ocr(set));
        set.unwrap()["face_encoding_required"] = json!(false);
    },
    deletion: Some(Deletion {
        delete: |state| rows_mut(state, "/vult/requirements").retain(|set| !is_passport_ocr(set)),
        warning: "The document requirements",
        is_created_again: true,
    }),
    after_destroy: Value::clone,
    ..USUAL
};

/// Whether a set is the tenant's for passports read by OCR.
fn is_passport_ocr(set: &Value) -> bool {
    set["client_id"].is_null() && set["type_e"] == "passport" && set["data_source_e"] == "ocr"
}

/// The vendor cannot change a webhook.
const WEBHOOK: Object = Object {
    type_name: "idv_vult_webhook",
    attributes: &[
        replaces("name", r#""events""#, r#""other events""#),
        replaces("url", r#""https://hooks.example.com/idv""#, r#""https://hooks.example.com/other""#),
        replaces("client_id", "", r#""client-7""#),
    ],
    create_request: "POST /webhook/create",
    listed: Some(|state| rows(state, "/vult/webhooks").len()),
    is_unique: true,
    at_vendor: |state| rows(state, "/vult/webhooks").first().cloned().unwrap_or_default(),
    drift: |state| rows_mut(state, "/vult/webhooks")[0]["url"] = json!("https://elsewhere.example.com"),
    repair: &["delete", "create"],
    deletion: Some(Deletion {
        delete: |state| rows_mut(state, "/vult/webhooks").clear(),
        warning: "The webhook",
        is_created_again: true,
    }),
    ..USUAL
};
