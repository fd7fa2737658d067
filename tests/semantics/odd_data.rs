//! Responses that are data although they look like failures, or have other types than the vendor documents.

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

const SERVICES: &str = "data \"idv_vult_service\" \"main\" {}\ndata \"idv_onekosmos_service\" \"main\" {}\n";

fn respond(sandbox: &Sandbox, vendor: &str, path: &str, status: u16, body: &Value) {
    sandbox.fault(
        &json!({"vendor": vendor, "method": "GET", "path": path, "kind": "status", "status": status, "body": body, "times": 99}),
    );
}

#[test]
fn service_that_is_not_ready_is_read() {
    let sandbox = Sandbox::start();
    respond(&sandbox, "vult", "/health", 503, &json!({"status": "not ready"}));
    respond(&sandbox, "onekosmos", "/idproofingapi/healthz", 503, &json!({"status": "degraded", "version": 2}));
    let workspace = Workspace::new(&sandbox);
    workspace.configure(SERVICES);
    workspace.apply().succeeded();
    let state = workspace.state();
    let vult = &state["data.idv_vult_service.main"];
    assert_eq!((&vult["health"], &vult["ready"]), (&json!("not ready"), &json!("not ready")));
    let onekosmos = &state["data.idv_onekosmos_service.main"];
    assert_eq!((&onekosmos["status"], &onekosmos["version"]), (&json!("degraded"), &json!("2")));
}

/// The 503 of a proxy says nothing about the service.
#[test]
fn service_that_does_not_respond_is_an_error() {
    let sandbox = Sandbox::start();
    respond(&sandbox, "vult", "/health", 503, &json!("upstream connect error"));
    let mut workspace = Workspace::new(&sandbox);
    workspace.set("IDV_MAX_RETRIES", "0");
    workspace.configure("data \"idv_vult_service\" \"main\" {}\n");
    let errors = workspace.apply().failed().errors();
    assert!(errors.contains("503"), "{errors}");
}

#[test]
fn information_in_other_types_is_read() {
    let sandbox = Sandbox::start();
    respond(
        &sandbox,
        "onekosmos",
        "/idproofingapi/sd",
        200,
        &json!({"caas": null, "port": 8443, "idproofingapi": "http://x"}),
    );
    respond(&sandbox, "onekosmos", "/idproofingapi/info", 200, &json!([{"verifierType": null, "docType": 7}, {}]));
    respond(&sandbox, "vult", "/status", 200, &json!({"version": 1.5, "endpoints": null}));
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&format!("{SERVICES}data \"idv_onekosmos_connectors\" \"main\" {{}}\n"));
    workspace.apply().succeeded();
    let state = workspace.state();
    let services = &state["data.idv_onekosmos_service.main"]["services"];
    assert_eq!(*services, json!({"caas": null, "port": "8443", "idproofingapi": "http://x"}));
    assert_eq!(state["data.idv_vult_service.main"]["endpoints"], json!({}));
    assert_eq!(
        state["data.idv_onekosmos_connectors.main"]["connectors"],
        json!([{"verifier_type": null, "doc_type": "7"}, {"verifier_type": null, "doc_type": null}])
    );
}

const BUCKET: &str = r#"
resource "idv_onekosmos_bucket" "main" {
  type           = "aws"
  bucket_name    = "evidence"
  aws_credential = { access_key = "AKIA1", region = "eu-central-1", secret_key_wo = "hush" }
}
"#;

#[test]
fn bucket_that_a_400_denies_does_not_exist() {
    let sandbox = Sandbox::start();
    let mut workspace = Workspace::new(&sandbox);
    workspace.set("IDV_MAX_RETRIES", "0");
    workspace.configure(BUCKET);
    respond(
        &sandbox,
        "onekosmos",
        "/idproofingapi/bucket",
        400,
        &json!({"message": "Bucket not found for this community"}),
    );
    let text = workspace.import("idv_onekosmos_bucket.main", "this").failed().transcript();
    assert!(text.contains("Cannot import non-existent remote object"), "{text}");
    // Any other 400 is a failure.
    sandbox.clear_faults();
    respond(&sandbox, "onekosmos", "/idproofingapi/bucket", 400, &json!({"message": "license could not be decrypted"}));
    let text = workspace.import("idv_onekosmos_bucket.main", "this").failed().transcript();
    assert!(text.contains("license could not be decrypted"), "{text}");
}
