//! A route that is wrong: a 404 for what every tenant has is no missing object, wherever it is met.

use serde_json::json;

use super::Bench;
use crate::support::objects;
use crate::support::workspace::Workspace;

const WEIGHTS: &str = "resource \"idv_vult_weights\" \"main\" {\n  age_weight = 2\n}\n";

const REQUIREMENTS: &str = r#"
resource "idv_vult_document_requirements" "main" {
  document_type = "passport"
  data_source   = "ocr"
  city_required = true
}
"#;

const CUSTOMIZATION: &str = r##"
resource "idv_didit_customization" "main" {
  color_panel = "#112233"
}
"##;

#[test]
fn a_wrong_route_is_no_missing_object() {
    for (vendor, path, object, data) in [
        ("vult", "/idv/weights", WEIGHTS, "data \"idv_vult_weights\" \"main\" {}\n"),
        ("vult", "/idv/weights", WEIGHTS, "data \"idv_vult_weights\" \"main\" {\n  client_id = \"client-7\"\n}\n"),
        ("vult", "/idv/requirements", REQUIREMENTS, "data \"idv_vult_document_requirements\" \"main\" {}\n"),
        ("didit", "/v3/customization/", CUSTOMIZATION, ""),
    ] {
        let bench = Bench::new();
        bench.workspace.configure(object);
        bench.workspace.apply().succeeded();
        let known = bench.workspace.state();
        let fault =
            json!({"vendor": vendor, "method": "GET", "path": path, "kind": "status", "status": 404, "times": 999});
        bench.sandbox.fault(&fault);

        let errors = bench.workspace.try_plan().failed().errors();
        assert!(errors.contains("404 Not Found") && !errors.contains("gone"), "{path}: {errors}");
        bench.workspace.destroy().failed();
        assert_eq!(bench.workspace.state(), known, "{path}");

        let doctor = bench.workspace.run_provider(&["doctor"]);
        assert_eq!(doctor.code, Some(1), "{path}: {}", doctor.stdout);
        assert!(doctor.stdout.contains("404"), "{path}: {}", doctor.stdout);

        let export = bench.workspace.run_provider(&["export", "--out", "exported", &format!("--vendor={vendor}")]);
        assert_ne!(export.code, Some(0), "{path}: {}{}", export.stdout, export.stderr);

        if !data.is_empty() {
            bench.workspace.configure(data);
            let errors = bench.workspace.apply().failed().errors();
            assert!(errors.contains("404 Not Found") && !errors.contains("Check `client_id`"), "{path}: {errors}");
        }
    }
}

/// What a gateway, a proxy or a framework sends with a 404.
const OTHER_BODIES: [&str; 3] = [
    "<html><head><title>404 Not Found</title></head></html>",
    r#"{"message":"no Route matched with those values"}"#,
    "404 page not found",
];

/// Objects that are read one by one, each with the path of its reads and deletes, and whether the vendor's own 404 makes it gone.
const READ_ALONE: [(&str, &str, bool); 5] = [
    ("idv_xident_face_enrollment", "/verify/v1/2fa/users/", true),
    ("idv_xident_api_key", "/verify/v1/tokens/", true),
    ("idv_onekosmos_bucket", "/idproofingapi/bucket/", true),
    ("idv_didit_workflow", "/v3/workflows/*/", true),
    // Without a credential the request for access counts as pending.
    ("idv_fiven_credentials_access_request", "/api/v1/", false),
];

#[test]
fn a_404_that_is_none_of_the_vendors_errors_is_no_missing_object() {
    let sandbox = objects::sandbox();
    let mut failed = Vec::new();
    for (type_name, path, is_gone) in READ_ALONE {
        let object = objects::find(type_name);
        let workspace = Workspace::new(&sandbox);
        workspace.configure(&object.created());
        workspace.apply().succeeded();
        let known = workspace.state();
        let fault = |body: &str| {
            let mut fault =
                json!({"vendor": object.vendor(), "path": path, "kind": "status", "status": 404, "times": 999});
            if !body.is_empty() {
                fault["body"] = json!(body);
            }
            sandbox.fault(&fault);
        };
        for body in OTHER_BODIES {
            fault(body);
            let run = workspace.try_plan();
            if run.code != Some(1) || !run.errors().contains("It does not say that an object is gone") {
                failed.push(format!("{type_name} and `{body}`: {:?} {}", run.code, run.errors()));
            }
            sandbox.clear_faults();
        }
        fault(OTHER_BODIES[0]);
        workspace.destroy().failed();
        assert_eq!(workspace.state(), known, "{type_name}");
        sandbox.clear_faults();

        fault("");
        if is_gone {
            let plan = workspace.plan();
            assert_eq!(plan.actions(&object.address()), ["create"], "{type_name} is gone");
        } else {
            workspace.plan();
        }
        sandbox.clear_faults();
        workspace.plan().assert_empty();
        workspace.destroy().succeeded();
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
