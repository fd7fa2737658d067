//! No secret reaches a log, a state or a plan, as it is or in base64.

use std::io::Read;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

const CONFIGURATION: &str = r#"
resource "idv_vult_weights" "main" {
  age_weight = 2
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
data "idv_vult_service" "main" {}

resource "idv_onekosmos_proofing_template" "main" {
  provider      = idv.fed
  document_type = "dl_object"
  dvc_id        = "dvc_sandbox"
  workflow      = [{ name = "front", type = "CAPTURE_FRONT" }]
}
resource "idv_onekosmos_bucket" "main" {
  type        = "aws"
  bucket_name = "evidence"
  aws_credential = {
    access_key            = "AKIA1"
    region                = "eu-central-1"
    secret_key_wo         = var.bucket_secret
    secret_key_wo_version = "1"
  }
}
# Its own key is the one by which the service decrypts, and the list of keys has the secrets of all.
resource "idv_onekosmos_service_key" "main" {
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
  depends_on = [idv_onekosmos_service_key.main]
}
data "idv_onekosmos_bucket" "main" {
  depends_on = [idv_onekosmos_bucket.main]
}
data "idv_onekosmos_community" "main" {}

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
resource "idv_fiven_credentials_access_request" "main" {
  party_id  = "alice::1220abcd"
  providers = ["GOOGLE"]
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
  reason        = "fraud"
  face_image_wo = var.face_image
}
resource "idv_xident_face_enrollment" "main" {
  provider      = idv.today
  user_id       = "user-456"
  face_image_wo = var.face_image
}
data "idv_xident_requirements" "main" {}
data "idv_xident_usage" "main" {}
provider "idv" {
  alias  = "today"
  xident = { api = "verify/v1" }
}

resource "idv_didit_webhook_destination" "main" {
  label             = "events"
  url               = "https://hooks.example.com/idv"
  subscribed_events = ["status.updated"]
}
ephemeral "idv_didit_webhook_destination" "main" {
  id = idv_didit_webhook_destination.main.id
}

variable "bucket_secret" {
  ephemeral = true
}
variable "capture_license" {
  ephemeral = true
}
variable "face_image" {
  ephemeral = true
}
"#;

/// Given by the environment; none of them is in the sandbox's state before the apply.
const BUCKET_SECRET: &str = "bucket-secret-7f3d09";
const CAPTURE_LICENSE: &str = "capture-license-5b1e";
const FACE_IMAGE: &str = "ZmFjZS1pbWFnZS04YzRk";
const PRIVATE_KEY: &str = "V/5fpevE+vPr5pC1hn9tSNPsCWTKQpoepczvfAvyIUg=";

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
type Secret = (&'static str, String);

/// What the tenant's side of the apply knows.
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
    secrets.push(("the image of a face", FACE_IMAGE.to_owned()));
    assert_eq!(text("/xident/faces/user-456/image"), FACE_IMAGE);
    secrets.push(("the key of an application", text("/didit/api_key")));
    secrets.push(("the key that signs webhooks", text("/didit/webhook_destinations/0/secret_shared_key")));

    secrets.push(("the provider's private key", PRIVATE_KEY.to_owned()));
    secrets.push(("the bucket's secret", BUCKET_SECRET.to_owned()));
    assert_eq!(text("/onekosmos/buckets/0/aws_credential/secretKey"), BUCKET_SECRET);
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

/// Fails where a secret is in these bytes, in any of the forms that something could have left it in.
#[track_caller]
fn assert_without(secrets: &[Secret], place: &str, bytes: &[u8]) {
    let has = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    for (what, secret) in secrets {
        for form in [0, 1, 2].map(|offset| in_base64(secret, offset)).iter().chain([secret]) {
            assert!(!has(form), "{what} is in {place}");
        }
    }
}

/// A text as it looks in the base64 of something longer, in which this many bytes stand before it, or three more, or six:
/// without the digits that it shares with its neighbours.
fn in_base64(text: &str, offset: usize) -> String {
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
fn none_is_in_the_log_the_state_or_the_plan_of_an_apply() {
    let sandbox = Sandbox::start();
    let mut workspace = Workspace::new(&sandbox);
    let log = workspace.path().join("trace.log");
    workspace.set("TF_LOG", "TRACE");
    workspace.set("TF_LOG_PATH", log.to_str().unwrap());
    workspace.set("TF_VAR_bucket_secret", BUCKET_SECRET);
    workspace.set("TF_VAR_capture_license", CAPTURE_LICENSE);
    workspace.set("TF_VAR_face_image", FACE_IMAGE);
    workspace.set("IDV_ONEKOSMOS_PRIVATE_KEY", PRIVATE_KEY);
    workspace.configure(CONFIGURATION);
    workspace.plan();
    workspace.apply_saved().succeeded();
    let secrets = secrets(&sandbox);
    workspace.configure(&CONFIGURATION.replace("Q4", "Q1"));
    let rotation = workspace.plan();
    let said = workspace.apply_saved().succeeded().stdout;
    assert!(said.contains("Resetting the key"), "the action was not triggered: {said}");
    let secrets = [secrets, self::secrets(&sandbox)].concat();
    let shown = workspace.run(&["show", "-json"]).succeeded().stdout;
    workspace.plan();
    workspace.destroy().succeeded();

    let mut files = written(&workspace);
    files.push(("the plan as show -json has it".to_owned(), rotation.json.to_string().into_bytes()));
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

/// What Terraform has written in a workspace: the last plan, the log, the state and the one before it.
fn written(workspace: &Workspace) -> Vec<(String, Vec<u8>)> {
    let mut files = unpacked(&workspace.path().join("saved.tfplan"));
    for name in ["trace.log", "terraform.tfstate", "terraform.tfstate.backup"] {
        files.push((name.to_owned(), std::fs::read(workspace.path().join(name)).unwrap()));
    }
    files
}

/// The other way to sign in at Didit, of which a configuration has one.
#[test]
fn none_of_a_client_of_didit_is_in_them_either() {
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
fn a_secret_in_base64_is_found() {
    // Of "hunter2", "id:hunter2:", "x-hunter2-y" and "-hunter2".
    for log in ["aHVudGVyMg==", "aWQ6aHVudGVyMjo=", "eC1odW50ZXIyLXk=", "LWh1bnRlcjI="] {
        let search = || assert_without(&[("the client secret", "hunter2".to_owned())], "a log", log.as_bytes());
        assert!(std::panic::catch_unwind(search).is_err(), "{log}");
    }
}
