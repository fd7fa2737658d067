//! A vendor's response that repeats a secret: it is in no diagnostic and not in the log, in whatever place and encoding.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

use crate::secrets::in_base64;
use crate::support::objects::{self, Values};
use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

/// A vendor whose responses repeat its secrets.
struct Vendor {
    name: &'static str,
    /// The object whose creates are rejected.
    object: &'static str,
    /// The variable of the credential.
    credential: &'static str,
    /// Where access tokens are requested, if they are.
    token_path: Option<&'static str>,
}

const VENDORS: [Vendor; 5] = [
    Vendor {
        name: "vult",
        object: "idv_vult_webhook",
        credential: "IDV_VULT_CLIENT_SECRET",
        token_path: Some("/oauth/token"),
    },
    Vendor {
        name: "onekosmos",
        object: "idv_onekosmos_proofing_template",
        credential: "IDV_ONEKOSMOS_LICENSE_KEY",
        token_path: None,
    },
    Vendor {
        name: "fiven",
        object: "idv_fiven_credentials_access_request",
        credential: "IDV_FIVEN_CLIENT_SECRET",
        token_path: Some("/oauth/token"),
    },
    Vendor {
        name: "xident",
        object: "idv_xident_blacklist_entry",
        credential: "IDV_XIDENT_SECRET_KEY",
        token_path: None,
    },
    Vendor { name: "didit", object: "idv_didit_list", credential: "IDV_DIDIT_API_KEY", token_path: None },
];

/// The responses that repeat a text, each in another place.
fn places(text: &str) -> [Value; 8] {
    let body = |body: Value| json!({"kind": "status", "status": 422, "body": body});
    [
        body(json!({"message": format!("no {text}?")})),
        body(json!({"error": "refused", "error_description": text})),
        body(json!({"code": text, "detail": text})),
        body(json!(format!("not JSON: {text}"))),
        body(json!({"errors": [{"param": text, "message": text}]})),
        body(json!({text: ["Not a valid field."], "name": [text]})),
        json!({"kind": "status", "status": 422, "headers": {"x-request-id": text, "x-correlation-id": text}}),
        json!({"kind": "status", "status": 302, "headers": {"location": format!("https://other.example.com/{text}/")}}),
    ]
}

/// The forms of a text.
fn encoded(text: &str) -> [String; 4] {
    let form: String = byte_serialize(text.as_bytes()).collect();
    let json = serde_json::to_string(text).unwrap().replace('/', "\\/");
    [text.to_owned(), form, json[1..json.len() - 1].to_owned(), BASE64_STANDARD.encode(format!("id:{text}"))]
}

#[test]
fn secret_that_a_vendor_repeats_is_in_no_diagnostic_and_not_in_the_log() {
    std::thread::scope(|scope| {
        for vendor in &VENDORS {
            scope.spawn(move || repeat(vendor));
        }
    });
}

fn repeat(vendor: &Vendor) {
    let sandbox = objects::sandbox();
    let object = objects::find(vendor.object);
    let credential = format!("s3cret/of+{} \"~=%", vendor.name);
    let token = format!("t0ken/of+{}~==", vendor.name);
    let (_, path) = object.create_request.split_once(' ').unwrap();
    let mut secrets = vec![credential.as_str(), token.as_str()];
    secrets.truncate(if vendor.token_path.is_some() { 2 } else { 1 });
    secrets.extend(object.secrets);

    let mut workspace = with_credential(&sandbox, vendor, &credential);
    if let Some(path) = vendor.token_path {
        let body = json!({"access_token": token, "token_type": "Bearer", "expires_in": 3600});
        sandbox.fault(&json!({"vendor": vendor.name, "path": path, "kind": "status", "status": 200, "body": body}));
    }
    let forms = secrets.iter().flat_map(|secret| encoded(secret));
    let faults: Vec<_> = forms.flat_map(|text| places(&text)).collect();
    let mut configuration = String::new();
    for (number, mut fault) in faults.iter().cloned().enumerate() {
        fault["vendor"] = json!(vendor.name);
        fault["path"] = json!(path);
        fault["method"] = json!(object.create_request.split(' ').next().unwrap());
        sandbox.fault(&fault);
        configuration += &object.block(&Values::Created, &format!("number_{number}"), "");
    }
    let log = workspace.path().join("trace.log");
    workspace.set("TF_LOG", "TRACE");
    workspace.set("TF_LOG_PATH", log.to_str().unwrap());
    workspace.configure(&configuration);
    let run = workspace.apply().failed();
    assert_eq!(sandbox.faults(), 0, "{}: {:?}", vendor.name, sandbox.request_lines());

    let log = std::fs::read_to_string(log).unwrap();
    let errors = run.errors();
    assert!(errors.contains("(redacted)") && log.contains("sent a request"), "{}: {errors}", vendor.name);
    for (place, text) in [("the errors", &errors), ("the log", &log), ("what Terraform prints", &run.stdout)] {
        for secret in &secrets {
            let marker = secret.split(['/', '+']).next().unwrap();
            for form in (0..3).map(|offset| in_base64(secret, offset)).chain([marker.to_owned()]) {
                let line = text.lines().find(|line| line.contains(&form));
                assert_eq!(line, None, "{}: {secret} is in {place}", vendor.name);
            }
        }
    }
}

/// A workspace that is signed in by this credential, which the sandbox accepts.
fn with_credential(sandbox: &Sandbox, vendor: &Vendor, credential: &str) -> Workspace {
    let mut workspace = Workspace::new(sandbox);
    let as_json = |text: &str| serde_json::to_string(text).unwrap();
    let known = &sandbox.env()[vendor.credential];
    let state = sandbox.state().to_string().replace(&as_json(known), &as_json(credential));
    sandbox.set_state(&serde_json::from_str(&state).unwrap());
    workspace.set(vendor.credential, credential);
    workspace
}
