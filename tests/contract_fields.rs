//! `doctor --contract` for 1Kosmos and 5N ID: the calls that their clients declare are those that they send, and each field that they
//! read is compared.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use idv::framework::Value as Settings;
use idv::openapi::{Api, Call, without_names};
use idv::registry::VENDORS;
use serde_json::{Value, json};

use crate::openapi::used::{self, Field};
use crate::recording;
use crate::support::objects::{self, Values};
use crate::support::sandbox::Sandbox;
use crate::support::terraform::Run;
use crate::support::workspace::Workspace;

/// The path of 1Kosmos' service below a tenant's host.
const SERVICE: &str = "/idproofingapi";

/// The APIs that a test goes through: the vendor, and the value of `api` of a generation.
const APIS: [(&str, Option<&str>); 3] = [("onekosmos", None), ("fiven", Some("v1")), ("fiven", Some("institutions"))];

/// What the client of a vendor declares.
fn declared(vendor: &str, api: Option<&str>) -> Api {
    let (vendor, _) = VENDORS.iter().find(|(it, _)| it.name() == vendor).unwrap();
    let attributes = vendor.attributes().into_iter().map(|attribute| (attribute.name, Settings::Null));
    let mut settings: BTreeMap<_, _> = attributes.collect();
    settings.extend(api.map(|api| ("api".to_owned(), Settings::from(api))));
    let mut apis = vendor.apis(&Settings::Map(settings)).unwrap();
    assert_eq!(apis.len(), 1);
    apis.remove(0)
}

/// The objects that send the calls which no resource sends and no data source of the table.
fn others(vendor: &str) -> &'static str {
    if vendor == "fiven" {
        return r#"
            ephemeral "idv_fiven_verification_link" "one" {
              contract_id = "contract_123"
            }
            ephemeral "idv_fiven_verification_links" "several" {
              contract_ids = ["contract_123"]
            }
        "#;
    }
    r#"
        ephemeral "idv_onekosmos_proofing_session" "main" {
          document_type = "dl_object"
          connector = {
            id   = "connector-1"
            type = "microblink"
            config = jsonencode({
              license                        = "capture-license"
              verifierUrl                    = "https://verifier.example.com"
              document_share_session_enabled = true
            })
          }
          verification = {
            id     = "dvc_sandbox"
            tag    = "driver license"
            config = jsonencode({ verifier = "microblink", debug = false, skip = false })
          }
        }
        ephemeral "idv_onekosmos_service_key" "main" {
          tag = "pipeline"
        }
    "#
}

/// The score of a party, which only `institutions` has.
const SCORE_OF_BOB: &str = "data \"idv_fiven_human_score\" \"bob\" {\n  party_id = \"bob::1220ef01\"\n}\n";

/// The configuration of everything that one API has.
fn configuration(vendor: &str, api: Option<&str>, values: &Values) -> String {
    let resources: String = objects::of_vendor(vendor).map(|object| object.block(values, "main", "")).collect();
    let is_of_api = |needed: Option<&str>| needed.is_none_or(|needed| api == Some(needed));
    let data_sources = objects::data_sources().filter(|source| source.vendor() == vendor && is_of_api(source.api));
    // With `institutions` the institution has several scores.
    let data_sources = data_sources.filter(|it| api != Some("institutions") || it.type_name != "idv_fiven_human_score");
    let data_sources = data_sources
        .map(|source| format!("data \"{}\" \"main\" {{\n{}\n}}\n", source.type_name, source.attributes))
        .collect::<Vec<_>>()
        .concat();
    let score = if api == Some("institutions") { SCORE_OF_BOB } else { "" };
    format!("{resources}{data_sources}{score}{}", others(vendor))
}

/// A tenant of the sandbox in which an API is used, and the workspace that uses it.
fn workspace(sandbox: &Sandbox, api: Option<&str>) -> Workspace {
    let mut workspace = Workspace::new(sandbox);
    workspace.set("IDV_ONEKOSMOS_TEMPLATE_SESSION_ID", "sandbox-session-live");
    if let Some(api) = api {
        workspace.set("IDV_FIVEN_API", api);
    }
    workspace
}

/// Uses everything of an API: an apply, and a recording of it by the doctor.
fn recorded(vendor: &str, api: Option<&str>, prepare: impl FnOnce(&mut Value)) -> (Sandbox, Workspace, PathBuf) {
    let sandbox = Sandbox::start();
    sandbox.change_state(prepare);
    let mut workspace = workspace(&sandbox, api);
    let recording = workspace.path().join("recording.jsonl");
    workspace.configure(&configuration(vendor, api, &Values::Created));
    workspace.set("IDV_RECORD", recording.to_str().unwrap());
    workspace.apply().succeeded();
    workspace.set("IDV_RECORD", "");
    workspace.run_provider(&["doctor", "--record", "recording.jsonl"]).succeeded();
    (sandbox, workspace, recording)
}

fn compare(workspace: &Workspace, recording: &Path) -> Run {
    workspace.run_provider(&["doctor", "--contract", recording.to_str().unwrap()])
}

#[test]
fn clients_send_the_calls_that_they_declare_and_no_other() {
    for (vendor, api) in APIS {
        let sandbox = Sandbox::start();
        let workspace = workspace(&sandbox, api);
        for values in [Values::Created, Values::Updated] {
            workspace.configure(&configuration(vendor, api, &values));
            workspace.apply().succeeded();
        }
        // Without a party, the score of an institution with one user is read.
        if api == Some("institutions") {
            workspace.configure("data \"idv_fiven_human_score\" \"any\" {}\n");
            workspace.try_plan();
            workspace.configure("");
        }
        workspace.destroy().succeeded();
        let declared = declared(vendor, api);
        let routes: BTreeSet<_> = declared.calls.iter().map(Call::route).collect();
        let mut sent = BTreeSet::new();
        for request in sandbox.requests() {
            let (method, path) = (request["method"].as_str().unwrap(), request["path"].as_str().unwrap());
            let path = path.split('?').next().unwrap();
            if path == "/oauth/token" || request["operation"] == "probing the service" {
                continue;
            }
            let path = path.strip_prefix(SERVICE).unwrap_or(path);
            let is_it = |call: &&Call| call.method == method && is_at(&call.path, path);
            // A route without parameters is more specific.
            let call = declared.calls.iter().filter(is_it).min_by_key(|call| call.path.matches('{').count());
            sent.insert(call.unwrap_or_else(|| panic!("{vendor} declares no {method} {path}")).route());
        }
        assert_eq!(
            sent, routes,
            "the calls that the client of {vendor} sends on the left, those that it declares on the right"
        );
    }
}

/// Whether a path is that of a template.
fn is_at(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(&path).all(|(part, given)| part.starts_with('{') || part == given)
}

#[test]
fn sandbox_is_as_the_clients_expect() {
    for (vendor, api) in APIS {
        for encrypts in [false, true] {
            let (_sandbox, workspace, recording) =
                recorded(vendor, api, |state| state["onekosmos"]["encrypt_responses"] = encrypts.into());
            let run = compare(&workspace, &recording);
            assert_eq!(run.code, Some(0), "{vendor} {api:?}: {}{}", run.stdout, run.stderr);
            assert!(!run.stdout.contains("BREAKS") && !run.stdout.contains("limits"), "{}", run.stdout);
            assert!(!run.stdout.contains("The fields of its responses are not compared"), "{}", run.stdout);
            assert_eq!(run.stdout.contains("The response is encrypted"), encrypts, "{}", run.stdout);
        }
    }
}

/// Calls a function for each value at a path of a shape; `[]` leads to the elements of an array. Returns how many there were.
fn at(shape: &mut Value, path: &[String], change: &mut impl FnMut(&mut Value)) -> usize {
    let Some((first, rest)) = path.split_first() else {
        change(shape);
        return 1;
    };
    let below: Vec<&mut Value> =
        match (shape["type"].as_str().unwrap_or_default(), first.as_str()) {
            ("one_of", _) => {
                let shapes = shape["shapes"].as_array_mut().unwrap();
                return shapes.iter_mut().map(|shape| at(shape, path, change)).sum();
            }
            ("array", "[]") => {
                let array = shape.as_object_mut().unwrap();
                let parts = array.iter_mut().filter(|(name, _)| ["items", "rest"].contains(&name.as_str()));
                parts
                    .flat_map(|(_, part)| {
                        if part.is_array() { part.as_array_mut().unwrap().iter_mut().collect() } else { vec![part] }
                    })
                    .collect()
            }
            ("object", name) if name != "[]" => shape["members"].get_mut(name).into_iter().collect(),
            _ => Vec::new(),
        };
    below.into_iter().map(|shape| at(shape, rest, change)).sum()
}

/// The responses of a call in the lines of a recording. What an encrypted one contains is in a line of its own.
fn bodies<'l>(lines: &'l mut [Value], api: &Api, call: &Call) -> Vec<&'l mut Value> {
    let route = without_names(&format!("{}{}", api.base, call.path));
    let is_it = |line: &&mut Value| {
        let request = &line["request"];
        let own = request["route"].as_str().map(|route| route.strip_prefix(SERVICE).unwrap_or(route));
        own == Some(&route)
            && request["method"] == call.method.as_str()
            && line["status"].as_u64().is_some_and(|it| it < 300)
    };
    lines.iter_mut().filter(is_it).map(|line| &mut line["body"]).collect()
}

/// What is done to a field.
#[derive(Clone, Copy, Debug)]
enum Change {
    Remove,
    Rename,
    Retype,
}

/// Changes a field of every response of a call. Returns at how many places it was.
fn change(lines: &mut [Value], api: &Api, call: &Call, field: &Field, change: Change) -> usize {
    let (name, path) = field.path.split_last().unwrap();
    let mut places = 0;
    for body in bodies(lines, api, call) {
        at(body, path, &mut |parent: &mut Value| {
            let Some(members) = parent["members"].as_object_mut() else { return };
            let Some(found) = members.get_mut(name) else { return };
            // What was null only has no type that could change.
            places += usize::from(found["type"] != "null");
            match change {
                Change::Retype if field.types.contains("boolean") => {
                    *found = json!({"type": "number", "integer": true});
                }
                Change::Retype => *found = json!({"type": "boolean"}),
                Change::Rename => {
                    let shape = members.remove(name).unwrap();
                    members.insert(format!("{name}_v2"), shape);
                }
                Change::Remove => {
                    members.remove(name);
                    // Another member, whose name is not recorded.
                    parent["unnamed"] = 1.into();
                }
            }
        });
    }
    places
}

/// The differences that the doctor finds in the lines of a recording.
fn differences(workspace: &Workspace, lines: &[Value]) -> Vec<Value> {
    let lines: Vec<_> = lines.iter().map(Value::to_string).collect();
    workspace.write("changed.jsonl", &lines.join("\n"));
    let run = workspace.run_provider(&["doctor", "--contract", "changed.jsonl", "--json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let of_vendor = |vendor: &Value| vendor["differences"].as_array().unwrap().clone();
    report["vendors"].as_array().unwrap().iter().flat_map(of_vendor).collect()
}

#[track_caller]
fn check_named(found: &[Value], call: &Call, field: &Field, change: Change) {
    let about = |it: &&Value| it["operation"] == call.route() && it["field"] == field.name();
    let about: Vec<_> = found.iter().filter(about).collect();
    let renamed = format!("{}_v2", field.path.last().unwrap());
    let is_named = about.iter().any(|it| match change {
        Change::Remove => it["kind"] == "removed" || it["kind"] == "renamed",
        Change::Rename => it["kind"] == "renamed" && it["to"] == renamed,
        Change::Retype => it["kind"] == "type_changed",
    });
    let matters = field.is_lenient || about.iter().any(|it| it["impact"] != "none");
    assert!(is_named && matters, "{change:?} {} {}: {about:#?}", call.route(), field.name());
}

#[test]
fn each_field_that_is_removed_renamed_or_of_another_type_is_named() {
    let mut count = 0;
    for (vendor, setting) in APIS {
        let (_sandbox, workspace, recording) = recorded(vendor, setting, |_| {});
        let text = std::fs::read_to_string(recording).unwrap();
        let recorded: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let api = declared(vendor, setting);
        let fields_of = |call: &Call| -> Vec<Field> {
            let is_there = |field: &Field| change(&mut recorded.clone(), &api, call, field, Change::Retype) > 0;
            used::fields(call).into_iter().filter(|field| !field.is_sent && is_there(field)).collect()
        };
        let of_calls: Vec<_> = api.calls.iter().map(|call| (call, fields_of(call))).collect();
        count += of_calls.iter().map(|(_, fields)| fields.len()).sum::<usize>();
        // One field of each call at a time.
        for number in 0..of_calls.iter().map(|(_, fields)| fields.len()).max().unwrap() {
            let chosen = || of_calls.iter().filter_map(|(call, fields)| Some((call, fields.get(number)?)));
            for kind in [Change::Remove, Change::Rename, Change::Retype] {
                let mut lines = recorded.clone();
                for (call, field) in chosen() {
                    change(&mut lines, &api, call, field, kind);
                }
                let found = differences(&workspace, &lines);
                chosen().for_each(|(call, field)| check_named(&found, call, field, kind));
            }
        }
    }
    assert!(count > 170, "only {count} fields were in the recordings");
}

fn names(path: &str) -> Vec<String> {
    path.split('.').map(str::to_owned).collect()
}

/// Renames a member of a shape.
fn rename(path: &str, to: &'static str) -> impl Fn(&mut Value) {
    let mut path = names(path);
    let from = path.pop().unwrap();
    move |body| {
        at(body, &path, &mut |shape| {
            if let Some(found) = shape["members"].as_object_mut().and_then(|members| members.remove(&from)) {
                shape["members"][to] = found;
            }
        });
    }
}

/// Replaces a number of a shape by a text of digits.
fn number_as_text(path: &str) -> impl Fn(&mut Value) {
    let path = names(path);
    move |body| {
        at(body, &path, &mut |shape| *shape = json!({"type": "text", "length": 2, "form": "digits"}));
    }
}

/// Puts a shape into another object.
fn wrap(body: &mut Value) {
    *body = json!({"type": "object", "members": {"payload": body.take()}});
}

/// Checks what is reported after a change of the successful responses of a route.
#[track_caller]
fn check(
    (_, workspace, recording): &(Sandbox, Workspace, PathBuf),
    call: &str,
    change: impl Fn(&mut Value),
    report: &str,
) {
    let (method, route) = call.split_once(' ').unwrap();
    let places = Cell::new(0);
    let changed = recording::changed(workspace, recording, |line| {
        let request = &line["request"];
        if request["route"] == route && request["method"] == method && line["status"] == 200 {
            let before = line["body"].clone();
            change(&mut line["body"]);
            places.set(places.get() + u32::from(before != line["body"]));
        }
    });
    assert!(places.get() > 0, "nothing of {call} was changed");
    let run = compare(workspace, &changed);
    let code = if report.starts_with("info") { 0 } else { 2 };
    assert_eq!(run.code, Some(code), "{call}: {}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains(report), "{call}: {report:?} is not in\n{}", run.stdout);
}

#[test]
fn differences_of_1kosmos_are_named_with_their_path() {
    let tenant = recorded("onekosmos", None, |_| {});
    let fetch = "POST /idproofingapi/proofingsession/fetch";
    check(
        &tenant,
        fetch,
        rename("data.data.[].documentType", "docKind"),
        "limits  `response.data.data[].documentType` is gone",
    );
    check(
        &tenant,
        fetch,
        number_as_text("data.page.total"),
        "info    The type of `response.data.page.total` was integer or null and is string",
    );
    let bucket = "GET /idproofingapi/bucket/tenant/{}/community/{}";
    let renamed = "limits  `response.data.bucketName` is gone, probably renamed to `container`";
    check(&tenant, bucket, rename("data.bucketName", "container"), renamed);
    check(&tenant, bucket, wrap, "BREAKS  The content of `response` is in `payload`");
    let templates = "GET /idproofingapi/proofingtemplates/{}";
    check(&tenant, templates, rename("list", "templates"), "BREAKS  The content of `response.list` is in `templates`");
    let keys = "GET /idproofingapi/servicekeys";
    check(&tenant, keys, rename("[].keyId", "key"), "BREAKS  `response[].keyId` is gone");
    check(
        &tenant,
        "POST /api/r1/system/community_info/fetch",
        wrap,
        "BREAKS  The content of `response` is in `payload`",
    );
}

#[test]
fn differences_of_5n_id_are_named_with_their_path() {
    let v1 = recorded("fiven", Some("v1"), |_| {});
    let list = "GET /api/v1/credentials";
    check(&v1, list, rename("credentials", "items"), "BREAKS  The content of `response.credentials` is in `items`");
    check(
        &v1,
        list,
        rename("credentials.[].contractId", "contract"),
        "BREAKS  `response.credentials[].contractId` is gone",
    );
    check(&v1, list, number_as_text("total"), "info    The type of `response.total` was integer or null and is string");
    check(&v1, "GET /api/v1/credentials/{}", wrap, "BREAKS  The content of `response` is in `payload`");

    let institutions = recorded("fiven", Some("institutions"), |_| {});
    let list = "GET /api/v1/institutions/me/credentials";
    check(
        &institutions,
        list,
        rename("items", "credentials"),
        "BREAKS  The content of `response.items` is in `credentials`",
    );
    check(&institutions, list, rename("items.[].kycStatus", "status"), "limits  `response.items[].kycStatus` is gone");
    check(&institutions, list, number_as_text("pagination.total"), "info    The type of `response.pagination.total`");
    let of_party = "GET /api/v1/institutions/me/credentials/{}";
    check(&institutions, of_party, wrap, "BREAKS  The content of `response` is in `payload`");
}

#[test]
fn encrypted_responses_are_compared_by_what_they_contain() {
    let (_sandbox, workspace, recording) =
        recorded("onekosmos", None, |state| state["onekosmos"]["encrypt_responses"] = true.into());
    let changed = recording::changed(&workspace, &recording, |line| {
        if line["decrypts"].is_u64() {
            let text = line["body"].to_string();
            let text = ["bucketName", "documentType", "keyId"]
                .iter()
                .fold(text, |text, name| text.replace(&format!("\"{name}\":"), "\"other\":"));
            line["body"] = serde_json::from_str(&text).unwrap();
        }
    });
    let run = compare(&workspace, &changed);
    assert_eq!(run.code, Some(2), "{}", run.stdout);
    for field in ["`response.bucketName`", "`response.data[].documentType`", "`response[].keyId`"] {
        assert!(run.stdout.contains(&format!("{field} is gone")), "{field}: {}", run.stdout);
    }
}
