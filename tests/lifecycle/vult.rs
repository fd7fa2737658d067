//! VULT's resources.

use serde_json::{Value, json};

use super::Case;

/// The rows of one of the tenant's lists.
fn rows<'s>(state: &'s mut Value, list: &str) -> &'s mut Vec<Value> {
    state["vult"][list].as_array_mut().unwrap()
}

/// The current weights of the tenant, which are the last ones written, without the id of the set.
fn weights(state: &Value) -> Value {
    let sets = state["vult"]["weights"].as_array().unwrap();
    let mut current = sets.iter().rev().find(|set| set["client_id"].is_null() && set["user_id"].is_null()).cloned();
    current.as_mut().and_then(Value::as_object_mut).map(|set| set.remove("id"));
    current.unwrap_or_default()
}

#[test]
fn weights_are_forgotten() {
    Case {
        address: "idv_vult_weights.main",
        created: r#"resource "idv_vult_weights" "main" {
            ofac_fuzzy_match_weight    = 13
            minimum_liveness_tolerance = 0.85
        }"#,
        updated: Some(
            r#"resource "idv_vult_weights" "main" {
                ofac_fuzzy_match_weight    = 14.5
                minimum_liveness_tolerance = 0.85
            }"#,
        ),
        replaced: &[
            (
                "client_id",
                r#"resource "idv_vult_weights" "main" {
                    client_id                  = "client-7"
                    ofac_fuzzy_match_weight    = 13
                    minimum_liveness_tolerance = 0.85
                }"#,
            ),
            (
                "user_id",
                r#"resource "idv_vult_weights" "main" {
                    user_id                    = "user-1"
                    ofac_fuzzy_match_weight    = 13
                    minimum_liveness_tolerance = 0.85
                }"#,
            ),
        ],
        import_id: |_| "/".to_owned(),
        at_vendor: weights,
        drift: |state| {
            let set =
                rows(state, "weights").iter_mut().rfind(|set| set["client_id"].is_null() && set["user_id"].is_null());
            set.unwrap()["ofac_fuzzy_match_weight"] = json!(99);
        },
        repair: &["update"],
        delete: |state| rows(state, "weights").clear(),
        gone: "The weights are gone",
        created_anew: false,
        destroyed: Value::clone,
    }
    .run();
}

/// The set of the tenant for passports read by OCR.
fn requirements(state: &Value) -> Value {
    let sets = state["vult"]["requirements"].as_array().unwrap();
    sets.iter().find(|set| is_passport_ocr(set)).cloned().unwrap_or_default()
}

fn is_passport_ocr(set: &Value) -> bool {
    set["client_id"].is_null() && set["type_e"] == "passport" && set["data_source_e"] == "ocr"
}

#[test]
fn document_requirements_are_forgotten() {
    Case {
        address: "idv_vult_document_requirements.main",
        created: r#"resource "idv_vult_document_requirements" "main" {
            document_type          = "passport"
            data_source            = "ocr"
            face_encoding_required = true
        }"#,
        updated: Some(
            r#"resource "idv_vult_document_requirements" "main" {
                document_type          = "passport"
                data_source            = "ocr"
                face_encoding_required = false
            }"#,
        ),
        replaced: &[
            (
                "document_type",
                r#"resource "idv_vult_document_requirements" "main" {
                    document_type          = "driver_license"
                    data_source            = "ocr"
                    face_encoding_required = true
                }"#,
            ),
            (
                "data_source",
                r#"resource "idv_vult_document_requirements" "main" {
                    document_type          = "passport"
                    data_source            = "mrz"
                    face_encoding_required = true
                }"#,
            ),
            (
                "client_id",
                r#"resource "idv_vult_document_requirements" "main" {
                    client_id              = "client-7"
                    document_type          = "passport"
                    data_source            = "ocr"
                    face_encoding_required = true
                }"#,
            ),
            (
                "user_id",
                r#"resource "idv_vult_document_requirements" "main" {
                    user_id                = "user-1"
                    document_type          = "passport"
                    data_source            = "ocr"
                    face_encoding_required = true
                }"#,
            ),
        ],
        import_id: |_| "passport/ocr".to_owned(),
        at_vendor: requirements,
        drift: |state| {
            let set = rows(state, "requirements").iter_mut().find(|set| is_passport_ocr(set));
            set.unwrap()["face_encoding_required"] = json!(false);
        },
        repair: &["update"],
        delete: |state| rows(state, "requirements").retain(|set| !is_passport_ocr(set)),
        gone: "The document requirements are gone",
        created_anew: true,
        destroyed: Value::clone,
    }
    .run();
}

#[test]
fn webhooks_are_deleted() {
    Case {
        address: "idv_vult_webhook.main",
        created: r#"resource "idv_vult_webhook" "main" {
            name = "events"
            url  = "https://hooks.example.com/idv"
        }"#,
        updated: None,
        replaced: &[
            (
                "name",
                r#"resource "idv_vult_webhook" "main" {
                    name = "other events"
                    url  = "https://hooks.example.com/idv"
                }"#,
            ),
            (
                "url",
                r#"resource "idv_vult_webhook" "main" {
                    name = "events"
                    url  = "https://hooks.example.com/other"
                }"#,
            ),
            (
                "client_id",
                r#"resource "idv_vult_webhook" "main" {
                    name      = "events"
                    url       = "https://hooks.example.com/idv"
                    client_id = "client-7"
                }"#,
            ),
        ],
        import_id: |attributes| attributes["id"].as_str().unwrap().to_owned(),
        at_vendor: |state| state["vult"]["webhooks"].get(0).cloned().unwrap_or_default(),
        drift: |state| rows(state, "webhooks")[0]["url"] = json!("https://elsewhere.example.com"),
        // The vendor cannot change a webhook.
        repair: &["delete", "create"],
        delete: |state| rows(state, "webhooks").clear(),
        gone: "A webhook is gone",
        created_anew: true,
        destroyed: |_| Value::Null,
    }
    .run();
}
