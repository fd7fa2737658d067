//! Values that are unknown until the apply, inside known ones.

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

#[test]
fn an_unknown_element_is_an_element() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(
        r#"resource "terraform_data" "step" {
          input = { name = "front", type = "CAPTURE_FRONT" }
        }
        resource "idv_onekosmos_proofing_template" "main" {
          document_type = "dl_object"
          dvc_id        = "dvc_sandbox"
          workflow      = [terraform_data.step.output, { name = "end", type = "PROCESSING" }]
        }
        resource "terraform_data" "question" {
          input = { element_type = "email", label = { en = "Where to?" } }
        }
        resource "idv_didit_questionnaire" "main" {
          title         = "contact"
          languages     = ["en"]
          form_elements = [terraform_data.question.output]
        }
        resource "terraform_data" "party" {
          input = "bob::1220ef01"
        }
        data "idv_fiven_credentials" "main" {
          party_ids = [terraform_data.party.output]
        }
        output "contracts" {
          value = data.idv_fiven_credentials.main.credentials[*].contract_id
        }"#,
    );
    workspace.validate().succeeded();
    let plan = workspace.plan();
    assert_eq!(plan.actions("idv_onekosmos_proofing_template.main"), ["create"]);
    workspace.apply_saved().succeeded();
    workspace.plan().assert_empty();
    let state = sandbox.state();
    let steps = state.pointer("/onekosmos/templates/0/workflow").and_then(Value::as_array).unwrap();
    assert_eq!(steps.iter().map(|step| &step["name"]).collect::<Vec<_>>(), ["front", "end"]);
    assert_eq!(state.pointer("/didit/questionnaires/0/content/form_elements/0/element_type"), Some(&json!("email")));
    let output = workspace.run(&["output", "-json", "contracts"]).succeeded().stdout;
    assert_eq!(serde_json::from_str::<Value>(&output).unwrap(), json!(["contract_123"]));
}

/// `terraform validate` knows no input variables, so a module may pass alternatives of which its caller sets one.
#[test]
fn unknown_alternatives_may_be_null() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(
        r#"variable "this" {
          type    = string
          default = null
        }
        variable "that" {
          type    = string
          default = "PGh0bWw+"
        }
        variable "gcp" {
          type    = object({ project_id = string, client_email = string, private_key = string })
          default = null
        }
        resource "idv_xident_blacklist_entry" "main" {
          reason                = "fraud"
          face_image            = var.that
          face_image_wo         = var.this
          face_image_wo_version = var.this
        }
        resource "idv_onekosmos_bucket" "main" {
          type           = "aws"
          bucket_name    = "images"
          aws_credential = { access_key = "AKIA", region = "eu-central-1", secret_key = var.that, secret_key_wo = var.this }
          gcp_credential = var.gcp
        }
        resource "idv_onekosmos_proofing_template" "main" {
          document_type = "dl_object"
          dvc_id        = "dvc_sandbox"
          workflow      = [{ name = "front", type = "HTML", html = var.this, html_base64 = var.that }]
        }
        data "idv_vult_weights" "main" {
          weights_id = var.this
          client_id  = var.this
          user_id    = var.this
        }"#,
    );
    workspace.validate().succeeded();
    let creates = workspace.plan().json()["resource_changes"].as_array().map_or(0, Vec::len);
    assert_eq!(creates, 3);
}
