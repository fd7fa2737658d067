//! `IDV_RECORD` and `doctor --record`: a recording has what a vendor responded, without a secret or a person.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use idv::recording::{Exchange, FORMAT, Line, VERSION};
use serde_json::{Value, json};

use crate::examples::demo;
use crate::secrets::{self, Secret};
use crate::support::objects;
use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

/// The lines of a recording, each of which must be one of the format's.
fn lines(path: &Path) -> Vec<Line> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

fn exchanges(path: &Path) -> Vec<Exchange> {
    let exchanges = lines(path).into_iter().filter_map(|line| match line {
        Line::Exchange(exchange) => Some(*exchange),
        Line::Header(_) | Line::Decrypted(_) => None,
    });
    exchanges.collect()
}

/// Runs the doctor with a recording, and returns its path.
pub(crate) fn recorded(workspace: &Workspace) -> PathBuf {
    workspace.run_provider(&["doctor", "--record", "recording.jsonl"]).succeeded();
    workspace.path().join("recording.jsonl")
}

/// Texts that stand for secrets and people, of different forms.
struct Marks {
    made: Vec<Secret>,
}

impl Marks {
    /// A text that is in no recording.
    fn next(&mut self, form: &str) -> String {
        let number = self.made.len();
        let mark = format!("Zq{:x}Wk{number}", number * 7_919 + 104_729);
        let text = match form {
            "url" => format!("https://{mark}.example.com/{mark}"),
            "email" => format!("{mark}@example.com"),
            "image" => format!("data:image/png;base64,{mark}{mark}"),
            _ => mark.clone(),
        };
        self.made.push(("a seeded text", mark));
        text
    }

    /// Adds copies of the first row, each with an id and marks of its own.
    fn add_rows(&mut self, rows: &mut Vec<Value>, id: &str, count: usize) {
        let first = rows[0].clone();
        for number in 0..count {
            let mut row = first.clone();
            self.put_into(&mut row);
            row[id] = format!("{}-{number}", first[id].as_str().unwrap()).into();
            rows.push(row);
        }
    }

    /// Replaces every free text of a value. The others, such as a type, are what a vendor would reject otherwise.
    fn put_into(&mut self, value: &mut Value) {
        match value {
            Value::Array(values) => values.iter_mut().for_each(|value| self.put_into(value)),
            Value::Object(members) => {
                for (name, value) in members {
                    match (name.as_str(), &*value) {
                        ("url", Value::String(_)) => *value = self.next("url").into(),
                        (
                            "name" | "first_name" | "firstname" | "last_name" | "lastname" | "uid" | "username",
                            Value::String(_),
                        ) => {
                            *value = self.next("").into();
                        }
                        _ => self.put_into(value),
                    }
                }
            }
            _ => {}
        }
    }
}

/// A sandbox with a thousand marks: in entries of lists, webhooks, sessions with people, and names of members.
fn marked() -> (Sandbox, Marks) {
    let sandbox = objects::sandbox();
    let creator = Workspace::new(&sandbox);
    creator.configure(&objects::configuration(objects::all(), |_| ""));
    creator.apply().succeeded();
    let mut marks = Marks { made: Vec::new() };
    sandbox.change_state(|state| {
        let webhooks = state["vult"]["webhooks"].as_array_mut().unwrap();
        marks.add_rows(webhooks, "id", 120);
        let people = state["vult"]["sessions"].as_array_mut().unwrap();
        marks.add_rows(people, "session_id", 150);
        let sessions = state["onekosmos"]["sessions"].as_array_mut().unwrap();
        marks.add_rows(sessions, "id", 200);
        let lists = state["didit"]["lists"].as_array_mut().unwrap();
        let list = lists
            .iter_mut()
            .find(|list| list["entries"].as_array().is_some_and(|entries| !entries.is_empty()))
            .unwrap();
        let entries = list["entries"].as_array_mut().unwrap();
        let entry = entries[0].clone();
        for number in 0..600_u32 {
            let mut entry = entry.clone();
            entry["uuid"] = format!("65f1a0c0-5eed-4000-8000-{number:012}").into();
            let forms = ["email", "image", "", "url"];
            entry["value"] = marks.next(forms[number as usize % forms.len()]).into();
            let name = marks.next("");
            entry["metadata"] = json!({ name: marks.next("") });
            entries.push(entry);
        }
    });
    (sandbox, marks)
}

#[test]
fn recording_of_a_tenant_full_of_secrets_and_people_has_none_of_them() {
    let (sandbox, marks) = marked();
    assert!(marks.made.len() > 1000, "{}", marks.made.len());
    let mut workspace = Workspace::new(&sandbox);
    let path = recorded(&workspace);
    workspace.set("IDV_RECORD", path.to_str().unwrap());
    let outcomes = "data \"idv_vult_session_outcomes\" \"year\" {\n  days = 400\n}\n";
    workspace.configure(&(objects::configuration(objects::all(), |_| "") + outcomes));
    workspace.apply();
    assert!(sandbox.count("POST /idv/session/list") > 0);
    workspace.plan_with(&["-refresh-only"]);
    let text = std::fs::read(&path).unwrap();
    let own =
        sandbox.env().iter().filter(|(name, _)| ["SECRET", "KEY", "CLIENT_ID"].iter().any(|part| name.contains(part)));
    let credentials = own.map(|(_, value)| ("a credential", value.clone()));
    let all: Vec<Secret> = marks.made.into_iter().chain(credentials).collect();
    secrets::assert_without(&all, "the recording", &text);
    let folded = String::from_utf8(text).unwrap().to_lowercase();
    for (_, secret) in &all {
        let hex: String = secret
            .bytes()
            .flat_map(|byte| [byte >> 4, byte & 15])
            .filter_map(|digit| char::from_digit(digit.into(), 16))
            .collect();
        let reversed: String = secret.chars().rev().collect();
        for form in [secret.clone(), hex, reversed] {
            assert!(!folded.contains(&form.to_lowercase()), "{secret} is in the recording");
        }
    }
    let process = |line: &Line| match line {
        Line::Header(header) => Some(header.process.clone()),
        Line::Exchange(_) | Line::Decrypted(_) => None,
    };
    let processes: BTreeSet<_> = lines(&path).iter().filter_map(process).collect();
    assert!(processes.len() >= 3, "the doctor, the plan and the apply: {processes:?}");
}

#[test]
fn doctor_records_every_call_that_reads() {
    let sandbox = objects::sandbox();
    let creator = Workspace::new(&sandbox);
    creator.configure(&objects::configuration(objects::all(), |_| ""));
    creator.apply().succeeded();
    sandbox.forget_requests();
    let workspace = Workspace::new(&sandbox);
    let path = recorded(&workspace);
    let Some(Line::Header(header)) = lines(&path).into_iter().next() else { panic!("the first line is the header") };
    assert_eq!((header.format.as_str(), header.version), (FORMAT, VERSION));

    let recorded = exchanges(&path);
    assert_eq!(recorded.len(), sandbox.requests().len(), "each request is a line");
    assert!(recorded.iter().all(|exchange| exchange.status.is_some()));
    let routes: BTreeSet<_> =
        recorded.iter().map(|exchange| format!("{} {}", exchange.request.method, exchange.request.route)).collect();
    for route in [
        "GET /idv/weights",
        "POST /webhook/list",
        "POST /oauth/token",
        "GET /idproofingapi/bucket/tenant/{}/community/{}",
        "POST /idproofingapi/proofingsession/fetch",
        "GET /v3/lists/{}/entries/",
        "GET /v3/workflows/{}/",
        "GET /api/v1/credentials/{}",
    ] {
        assert!(routes.contains(route), "{route} is not in {routes:#?}");
    }
    let methods = recorded.iter().filter(|exchange| !matches!(exchange.request.method.as_str(), "GET" | "POST"));
    assert_eq!(methods.count(), 0, "nothing is written");
}

#[test]
fn encrypted_bodies_are_recorded_in_plain_shape() {
    let sandbox = Sandbox::start();
    sandbox.change_state(|state| state["onekosmos"]["encrypt_responses"] = true.into());
    let workspace = Workspace::new(&sandbox);
    let path = recorded(&workspace);
    let fetch = exchanges(&path)
        .into_iter()
        .find(|exchange| exchange.request.route.ends_with("/proofingsession/fetch"))
        .unwrap();
    assert!(fetch.request.encrypted);
    let decrypted = lines(&path).into_iter().find_map(|line| match line {
        Line::Decrypted(decrypted) if decrypted.decrypts == fetch.exchange => Some(decrypted),
        _ => None,
    });
    let shape = serde_json::to_value(decrypted.unwrap().body).unwrap();
    assert_eq!(shape["type"], "object", "{shape}");
}

#[test]
fn recording_that_cannot_be_written_is_an_error_of_the_attribute() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(
        "provider \"idv\" {\n  record = \"missing/folder/file\"\n}\ndata \"idv_vult_weights\" \"main\" {}\n",
    );
    let errors = workspace.try_plan().failed().errors();
    assert!(errors.contains("The recording cannot be written") && errors.contains("`missing/folder/file`"), "{errors}");
    assert_eq!(sandbox.requests().len(), 0);
}

/// The demo applied at a sandbox and recorded, and the recording.
fn recorded_demo() -> (Sandbox, Workspace, PathBuf) {
    let sandbox = Sandbox::start();
    let mut workspace = demo(&sandbox);
    workspace.apply().succeeded();
    let path = recorded(&workspace);
    workspace.set("IDV_RECORD", path.to_str().unwrap());
    workspace.plan().assert_empty();
    workspace.set("IDV_RECORD", "");
    (sandbox, workspace, path)
}

/// Writes a recording after a change of its lines.
pub(crate) fn changed(workspace: &Workspace, recording: &Path, change: impl Fn(&mut Value)) -> PathBuf {
    let text = std::fs::read_to_string(recording).unwrap();
    let changed = text.lines().map(|line| {
        let mut line = serde_json::from_str(line).unwrap();
        change(&mut line);
        format!("{line}\n")
    });
    workspace.write("changed.jsonl", &changed.collect::<String>());
    workspace.path().join("changed.jsonl")
}

/// A sandbox that replays a recording after a change of its lines.
pub(crate) fn replay(workspace: &Workspace, recording: &Path, change: impl Fn(&mut Value)) -> Sandbox {
    Sandbox::start_with(&["--replay", changed(workspace, recording, change).to_str().unwrap()])
}

#[test]
fn demo_is_planned_applied_and_empty_against_its_own_recording() {
    let (_recorded_at, workspace, recording) = recorded_demo();
    let replayed = replay(&workspace, &recording, |_| {});
    let workspace = demo(&replayed);
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
    workspace.destroy().succeeded();
}

/// The exchanges of a route, in the lines of a recording.
fn at_route(line: &mut Value, route: &str) -> bool {
    line["request"]["route"] == route
}

#[test]
fn differences_of_a_recording_are_met_again_in_its_replay() {
    let (_recorded_at, workspace, recording) = recorded_demo();
    let plan = |change: &dyn Fn(&mut Value)| {
        let sandbox = replay(&workspace, &recording, change);
        let workspace = demo(&sandbox);
        workspace.try_plan()
    };
    let removed = plan(&|line| {
        if at_route(line, "/v3/lists/") {
            line["status"] = 404.into();
        }
    });
    let errors = removed.failed().errors();
    assert!(errors.contains("404"), "{errors}");
    let number_as_text = plan(&|line| {
        if at_route(line, "/idv/weights") {
            let text = "{\"type\":\"text\",\"length\":2,\"form\":\"digits\"}";
            let shape = line["body"].to_string();
            let shape = ["true", "false"].into_iter().fold(shape, |shape, integer| {
                shape.replace(&format!("{{\"integer\":{integer},\"type\":\"number\"}}"), text)
            });
            line["body"] = serde_json::from_str(&shape).unwrap();
        }
    });
    number_as_text.succeeded(); // the provider reads both
    let renamed = plan(&|line| {
        if at_route(line, "/v3/lists/") {
            line["body"] =
                serde_json::from_str(&line["body"].to_string().replace("\"results\":", "\"rows\":")).unwrap();
        }
    });
    let errors = renamed.failed().errors();
    assert!(errors.contains("lacks the member `results`"), "{errors}");
}

#[test]
fn page_cap_of_a_recording_is_replayed() {
    let sandbox = Sandbox::start();
    sandbox.change_state(|state| state["didit"]["page_cap"] = 4.into());
    let workspace = Workspace::new(&sandbox);
    let recording = recorded(&workspace);
    let replayed = replay(&workspace, &recording, |_| {});
    let workspace = Workspace::new(&replayed);
    workspace.configure("data \"idv_didit_lists\" \"all\" {}\n");
    workspace.apply().succeeded();
    assert_eq!(replayed.count("GET /v3/lists/"), 3, "ten lists in pages of four: {:?}", replayed.request_lines());
}

#[test]
fn file_that_is_no_recording_is_refused_with_its_line() {
    let workspace = Workspace::without_vendors();
    workspace.write("other.jsonl", "{\"version\":1}\n{\"name\":\"Ada\"}\n");
    let run = workspace.run_provider(&["sandbox", "--replay", "other.jsonl"]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("line 2 of `other.jsonl`") && !run.stderr.contains("Ada"), "{}", run.stderr);
}
