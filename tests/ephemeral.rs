//! Ephemeral resources: opened for one run, closed at its end, and never in a plan or state.

use std::collections::BTreeMap;

use idv::framework::Private;
use idv::framework::environment::Environment;
use idv::registry;
use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

const TOKEN: &str = "ephemeral \"idv_vult_access_token\" \"main\" {}\n";

/// A scan session, and a provider that reads templates through it.
const SESSION: &str = r#"
ephemeral "idv_onekosmos_proofing_session" "main" {
  document_type = "dl_object"
  connector = {
    id     = "connector-1"
    type   = "microblink"
    config = jsonencode({
      license                        = "capture-license-6e02"
      verifierUrl                    = "https://verifier.example.com"
      document_share_session_enabled = true
    })
  }
  verification = {
    id     = "dvc_main"
    tag    = "license"
    config = jsonencode({ verifier = "microblink", debug = false, skip = false })
  }
}
provider "idv" {
  alias     = "through_the_session"
  onekosmos = { template_session_id = ephemeral.idv_onekosmos_proofing_session.main.session_id }
}
resource "idv_onekosmos_proofing_template" "main" {
  provider      = idv.through_the_session
  document_type = "dl_object"
  dvc_id        = "dvc_main"
  workflow      = [{ name = "front", type = "CAPTURE_FRONT" }]
}
"#;

/// The status of each scan session at the vendor, except the one of a new tenant.
fn sessions(sandbox: &Sandbox) -> Vec<Value> {
    let state = sandbox.state();
    let all = state["onekosmos"]["sessions"].as_array().unwrap();
    all.iter().skip(1).map(|session| session["status"].clone()).collect()
}

#[test]
fn session_is_open_for_the_run_and_declined_at_its_end() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(SESSION);
    workspace.plan();
    assert_eq!(sessions(&sandbox), ["DECLINED"], "the one of the plan");
    workspace.apply_saved().succeeded();
    assert_eq!(sessions(&sandbox), ["DECLINED"; 2]);
    // The template is read back through a session that the configuration itself opens.
    sandbox.change_state(|state| state["onekosmos"]["templates"][0]["workflow"][0]["type"] = json!("CAPTURE_BACK"));
    assert_eq!(workspace.plan().actions("idv_onekosmos_proofing_template.main"), ["update"]);
    workspace.apply_saved().succeeded();
    workspace.plan().assert_empty();
    workspace.destroy().succeeded();
    let all = sessions(&sandbox);
    assert!(all.len() > 4 && all.iter().all(|status| status == "DECLINED"), "{all:?}");
}

#[test]
fn session_stays_open_if_configured() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&SESSION.replace(
        "document_type = \"dl_object\"\n  connector",
        "document_type = \"dl_object\"\n  decline_on_close = false\n  connector",
    ));
    workspace.plan();
    assert_eq!(sessions(&sandbox), ["PENDING"]);
}

#[test]
fn session_is_declined_after_ctrl_c() {
    let sandbox = Sandbox::start_with(&["--latency", "1s"]);
    let workspace = Workspace::new(&sandbox);
    workspace.configure(SESSION);
    let apply = workspace.start(&["apply", "-auto-approve", "-no-color"]);
    sandbox.wait_for_request("PUT /idproofingapi/proofingtemplates");
    apply.interrupt();
    let run = apply.wait();
    assert!(run.stdout.contains("Interrupt received"), "Terraform did not see the signal");
    assert_eq!(sessions(&sandbox), ["DECLINED"; 2], "those of the plan and of the apply");
    assert_eq!(workspace.state().len(), 1, "and the template is in state");
}

/// Terraform cannot close the session any more, so the provider has to notice that Terraform is gone.
#[test]
fn session_is_declined_after_terraform_is_killed() {
    let sandbox = Sandbox::start_with(&["--latency", "1s"]);
    let workspace = Workspace::new(&sandbox);
    workspace.configure(SESSION);
    let apply = workspace.start(&["apply", "-auto-approve", "-no-color"]);
    sandbox.wait_for_request("PUT /idproofingapi/proofingtemplates");
    apply.kill_terraform();
    let all_declined = |sandbox: &Sandbox| sessions(sandbox).iter().all(|status| status == "DECLINED");
    sandbox.wait_until("every session is declined", all_declined);
    apply.wait();
}

#[test]
fn session_is_declined_after_a_failed_apply() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(SESSION);
    sandbox.fault(&json!({
        "vendor": "onekosmos", "method": "PUT", "path": "/idproofingapi/proofingtemplates", "kind": "status", "status": 400,
    }));
    workspace.apply().failed();
    assert_eq!(sessions(&sandbox), ["DECLINED"; 2]);
}

/// A session that cannot be declined is an error of the run.
#[test]
fn session_that_cannot_be_declined_is_an_error() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(SESSION);
    sandbox.fault(&json!({
        "vendor": "onekosmos", "method": "GET", "path": "*/decline", "kind": "status", "status": 403, "times": 9,
    }));
    let errors = workspace.try_plan().failed().errors();
    assert!(errors.contains("declining the proofing session"), "{errors}");
}

#[test]
fn run_requests_one_token() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&format!(
        "{TOKEN}ephemeral \"idv_vult_access_token\" \"again\" {{}}\ndata \"idv_vult_weights\" \"main\" {{}}\n\
         resource \"idv_vult_webhook\" \"main\" {{\n  name = \"events\"\n  url = \"https://h.example.com\"\n}}\n"
    ));
    workspace.plan();
    assert_eq!(sandbox.count("POST /oauth/token"), 1, "{:?}", sandbox.request_lines());
    sandbox.forget_requests();
    workspace.apply_saved().succeeded();
    assert_eq!(sandbox.count("POST /oauth/token"), 1, "{:?}", sandbox.request_lines());
}

/// The secret of one vendor goes into a write-only attribute, that of another into a provider block.
#[test]
fn values_feed_a_write_only_attribute_and_a_provider_block() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(
        r#"
        ephemeral "idv_vult_access_token" "main" {}
        ephemeral "idv_onekosmos_service_key" "own" {
          tag = "service"
        }
        provider "idv" {
          alias     = "keyed"
          onekosmos = { private_key = ephemeral.idv_onekosmos_service_key.own.key_secret }
        }
        resource "idv_onekosmos_bucket" "main" {
          provider    = idv.keyed
          type        = "aws"
          bucket_name = "evidence"
          aws_credential = {
            access_key            = "AKIA1"
            region                = "eu-central-1"
            secret_key_wo         = ephemeral.idv_vult_access_token.main.access_token
            secret_key_wo_version = "1"
          }
        }
        "#,
    );
    workspace.apply().succeeded();
    let state = sandbox.state();
    let sent = state["onekosmos"]["buckets"][0]["aws_credential"]["secretKey"].as_str().unwrap();
    assert!(state["vult"]["tokens"].get(sent).is_some(), "`{sent}` is no token of VULT's");
    // The token differs from run to run, and the plan is empty all the same.
    workspace.plan().assert_empty();
    assert!(!serde_json::to_string(&workspace.state()).unwrap().contains(sent));
}

#[test]
fn missing_key_and_invalid_json_are_errors_with_a_fix() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure("ephemeral \"idv_onekosmos_service_key\" \"main\" {\n  tag = \"pipelin\"\n}\n");
    let errors = workspace.try_plan().failed().errors();
    expect_test::expect![[r#"
        Error: The service key "pipelin" does not exist
          in ephemeral "idv_onekosmos_service_key" "main": `tag = "pipelin"`
        1Kosmos has no service key with the tag `pipelin`, and its API cannot create one. The tags are `service`, `pipeline`, `mobile`, `web`, `reporting`."#]].assert_eq(&errors);
    workspace.configure(
        &SESSION.replace("jsonencode({ verifier = \"microblink\", debug = false, skip = false })", "\"no JSON\""),
    );
    let errors = workspace.validate().failed().errors();
    expect_test::expect![[r#"
        Error: Wrong value for `verification.config`
          in ephemeral "idv_onekosmos_proofing_session" "main": `config = "no JSON"`
        `verification.config` must be a JSON object, as from `jsonencode({ ... })`; parsing failed at line 1, column 2."#]].assert_eq(&errors);
}

/// Core asks for a renewal only if an open has set a time for it. From 1.17 Terraform fails the run if a renewal fails.
#[test]
fn no_renewal_fails_or_asks_for_another() {
    let provider = registry::provider(Environment::of(BTreeMap::new()));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert!(provider.ephemerals.len() > 5);
    for (name, ephemeral) in &provider.ephemerals {
        let renewed = runtime.block_on(ephemeral.renew(Private::default(), &provider.clients()));
        let (private, renew_at) = renewed.unwrap_or_else(|errors| panic!("{name}: {}", errors.details()));
        assert!(private == Private::default() && renew_at.is_none(), "{name}");
    }
}
