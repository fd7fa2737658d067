//! A vendor that stores another spelling than it received: no object is replaced for it, and no plan shows it.

use crate::support::configurations::DESTINATION;
use crate::support::rewriter::Rewriter;
use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

/// One vendor that stores another spelling of one attribute.
struct Case {
    vendor: &'static str,
    configuration: &'static str,
    /// What is in the vendor's response, and what this vendor has in its place.
    stored: (&'static str, &'static str),
}

const fn case(vendor: &'static str, configuration: &'static str, stored: (&'static str, &'static str)) -> Case {
    Case { vendor, configuration, stored }
}

/// Spellings that mean the same: seven kinds over eight types.
const SAME: &[Case] = &[
    case("vult", WEBHOOK, ("\"name\":\"events \"", "\"name\":\"events\"")),
    case("vult", WEBHOOK, ("https://hooks.example.com\"", "https://hooks.example.com/\"")),
    case("vult", WEIGHTS, ("\"ofac_fuzzy_match_weight\":14.55", "\"ofac_fuzzy_match_weight\":14.550000190734863")),
    case("didit", LIST, ("\"Café\"", "\"Cafe\u{301}\"")),
    case("didit", LIST, ("one\\r\\ntwo", "one\\ntwo\\n")),
    case("didit", ENTRY, ("\"metadata\":null", "\"metadata\":{}")),
    case("didit", DESTINATION, ("https://hooks.example.com/didit", "https://Hooks.example.com/didit/")),
    case("didit", CUSTOMIZATION, ("#A1B2C3", "#a1b2c3")),
    case("onekosmos", BUCKET, ("AKIA1234", "AK****")),
    case("onekosmos", BUCKET, ("AKIA1234", "xxxxxxxx")),
    case("onekosmos", TEMPLATE, ("\"name\":\"front \"", "\"name\":\"front\"")),
    case("xident", API_KEY, ("https://shop.example.com/verified", "https://shop.example.com:443/verified/")),
];

const WEBHOOK: &str = r#"
resource "idv_vult_webhook" "main" {
  name = "events "
  url  = "https://hooks.example.com"
}
"#;

const WEIGHTS: &str = r#"
resource "idv_vult_weights" "main" {
  ofac_fuzzy_match_weight = 14.55
}
"#;

const LIST: &str = "
resource \"idv_didit_list\" \"main\" {
  name        = \"Café\"
  description = \"one\\r\\ntwo\"
  list_type   = \"custom\"
  entry_type  = \"email\"
}
";

const ENTRY: &str = r#"
resource "idv_didit_list_entry" "main" {
  list_id = "b0000000-0000-4000-8000-000000000003"
  value   = "+49 151 000000"
}
"#;

const CUSTOMIZATION: &str = r##"
resource "idv_didit_customization" "main" {
  color_panel = "#A1B2C3"
}
"##;

const BUCKET: &str = r#"
resource "idv_onekosmos_bucket" "main" {
  type           = "aws"
  bucket_name    = "evidence"
  aws_credential = { access_key = "AKIA1234", region = "eu-central-1", secret_key_wo = "hush" }
}
"#;

const TEMPLATE: &str = r#"
resource "idv_onekosmos_proofing_template" "main" {
  document_type = "dl_object"
  dvc_id        = "dvc_sandbox"
  workflow      = [{ name = "front ", type = "CAPTURE_FRONT" }]
}
"#;

const API_KEY: &str = r#"
resource "idv_xident_api_key" "main" {
  name         = "shop"
  callback_url = "https://shop.example.com/verified"
}
"#;

/// A sandbox, a proxy that rewrites a vendor's responses, and a workspace whose provider uses it.
fn start(case: &Case) -> (Sandbox, Rewriter, Workspace) {
    let sandbox = Sandbox::start().with_variable("IDV_XIDENT_API", "verify/v1");
    let mut workspace = Workspace::new(&sandbox);
    let rewriter = Rewriter::in_front_of(case.vendor, &sandbox, &mut workspace);
    rewriter.replace(&[case.stored]);
    workspace.configure(case.configuration);
    (sandbox, rewriter, workspace)
}

#[test]
fn another_spelling_of_the_same_value_is_no_drift() {
    for case in SAME {
        let (_sandbox, rewriter, workspace) = start(case);
        let run = workspace.apply().succeeded();
        assert!(!run.warnings().contains("stored differently"), "{:?}: {}", case.stored, run.warnings());
        workspace.plan().assert_empty();
        assert!(rewriter.has_replaced(), "no response had {:?}", case.stored);
    }
}

/// Values that a vendor changes: the attribute, and the actions of the next plan.
const CHANGED: &[(Case, &str)] = &[
    (case("didit", LIST, ("one\\r\\ntwo", "one")), "description"),
    (case("didit", DESTINATION, ("https://hooks.example.com/didit", "https://hooks.example.com/other")), "url"),
    (case("didit", CUSTOMIZATION, ("#A1B2C3", "#000000")), "color_panel"),
    (
        case("vult", WEIGHTS, ("\"ofac_fuzzy_match_weight\":14.55", "\"ofac_fuzzy_match_weight\":15")),
        "ofac_fuzzy_match_weight",
    ),
    (case("onekosmos", BUCKET, ("\"evidence\"", "\"evidence-eu\"")), "bucket_name"),
];

#[test]
fn another_value_is_a_warning_and_then_drift_in_place() {
    for (case, attribute) in CHANGED {
        let (_sandbox, rewriter, workspace) = start(case);
        let warnings = workspace.apply().succeeded().warnings();
        assert!(warnings.contains(&format!("`{attribute}` was stored differently")), "{warnings}");
        assert!(rewriter.has_replaced(), "no response had {:?}", case.stored);
        let state = std::fs::read_to_string(workspace.path().join("terraform.tfstate")).unwrap();
        assert!(!state.contains("\"tainted\""), "{state}");
        let address = case.configuration.split('"').nth(1).unwrap().to_owned() + ".main";
        assert_eq!(workspace.plan().actions(&address), ["update"], "{address}");
        let warnings = workspace.apply().succeeded().warnings();
        assert!(warnings.contains(&format!("`{attribute}` was stored differently")), "{warnings}");
        rewriter.replace(&[]);
        workspace.plan().assert_empty();
    }
}

/// Creates whose response is lost, at a vendor that stores another spelling: the create, and what the apply then prints.
const LOST: &[(Case, (&str, &str), &str)] = &[
    (
        case("xident", SPACED_KEY, ("\"Café shop \"", "\"Cafe\u{301} shop\"")),
        ("POST", "/verify/v1/tokens"),
        "The API key \"1\" lost its secret",
    ),
    (
        case("xident", API_KEY, ("https://shop.example.com/verified", "https://shop.example.com:443/verified/")),
        ("POST", "/verify/v1/tokens"),
        "The API key \"1\" lost its secret",
    ),
    (
        case("xident", BLACKLIST_ENTRY, ("\"fraud\\r\\ncase 7 \"", "\"fraud\\ncase 7\"")),
        ("POST", "/verify/v1/blacklist/image"),
        "was created despite an error",
    ),
    (
        case("onekosmos", TEMPLATE, ("\"name\":\"front \"", "\"name\":\"front\"")),
        ("PUT", "/idproofingapi/proofingtemplates"),
        "was created despite an error",
    ),
];

const SPACED_KEY: &str = "resource \"idv_xident_api_key\" \"main\" {\n  name = \"Café shop \"\n}\n";

const BLACKLIST_ENTRY: &str = r#"
resource "idv_xident_blacklist_entry" "main" {
  reason        = "fraud\r\ncase 7 "
  face_image_wo = "ZmFjZQ=="
}
"#;

#[test]
fn an_object_is_found_in_another_spelling_after_a_lost_response() {
    let mut lost = Vec::new();
    for (case, (method, path), expected) in LOST {
        let (sandbox, rewriter, workspace) = start(case);
        let fault = serde_json::json!({
            "vendor": case.vendor, "method": method, "path": path, "kind": "drop", "after": true
        });
        sandbox.fault(&fault);
        let run = workspace.apply();
        let said = format!("{}{}", run.errors(), run.warnings());
        if !said.contains(expected) {
            lost.push(format!("{:?}: {said}", case.stored));
        }
        assert!(rewriter.has_replaced(), "no response had {:?}", case.stored);
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

/// Entries whose reasons a vendor stores as one are added one after the other: in parallel neither could tell which is its own.
#[test]
fn entries_that_differ_in_spelling_alone_each_get_their_own_id() {
    let both = BLACKLIST_ENTRY.to_owned() + &BLACKLIST_ENTRY.replace("\"main\"", "\"other\"").replace(" \"\n", "\"\n");
    assert!(both.contains("case 7 \"\n") && both.contains("case 7\"\n"));
    let sandbox = Sandbox::start().with_variable("IDV_XIDENT_API", "verify/v1");
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&both);
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
    let ids: std::collections::BTreeSet<_> = workspace.state().values().map(|entry| entry["id"].to_string()).collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
}
