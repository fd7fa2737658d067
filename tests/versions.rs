//! Every object with each Terraform from 1.8 on and with OpenTofu, and the error where a feature needs a newer or another one.
//!
//! `make test` runs this with the pinned Terraform, `make test-matrix` with one of each minor version, `make test-tofu` with
//! OpenTofu. Nothing is skipped: a feature works, or an error says why not.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::objects::{self, DataSource, Object, Values};
use crate::support::sandbox::Sandbox;
use crate::support::terraform::{self, Product, Since, Version};
use crate::support::workspace::Workspace;

/// Every resource and data source of the table and a function, in the form that the oldest Terraform takes: with the plain
/// attribute in place of each write-only one.
fn everything(values: impl Fn(&Object) -> Values) -> String {
    let lines = |object: &Object| if object.can_restore { "on_destroy = \"restore\"" } else { "" };
    let resources = objects::all().map(|object| object.block(&values(object), "main", lines(object)));
    let providers: BTreeSet<_> = objects::data_sources().filter_map(DataSource::provider).collect();
    let data_sources = objects::data_sources().map(DataSource::block);
    let function = "output \"parts\" {\n  value = provider::idv::parse_import_id(\"idv_vult_document_requirements\", \"passport/ocr\")\n}\n";
    let blocks: String = resources.chain(providers).chain(data_sources).collect();
    format!("{}{function}", blocks.replace("_wo = ", " = "))
}

/// The values of the update. What the oldest Terraform cannot update, because the values are write-only, stays.
fn updated(object: &Object) -> Values {
    if object.is_write_only() { Values::Created } else { Values::Updated }
}

#[test]
fn every_object_is_created_updated_imported_and_destroyed() {
    let sandbox = objects::sandbox();
    let workspace = Workspace::new(&sandbox);
    let weights = |state: &Value| {
        let sets = state["vult"]["weights"].as_array().unwrap();
        sets.last().unwrap()["ofac_fuzzy_match_weight"].as_f64()
    };
    let before = weights(&sandbox.state());
    let created = everything(|_| Values::Created);
    workspace.configure(&created);
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
    assert_ne!(weights(&sandbox.state()), before);

    workspace.configure(&everything(updated));
    let plan = workspace.plan();
    for object in objects::all().filter(|object| object.is_updated() && !object.is_write_only()) {
        assert_eq!(plan.actions(&object.address()), ["update"], "{}", object.type_name);
    }
    assert!(plan.warnings().contains("\" will be reset"), "{}", plan.warnings());
    workspace.apply_saved().succeeded();
    workspace.plan().assert_empty();

    let newcomer = Workspace::new(&sandbox);
    newcomer.configure(&everything(updated));
    let state = workspace.state();
    for object in objects::all() {
        newcomer.import(&object.address(), &(object.import_id)(&state[&object.address()])).succeeded();
    }
    newcomer.apply().succeeded();
    newcomer.plan().assert_empty();

    workspace.destroy().succeeded();
    assert!(workspace.state().is_empty());
    assert_eq!(weights(&sandbox.state()), before, "restored");
}

/// A feature that not every Terraform or OpenTofu has.
struct Feature {
    since: Since,
    configuration: &'static str,
    /// What an older Terraform does, from which version on.
    terraform_before: &'static [(Version, Before)],
    /// What an OpenTofu without the feature does.
    opentofu_before: Before,
}

/// What a Terraform or OpenTofu without the feature does.
#[derive(Clone, Copy)]
enum Before {
    /// Terraform or the provider reports this error.
    Refuses(&'static str),
    /// Terraform ignores it, and sends the provider nothing. Only `required_version` prevents that, so the examples have
    /// one.
    Ignores,
}

/// The provider's error where a write-only attribute is not understood.
const NO_WRITE_ONLY: Before = Before::Refuses(
    "Error: `secret_key_wo` needs Terraform or OpenTofu 1.11\n  in resource \"idv_onekosmos_bucket\" \"main\": \
     `resource \"idv_onekosmos_bucket\" \"main\" {`\nThis version of Terraform would write \
     `aws_credential.secret_key_wo` into its state. Set `aws_credential.secret_key` instead, which is kept in state as \
     a sensitive value, or upgrade Terraform to 1.11 or later.",
);
/// A state that OpenTofu encrypts.
const ENCRYPTED_STATE: &str = r#"terraform {
          encryption {
            key_provider "pbkdf2" "passphrase" {
              passphrase = "a passphrase of this test alone"
            }
            method "aes_gcm" "main" {
              keys = key_provider.pbkdf2.passphrase
            }
            state {
              method = method.aes_gcm.main
            }
          }
        }
        resource "idv_vult_webhook" "main" {
          name = "events"
          url  = "https://h.example.com"
        }"#;

/// Actions and `terraform query` came together.
const ACTIONS: Since = Since { terraform: Some((1, 14)), opentofu: None };

const NO_IDENTITY: Before = Before::Refuses("An argument named \"identity\" is not expected here.");
const NO_EPHEMERAL: Before = Before::Refuses("Blocks of type \"ephemeral\" are not expected here.");
const NO_LIFECYCLE_DESTROY: Before = Before::Refuses("An argument named \"destroy\" is not expected here.");
const NO_ACTION: Before = Before::Refuses("Blocks of type \"action\" are not expected here.");

const FEATURES: &[Feature] = &[
    Feature {
        since: Since { terraform: Some((1, 11)), opentofu: Some((1, 11)) },
        configuration: r#"resource "idv_onekosmos_bucket" "main" {
          type           = "aws"
          bucket_name    = "evidence"
          aws_credential = { access_key = "AKIA1", region = "eu-central-1", secret_key_wo = "hush" }
        }"#,
        terraform_before: &[((1, 8), NO_WRITE_ONLY)],
        opentofu_before: NO_WRITE_ONLY,
    },
    Feature {
        since: Since { terraform: Some((1, 12)), opentofu: Some((1, 12)) },
        configuration: r#"import {
          to       = idv_vult_document_requirements.main
          identity = { document_type = "passport", data_source = "ocr" }
        }
        resource "idv_vult_document_requirements" "main" {
          document_type = "passport"
          data_source   = "ocr"
        }"#,
        terraform_before: &[((1, 8), NO_IDENTITY)],
        opentofu_before: NO_IDENTITY,
    },
    Feature {
        since: Since { terraform: Some((1, 10)), opentofu: Some((1, 11)) },
        configuration: "ephemeral \"idv_vult_access_token\" \"main\" {}\n",
        terraform_before: &[((1, 8), NO_EPHEMERAL)],
        opentofu_before: NO_EPHEMERAL,
    },
    Feature {
        since: ACTIONS,
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
        terraform_before: &[((1, 8), NO_ACTION), ((1, 13), Before::Ignores)],
        opentofu_before: NO_ACTION,
    },
    Feature {
        since: Since { terraform: None, opentofu: Some((1, 9)) },
        configuration: r#"provider "idv" {
          alias    = "each"
          for_each = toset(["one", "two"])
        }
        resource "idv_vult_webhook" "main" {
          for_each = toset(["one", "two"])
          provider = idv.each[each.key]
          name     = each.key
          url      = "https://h.example.com/${each.key}"
        }"#,
        terraform_before: &[((1, 8), Before::Refuses("The provider argument name \"for_each\" is reserved"))],
        opentofu_before: Before::Refuses("The provider argument name \"for_each\" is reserved"),
    },
    Feature {
        since: Since { terraform: None, opentofu: Some((1, 7)) },
        configuration: ENCRYPTED_STATE,
        terraform_before: &[((1, 8), Before::Refuses("Blocks of type \"encryption\" are not expected here."))],
        opentofu_before: Before::Refuses("Blocks of type \"encryption\" are not expected here."),
    },
    Feature {
        since: Since { terraform: Some((1, 16)), opentofu: None },
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
              events  = [before_destroy, after_destroy]
              actions = [action.idv_vult_delete_session.main]
            }
          }
        }"#,
        terraform_before: &[
            ((1, 8), NO_ACTION),
            ((1, 13), Before::Ignores),
            ((1, 14), Before::Refuses("Invalid \"event\" value before_destroy")),
        ],
        opentofu_before: NO_ACTION,
    },
    Feature {
        since: Since { terraform: Some((1, 16)), opentofu: Some((1, 12)) },
        configuration: r#"resource "idv_vult_weights" "main" {
          age_weight = 2
          lifecycle {
            destroy = false
          }
        }"#,
        terraform_before: &[((1, 8), NO_LIFECYCLE_DESTROY)],
        opentofu_before: NO_LIFECYCLE_DESTROY,
    },
];

impl Feature {
    /// What the tests' Terraform does, which has no such feature.
    fn before(&self) -> Before {
        if terraform::product() == Product::OpenTofu {
            return self.opentofu_before;
        }
        let known = self.terraform_before.iter().rev().find(|(from, _)| terraform::version() >= *from);
        known.expect("the oldest Terraform has an entry").1
    }
}

#[test]
fn features_work_or_are_rejected_with_a_reason() {
    for feature in FEATURES {
        let sandbox = Sandbox::start();
        let workspace = Workspace::new(&sandbox);
        workspace.configure(feature.configuration);
        if feature.since.is_met() {
            workspace.apply().succeeded();
            workspace.plan().assert_empty();
            continue;
        }
        match feature.before() {
            Before::Refuses(words) => {
                let errors = workspace.try_plan().failed().errors();
                assert!(errors.contains(words), "not the expected error: {errors}");
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
fn query_and_invoke_need_terraform_1_14() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(
        "action \"idv_vult_delete_session\" \"main\" {\n  config {\n    session_id = \"ses_000001\"\n  }\n}\n",
    );
    workspace.write("all.tfquery.hcl", "list \"idv_vult_webhook\" \"all\" {\n  provider = idv\n}\n");
    let query = workspace.run(&["query", "-no-color"]);
    let invoke = workspace.run(&["apply", "-auto-approve", "-no-color", "-invoke=action.idv_vult_delete_session.main"]);
    if ACTIONS.is_met() {
        query.succeeded();
        invoke.succeeded();
        return;
    }
    assert!(query.failed().stderr.contains("has no command named \"query\""));
    assert!(invoke.failed().stderr.contains("flag provided but not defined: -invoke"));
}

#[test]
fn exclude_needs_opentofu_1_9() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let webhook = |name: &str| {
        format!(
            "resource \"idv_vult_webhook\" \"{name}\" {{\n  name = \"{name}\"\n  url  = \"https://h.example.com\"\n}}\n"
        )
    };
    workspace.configure(&(webhook("one") + &webhook("two")));
    let run = workspace.run(&["apply", "-auto-approve", "-no-color", "-exclude=idv_vult_webhook.two"]);
    if !(Since { terraform: None, opentofu: Some((1, 9)) }).is_met() {
        assert!(run.failed().stderr.contains("flag provided but not defined: -exclude"));
        return;
    }
    run.succeeded();
    assert_eq!(workspace.state().keys().collect::<Vec<_>>(), ["idv_vult_webhook.one"]);
}

#[test]
fn drift_reads_a_state_that_opentofu_encrypts() {
    if terraform::product() == Product::Terraform {
        return; // `FEATURES` has its error
    }
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(ENCRYPTED_STATE);
    workspace.apply().succeeded();
    let saved = std::fs::read_to_string(workspace.path().join("terraform.tfstate")).unwrap();
    assert!(saved.contains("\"encrypted_data\"") && !saved.contains("h.example.com"), "{saved}");
    let refused = workspace.run_provider(&["drift", "--state", "terraform.tfstate"]);
    assert!(refused.stderr.contains("`tofu state pull`"), "the error says how to decrypt it: {}", refused.stderr);
    workspace.write("pulled.json", &workspace.run(&["state", "pull"]).succeeded().stdout);
    let drift = workspace.run_provider(&["drift", "--state", "pulled.json"]);
    assert!(matches!(drift.code, Some(0 | 2)) && !drift.stdout.contains("webhook"), "{}", drift.stdout);
}
