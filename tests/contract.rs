//! `doctor --contract`: what a vendor responds in another way than expected is named.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use idv::framework::Value as Settings;
use idv::openapi::{Call, without_names};
use idv::registry::VENDORS;
use serde_json::Value;

use crate::recording;
use crate::support::objects;
use crate::support::sandbox::Sandbox;
use crate::support::terraform::Run;
use crate::support::workspace::Workspace;

/// A workspace of a tenant with objects of every type, and a recording of it.
fn recorded() -> (Sandbox, Workspace, PathBuf) {
    let sandbox = objects::sandbox();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&objects::configuration(objects::all(), |_| ""));
    workspace.apply().succeeded();
    workspace.run_provider(&["doctor", "--record", "recording.jsonl"]).succeeded();
    let path = workspace.path().join("recording.jsonl");
    (sandbox, workspace, path)
}

/// Compares the recording after a change of its lines.
fn compared(workspace: &Workspace, recording: &Path, change: impl Fn(&mut Value)) -> Run {
    let changed = recording::changed(workspace, recording, change);
    workspace.run_provider(&["doctor", "--contract", changed.to_str().unwrap()])
}

/// Changes the line of a route.
fn at(method: &'static str, route: &'static str, change: impl Fn(&mut Value)) -> impl Fn(&mut Value) {
    move |line| {
        if line["request"]["route"] == route && line["request"]["method"] == method {
            change(line);
        }
    }
}

/// Replaces text of the shape of a body.
fn replace(from: &'static str, to: &'static str) -> impl Fn(&mut Value) {
    move |line| {
        let shape = line["body"].to_string();
        assert!(shape.contains(from), "{from} is not in {shape}");
        line["body"] = serde_json::from_str(&shape.replace(from, to)).unwrap();
    }
}

fn status(status: u16) -> impl Fn(&mut Value) {
    move |line| line["status"] = status.into()
}

#[test]
fn sandbox_is_as_expected_live_and_recorded() {
    let (_sandbox, workspace, recording) = recorded();
    for arguments in [&["doctor", "--contract"][..], &["doctor", "--contract", recording.to_str().unwrap()]] {
        let run = workspace.run_provider(arguments);
        assert_eq!(run.code, Some(0), "{}", run.stdout);
        assert!(!run.stdout.contains("BREAKS") && !run.stdout.contains("limits "), "{}", run.stdout);
        for vendor in ["VULT: ", "1Kosmos: ", "5N ID: ", "Xident: ", "Didit: "] {
            assert!(run.stdout.contains(vendor), "{}", run.stdout);
        }
    }
}

#[test]
fn each_change_of_a_vendor_is_named() {
    let (_sandbox, workspace, recording) = recorded();
    let check = |what: &str, change: &dyn Fn(&mut Value), code: i32, expected: &[&str]| {
        let run = compared(&workspace, &recording, change);
        assert_eq!(run.code, Some(code), "{what}: {}{}", run.stdout, run.stderr);
        for words in expected {
            assert!(run.stdout.contains(words), "{what}: {words:?} is not in\n{}", run.stdout);
        }
    };
    let lists = "/v3/lists/";
    check(
        "a renamed field",
        &at("GET", lists, replace("\"uuid\":", "\"list_key\":")),
        2,
        &["`response.results[].uuid`"],
    );
    check(
        "another envelope",
        &at("GET", lists, replace("\"results\":", "\"rows\":")),
        2,
        &["The content of `response.results` is in `rows`", "\"GET /v3/lists/\" = \"rows\""],
    );
    check(
        "an extra wrapper",
        &at("GET", lists, |line| {
            let body = line["body"].take();
            line["body"] = serde_json::json!({"type": "object", "members": {"data": body}});
        }),
        2,
        &["The content of `response` is in `data`", "\"GET /v3/lists/\" = \"data\""],
    );
    check(
        "a number as a text",
        &at("GET", "/idv/weights", |line| {
            let number = "{\"integer\":false,\"type\":\"number\"}";
            replace(number, "{\"type\":\"text\",\"length\":3,\"form\":\"other\"}")(line);
        }),
        0,
        &["`response.age_weight`", "string"],
    );
    check(
        "a removed call",
        &at("POST", "/webhook/list", status(404)),
        2,
        &["POST /webhook/list", "404", "webhook_list ="],
    );
    check("another token route", &at("POST", "/oauth/token", status(404)), 2, &["POST /oauth/token", "404"]);
    check(
        "a newly required field",
        &at("POST", "/idproofingapi/proofingsession/fetch", status(400)),
        2,
        &["/proofingsession/fetch", "body_encryption"],
    );
    check(
        "400 for 404",
        &at("GET", "/api/v1/credentials/{}", status(400)),
        2,
        &["GET /api/v1/credentials/{partyId}", "400"],
    );
    check(
        "another page cap",
        &at("GET", lists, |line| {
            line["body"]["members"]["count"]["value"] = 400.into();
        }),
        0,
        &["Pages have"],
    );
    check(
        "another page cap of a size in the body",
        &at("POST", "/webhook/list", |line| {
            line["body"]["members"]["statistics"]["members"]["total"]["value"] = 400.into();
        }),
        0,
        &["POST /webhook/list", "Pages have"],
    );
    check(
        "plain instead of encrypted",
        &|line: &mut Value| {
            if line["decrypts"].is_u64() {
                line["decrypts"] = 0.into(); // no exchange has this number
            }
        },
        0,
        &["The request is encrypted and the response is not."],
    );
    check(
        "another error",
        &at("GET", "/api/v1/credentials/{}", |line| {
            line["status"] = 500.into();
            line["body"] = serde_json::json!({"type": "object", "members": {"fault": {"type": "null"}}});
        }),
        2,
        &["`fault`", "so none is shown"],
    );
}

#[test]
fn every_request_is_of_a_declared_call() {
    let sandbox = objects::sandbox();
    let mut workspace = Workspace::new(&sandbox);
    let recording = workspace.path().join("recording.jsonl");
    workspace.set("IDV_RECORD", recording.to_str().unwrap());
    workspace.configure(&objects::configuration(objects::all(), |_| ""));
    workspace.apply().succeeded();
    workspace.destroy().succeeded();
    workspace.run_provider(&["doctor", "--record", recording.to_str().unwrap()]).succeeded();
    let text = std::fs::read_to_string(&recording).unwrap();
    let mut requests = BTreeSet::new();
    for line in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let operation = line["operation"].as_str().unwrap_or_default();
        if line["request"].is_object() && !["probing the service", "requesting an access token"].contains(&operation) {
            let request = &line["request"];
            let of = |value: &Value| value.as_str().unwrap().to_owned();
            requests.insert((of(&line["vendor"]), of(&request["method"]), of(&request["route"])));
        }
    }
    assert!(requests.len() > 50, "{requests:?}");
    for (title, method, route) in requests {
        let (vendor, _) = VENDORS.iter().find(|(vendor, _)| vendor.title() == title).unwrap();
        let unset = vendor.attributes().into_iter().map(|attribute| (attribute.name, Settings::Null)).collect();
        let apis = vendor.apis(&Settings::Map(unset)).unwrap();
        let calls = || apis.iter().flat_map(|api| api.calls.iter().map(|call| (api.base.as_str(), call)));
        let is_it = |(base, call): &(&str, &Call)| {
            call.method == method && route.ends_with(&without_names(&format!("{base}{}", call.path)))
        };
        assert!(calls().any(|call| is_it(&call)), "{title} declares no {method} {route}");
    }
}

#[test]
fn file_that_is_no_recording_is_named() {
    let workspace = Workspace::without_vendors();
    workspace.write("other.jsonl", "{\"name\":\"Ada\"}\n");
    for (file, words) in
        [("other.jsonl", "line 1 is not one of a recording"), ("missing.jsonl", "missing.jsonl: No such file")]
    {
        let run = workspace.run_provider(&["doctor", "--contract", file]);
        assert_eq!(run.code, Some(1));
        assert!(run.stderr.contains(words) && !run.stderr.contains("Ada"), "{}", run.stderr);
    }
}

#[test]
fn comparison_without_a_vendor_that_can_be_called_is_an_error() {
    let run = Workspace::without_vendors().run_provider(&["doctor", "--contract"]);
    assert_eq!(run.code, Some(1), "{}", run.stdout);

    let sandbox = Sandbox::start();
    let mut workspace = Workspace::new(&sandbox);
    workspace.set("IDV_VULT_CLIENT_SECRET", "");
    let run = workspace.run_provider(&["doctor", "--contract"]);
    assert_eq!(run.code, Some(1), "{}", run.stdout);
    assert!(run.stderr.contains("IDV_VULT_CLIENT_SECRET"), "{}", run.stderr);

    workspace.write("header.jsonl", &format!("{}\n", serde_json::json!({
        "format": idv::recording::FORMAT, "version": idv::recording::VERSION, "provider": "0.1.0", "process": "a", "began": "now",
    })));
    let run = workspace.run_provider(&["doctor", "--contract", "header.jsonl"]);
    assert_eq!(run.code, Some(1), "{}", run.stdout);
    assert!(run.stderr.contains("no exchange with a vendor"), "{}", run.stderr);
}
