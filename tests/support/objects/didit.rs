//! Didit's webhook destinations, workflows and questionnaires.

use serde_json::{Value, json};

use super::{Deletion, Object, Part, USUAL, distinct, reads, rows, rows_mut, text, updates};

pub(super) const PART: Part = (
    &[WEBHOOK_DESTINATION, WORKFLOW, QUESTIONNAIRE],
    &[
        reads("idv_didit_workflows", ""),
        reads("idv_didit_workflow", "workflow_id = idv_didit_workflow.main.workflow_id"),
        reads(
            "idv_didit_questionnaire",
            "questionnaire_group_id = idv_didit_questionnaire.main.questionnaire_group_id",
        ),
    ],
);

/// The members of the newest row of a list; null where the list is empty.
fn newest(rows: &[Value], members: &[&str]) -> Value {
    let Some(row) = rows.last() else { return Value::Null };
    members.iter().map(|name| ((*name).to_owned(), row[*name].clone())).collect()
}

const DESTINATIONS: &str = "/didit/webhook_destinations";

const WEBHOOK_DESTINATION: Object = Object {
    type_name: "idv_didit_webhook_destination",
    attributes: &[
        updates("label", r#""events""#, r#""other events""#),
        updates("url", r#""https://hooks.example.com/didit""#, r#""https://hooks.example.com/elsewhere""#),
        updates("enabled", "", "false"),
        updates("webhook_version", "", r#""v2""#),
        updates("subscribed_events", r#"["status.updated", "data.updated"]"#, r#"["user.data.updated"]"#),
    ],
    create_request: "POST /v3/webhook/destinations/",
    listed: Some(|state| rows(state, DESTINATIONS).len()),
    is_unique: true,
    at_vendor: |state| {
        newest(rows(state, DESTINATIONS), &["uuid", "label", "url", "enabled", "subscribed_events", "webhook_version"])
    },
    drift: |state| rows_mut(state, DESTINATIONS)[0]["subscribed_events"] = json!(["data.updated"]),
    deletion: Some(Deletion {
        delete: |state| rows_mut(state, DESTINATIONS).clear(),
        warning: "The webhook destination",
        is_created_again: true,
    }),
    ..USUAL
};

const WORKFLOWS: &str = "/didit/workflows";

/// A change publishes another version, and a destroy deletes all versions.
const WORKFLOW: Object = Object {
    type_name: "idv_didit_workflow",
    attributes: &[
        updates("workflow_label", r#""kyc""#, r#""kyc with screening""#),
        updates("is_default", "", "true"),
        updates("is_white_label_enabled", "", "true"),
        updates("is_desktop_allowed", "", "false"),
        updates("max_retry_attempts", "5", "0"),
        updates("retry_window_days", "", "365"),
        updates("face_liveness_max_attempts", "", "1"),
        updates("face_match_max_attempts", "", "2"),
        updates("session_expiration_time", "", "3600"),
        updates(
            "features",
            r#"[{ feature = "OCR" }, { feature = "LIVENESS" }, { feature = "FACE_MATCH" }]"#,
            r#"[
              { feature = "OCR", config = jsonencode({ documents_allowed = { DEU = { P = { enabled = 1 } } } }) },
              { feature = "AML", label = "sanctions" },
            ]"#,
        ),
    ],
    create_request: "POST /v3/workflows/",
    import_id: |attributes| text(attributes, "workflow_id"),
    not_returned: &["features"],
    listed: Some(|state| distinct(rows(state, WORKFLOWS), &["workflow_id"])),
    at_vendor: |state| newest(rows(state, WORKFLOWS), &["workflow_id", "status", "settings"]),
    drift: |state| rows_mut(state, WORKFLOWS).last_mut().unwrap()["settings"]["max_retry_attempts"] = json!(1),
    deletion: Some(Deletion {
        delete: |state| rows_mut(state, WORKFLOWS).clear(),
        warning: "The workflow",
        is_created_again: true,
    }),
    ..USUAL
};

const QUESTIONNAIRES: &str = "/didit/questionnaires";

/// A change publishes another version. A destroy deletes all versions, and the responses of people with them.
const QUESTIONNAIRE: Object = Object {
    type_name: "idv_didit_questionnaire",
    attributes: &[
        updates("title", r#""Onboarding""#, r#""Onboarding of businesses""#),
        updates("description", "", r#""Where the money comes from""#),
        updates("languages", r#"["en"]"#, r#"["de", "en"]"#),
        updates("default_language", "", r#""de""#),
        updates("is_active", "", "false"),
        updates(
            "form_elements",
            r#"[{ id = "occupation", element_type = "short_text", label = { en = "Occupation?" } }]"#,
            r#"[
              {
                id           = "funds"
                element_type = "multiple_choice"
                label        = { de = "Herkunft der Mittel", en = "Source of funds" }
                description  = { de = "Mehreres ist erlaubt", en = "Choose all that apply" }
                is_required  = true
                options = [
                  { value = "employment", label = { de = "Arbeit", en = "Employment" } },
                  { value = "savings", label = { de = "Erspartes", en = "Savings" } },
                ]
              },
              { element_type = "file_upload", label = { de = "Nachweis", en = "Proof" }, max_files = 5, validation = jsonencode({}) },
            ]"#,
        ),
    ],
    create_request: "POST /v3/questionnaires/",
    import_id: |attributes| text(attributes, "questionnaire_group_id"),
    not_returned: &["form_elements"],
    listed: Some(|state| distinct(rows(state, QUESTIONNAIRES), &["questionnaire_group_id"])),
    at_vendor: |state| newest(rows(state, QUESTIONNAIRES), &["questionnaire_group_id", "status", "content"]),
    drift: |state| rows_mut(state, QUESTIONNAIRES).last_mut().unwrap()["content"]["title"] = json!("Renamed"),
    deletion: Some(Deletion {
        delete: |state| rows_mut(state, QUESTIONNAIRES).clear(),
        warning: "The questionnaire",
        is_created_again: true,
    }),
    deletes_more: true,
    ..USUAL
};
