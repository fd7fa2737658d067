//! No secret reaches a log, a state or a plan, in plain text or in base64.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::support::objects::{self, Object};
use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

/// What the table of objects does not have: the provider blocks whose secrets come from ephemeral resources, a service key
/// that is rotated, and the ephemeral resources themselves.
const CONFIGURATION: &str = r#"
# Its own key is the one by which the service decrypts, and the list of keys has the secrets of all.
resource "idv_onekosmos_service_key" "own" {
  tag         = "service"
  rotate_when = { quarter = "2026-Q4" }
  lifecycle {
    action_trigger {
      events  = [after_update]
      actions = [action.idv_onekosmos_reset_service_key.mobile]
    }
  }
}
action "idv_onekosmos_reset_service_key" "mobile" {
  config {
    tag = "mobile"
  }
}
data "idv_onekosmos_service_keys" "all" {
  depends_on = [idv_onekosmos_service_key.own]
}
data "idv_onekosmos_bucket" "main" {
  depends_on = [idv_onekosmos_bucket.main]
}
data "idv_onekosmos_community" "main" {}
data "idv_vult_service" "main" {}

ephemeral "idv_vult_access_token" "main" {}
ephemeral "idv_onekosmos_service_key" "main" {
  tag = "service"
}
ephemeral "idv_onekosmos_proofing_session" "main" {
  document_type = "dl_object"
  connector = {
    id     = "connector-1"
    type   = "microblink"
    config = jsonencode({
      license                        = var.capture_license
      verifierUrl                    = "https://verifier.example.com"
      document_share_session_enabled = true
    })
  }
  verification = {
    id     = "dvc_sandbox"
    tag    = "license"
    config = jsonencode({ verifier = "microblink", debug = false, skip = false })
  }
}
provider "idv" {
  alias     = "fed"
  onekosmos = {
    app_id              = provider::idv::onekosmos_public_key(ephemeral.idv_onekosmos_service_key.main.key_secret, "secp256k1")
    private_key         = ephemeral.idv_onekosmos_service_key.main.key_secret
    template_session_id = ephemeral.idv_onekosmos_proofing_session.main.session_id
  }
}
data "idv_fiven_credentials" "all" {}
ephemeral "idv_fiven_access_token" "main" {}
ephemeral "idv_fiven_verification_link" "main" {
  contract_id = "contract_123"
}
ephemeral "idv_fiven_verification_links" "main" {
  contract_ids = ["contract_123"]
}
resource "idv_xident_blacklist_entry" "older" {
  provider      = idv.older
  reason        = "chargeback"
  face_image_wo = "ZmFjZS1pbWFnZS04YzRk"
}
data "idv_xident_requirements" "main" {}
data "idv_xident_usage" "main" {
  provider = idv.older
}
provider "idv" {
  alias  = "older"
  xident = { api = "v1" }
}
ephemeral "idv_didit_webhook_destination" "main" {
  id = idv_didit_webhook_destination.main.id
}

variable "capture_license" {
  ephemeral = true
}
"#;

/// Given by the environment; none of them is in the sandbox's state before the apply.
const CAPTURE_LICENSE: &str = "capture-license-5b1e";
const PRIVATE_KEY: &str = "V/5fpevE+vPr5pC1hn9tSNPsCWTKQpoepczvfAvyIUg=";

/// That configuration with every object of the table, the values of whose write-only attributes are ephemeral variables: a
/// plan has the configuration in it.
fn configuration() -> String {
    let provider = |object: &Object| match object.type_name {
        "idv_onekosmos_proofing_template" => "provider = idv.fed",
        _ => "",
    };
    let mut configuration = format!("{CONFIGURATION}{}", objects::configuration(objects::all(), provider));
    for (name, value) in write_only() {
        configuration = configuration.replace(&format!("\"{value}\""), &format!("var.{name}"));
        let declaration = format!("variable \"{name}\" {{\n  ephemeral = true\n}}\n");
        configuration.push_str(&declaration);
    }
    configuration
}

/// The values of the table's write-only attributes, each with the name of its variable.
fn write_only() -> Vec<(String, &'static str)> {
    let values: BTreeSet<_> = objects::all().flat_map(|object| object.secrets).copied().collect();
    values.into_iter().enumerate().map(|(number, value)| (format!("secret_{number}"), value)).collect()
}

/// Texts that must be in the files that are searched, so that the search is known to look in the right places.
const WITNESSES: &[(&str, &str)] = &[
    ("tfplan", "https://hooks.example.com/idv"),
    ("tfstate", "https://hooks.example.com/idv"),
    ("terraform.tfstate.backup", "https://hooks.example.com/idv"),
    ("trace.log", "authorization: (redacted)"),
    ("the plan as show -json has it", "https://hooks.example.com/idv"),
    ("the state as show -json has it", "https://hooks.example.com/idv"),
];

/// A secret, and what it is.
pub(crate) type Secret = (&'static str, String);

/// The secrets of the tenants after an apply.
fn secrets(sandbox: &Sandbox) -> Vec<Secret> {
    let state = sandbox.state();
    let text = |pointer: &str| state.pointer(pointer).unwrap().as_str().unwrap().to_owned();
    let mut secrets = vec![
        ("the client secret", text("/vult/client_secret")),
        ("the client's id and secret", format!("{}:{}", text("/vult/client_id"), text("/vult/client_secret"))),
    ];
    let tokens = state["vult"]["tokens"].as_object().unwrap();
    assert!(!tokens.is_empty());
    secrets.extend(tokens.keys().map(|token| ("an access token", token.clone())));

    secrets.push(("the institution's client secret", text("/fiven/client_secret")));
    let tokens = state["fiven"]["tokens"].as_object().unwrap();
    let links = state["fiven"]["links"].as_object().unwrap();
    assert!(!tokens.is_empty() && links.len() > 2);
    secrets.extend(tokens.keys().map(|token| ("an institution's access token", token.clone())));
    secrets.extend(links.keys().map(|token| ("the token of a verification link", token.clone())));

    secrets.push(("the project's secret key", text("/xident/secret_key")));
    let keys = state["xident"]["api_keys"].as_array().unwrap().iter();
    secrets.extend(keys.map(|key| ("the secret of an API key", key["token"].as_str().unwrap().to_owned())));
    secrets.push(("the key of an application", text("/didit/api_key")));
    secrets.push(("the key that signs webhooks", text("/didit/webhook_destinations/0/secret_shared_key")));

    secrets.push(("the provider's private key", PRIVATE_KEY.to_owned()));
    let sent = state.to_string();
    for (_, value) in write_only() {
        assert!(sent.contains(value), "{value} did not arrive at the vendor");
        secrets.push(("the value of a write-only attribute", value.to_owned()));
    }
    secrets.extend(state["onekosmos"]["licenses"].as_object().unwrap().keys().map(|key| ("a license", key.clone())));
    secrets.push(("the license of a capture engine", CAPTURE_LICENSE.to_owned()));
    let sessions = state["onekosmos"]["sessions"].as_array().unwrap().iter().skip(1);
    let scans: Vec<_> = sessions.map(|session| format!("/scan/{}", session["id"].as_str().unwrap())).collect();
    assert!(scans.len() > 1);
    secrets.extend(scans.into_iter().map(|scan| ("the address of a scan session", scan)));
    secrets.push(("the service's private key", text("/onekosmos/service_private_key")));
    secrets.push(("the one-time password seed", text("/onekosmos/communities/0/otpSeed")));
    let keys = state["onekosmos"]["service_keys"].as_array().unwrap().iter();
    secrets.extend(keys.map(|key| ("the secret of a service key", key["keySecret"].as_str().unwrap().to_owned())));
    secrets
}

/// Fails if a secret is in these bytes, in plain text or in base64.
#[track_caller]
pub(crate) fn assert_without(secrets: &[Secret], place: &str, bytes: &[u8]) {
    let written = String::from_utf8_lossy(bytes);
    for (what, secret) in secrets {
        for form in [0, 1, 2].map(|offset| in_base64(secret, offset)).iter().chain([secret]) {
            assert!(!written.contains(form.as_str()), "{what} is in {place}");
        }
    }
}

/// The base64 of a text inside a longer one, `offset` bytes (or three or six more) after its beginning, without the digits
/// that it shares with its neighbours.
pub(crate) fn in_base64(text: &str, offset: usize) -> String {
    let encoded = STANDARD_NO_PAD.encode(format!("{}{text}", &"..."[..offset]));
    let digits = (offset * 8).div_ceil(6)..(offset + text.len()) * 8 / 6;
    encoded[digits].to_owned()
}

/// The files in a plan, unpacked.
fn unpacked(plan: &Path) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(plan).unwrap()).unwrap();
    let count = archive.len();
    let read = |index| {
        let mut file = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        (file.name().unwrap().into_owned(), bytes)
    };
    (0..count).map(read).collect()
}

#[test]
fn log_state_and_plan_of_an_apply_have_no_secret() {
    let sandbox = objects::sandbox();
    let mut workspace = Workspace::new(&sandbox);
    let log = workspace.path().join("trace.log");
    workspace.set("TF_LOG", "TRACE");
    workspace.set("TF_LOG_PATH", log.to_str().unwrap());
    workspace.set("TF_VAR_capture_license", CAPTURE_LICENSE);
    for (name, value) in write_only() {
        workspace.set(&format!("TF_VAR_{name}"), value);
    }
    workspace.set("IDV_ONEKOSMOS_PRIVATE_KEY", PRIVATE_KEY);
    workspace.configure(&configuration());
    workspace.plan();
    workspace.apply_saved().succeeded();
    let secrets = secrets(&sandbox);
    workspace.configure(&configuration().replace("2026-Q4", "2027-Q1"));
    let rotation = workspace.plan().json().to_string();
    let said = workspace.apply_saved().succeeded().stdout;
    assert!(said.contains("Resetting the key"), "the action was not triggered: {said}");
    let secrets = [secrets, self::secrets(&sandbox)].concat();
    let shown = workspace.run(&["show", "-json"]).succeeded().stdout;
    workspace.plan();
    workspace.destroy().succeeded();

    let mut files = written(&workspace);
    files.push(("the plan as show -json has it".to_owned(), rotation.into_bytes()));
    files.push(("the state as show -json has it".to_owned(), shown.into_bytes()));
    files.push(("what an apply printed".to_owned(), said.into_bytes()));
    for (name, witness) in WITNESSES {
        let (_, bytes) = files.iter().find(|(file, _)| file == name).unwrap_or_else(|| panic!("there is no {name}"));
        assert!(String::from_utf8_lossy(bytes).contains(witness), "{name} is not what it should be");
    }
    for (name, bytes) in &files {
        assert_without(&secrets, name, bytes);
    }
}

/// The files that Terraform writes in a workspace: the last plan, the log, the state and its backup.
fn written(workspace: &Workspace) -> Vec<(String, Vec<u8>)> {
    let mut files = unpacked(&workspace.path().join("saved.tfplan"));
    for name in ["trace.log", "terraform.tfstate", "terraform.tfstate.backup"] {
        files.push((name.to_owned(), std::fs::read(workspace.path().join(name)).unwrap()));
    }
    files
}

/// A configuration signs in at Didit by a key or as a client; this is the second.
#[test]
fn log_state_and_plan_have_no_secret_of_a_didit_client() {
    let sandbox = Sandbox::start();
    let mut workspace = Workspace::new(&sandbox);
    let log = workspace.path().join("trace.log");
    workspace.set("TF_LOG", "TRACE");
    workspace.set("TF_LOG_PATH", log.to_str().unwrap());
    workspace.sign_in_at_didit_as_a_client(&sandbox);
    workspace.configure(
        r#"ephemeral "idv_didit_access_token" "main" {}
        resource "idv_didit_workflow" "main" {
          workflow_label = "https://hooks.example.com/idv"
          features       = [{ feature = "OCR" }]
        }"#,
    );
    workspace.plan();
    workspace.apply_saved().succeeded();
    workspace.destroy().succeeded();
    let state = sandbox.state();
    let client = state["didit"]["client_secret"].as_str().unwrap();
    let mut secrets = vec![
        ("the client secret", client.to_owned()),
        ("the client's id and secret", format!("{}:{client}", state["didit"]["client_id"].as_str().unwrap())),
    ];
    let tokens = state["didit"]["tokens"].as_object().unwrap();
    assert!(!tokens.is_empty());
    secrets.extend(tokens.keys().map(|token| ("an access token", token.clone())));
    let files = written(&workspace);
    assert!(files.iter().any(|(_, bytes)| String::from_utf8_lossy(bytes).contains("authorization: (redacted)")));
    for (name, bytes) in &files {
        assert_without(&secrets, name, bytes);
    }
}

#[test]
fn search_finds_a_secret_in_base64() {
    // Of "hunter2", "id:hunter2:", "x-hunter2-y" and "-hunter2".
    for log in ["aHVudGVyMg==", "aWQ6aHVudGVyMjo=", "eC1odW50ZXIyLXk=", "LWh1bnRlcjI="] {
        let search = || assert_without(&[("the client secret", "hunter2".to_owned())], "a log", log.as_bytes());
        assert!(std::panic::catch_unwind(search).is_err(), "{log}");
    }
}
