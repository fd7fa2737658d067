//! Configurations that several modules of the suite apply.

/// A proofing template of 1Kosmos, which the sandbox's session shows.
pub(crate) const TEMPLATE: &str = r#"
resource "idv_onekosmos_proofing_template" "main" {
  document_type = "dl_object"
  dvc_id        = "dvc_sandbox"
  workflow      = [{ name = "front", type = "CAPTURE_FRONT" }]
}
"#;

/// A webhook destination of Didit.
pub(crate) const DESTINATION: &str = r#"
resource "idv_didit_webhook_destination" "main" {
  label             = "events"
  url               = "https://hooks.example.com/didit"
  subscribed_events = ["status.updated"]
}
"#;

/// A workflow of Didit.
pub(crate) const WORKFLOW: &str = r#"
resource "idv_didit_workflow" "main" {
  workflow_label = "kyc"
  features       = [{ feature = "OCR" }]
}
"#;
