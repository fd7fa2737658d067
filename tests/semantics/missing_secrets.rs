//! A plan without the secrets shows drift, and its apply fails before it changes anything.

use serde_json::{Value, json};

use crate::support::objects;
use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

const BUCKET: &str = r#"variable "secret" {
  default = null
}
resource "idv_onekosmos_bucket" "main" {
  type           = "aws"
  bucket_name    = "evidence"
  aws_credential = { access_key = "AKIA1", region = "eu-central-1", secret_key_wo = var.secret, secret_key_wo_version = "1" }
}
"#;

const FACES: &str = r#"provider "idv" {
  xident = { api = "verify/v1" }
}
variable "secret" {
  default = null
}
resource "idv_xident_face_enrollment" "main" {
  user_id       = "user-1"
  face_image_wo = var.secret
}
resource "idv_xident_blacklist_entry" "main" {
  reason        = "fraud"
  face_image_wo = var.secret
}
"#;

/// Creates with the secret, changes the vendor, and checks the plan without the secret and its apply.
#[track_caller]
fn check(sandbox: &Sandbox, configuration: &str, drift: impl FnOnce(&mut Value), expected: &[(&str, &[&str], &str)]) {
    let mut workspace = Workspace::new(sandbox);
    workspace.set("TF_VAR_secret", "aHVzaA==");
    workspace.configure(configuration);
    workspace.apply().succeeded();
    sandbox.change_state(drift);
    let before = sandbox.state();
    workspace.set("TF_VAR_secret", "");
    // An empty variable is an empty text, so the default stands in.
    let without = configuration.replace("var.secret", "null");
    workspace.configure(&without);
    let planned = workspace.run(&["plan", "-no-color", "-detailed-exitcode", "-out=saved.tfplan"]);
    assert_eq!(planned.code, Some(2), "{}{}", planned.stdout, planned.stderr);
    let plan = workspace.plan();
    for (address, actions, summary) in expected {
        assert_eq!(plan.actions(address), *actions, "{address}");
        assert!(plan.warnings().contains(&format!("Warning: {summary}")), "{}", plan.warnings());
    }
    let errors = workspace.apply_saved().failed().errors();
    for (_, _, summary) in expected {
        assert!(errors.contains(&format!("Error: {summary}")), "{errors}");
    }
    let without_limits = |state: &Value| {
        let mut state = state.clone();
        state["xident"]["limits"] = Value::Null;
        state
    };
    assert_eq!(without_limits(&sandbox.state()), without_limits(&before), "the vendor is unchanged");
    // State has what the refresh found and nothing of the apply.
    let again = workspace.plan();
    assert!(expected.iter().all(|(address, actions, _)| again.actions(address) == *actions));
    // With the secret it works.
    workspace.configure(configuration);
    workspace.set("TF_VAR_secret", "aHVzaA==");
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
    workspace.destroy().succeeded();
}

#[test]
fn drift_of_a_bucket_is_shown_without_its_secret() {
    check(
        &Sandbox::start(),
        BUCKET,
        |state| state["onekosmos"]["buckets"][0]["aws_credential"]["region"] = json!("us-east-1"),
        &[("idv_onekosmos_bucket.main", &["update"], "`secret_key` is missing for the bucket \"evidence\"")],
    );
}

#[test]
fn objects_that_are_gone_are_shown_without_their_images() {
    let sandbox = objects::sandbox();
    check(
        &sandbox,
        FACES,
        |state| {
            state["xident"]["faces"] = json!({});
            state["xident"]["blacklist"] = json!([]);
        },
        &[
            ("idv_xident_face_enrollment.main", &["create"], "`face_image` is missing for the enrollment \"user-1\""),
            (
                "idv_xident_blacklist_entry.main",
                &["create"],
                "`face_image` is missing for the blacklist entry \"fraud\"",
            ),
        ],
    );
}

/// The destroy of a replacement comes first: the object would be lost.
#[test]
fn replacement_that_lacks_its_image_destroys_nothing() {
    let sandbox = objects::sandbox();
    check(
        &sandbox,
        FACES,
        |state| state["xident"]["blacklist"][0]["reason"] = json!("chargeback"),
        &[(
            "idv_xident_blacklist_entry.main",
            &["delete", "create"],
            "`face_image` is missing for the blacklist entry",
        )],
    );
}
