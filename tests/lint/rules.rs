//! Each rule finds what it is for, and nothing else.

use std::path::Path;

use super::{found, lint, workspace};
use crate::support::objects;
use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

/// What a text of one file is reported for.
#[track_caller]
fn finds(text: &str, arguments: &[&str], expected: &[&str]) {
    let (run, report) = lint(&workspace(text), arguments);
    assert_eq!(found(&report), expected, "{report:#}");
    assert_eq!(run.code, Some(if expected.is_empty() { 0 } else { 2 }));
}

#[test]
fn a_key_that_terraform_drops_without_a_message_is_named() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(
        "resource \"idv_didit_workflow\" \"kyc\" {\n  workflow_label = \"kyc\"\n  features = [{ feature = \"OCR\", confg = \
         jsonencode({ duplicated_user_action = \"REVIEW\" }) }]\n}\n",
    );
    let plan = workspace.plan();
    assert_eq!(plan.warnings(), "");
    let after = &plan.change("idv_didit_workflow.kyc")["after"];
    assert_eq!(after["features"][0]["config"], serde_json::Value::Null, "Terraform dropped the key");

    let (run, report) = lint(&workspace, &[]);
    assert_eq!((run.code, found(&report)), (Some(2), vec!["unknown-key main.tf:8".to_owned()]));
    let finding = &report["findings"][0];
    assert_eq!(finding["hint"], "Did you mean `config`?");
    assert!(
        finding["message"]
            .as_str()
            .unwrap()
            .contains("`features[0]` of `idv_didit_workflow.kyc` has no attribute `confg`")
    );
}

#[test]
fn what_terraform_1_16_adds_to_a_lifecycle_is_accepted() {
    finds(
        r#"action "idv_onekosmos_reset_service_key" "it" {
  config {
    tag = "pipeline"
  }
}
resource "idv_vult_weights" "it" {
  age_weight = 2
  on_destroy = "restore"
  lifecycle {
    destroy = false
    action_trigger {
      events     = [before_destroy, after_destroy]
      actions    = [action.idv_onekosmos_reset_service_key.it]
      on_failure = continue
    }
  }
}
removed {
  from = idv_vult_webhook.it
  lifecycle {
    destroy = false
  }
}
"#,
        &[],
        &[],
    );
}

#[test]
fn unknown_keys_are_found_in_every_kind_of_block() {
    finds(
        r#"provider "idv" {
  alias = "eu"
  vult  = { base_ulr = "https://kyc.example.com" }
}
resource "idv_onekosmos_bucket" "it" {
  for_each = {}
  aws_credential {
  }
  lifecycle {
    prevent_destroy = true
  }
}
data "idv_didit_lists" "it" {
  list_tpe = "x"
}
check "it" {
  data "idv_didit_lists" "it" {
    list_tpe = "x"
  }
}
ephemeral "idv_onekosmos_proofing_session" "it" {
  connector = { di = 1 }
}
action "idv_vult_delete_session" "it" {
  config {
    session = 1
  }
}
resource "other_thing" "it" {
  x = 1
}
"#,
        &[],
        &[
            "unknown-key main.tf:3",
            "unknown-key main.tf:7",
            "unknown-key main.tf:14",
            "unknown-key main.tf:18",
            "unknown-key main.tf:22",
            "unknown-key main.tf:26",
        ],
    );
    let queries = workspace("");
    queries.write(
        "it.tfquery.hcl",
        "list \"idv_vult_webhook\" \"it\" {\n  provider = idv\n  config {\n    search_tern = 1\n  }\n}\n",
    );
    assert_eq!(found(&lint(&queries, &[]).1), ["unknown-key it.tfquery.hcl:4"]);
}

#[test]
fn two_resources_for_the_same_settings_are_found() {
    finds(
        r#"resource "idv_vult_weights" "a" { client_id = "x" }
resource "idv_vult_weights" "b" { client_id = "x" }
resource "idv_vult_weights" "other_key" { client_id = "y" }
resource "idv_vult_weights" "computed_key" { client_id = var.x }
resource "idv_vult_weights" "other_alias" {
  provider  = idv.eu
  client_id = "x"
}
resource "idv_vult_weights" "instances" {
  count     = var.on ? 1 : 0
  client_id = "x"
}
resource "idv_didit_workflow" "no_singleton_a" { workflow_label = "a" }
resource "idv_didit_workflow" "no_singleton_b" { workflow_label = "a" }
locals { tag = "pipeline" }
resource "idv_onekosmos_service_key" "a" { tag = "pipeline" }
resource "idv_onekosmos_service_key" "b" { tag = local.tag }
"#,
        &[],
        &["duplicate-settings main.tf:2", "duplicate-settings main.tf:17"],
    );
}

#[test]
fn secrets_in_files_are_found_and_not_printed() {
    let text = r#"provider "idv" {
  vult  = { client_secret = "hush", client_key = "client.pem" }
  didit = { api_key = var.key }
}
variable "key" {
  default = "hush"
}
variable "harmless" {
  default = "hush"
}
resource "idv_onekosmos_bucket" "it" {
  bucket_name    = var.harmless
  aws_credential = { secret_key_wo = local.secret, secret_key = "" }
}
locals {
  secret = var.on ? "hush" : null
}
module "it" {
  source = "./it"
  secret = "hush"
}
"#;
    let workspace = workspace(text);
    std::fs::create_dir(workspace.path().join("it")).unwrap();
    workspace.write("it/it.tf", "provider \"idv\" {\n  didit = { api_key = var.secret }\n}\nvariable \"secret\" {}\n");
    let (run, report) = lint(&workspace, &[]);
    let lines = [2, 6, 16, 20].map(|line| format!("literal-secret main.tf:{line}"));
    assert_eq!(found(&report), lines, "{report:#}");
    assert!(!run.stdout.contains("hush"));
}

#[test]
fn addresses_are_checked_and_not_printed() {
    finds(
        r#"resource "idv_vult_webhook" "plain" { url = "http://hooks.example.com/${var.x}" }
resource "idv_xident_api_key" "plain" { callback_url = "http://shop.example.com" }
resource "idv_didit_webhook_destination" "token" { url = "https://hooks.example.com/?token=${var.x}" }
resource "idv_didit_webhook_destination" "user" { url = "https://hush@hooks.example.com/" }
resource "idv_vult_webhook" "local" { url = "http://localhost:8080/" }
resource "idv_vult_webhook" "unknown" { url = "http://${var.host}/" }
resource "idv_vult_webhook" "good" { url = "https://hooks.example.com/?x=1" }
"#,
        &[],
        &["plain-http main.tf:1", "plain-http main.tf:2", "token-in-url main.tf:3", "token-in-url main.tf:4"],
    );
}

#[test]
fn bounds_are_those_of_the_flags() {
    let text = "resource \"idv_vult_weights\" \"it\" {\n  minimum_liveness_tolerance = 0.7\n}\nresource \
                \"idv_didit_workflow\" \"it\" {\n  max_retry_attempts = 4\n}\n";
    finds(text, &[], &[]);
    finds(
        text,
        &["--min-liveness", "0.8", "--max-retries", "3"],
        &["low-liveness main.tf:2", "many-retries main.tf:5"],
    );
    finds(text, &["--min-liveness", "0.7", "--max-retries", "4"], &[]);
}

#[test]
fn policies_of_verification_are_checked() {
    finds(
        r#"resource "idv_didit_workflow" "it" {
  features = [{ feature = "OCR" }, { feature = "FACE_MATCH" }]
}
resource "idv_onekosmos_proofing_template" "around" {
  workflow = [
    { name = "front", type = "CAPTURE_FRONT", actions = [{ jump_to = "selfie" }, { jump_to = "wait" }] },
    { name = "selfie", type = "CAPTURE_SELFIE", html = file("x.html") },
    { name = "wait", type = "PROCESSING" },
  ]
}
resource "idv_onekosmos_proofing_template" "without" {
  workflow = [{ name = "front", type = "CAPTURE_FRONT" }]
}
resource "idv_vult_weights" "it" {
  ofac_fuzzy_match_weight = 0
}
"#,
        &[],
        &[
            "face-match-without-liveness main.tf:2",
            "proofing-without-selfie main.tf:5",
            "proofing-without-selfie main.tf:12",
            "sanctions-weight-zero main.tf:15",
        ],
    );
}

#[test]
fn forget_is_found_in_the_path_of_production() {
    let root = workspace("");
    for folder in ["envs/eu-prod", "envs/products"] {
        std::fs::create_dir_all(root.path().join(folder)).unwrap();
        let text = "resource \"idv_vult_weights\" \"a\" {}\nresource \"idv_onekosmos_bucket\" \"b\" {\n  on_destroy = \
                    \"forget\"\n}\nresource \"idv_didit_customization\" \"c\" {\n  on_destroy = \"restore\"\n}\n";
        root.write(&format!("{folder}/main.tf"), text);
    }
    let (_, report) = lint(&root, &["envs/eu-prod"]);
    let lines = [1, 3].map(|line| format!("forget-in-production envs/eu-prod/main.tf:{line}"));
    assert_eq!(found(&report), lines, "{report:#}");
    assert_eq!(found(&lint(&root, &["envs/products"]).1), Vec::<String>::new());
}

#[test]
fn comments_and_flags_switch_rules_off() {
    let resource = "resource \"idv_vult_weights\" \"it\" {\n  ofac_fuzzy_match_weight = 0 # idv-lint: ignore=";
    finds(&format!("{resource}sanctions-weight-zero the vendor screens elsewhere\n}}\n"), &[], &[]);
    let without_reason = ["sanctions-weight-zero main.tf:2", "bad-ignore main.tf:2"];
    finds(&format!("{resource}sanctions-weight-zero\n}}\n"), &[], &without_reason);
    finds(
        &format!("{resource}sanctions a reason\n}}\n"),
        &["--ignore", "sanctions-weight-zero"],
        &["bad-ignore main.tf:2"],
    );
    let refused = workspace("").run_provider(&["lint", "--ignore", "plain-htp"]).failed();
    assert!(refused.stderr.contains("Did you mean `plain-http`?"), "{}", refused.stderr);
}

/// The folders of the repository's configurations.
fn examples() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut folders = vec![root];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        let entries: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        let is_configuration = |path: &std::path::PathBuf| {
            path.extension().is_some_and(|ending| ending == "tf") || path.to_string_lossy().ends_with(".tfquery.hcl")
        };
        if entries.iter().any(is_configuration) {
            found.push(folder.display().to_string());
        }
        folders.extend(entries.into_iter().filter(|path| path.is_dir()));
    }
    assert!(found.len() > 30, "{found:?}");
    found
}

#[test]
fn examples_are_clean() {
    let here = workspace("");
    for folder in examples() {
        let (run, report) = lint(&here, &[&folder, "--min-liveness", "0.8", "--max-retries", "3"]);
        assert_eq!((run.code, found(&report)), (Some(0), Vec::new()), "{folder}: {report:#}");
    }
}

#[test]
fn every_attribute_of_every_object_is_known() {
    let all = workspace(&objects::configuration(objects::all(), |_| ""));
    let (_, report) = lint(&all, &["--ignore", "literal-secret,plain-http"]);
    assert!(!found(&report).iter().any(|it| it.starts_with("unknown-key")), "{report:#}");
}

#[test]
fn an_export_is_clean() {
    let sandbox = objects::sandbox();
    let creator = Workspace::new(&sandbox);
    creator.configure(&objects::configuration(objects::all(), |_| ""));
    creator.apply().succeeded();
    let exported = Workspace::new(&sandbox);
    exported.run_provider(&["export", "--out", "tenant"]).succeeded();
    let (_, report) = lint(&exported, &["tenant"]);
    let policies = ["face-match-without-liveness", "proofing-without-selfie", "plain-http"];
    let others: Vec<_> =
        found(&report).into_iter().filter(|it| !policies.iter().any(|rule| it.starts_with(rule))).collect();
    assert_eq!(others, Vec::<String>::new(), "{report:#}");
}
