//! The kinds of objects that the runs create: their configuration, and where the sandbox has them.

use serde_json::Value;

/// A kind of object.
pub(super) struct Kind {
    pub(super) type_name: &'static str,
    pub(super) vendor: &'static str,
    /// The attribute of the state that has the id by which [`Kind::rows`] names the object.
    pub(super) id: &'static str,
    /// The objects at the vendor, as id and name. Empty for settings, which always exist.
    pub(super) rows: fn(&Value) -> Vec<(String, String)>,
    /// The configuration of an object with this name, before or after a change.
    pub(super) attributes: fn(&str, bool) -> String,
    /// Whether the vendor, or Terraform, can have it only once.
    pub(super) is_singleton: bool,
    /// The messages that say that a second object may exist, where the documentation says that it may; none if it may not.
    pub(super) remainder: &'static [&'static str],
}

/// The rows of a list of the state, with their id and name below these pointers.
fn rows(state: &Value, list: &str, id: &str, name: &str) -> Vec<(String, String)> {
    let text = |value: Option<&Value>| match value {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => panic!("a row of {list} has no {id} or {name}"),
    };
    let mut rows: Vec<_> = state
        .pointer(list)
        .and_then(Value::as_array)
        .unwrap_or_else(|| panic!("the sandbox has no {list}"))
        .iter()
        .map(|row| (text(row.pointer(id)), text(row.pointer(name))))
        .collect();
    // Versions of one object share its id.
    rows.sort();
    rows.dedup();
    rows
}

fn none(_: &Value) -> Vec<(String, String)> {
    Vec::new()
}

const USUAL: Kind = Kind {
    type_name: "",
    vendor: "",
    id: "id",
    rows: none,
    attributes: |_, _| String::new(),
    is_singleton: false,
    remainder: &[],
};

/// All of them.
pub(super) const KINDS: &[Kind] = &[
    Kind {
        type_name: "idv_vult_webhook",
        vendor: "vult",
        rows: |state| rows(state, "/vult/webhooks", "/id", "/name"),
        attributes: |name, changed| {
            let path = if changed { "b" } else { "a" };
            format!("name = \"{name}\"\nurl = \"https://h.example.com/{path}\"")
        },
        ..USUAL
    },
    Kind {
        type_name: "idv_vult_weights",
        vendor: "vult",
        attributes: |_, changed| format!("age_weight = {}", if changed { 3 } else { 2 }),
        is_singleton: true,
        ..USUAL
    },
    Kind {
        type_name: "idv_vult_document_requirements",
        vendor: "vult",
        attributes: |_, changed| {
            format!("document_type = \"passport\"\ndata_source = \"ocr\"\ncity_required = {}", !changed)
        },
        is_singleton: true,
        ..USUAL
    },
    Kind {
        type_name: "idv_onekosmos_proofing_template",
        vendor: "onekosmos",
        rows: |state| rows(state, "/onekosmos/templates", "/_id", "/workflow/0/name"),
        attributes: |name, changed| {
            let second = if changed { ", { name = \"back\", type = \"CAPTURE_BACK\" }" } else { "" };
            format!(
                "document_type = \"dl_object\"\ndvc_id = \"dvc_sandbox\"\nworkflow = [{{ name = \"{name}\", type = \
                 \"CAPTURE_FRONT\" }}{second}]"
            )
        },
        remainder: &["may exist twice"],
        ..USUAL
    },
    Kind {
        type_name: "idv_onekosmos_bucket",
        vendor: "onekosmos",
        attributes: |_, changed| {
            format!(
                "type = \"aws\"\nbucket_name = \"evidence\"\nis_enabled = {}\naws_credential = {{ access_key = \"AKIA1\", \
                 region = \"eu-central-1\", secret_key_wo = \"hush\" }}",
                !changed
            )
        },
        is_singleton: true,
        ..USUAL
    },
    Kind {
        type_name: "idv_fiven_credentials_access_request",
        vendor: "fiven",
        id: "party_id",
        attributes: |name, _| format!("party_id = \"{name}::1220abcd\"\nproviders = [\"GOOGLE\"]"),
        ..USUAL
    },
    Kind {
        type_name: "idv_xident_blacklist_entry",
        vendor: "xident",
        rows: |state| rows(state, "/xident/blacklist", "/id", "/reason"),
        attributes: |name, _| format!("reason = \"{name}\"\nface_image_wo = \"ZmFjZQ==\""),
        // A list that does not show the first entry yet makes the second one ambiguous.
        remainder: &["may exist twice", "is ambiguous"],
        ..USUAL
    },
    Kind {
        type_name: "idv_xident_face_enrollment",
        vendor: "xident",
        id: "user_id",
        rows: |state| {
            state["xident"]["faces"].as_object().unwrap().keys().map(|user| (user.clone(), user.clone())).collect()
        },
        attributes: |name, _| format!("user_id = \"{name}\"\nface_image_wo = \"ZmFjZQ==\""),
        ..USUAL
    },
    Kind {
        type_name: "idv_xident_api_key",
        vendor: "xident",
        rows: |state| rows(state, "/xident/api_keys", "/id", "/name"),
        attributes: |name, changed| {
            let url = if changed { "\ncallback_url = \"https://app.example.com/done\"" } else { "" };
            format!("name = \"{name}\"{url}")
        },
        remainder: &["may exist twice"],
        ..USUAL
    },
    Kind {
        type_name: "idv_didit_webhook_destination",
        vendor: "didit",
        rows: |state| rows(state, "/didit/webhook_destinations", "/uuid", "/url"),
        attributes: |name, changed| {
            let label = if changed { "after" } else { "before" };
            format!(
                "label = \"{label}\"\nurl = \"https://hooks.example.com/{name}\"\nsubscribed_events = [\"status.updated\"]"
            )
        },
        ..USUAL
    },
    Kind {
        type_name: "idv_didit_workflow",
        vendor: "didit",
        id: "workflow_id",
        rows: |state| rows(state, "/didit/workflows", "/workflow_id", "/settings/workflow_label"),
        attributes: |name, changed| {
            let attempts = if changed { 4 } else { 3 };
            format!(
                "workflow_label = \"{name}\"\nmax_retry_attempts = {attempts}\nfeatures = [{{ feature = \"OCR\" }}]"
            )
        },
        remainder: &["may exist twice"],
        ..USUAL
    },
    Kind {
        type_name: "idv_didit_questionnaire",
        vendor: "didit",
        id: "questionnaire_group_id",
        rows: |state| rows(state, "/didit/questionnaires", "/questionnaire_group_id", "/content/title"),
        attributes: |name, changed| {
            format!(
                "title = \"{name}\"\nlanguages = [\"en\"]\nis_active = {}\nform_elements = [{{ element_type = \"short_text\", \
                 label = {{ en = \"Occupation?\" }} }}]",
                !changed
            )
        },
        remainder: &["may exist twice"],
        ..USUAL
    },
    Kind {
        type_name: "idv_didit_list",
        vendor: "didit",
        rows: |state| rows(state, "/didit/lists", "/uuid", "/name"),
        attributes: |name, _| format!("name = \"{name}\"\nlist_type = \"custom\"\nentry_type = \"country\""),
        ..USUAL
    },
    Kind {
        type_name: "idv_didit_customization",
        vendor: "didit",
        attributes: |_, changed| format!("hide_progress_bar = true\nskip_welcome_screen = {changed}"),
        is_singleton: true,
        ..USUAL
    },
];

/// How often each party was asked for its credentials at 5N ID.
pub(super) fn asked(state: &Value) -> Vec<(String, usize)> {
    let mut asked = std::collections::BTreeMap::<String, usize>::new();
    for request in state["fiven"]["requests"].as_array().unwrap() {
        *asked.entry(request["partyId"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    asked.into_iter().collect()
}
