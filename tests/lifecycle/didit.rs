//! Didit's resources.

use serde_json::{Value, json};

use super::Case;

fn all<'s>(state: &'s mut Value, list: &str) -> &'s mut Vec<Value> {
    state["didit"][list].as_array_mut().unwrap()
}

/// What there is of the newest row of a list, by these members; null where it is empty.
fn newest(state: &Value, list: &str, members: &[&str]) -> Value {
    let rows = state["didit"][list].as_array().unwrap();
    let Some(row) = rows.last() else { return Value::Null };
    members.iter().map(|name| ((*name).to_owned(), row[*name].clone())).collect()
}

#[test]
fn webhook_destinations_are_deleted() {
    Case {
        address: "idv_didit_webhook_destination.main",
        created: r#"resource "idv_didit_webhook_destination" "main" {
            label             = "events"
            url               = "https://hooks.example.com/didit"
            subscribed_events = ["status.updated", "data.updated"]
        }"#,
        updated: Some(
            r#"resource "idv_didit_webhook_destination" "main" {
                label             = "other events"
                url               = "https://hooks.example.com/elsewhere"
                enabled           = false
                webhook_version   = "v2"
                subscribed_events = ["user.data.updated"]
            }"#,
        ),
        replaced: &[],
        import_id: |attributes| attributes["id"].as_str().unwrap().to_owned(),
        at_vendor: |state| {
            newest(
                state,
                "webhook_destinations",
                &["uuid", "label", "url", "enabled", "subscribed_events", "webhook_version"],
            )
        },
        drift: |state| all(state, "webhook_destinations")[0]["subscribed_events"] = json!(["data.updated"]),
        repair: &["update"],
        delete: |state| all(state, "webhook_destinations").clear(),
        gone: "A webhook destination is gone",
        created_anew: true,
        destroyed: |_| Value::Null,
    }
    .run();
}

#[test]
fn workflows_are_deleted_with_all_their_versions() {
    Case {
        address: "idv_didit_workflow.main",
        created: r#"resource "idv_didit_workflow" "main" {
            workflow_label     = "kyc"
            max_retry_attempts = 5
            features           = [{ feature = "OCR" }, { feature = "LIVENESS" }, { feature = "FACE_MATCH" }]
        }"#,
        updated: Some(
            r#"resource "idv_didit_workflow" "main" {
                workflow_label             = "kyc with screening"
                is_default                 = true
                is_white_label_enabled     = true
                is_desktop_allowed         = false
                max_retry_attempts         = 0
                retry_window_days          = 365
                face_liveness_max_attempts = 1
                face_match_max_attempts    = 2
                session_expiration_time    = 3600
                features = [
                  { feature = "OCR", config = jsonencode({ documents_allowed = { DEU = { P = { enabled = 1 } } } }) },
                  { feature = "AML", label = "sanctions" },
                ]
            }"#,
        ),
        replaced: &[],
        import_id: |attributes| attributes["workflow_id"].as_str().unwrap().to_owned(),
        at_vendor: |state| newest(state, "workflows", &["workflow_id", "status", "settings"]),
        drift: |state| {
            all(state, "workflows").last_mut().unwrap()["settings"]["max_retry_attempts"] = json!(1);
        },
        repair: &["update"],
        delete: |state| all(state, "workflows").clear(),
        gone: "A workflow is gone",
        created_anew: true,
        destroyed: |_| Value::Null,
    }
    .run();
}

#[test]
fn questionnaires_are_deleted_with_all_their_versions() {
    Case {
        address: "idv_didit_questionnaire.main",
        created: r#"resource "idv_didit_questionnaire" "main" {
            title         = "Onboarding"
            languages     = ["en"]
            form_elements = [{ id = "occupation", element_type = "short_text", label = { en = "Occupation?" } }]
        }"#,
        updated: Some(
            r#"resource "idv_didit_questionnaire" "main" {
                title            = "Onboarding of businesses"
                description      = "Where the money comes from"
                languages        = ["de", "en"]
                default_language = "de"
                is_active        = false
                form_elements = [
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
                ]
            }"#,
        ),
        replaced: &[],
        import_id: |attributes| attributes["questionnaire_group_id"].as_str().unwrap().to_owned(),
        at_vendor: |state| newest(state, "questionnaires", &["questionnaire_group_id", "status", "content"]),
        drift: |state| {
            all(state, "questionnaires").last_mut().unwrap()["content"]["title"] = json!("Renamed");
        },
        repair: &["update"],
        delete: |state| all(state, "questionnaires").clear(),
        gone: "A questionnaire is gone",
        created_anew: true,
        destroyed: |_| Value::Null,
    }
    .run();
}
