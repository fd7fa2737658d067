//! Each warning names its object: Terraform shows only the first of several warnings with one summary.

use serde_json::{Value, json};

use crate::support::objects;
use crate::support::workspace::Workspace;

/// Three objects of each kind that can be deleted outside of Terraform.
const OBJECTS: &str = r#"
variable "names" {
  default = ["production-eu-central-1", "production-eu-central-2", "production-eu-west-1"]
}
resource "idv_vult_webhook" "many" {
  count = 3
  name  = var.names[count.index]
  url   = "https://hooks.example.com/${count.index}"
}
resource "idv_vult_document_requirements" "many" {
  count         = 3
  document_type = ["passport", "driver_license", "passport_card"][count.index]
  data_source   = "ocr"
}
resource "idv_onekosmos_proofing_template" "many" {
  count         = 3
  document_type = "dl_object"
  dvc_id        = "dvc_sandbox"
  workflow      = [{ name = var.names[count.index], type = "PROCESSING" }]
}
resource "idv_xident_blacklist_entry" "many" {
  count         = 3
  reason        = var.names[count.index]
  face_image_wo = "aGk="
}
resource "idv_xident_face_enrollment" "many" {
  count         = 3
  user_id       = var.names[count.index]
  face_image_wo = "aGk="
}
resource "idv_xident_api_key" "many" {
  count = 3
  name  = var.names[count.index]
}
resource "idv_didit_webhook_destination" "many" {
  count             = 3
  label             = var.names[count.index]
  url               = "https://hooks.example.com/${count.index}"
  subscribed_events = ["status.updated"]
}
resource "idv_didit_list" "many" {
  count      = 3
  name       = var.names[count.index]
  list_type  = "custom"
  entry_type = "email"
}
resource "idv_didit_list_entry" "many" {
  count   = 3
  list_id = idv_didit_list.many[count.index].id
  value   = "${var.names[count.index]}@example.com"
}
"#;

const KINDS: [&str; 9] = [
    "The webhook",
    "The document requirements",
    "The proofing template",
    "The blacklist entry",
    "The enrollment",
    "The API key",
    "The webhook destination",
    "The list",
    "The list entry",
];

#[track_caller]
fn assert_nothing_is_folded(printed: &str, kinds: &[&str]) {
    assert!(!printed.contains("similar warning"), "{printed}");
    for kind in kinds {
        let beginning = format!("Warning: {kind} \"");
        let summaries = printed.lines().filter(|line| line.starts_with(&beginning));
        assert_eq!(summaries.count(), 3, "{kind}: {printed}");
    }
}

#[test]
fn warnings_about_three_objects_of_each_kind_are_not_folded() {
    let sandbox = objects::sandbox();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(OBJECTS);
    workspace.apply().succeeded();
    let printed = workspace.run(&["plan", "-no-color", "-destroy"]).succeeded().stdout;
    assert_nothing_is_folded(&printed, &["The list"]);
    sandbox.change_state(|state| {
        let lists: [(&str, &str); 7] = [
            ("vult", "webhooks"),
            ("vult", "requirements"),
            ("onekosmos", "templates"),
            ("xident", "blacklist"),
            ("xident", "faces"),
            ("xident", "api_keys"),
            ("didit", "webhook_destinations"),
        ];
        for (vendor, list) in lists {
            let rows = &mut state[vendor][list];
            *rows = if rows.is_object() { json!({}) } else { json!([]) };
        }
        let is_system = |list: &Value| list["is_system"] == true;
        state["didit"]["lists"].as_array_mut().unwrap().retain(is_system);
    });
    let printed = workspace.run(&["plan", "-no-color"]).succeeded().stdout;
    assert_nothing_is_folded(&printed, &KINDS);
}

/// Adoptions and destroys of settings.
#[test]
fn warnings_about_settings_of_three_clients_are_not_folded() {
    let sandbox = objects::sandbox();
    let workspace = Workspace::new(&sandbox);
    sandbox.change_state(|state| {
        for set in state["vult"]["requirements"].as_array_mut().unwrap() {
            set["city_required"] = json!(false);
        }
    });
    workspace.configure(
        "resource \"idv_vult_document_requirements\" \"many\" {\n  count = 3\n  document_type = [\"passport\", \"driver_license\", \
         \"passport_card\"][count.index]\n  data_source = \"ocr\"\n  city_required = true\n  on_destroy = \"restore\"\n}\n",
    );
    let printed = workspace.run(&["plan", "-no-color"]).succeeded().stdout;
    assert_nothing_is_folded(&printed, &["Overwrites the document requirements"]);
    workspace.apply().succeeded();
    let printed = workspace.run(&["plan", "-no-color", "-destroy"]).succeeded().stdout;
    assert_nothing_is_folded(&printed, &["Destroy restores the document requirements"]);
}
