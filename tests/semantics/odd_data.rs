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

/// A data source, the path that it reads and the response: a null or a number where a text is documented, values that no page
/// has, and no optional field. The last two are an attribute and its value in state.
struct Odd {
    vendor: &'static str,
    api: &'static str,
    source: &'static str,
    arguments: &'static str,
    path: &'static str,
    body: Value,
    attribute: &'static str,
    expected: Value,
}

fn odd() -> Vec<Odd> {
    let odd = |vendor, api, source, arguments, path, body, attribute, expected| Odd {
        vendor,
        api,
        source,
        arguments,
        path,
        body,
        attribute,
        expected,
    };
    let party = "party_id = \"bob::1220ef01\"";
    vec![
        odd(
            "fiven",
            "v1",
            "credential",
            party,
            "/api/v1/credentials/",
            json!({"contractId": "c1", "partyId": "bob::1220ef01", "status": "never_heard_of", "createdAt": 1_767_225_600}),
            "created_at",
            json!("1767225600"),
        ),
        odd(
            "fiven",
            "v1",
            "credentials",
            "",
            "/api/v1/credentials",
            json!({"credentials": [{"contractId": "c1", "partyId": "p1", "status": null}], "total": 1}),
            "credentials/0/status",
            json!(null),
        ),
        odd(
            "fiven",
            "institutions",
            "credentials",
            "",
            "/api/v1/institutions/me/credentials",
            json!({"items": [{"contractId": "c1", "partyId": "p1", "freshness": 3}], "pagination": {"total": 1}}),
            "credentials/0/freshness",
            json!("3"),
        ),
        odd(
            "fiven",
            "v1",
            "human_score",
            "",
            "/api/v1/kyc/human-score",
            json!({"totalScore": null, "badges": [{"name": 7}], "breakdown": {"document": null}}),
            "badges",
            json!([{"name": "7", "status": null, "level": null, "category": null}]),
        ),
        odd(
            "fiven",
            "v1",
            "verification_status",
            "token = \"verify_token_abc123\"",
            "/api/v1/check/verify_token_abc123",
            json!({"contractId": null, "partyId": 5}),
            "party_id",
            json!("5"),
        ),
        odd(
            "xident",
            "v1",
            "usage",
            "",
            "/v1/usage",
            json!({"period": {"start": 20_260_101}, "summary": null, "by_type": [{"type": null}]}),
            "by_type",
            json!([{"type": null, "count": null, "cost": null}]),
        ),
        odd(
            "xident",
            "verify/v1",
            "requirements",
            "",
            "/verify/v1/requirements/check",
            json!({"success": true, "data": {"project_name": 12, "requirements": {"min_age": null}}}),
            "project_name",
            json!("12"),
        ),
        odd(
            "didit",
            "",
            "lists",
            "",
            "/v3/lists/",
            json!({"count": 1, "results": [{"uuid": "u1", "name": 5, "list_type": null, "entry_type": "palm", "is_system": null}]}),
            "lists",
            json!([{"id": "u1", "name": "5", "description": "", "list_type": null, "entry_type": "palm", "is_system": false,
                "entry_count": null}]),
        ),
        odd(
            "didit",
            "",
            "workflows",
            "",
            "/v3/workflows/",
            json!({"count": 1, "results": [{"uuid": "u1", "workflow_label": null, "status": "never_heard_of"}]}),
            "workflows/0/status",
            json!("never_heard_of"),
        ),
    ]
}

impl Odd {
    fn workspace(&self, sandbox: &Sandbox) -> Workspace {
        let mut workspace = Workspace::new(sandbox);
        if !self.api.is_empty() {
            workspace.set(&format!("IDV_{}_API", self.vendor.to_uppercase()), self.api);
        }
        workspace
            .configure(&format!("data \"idv_{}_{}\" \"main\" {{\n{}\n}}\n", self.vendor, self.source, self.arguments));
        workspace
    }

    /// Responds to every read of the path, whichever method it has.
    fn respond(&self, sandbox: &Sandbox, status: u16, body: &Value) {
        let (vendor, path) = (self.vendor, self.path);
        sandbox.fault(
            &json!({"vendor": vendor, "path": path, "kind": "status", "status": status, "body": body, "times": 99}),
        );
    }
}

#[test]
fn lists_and_objects_with_odd_values_are_read() {
    for odd in odd() {
        let sandbox = Sandbox::start();
        odd.respond(&sandbox, 200, &odd.body);
        let workspace = odd.workspace(&sandbox);
        workspace.apply().succeeded();
        let state = &workspace.state()[&format!("data.idv_{}_{}.main", odd.vendor, odd.source)];
        let value = state.pointer(&format!("/{}", odd.attribute));
        assert_eq!(value, Some(&odd.expected), "{} {}: {state:#}", odd.vendor, odd.source);
    }
}

#[test]
fn empty_body_where_an_object_or_a_list_is_documented_is_an_error_that_names_it() {
    for odd in odd() {
        for status in [200, 204] {
            let sandbox = Sandbox::start();
            odd.respond(&sandbox, status, &json!(""));
            let errors = odd.workspace(&sandbox).apply().failed().errors();
            let noun = odd.source.split('_').next_back().unwrap().trim_end_matches('s');
            assert!(errors.contains("response") && errors.contains(noun), "{} {status}: {errors}", odd.source);
            assert!(sandbox.requests().len() <= 3, "{}: {:?}", odd.source, sandbox.request_lines());
        }
    }
}
