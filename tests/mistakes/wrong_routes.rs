//! A route that is wrong: a 404 for what every tenant has is no missing object, wherever it is met.

use serde_json::json;

use super::Bench;

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
