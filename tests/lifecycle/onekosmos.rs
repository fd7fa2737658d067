//! 1Kosmos' resources.

use serde_json::{Value, json};

use super::Case;

/// The first of the tenant's objects of one kind, as the vendor keeps it.
fn first(state: &Value, list: &str) -> Value {
    state["onekosmos"][list].get(0).cloned().unwrap_or_default()
}

/// The tenant's objects of one kind.
fn all<'s>(state: &'s mut Value, list: &str) -> &'s mut Vec<Value> {
    state["onekosmos"][list].as_array_mut().unwrap()
}

#[test]
fn proofing_templates_are_deleted() {
    Case {
        address: "idv_onekosmos_proofing_template.main",
        // The sandbox's live session is one for this document and this dvcID, and so shows the template.
        created: r#"resource "idv_onekosmos_proofing_template" "main" {
            document_type = "dl_object"
            dvc_id        = "dvc_sandbox"
            workflow = [
              { name = "welcome", type = "HTML", html = "<p>Hello</p>", actions = [{ name = "begin", on = "click", jump_to = "front" }] },
              { name = "front", type = "CAPTURE_FRONT", params = [{ name = "mode", field = "captureMode" }], actions = [{ name = "next", on = "captured", jump_to = "wait" }] },
              { name = "wait", type = "PROCESSING", actions = [{ name = "submit", on = "load", call = "submit" }] },
            ]
        }"#,
        updated: Some(
            r#"resource "idv_onekosmos_proofing_template" "main" {
                document_type = "dl_object"
                dvc_id        = "dvc_sandbox"
                workflow = [
                  { name = "welcome", type = "HTML", html_base64 = "PHA+" },
                  { name = "front", type = "CAPTURE_FRONT", params = [], actions = [{ name = "next", on = "captured", jump_to = "selfie" }] },
                  { name = "selfie", type = "CAPTURE_SELFIE" },
                ]
            }"#,
        ),
        replaced: &[
            (
                "document_type",
                r#"resource "idv_onekosmos_proofing_template" "main" {
                    document_type = "ppt_object"
                    dvc_id        = "dvc_sandbox"
                    workflow = [
                      { name = "welcome", type = "HTML", html = "<p>Hello</p>", actions = [{ name = "begin", on = "click", jump_to = "front" }] },
                      { name = "front", type = "CAPTURE_FRONT", params = [{ name = "mode", field = "captureMode" }], actions = [{ name = "next", on = "captured", jump_to = "wait" }] },
                      { name = "wait", type = "PROCESSING", actions = [{ name = "submit", on = "load", call = "submit" }] },
                    ]
                }"#,
            ),
            (
                "dvc_id",
                r#"resource "idv_onekosmos_proofing_template" "main" {
                    document_type = "dl_object"
                    dvc_id        = "dvc_other"
                    workflow = [
                      { name = "welcome", type = "HTML", html = "<p>Hello</p>", actions = [{ name = "begin", on = "click", jump_to = "front" }] },
                      { name = "front", type = "CAPTURE_FRONT", params = [{ name = "mode", field = "captureMode" }], actions = [{ name = "next", on = "captured", jump_to = "wait" }] },
                      { name = "wait", type = "PROCESSING", actions = [{ name = "submit", on = "load", call = "submit" }] },
                    ]
                }"#,
            ),
        ],
        import_id: |attributes| format!("dvc_sandbox/{}", attributes["id"].as_str().unwrap()),
        at_vendor: |state| first(state, "templates"),
        drift: |state| all(state, "templates")[0]["workflow"][1]["type"] = json!("CAPTURE_BACK"),
        repair: &["update"],
        delete: |state| all(state, "templates").clear(),
        gone: "A proofing template is gone",
        created_anew: true,
        destroyed: |_| Value::Null,
    }
    .run();
}

/// The bucket without the time of the last write.
fn bucket(state: &Value) -> Value {
    let mut bucket = first(state, "buckets");
    bucket.as_object_mut().map(|bucket| bucket.remove("updatedTS"));
    bucket
}

#[test]
fn buckets_are_disabled() {
    Case {
        address: "idv_onekosmos_bucket.main",
        created: r#"resource "idv_onekosmos_bucket" "main" {
            type           = "aws"
            bucket_name    = "evidence"
            aws_credential = { access_key = "AKIA1", region = "eu-central-1", secret_key_wo = "hush" }
        }"#,
        updated: Some(
            r#"resource "idv_onekosmos_bucket" "main" {
                type             = "azure"
                bucket_name      = "other-evidence"
                is_enabled       = false
                created_by       = "somebody"
                azure_credential = { account_name = "acme", account_key = "hush" }
            }"#,
        ),
        replaced: &[],
        import_id: |attributes| {
            let part = |name: &str| attributes[name].as_str().unwrap().to_owned();
            format!("{}/{}", part("tenant_id"), part("community_id"))
        },
        at_vendor: bucket,
        drift: |state| all(state, "buckets")[0]["bucketName"] = json!("elsewhere"),
        repair: &["update"],
        delete: |state| all(state, "buckets").clear(),
        gone: "The bucket is gone",
        created_anew: true,
        destroyed: |bucket| {
            let mut bucket = bucket.clone();
            bucket["isEnabled"] = json!(false);
            // The secret is write-only, so the destroy has none to send, and a PUT replaces all settings.
            bucket.as_object_mut().unwrap().remove("aws_credential");
            bucket
        },
    }
    .run();
}

fn is_pipeline(key: &Value) -> bool {
    key["tag"] == "pipeline"
}

#[test]
fn service_keys_are_forgotten() {
    Case {
        address: "idv_onekosmos_service_key.main",
        created: r#"resource "idv_onekosmos_service_key" "main" {
            tag = "pipeline"
        }"#,
        updated: Some(
            r#"resource "idv_onekosmos_service_key" "main" {
                tag         = "pipeline"
                rotate_when = { quarter = "2026-Q4" }
            }"#,
        ),
        replaced: &[(
            "tag",
            r#"resource "idv_onekosmos_service_key" "main" {
                tag = "mobile"
            }"#,
        )],
        import_id: |_| "pipeline".to_owned(),
        at_vendor: |state| {
            let keys = state["onekosmos"]["service_keys"].as_array().unwrap();
            keys.iter().find(|key| is_pipeline(key)).cloned().unwrap_or_default()
        },
        // Whoever resets a key elsewhere gives it another id, which is nothing to undo.
        drift: |state| {
            let key = all(state, "service_keys").iter_mut().find(|key| is_pipeline(key)).unwrap();
            key["keyId"] = json!("00000000-0000-4000-8000-00000000000f");
        },
        repair: &["no-op"],
        delete: |state| all(state, "service_keys").retain(|key| !is_pipeline(key)),
        gone: "A service key is gone",
        created_anew: false,
        destroyed: Value::clone,
    }
    .run();
}
