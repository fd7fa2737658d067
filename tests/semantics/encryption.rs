//! 1Kosmos' encryption with the variations of the vendor's deployments.

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

/// Objects for every kind of call: with and without a license, with plain and with encrypted bodies.
const CONFIGURATION: &str = r#"
resource "idv_onekosmos_proofing_template" "main" {
  document_type = "dl_object"
  dvc_id        = "dvc_sandbox"
  workflow      = [{ name = "front", type = "CAPTURE_FRONT" }]
}
resource "idv_onekosmos_bucket" "main" {
  type           = "aws"
  bucket_name    = "evidence"
  aws_credential = { access_key = "AKIA1", region = "eu-central-1", secret_key_wo = "hush" }
}
resource "idv_onekosmos_service_key" "main" {
  tag = "pipeline"
}
data "idv_onekosmos_proofing_templates" "all" {
  depends_on = [idv_onekosmos_proofing_template.main]
}
data "idv_onekosmos_bucket" "main" {
  depends_on = [idv_onekosmos_bucket.main]
}
data "idv_onekosmos_service_keys" "all" {}
data "idv_onekosmos_connectors" "all" {}
data "idv_onekosmos_proofing_sessions" "all" {}
data "idv_onekosmos_community" "main" {}
data "idv_onekosmos_service" "main" {}
"#;

/// Applies to a deployment with this change, and compares the state with the vendor's.
fn check(change: impl FnOnce(&mut Value)) {
    let sandbox = Sandbox::start();
    sandbox.change_state(change);
    let workspace = Workspace::new(&sandbox);
    workspace.configure(CONFIGURATION);
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
    let (state, there) = (workspace.state(), &sandbox.state()["onekosmos"]);
    let data = |name: &str| state[&format!("data.idv_onekosmos_{name}")].clone();
    assert_eq!(data("proofing_templates.all")["templates"][0]["id"], there["templates"][0]["_id"]);
    assert_eq!(data("bucket.main")["bucket_name"], there["buckets"][0]["bucketName"]);
    assert_eq!(data("service_keys.all")["service_keys"][4]["key_id"], there["service_keys"][4]["keyId"]);
    assert_eq!(data("proofing_sessions.all")["sessions"][0]["id"], there["sessions"][0]["id"]);
    assert_eq!(data("connectors.all")["connectors"].as_array().unwrap().len(), 3);
    assert_eq!(data("community.main")["community_id"], there["communities"][0]["id"]);
    assert!(data("service.main")["public_key"].is_string());
}

#[test]
fn works_on_the_default_curve() {
    check(|_| {});
}

#[test]
fn works_on_the_other_curve_with_encrypted_responses() {
    check(|state| {
        state["onekosmos"]["curve"] = json!("prime256v1");
        state["onekosmos"]["encrypt_responses"] = json!(true);
    });
}

#[test]
fn works_if_the_service_returns_more_than_documented() {
    check(|state| {
        state["onekosmos"]["show_bucket_secrets"] = json!(true);
        state["onekosmos"]["show_dvc_id"] = json!(true);
    });
}

#[test]
fn run_continues_after_the_services_key_is_rotated() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(CONFIGURATION);
    for (method, path) in [("PUT", "/idproofingapi/bucket"), ("GET", "/idproofingapi/servicekeys")] {
        sandbox.fault(&json!({"vendor": "onekosmos", "method": method, "path": path, "kind": "rotate_key"}));
    }
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
    assert!(sandbox.requests().iter().any(|request| request.get("fault").is_some()));
    let lines = sandbox.request_lines();
    assert!(lines.iter().any(|line| line.ends_with(" 400")), "nothing was refused: {lines:?}");
}
