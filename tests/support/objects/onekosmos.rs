//! 1Kosmos' objects.

use serde_json::{Value, json};

use super::{Deletion, Object, Part, USUAL, reads, replaces, rows, rows_mut, text, updates};

pub(super) const PART: Part = (
    &[PROOFING_TEMPLATE, BUCKET, SERVICE_KEY],
    &[
        reads("idv_onekosmos_proofing_templates", "session_id = \"sandbox-session-live\""),
        reads("idv_onekosmos_proofing_sessions", ""),
        reads("idv_onekosmos_session_counts", ""),
        reads("idv_onekosmos_bucket", ""),
        reads("idv_onekosmos_service_keys", ""),
        reads("idv_onekosmos_connectors", ""),
        reads("idv_onekosmos_community", ""),
        reads("idv_onekosmos_service", ""),
    ],
);

/// The sandbox's live session is one for this document and this dvcID, so it shows the template.
const PROOFING_TEMPLATE: Object = Object {
    type_name: "idv_onekosmos_proofing_template",
    attributes: &[
        replaces("document_type", r#""dl_object""#, r#""ppt_object""#),
        replaces("dvc_id", r#""dvc_sandbox""#, r#""dvc_other""#),
        updates(
            "workflow",
            r#"[
              { name = "welcome", type = "HTML", html = "<p>Hello</p>", actions = [{ name = "begin", on = "click", jump_to = "front" }] },
              { name = "front", type = "CAPTURE_FRONT", params = [{ name = "mode", field = "captureMode" }], actions = [{ name = "next", on = "captured", jump_to = "wait" }] },
              { name = "wait", type = "PROCESSING", actions = [{ name = "submit", on = "load", call = "submit" }] },
            ]"#,
            r#"[
              { name = "welcome", type = "HTML", html_base64 = "PHA+" },
              { name = "front", type = "CAPTURE_FRONT", params = [], actions = [{ name = "next", on = "captured", jump_to = "selfie" }] },
              { name = "selfie", type = "CAPTURE_SELFIE" },
            ]"#,
        ),
    ],
    create_request: "PUT /idproofingapi/proofingtemplates",
    // The vendor returns no creation time, so a create without a response is ambiguous.
    is_recoverable: false,
    import_id: |attributes| format!("dvc_sandbox/{}", text(attributes, "id")),
    listed: Some(|state| rows(state, "/onekosmos/templates").len()),
    at_vendor: |state| rows(state, "/onekosmos/templates").first().cloned().unwrap_or_default(),
    drift: |state| rows_mut(state, "/onekosmos/templates")[0]["workflow"][1]["type"] = json!("CAPTURE_BACK"),
    deletion: Some(Deletion {
        delete: |state| rows_mut(state, "/onekosmos/templates").clear(),
        warning: "The proofing template",
        is_created_again: true,
    }),
    ..USUAL
};

const BUCKET: Object = Object {
    type_name: "idv_onekosmos_bucket",
    attributes: &[
        updates("type", r#""aws""#, r#""azure""#),
        updates("bucket_name", r#""evidence""#, r#""other-evidence""#),
        updates("is_enabled", "", "false"),
        updates("created_by", "", r#""somebody""#),
        updates(
            "aws_credential",
            r#"{ access_key = "AKIA1", region = "eu-central-1", secret_key_wo = "bucket-secret-7f3d09" }"#,
            "",
        ),
        updates("azure_credential", "", r#"{ account_name = "acme", account_key = "another-secret" }"#),
    ],
    create_request: "PUT /idproofingapi/bucket",
    import_id: |attributes| format!("{}/{}", text(attributes, "tenant_id"), text(attributes, "community_id")),
    not_returned: &["aws_credential"],
    secrets: &["bucket-secret-7f3d09"],
    listed: Some(|state| rows(state, "/onekosmos/buckets").len()),
    at_vendor: |state| {
        let mut bucket = rows(state, "/onekosmos/buckets").first().cloned().unwrap_or_default();
        bucket.as_object_mut().map(|bucket| bucket.remove("updatedTS"));
        bucket
    },
    drift: |state| rows_mut(state, "/onekosmos/buckets")[0]["bucketName"] = json!("elsewhere"),
    deletion: Some(Deletion {
        delete: |state| rows_mut(state, "/onekosmos/buckets").clear(),
        warning: "The bucket",
        is_created_again: true,
    }),
    after_destroy: |bucket| {
        let mut bucket = bucket.clone();
        bucket["isEnabled"] = json!(false);
        // The secret is write-only, so the destroy has none to send, and a PUT replaces all settings.
        bucket.as_object_mut().unwrap().remove("aws_credential");
        bucket
    },
    ..USUAL
};

/// Terraform adopts the key with the tag, and sends nothing for that.
const SERVICE_KEY: Object = Object {
    type_name: "idv_onekosmos_service_key",
    attributes: &[
        replaces("tag", r#""pipeline""#, r#""mobile""#),
        updates("rotate_when", r#"{ quarter = "2026-Q4" }"#, r#"{ quarter = "2027-Q1" }"#),
    ],
    create_request: "GET /idproofingapi/servicekeys",
    import_id: |_| "pipeline".to_owned(),
    not_returned: &["rotate_when"],
    listed: Some(|state| rows(state, "/onekosmos/service_keys").len()),
    at_vendor: |state| {
        let keys = rows(state, "/onekosmos/service_keys");
        keys.iter().find(|key| is_pipeline(key)).cloned().unwrap_or_default()
    },
    // A reset elsewhere gives the key another id, and there is nothing to repair.
    drift: |state| {
        let key = rows_mut(state, "/onekosmos/service_keys").iter_mut().find(|key| is_pipeline(key));
        key.unwrap()["keyId"] = json!("00000000-0000-4000-8000-00000000000f");
    },
    repair: &["no-op"],
    deletion: Some(Deletion {
        delete: |state| rows_mut(state, "/onekosmos/service_keys").retain(|key| !is_pipeline(key)),
        warning: "The service key",
        is_created_again: false,
    }),
    after_destroy: Value::clone,
    ..USUAL
};

fn is_pipeline(key: &Value) -> bool {
    key["tag"] == "pipeline"
}
