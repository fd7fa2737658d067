//! What each Terraform from 1.8 on makes of the provider, and what it says where something needs a newer one.
//!
//! `make test` runs this with the Terraform that it tests with, `make test-matrix` with one of each minor version. Nothing
//! is left out on an older one: either it works, or there is an error that says why not.

use std::collections::BTreeMap;

use idv::framework::environment::Environment;
use serde_json::Value;

use crate::support::sandbox::Sandbox;
use crate::support::terraform::{self, Version};
use crate::support::workspace::Workspace;

/// Every resource and data source and a function, and nothing that is newer than the oldest Terraform.
const EVERYTHING: &str = r#"
resource "idv_vult_weights" "main" {
  age_weight = 2
  on_destroy = "restore"
}
resource "idv_vult_document_requirements" "main" {
  document_type = "passport"
  data_source   = "ocr"
  city_required = true
}
resource "idv_vult_webhook" "main" {
  name = "events"
  url  = "https://hooks.example.com/idv"
}
resource "idv_onekosmos_proofing_template" "main" {
  document_type = "dl_object"
  dvc_id        = "dvc_sandbox"
  workflow      = [{ name = "front", type = "CAPTURE_FRONT" }]
}
resource "idv_onekosmos_bucket" "main" {
  type           = "aws"
  bucket_name    = "evidence"
  aws_credential = { access_key = "AKIA1", region = "eu-central-1", secret_key = "hush" }
}
resource "idv_onekosmos_service_key" "main" {
  tag         = "pipeline"
  rotate_when = { quarter = "2026-Q4" }
}
data "idv_vult_weights" "main" {}
data "idv_vult_document_requirements" "main" {
  document_type = "passport"
  data_source   = "mrz"
}
data "idv_vult_webhooks" "main" {}
data "idv_vult_service" "main" {}
data "idv_onekosmos_proofing_templates" "main" {
  session_id = "sandbox-session-live"
}
data "idv_onekosmos_proofing_sessions" "main" {}
data "idv_onekosmos_bucket" "main" {}
data "idv_onekosmos_service_keys" "main" {}
data "idv_onekosmos_connectors" "main" {}
data "idv_onekosmos_community" "main" {}
data "idv_onekosmos_service" "main" {}
output "parts" {
  value = provider::idv::parse_import_id("idv_vult_document_requirements", "passport/ocr")
}
resource "idv_fiven_credentials_access_request" "main" {
  party_id  = "alice::1220abcd"
  providers = ["GOOGLE", "GITHUB"]
}
data "idv_fiven_credentials" "main" {}
data "idv_fiven_credential" "main" {
  party_id = "bob::1220ef01"
}
data "idv_fiven_human_score" "main" {}
data "idv_fiven_verification_status" "main" {
  token = "verify_token_abc123"
}
resource "idv_xident_blacklist_entry" "main" {
  reason     = "fraud"
  face_image = "ZmFjZQ=="
}
resource "idv_xident_face_enrollment" "main" {
  user_id    = "user-456"
  face_image = "ZmFjZQ=="
}
data "idv_xident_requirements" "main" {}
data "idv_xident_usage" "main" {}
resource "idv_didit_workflow" "main" {
  workflow_label = "onboarding"
  features       = [{ feature = "OCR", config = jsonencode({ documents_allowed = ["P"] }) }, { feature = "LIVENESS" }]
}
resource "idv_didit_questionnaire" "main" {
  title         = "contact"
  languages     = ["en"]
  form_elements = [{ element_type = "email", label = { en = "Where to?" } }]
}
resource "idv_didit_webhook_destination" "main" {
  label             = "events"
  url               = "https://hooks.example.com/idv"
  subscribed_events = ["status.updated"]
}
resource "idv_didit_list" "main" {
  name       = "trusted phones"
  list_type  = "allowlist"
  entry_type = "phone"
}
resource "idv_didit_list_entry" "main" {
  list_id = idv_didit_list.main.id
  value   = "+49 151 000000"
}
resource "idv_didit_customization" "main" {
  app_public_name = "Acme"
}
data "idv_didit_workflows" "main" {}
data "idv_didit_lists" "main" {}
"#;

/// Of the other generation of its vendor's API than the rest of the configuration.
const OF_ANOTHER_API: &str = "idv_xident_api_key";

/// The import ids of those resources in a fresh sandbox.
fn imports(state: &Value) -> Vec<(&'static str, String)> {
    let text = |pointer: &str| state.pointer(pointer).unwrap().as_str().unwrap().to_owned();
    let place = format!("{}/{}", text("/onekosmos/tenant/id"), text("/onekosmos/communities/0/id"));
    vec![
        ("idv_vult_weights.main", "/".to_owned()),
        ("idv_vult_document_requirements.main", "passport/ocr".to_owned()),
        ("idv_vult_webhook.main", text("/vult/webhooks/0/id")),
        ("idv_onekosmos_proofing_template.main", format!("dvc_sandbox/{}", text("/onekosmos/templates/0/_id"))),
        ("idv_onekosmos_bucket.main", place),
        ("idv_onekosmos_service_key.main", "pipeline".to_owned()),
        ("idv_fiven_credentials_access_request.main", "alice::1220abcd".to_owned()),
        ("idv_xident_blacklist_entry.main", "bl_000001".to_owned()),
        ("idv_xident_face_enrollment.main", "user-456".to_owned()),
        ("idv_didit_workflow.main", text("/didit/workflows/0/workflow_id")),
        ("idv_didit_questionnaire.main", text("/didit/questionnaires/0/questionnaire_group_id")),
        ("idv_didit_webhook_destination.main", text("/didit/webhook_destinations/0/uuid")),
        // Behind ten lists of the system's own.
        ("idv_didit_list.main", text("/didit/lists/10/uuid")),
        (
            "idv_didit_list_entry.main",
            format!("{}/{}", text("/didit/lists/10/uuid"), text("/didit/lists/10/entries/0/uuid")),
        ),
        ("idv_didit_customization.main", "customization".to_owned()),
    ]
}

#[test]
fn one_configuration_lives_a_whole_life() {
    let provider = idv::registry::provider(Environment::of(BTreeMap::new()));
    let resources = provider.resources.keys().map(|name| format!("resource \"{name}\""));
    let data_sources = provider.data_sources.keys().map(|name| format!("data \"{name}\""));
    let missing: Vec<_> = resources.chain(data_sources).filter(|block| !EVERYTHING.contains(block.as_str())).collect();
    assert_eq!(missing, [format!("resource \"{OF_ANOTHER_API}\"")], "not in the configuration");

    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let weights = |state: &Value| state["vult"]["weights"].as_array().unwrap().last().unwrap()["age_weight"].clone();
    let before = weights(&sandbox.state());
    workspace.configure(EVERYTHING);
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
    workspace.configure(&EVERYTHING.replace("age_weight = 2", "age_weight = 3").replace("2026-Q4", "2027-Q1"));
    let plan = workspace.plan();
    assert_eq!(plan.actions("idv_vult_weights.main"), ["update"]);
    assert!(plan.warnings().contains("The service key will be reset"), "{}", plan.warnings());
    workspace.apply_saved().succeeded();
    workspace.plan().assert_empty();
    assert_eq!(weights(&sandbox.state()), 3);

    let newcomer = Workspace::new(&sandbox);
    // Each import reads all data, and Xident tells the usage ten times a minute.
    newcomer.configure(&EVERYTHING.replace("data \"idv_xident_usage\" \"main\" {}", ""));
    let imports = imports(&sandbox.state());
    for (address, id) in &imports {
        newcomer.import(address, id).succeeded();
    }
    newcomer.configure(EVERYTHING);
    newcomer.apply().succeeded();
    newcomer.plan().assert_empty();

    workspace.destroy().succeeded();
    assert!(workspace.state().is_empty());
    assert_eq!(weights(&sandbox.state()), before, "restored");
}

/// Something that is newer than the oldest Terraform.
struct Novelty {
    since: Version,
    configuration: &'static str,
    /// What an older Terraform makes of it, from which version on.
    before: &'static [(Version, Before)],
}

/// What a Terraform that is too old does.
enum Before {
    /// It, or the provider, says this.
    Refuses(&'static str),
    /// It reads it and does nothing, and the provider is not asked. `required_version` is all that can be done about it, which
    /// is why the examples have one.
    Ignores,
}

const NOVELTIES: &[Novelty] = &[
    Novelty {
        since: (1, 11),
        configuration: r#"resource "idv_onekosmos_bucket" "main" {
          type           = "aws"
          bucket_name    = "evidence"
          aws_credential = { access_key = "AKIA1", region = "eu-central-1", secret_key_wo = "hush" }
        }"#,
        before: &[(
            (1, 8),
            Before::Refuses(
                "Error: `secret_key_wo` needs Terraform or OpenTofu 1.11\n  in resource \"idv_onekosmos_bucket\" \"main\": \
             `resource \"idv_onekosmos_bucket\" \"main\" {`\nThis version of Terraform would write \
             `aws_credential.secret_key_wo` into its state. Set `aws_credential.secret_key` instead, which is kept in state as \
             a sensitive value, or upgrade Terraform to 1.11 or later.",
            ),
        )],
    },
    Novelty {
        since: (1, 12),
        configuration: r#"import {
          to       = idv_vult_document_requirements.main
          identity = { document_type = "passport", data_source = "ocr" }
        }
        resource "idv_vult_document_requirements" "main" {
          document_type = "passport"
          data_source   = "ocr"
        }"#,
        before: &[((1, 8), Before::Refuses("An argument named \"identity\" is not expected here."))],
    },
    Novelty {
        since: (1, 10),
        configuration: "ephemeral \"idv_vult_access_token\" \"main\" {}\n",
        before: &[((1, 8), Before::Refuses("Blocks of type \"ephemeral\" are not expected here."))],
    },
    Novelty {
        since: (1, 14),
        configuration: r#"action "idv_vult_delete_session" "main" {
          config {
            session_id = "ses_000001"
          }
        }
        resource "idv_vult_webhook" "main" {
          name = "events"
          url  = "https://h.example.com"
          lifecycle {
            action_trigger {
              events  = [after_create]
              actions = [action.idv_vult_delete_session.main]
            }
          }
        }"#,
        before: &[
            ((1, 8), Before::Refuses("Blocks of type \"action\" are not expected here.")),
            ((1, 13), Before::Ignores),
        ],
    },
];

impl Novelty {
    fn before(&self) -> &'static Before {
        let known = self.before.iter().rev().find(|(from, _)| terraform::version() >= *from);
        &known.expect("it is said what the oldest Terraform does").1
    }
}

#[test]
fn what_is_newer_than_this_terraform_is_refused_with_a_reason() {
    for novelty in NOVELTIES {
        let sandbox = Sandbox::start();
        let workspace = Workspace::new(&sandbox);
        workspace.configure(novelty.configuration);
        if terraform::version() >= novelty.since {
            workspace.apply().succeeded();
            workspace.plan().assert_empty();
            continue;
        }
        match novelty.before() {
            Before::Refuses(words) => {
                let errors = workspace.try_plan().failed().errors();
                assert!(errors.contains(words), "not what was expected of it: {errors}");
            }
            Before::Ignores => {
                let before = sandbox.state()["vult"]["sessions"].clone();
                workspace.apply().succeeded();
                assert_eq!(sandbox.state()["vult"]["sessions"], before);
            }
        }
    }
}

#[test]
fn a_terraform_that_cannot_query_or_invoke_says_so() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(
        "action \"idv_vult_delete_session\" \"main\" {\n  config {\n    session_id = \"ses_000001\"\n  }\n}\n",
    );
    workspace.write("all.tfquery.hcl", "list \"idv_vult_webhook\" \"all\" {\n  provider = idv\n}\n");
    let query = workspace.run(&["query", "-no-color"]);
    let invoke = workspace.run(&["apply", "-auto-approve", "-no-color", "-invoke=action.idv_vult_delete_session.main"]);
    if terraform::version() >= (1, 14) {
        query.succeeded();
        invoke.succeeded();
        return;
    }
    assert!(query.failed().stderr.contains("Terraform has no command named \"query\""));
    assert!(invoke.failed().stderr.contains("flag provided but not defined: -invoke"));
}
