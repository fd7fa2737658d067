//! Every request of an apply and of a destroy broken, one at a time, in the way that is the nastiest there: the command
//! again ends with what it would have made without a fault, each object once and none left behind.

use std::thread;

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

/// One object of each kind whose create can be found again, by vendor.
const OBJECTS: &[(&str, &str)] = &[
    (
        "vult",
        r#"
resource "idv_vult_weights" "main" {
  age_weight = 2
  on_destroy = "restore"
}
resource "idv_vult_document_requirements" "main" {
  document_type = "passport"
  data_source   = "ocr"
  city_required = true
  on_destroy    = "restore"
}
resource "idv_vult_webhook" "main" {
  name = "events"
  url  = "https://hooks.example.com/idv"
}
"#,
    ),
    (
        "onekosmos",
        r#"
resource "idv_onekosmos_proofing_template" "main" {
  document_type = "dl_object"
  dvc_id        = "dvc_sandbox"
  workflow      = [{ name = "front", type = "CAPTURE_FRONT" }]
}
resource "idv_onekosmos_bucket" "main" {
  type           = "aws"
  bucket_name    = "evidence"
  aws_credential = { access_key = "AKIA1", region = "eu-central-1", secret_key_wo = "hush" }
}
"#,
    ),
    (
        "xident",
        r#"
resource "idv_xident_blacklist_entry" "main" {
  reason        = "fraud"
  face_image_wo = "ZmFjZQ=="
}
resource "idv_xident_face_enrollment" "main" {
  user_id       = "user-456"
  face_image_wo = "ZmFjZQ=="
}
resource "idv_xident_api_key" "main" {
  name = "shop"
}
"#,
    ),
    (
        "didit",
        r#"
resource "idv_didit_questionnaire" "main" {
  title         = "Onboarding"
  languages     = ["en"]
  form_elements = [{ element_type = "short_text", label = { en = "Occupation?" } }]
}
resource "idv_didit_workflow" "main" {
  workflow_label = "kyc"
  features       = [{ feature = "OCR" }]
}
resource "idv_didit_webhook_destination" "main" {
  label             = "events"
  url               = "https://hooks.example.com/didit"
  subscribed_events = ["status.updated"]
}
resource "idv_didit_list" "main" {
  name       = "trusted"
  list_type  = "custom"
  entry_type = "country"
}
resource "idv_didit_list_entry" "main" {
  list_id = idv_didit_list.main.id
  value   = "DEU"
}
resource "idv_didit_customization" "main" {
  hide_progress_bar = true
  on_destroy        = "restore"
}
"#,
    ),
];

/// What is broken.
#[derive(Clone, Copy, PartialEq)]
enum Command {
    Apply,
    Destroy,
}

/// A request by what a fault is placed with.
#[derive(Debug)]
struct Place {
    method: String,
    /// Without ids.
    path: String,
    /// How many like it came before.
    earlier: usize,
}

#[test]
fn an_apply_whose_any_request_is_carried_out_and_refused_is_mended_by_the_next() {
    each_vendor(&json!({"kind": "status", "status": 502, "after": true}), Command::Apply);
}

/// A portal's page is no answer of the vendor's, also where nobody reads the body of an answer.
#[test]
fn a_destroy_of_which_a_portal_answers_any_request_is_mended_by_the_next() {
    let page =
        json!({"kind": "status", "status": 200, "headers": {"content-type": "text/html"}, "body": "<html></html>"});
    each_vendor(&page, Command::Destroy);
}

/// A vendor that is not there while Terraform asks for a token, which is not the same as an object that is not there.
#[test]
fn a_token_endpoint_that_is_gone_says_nothing_about_objects() {
    let (vendor, configuration) = OBJECTS[0];
    let (sandbox, workspace) = start();
    workspace.configure(configuration);
    workspace.apply().succeeded();
    let (there, known) = (sandbox.state()[vendor].clone(), workspace.state());
    sandbox.fault(&json!({"vendor": vendor, "path": "/oauth/token", "kind": "status", "status": 404, "times": 99}));
    for run in [workspace.apply(), workspace.destroy()] {
        let errors = run.failed().errors();
        assert!(errors.contains("nothing there gives out tokens"), "{errors}");
    }
    workspace.run(&["destroy", "-json", "-auto-approve", "-refresh=false"]).failed();
    sandbox.clear_faults();
    assert_eq!(objects(&sandbox.state()[vendor]), objects(&there));
    assert_eq!(workspace.state(), known);
}

/// What is asked on the way to a create fails: the create was not sent, and nobody has to look for what it made.
#[test]
fn a_create_that_was_not_sent_is_not_said_to_have_been() {
    let (vendor, configuration) = OBJECTS[1];
    let (sandbox, workspace) = start();
    workspace.configure(configuration);
    let fault = json!({"vendor": vendor, "path": "/api/r1/system/community_info", "kind": "garbage", "times": 99});
    sandbox.fault(&fault);
    let errors = workspace.apply().failed().errors();
    assert!(errors.contains("It was needed for creating the proofing template."), "{errors}");
    assert!(!errors.contains("may exist") && !errors.contains("may have been"), "{errors}");
    assert!(workspace.state().is_empty());
}

fn start() -> (Sandbox, Workspace) {
    let sandbox = Sandbox::start().with_variable("IDV_XIDENT_API", "verify/v1");
    let mut workspace = Workspace::new(&sandbox);
    // A fault that the transport repeats away tests nothing here.
    workspace.set("IDV_MAX_RETRIES", "0");
    (sandbox, workspace)
}

/// Each vendor's requests are broken in a thread of their own.
fn each_vendor(fault: &Value, command: Command) {
    thread::scope(|scope| {
        for (vendor, configuration) in OBJECTS {
            scope.spawn(move || break_each(vendor, configuration, fault, command));
        }
    });
}

/// Begins anew for each request of a command, and breaks that one.
fn break_each(vendor: &str, configuration: &str, fault: &Value, command: Command) {
    let (sandbox, workspace) = start();
    let before = sandbox.state();
    workspace.configure(configuration);
    workspace.apply().succeeded();
    let wanted = objects(&sandbox.state()[vendor]);
    let of_apply = places(&sandbox);
    sandbox.forget_requests();
    workspace.destroy().succeeded();
    let left = objects(&sandbox.state()[vendor]);
    let destroys = command == Command::Destroy;
    let places = if destroys { places(&sandbox) } else { of_apply };
    assert!(places.len() > 2, "{vendor}");
    for place in places {
        sandbox.set_state(&before);
        if destroys {
            workspace.apply().succeeded();
        }
        put(fault, vendor, &place, &sandbox);
        // It may fail, or succeed with a warning; what counts is what the next one finds.
        if destroys {
            workspace.destroy()
        } else {
            workspace.apply()
        };
        assert_eq!(sandbox.faults(), 0, "not struck: {vendor}: {place:?}");
        sandbox.clear_faults();
        if !destroys {
            workspace.apply().succeeded();
            assert_eq!(objects(&sandbox.state()[vendor]), wanted, "{vendor}: {place:?}");
            workspace.plan().assert_empty();
        }
        workspace.destroy().succeeded();
        assert_eq!(objects(&sandbox.state()[vendor]), left, "{vendor}: {place:?}");
    }
}

/// Lets those pass that came before.
fn put(fault: &Value, vendor: &str, place: &Place, sandbox: &Sandbox) {
    let earlier = json!({"kind": "delay", "delay_ms": 0, "times": place.earlier});
    let faults = if place.earlier > 0 { vec![earlier, fault.clone()] } else { vec![fault.clone()] };
    for mut fault in faults {
        fault["vendor"] = json!(vendor);
        fault["method"] = json!(place.method);
        fault["path"] = json!(place.path);
        sandbox.fault(&fault);
    }
}

/// The requests of which the log tells, without ids.
fn places(sandbox: &Sandbox) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for request in sandbox.requests() {
        let path = request["path"].as_str().unwrap();
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        let is_id = |part: &str| {
            let digits = part.chars().filter(char::is_ascii_digit).count();
            digits > 0 && (digits == part.len() || part.len() >= 20)
        };
        let parts: Vec<_> = path.split('/').map(|part| if is_id(part) { "*" } else { part }).collect();
        let (method, path) = (request["method"].as_str().unwrap().to_owned(), format!("*{}", parts.join("/")));
        let earlier = places.iter().filter(|place| place.method == method && place.path == path).count();
        places.push(Place { method, path, earlier });
    }
    places
}

/// What a vendor has, without what differs from one create to the next: ids, times, tokens, and weights of the past.
fn objects(part: &Value) -> Value {
    match part {
        Value::Object(members) => {
            let lasting = |name: &str| {
                let name = name.to_lowercase();
                !["id", "ids", "_at", "ts", "token", "tokens", "limits", "secret_shared_key"]
                    .iter()
                    .any(|end| name.ends_with(end))
            };
            let members = members.iter().filter(|(name, _)| lasting(name)).map(|(name, value)| {
                let now = if name == "weights" { value.as_array().and_then(|sets| sets.last()) } else { None };
                (name.clone(), objects(now.unwrap_or(value)))
            });
            Value::Object(members.collect())
        }
        Value::Array(items) => {
            let mut items: Vec<_> = items.iter().map(objects).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        other => other.clone(),
    }
}
