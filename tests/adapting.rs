//! A vendor whose API differs from its documentation: `doctor --contract` prints lines, and with them the demo is applied.

use std::collections::BTreeMap;

use axum::http::Method;
use serde_json::{Value, json};

use crate::examples::demo;
use crate::support::rewriter::Rewriter;
use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

/// The demo, with one vendor behind a proxy.
struct Different {
    sandbox: Sandbox,
    workspace: Workspace,
    proxy: Rewriter,
    vendor: &'static str,
}

/// The settings that the doctor has printed: the lines of each, by name.
type Settings = BTreeMap<String, String>;

impl Different {
    fn new(vendor: &'static str) -> Self {
        let sandbox = Sandbox::start().with_variable("IDV_XIDENT_API", "verify/v1");
        let mut workspace = demo(&sandbox);
        let proxy = Rewriter::in_front_of(vendor, &sandbox, &mut workspace);
        Self { sandbox, workspace, proxy, vendor }
    }

    /// What the doctor finds at the vendor, and its exit code.
    fn contract(&self) -> (Option<i32>, Value) {
        let run = self.workspace.run_provider(&["doctor", "--contract", "--json"]);
        let report: Value =
            serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}{}", run.stdout, run.stderr));
        let vendors = report["vendors"].as_array().unwrap();
        let of_vendor = vendors.iter().find(|vendor| vendor["vendor"] == self.vendor).unwrap();
        (run.code, of_vendor.clone())
    }

    /// Takes the printed lines, completed by `complete`, until nothing is left.
    fn settings(&mut self, complete: &[(&str, &str)]) -> Settings {
        let mut settings = Settings::new();
        for _ in 0..3 {
            let (code, report) = self.contract();
            let mut printed = report["settings"].as_str().unwrap().to_owned();
            if printed.is_empty() {
                assert_eq!(code, Some(0), "{report:#}");
                return settings;
            }
            assert_eq!(code, Some(2), "{report:#}");
            for (from, to) in complete {
                printed = printed.replace(from, to);
            }
            for (name, value) in parse(&printed) {
                settings.entry(name).and_modify(|known| merge(known, &value)).or_insert(value);
            }
            for (name, value) in &settings {
                let variable = format!("IDV_{}_{}", self.vendor.to_uppercase(), name.to_uppercase());
                self.workspace.set(&variable, &as_variable(value));
            }
        }
        panic!("there are differences after three runs: {:#}", self.contract().1);
    }

    /// Applies the demo with the lines in the provider block, and destroys it.
    fn demo_passes(&mut self, settings: &Settings) {
        let lines: Vec<_> = settings.iter().map(|(name, value)| format!("    {name} = {value}\n")).collect();
        let lines = lines.concat();
        let api = if self.vendor == "xident" { "    api = \"verify/v1\"\n" } else { "" };
        let other = if self.vendor == "xident" { "" } else { "  xident = { api = \"verify/v1\" }\n" };
        let vendor = self.vendor;
        for name in settings.keys() {
            self.workspace.set(&format!("IDV_{}_{}", vendor.to_uppercase(), name.to_uppercase()), "");
        }
        self.workspace
            .write("provider.tf", &format!("provider \"idv\" {{\n{other}  {vendor} = {{\n{api}{lines}  }}\n}}\n"));
        self.workspace.write(
            "main.tf",
            "terraform {\n  required_providers {\n    idv = { source = \"identity-as-code/idv\" }\n  }\n}\n",
        );
        self.workspace.apply().succeeded();
        self.workspace.plan().assert_empty();
        self.workspace.destroy().succeeded();
        assert!(self.workspace.state().is_empty());
    }

    /// Without the lines the demo fails, or it would not need them.
    fn demo_fails(&self) {
        self.workspace.apply().failed();
        self.workspace.destroy();
    }
}

/// The settings in lines such as `didit = {`, `  envelopes = {`, `    "*" = "data"`.
fn parse(printed: &str) -> Settings {
    let mut settings = Settings::new();
    let lines: Vec<_> = printed.lines().collect();
    let mut lines = lines[1..lines.len() - 1].iter().map(|line| line.split(" #").next().unwrap().trim());
    while let Some(line) = lines.next() {
        let (name, value) = line.split_once('=').unwrap_or_else(|| panic!("{line}"));
        let mut value = value.trim().to_owned();
        if value == "{" {
            for entry in lines.by_ref().take_while(|line| *line != "}") {
                value = format!("{value}\n{entry}");
            }
            value += "\n}";
        }
        settings.insert(name.trim().to_owned(), value);
    }
    settings
}

/// Adds the entries of a map.
fn merge(known: &mut String, added: &str) {
    let entries = added.trim_start_matches('{').trim_end_matches('}');
    *known = format!("{}{}}}", known.trim_end_matches('}'), entries.trim_start());
}

/// The value as an environment variable has it: a map as JSON.
fn as_variable(value: &str) -> String {
    if !value.starts_with('{') {
        return value.trim_matches('"').to_owned();
    }
    let entries = value.lines().filter_map(|line| line.split_once(" = "));
    let entries = entries.map(|(key, value)| (key.trim().trim_matches('"'), value.trim().trim_matches('"')));
    serde_json::to_string(&entries.collect::<BTreeMap<_, _>>()).unwrap()
}

/// Renames a member.
fn rename(body: &mut Value, from: &str, to: &str) {
    if let Some(value) = body.as_object_mut().and_then(|members| members.remove(from)) {
        body[to] = value;
    }
}

#[test]
fn every_response_in_a_wrapper() {
    for vendor in ["vult", "onekosmos", "fiven", "xident", "didit"] {
        let mut different = Different::new(vendor);
        different.proxy.respond(|_, _, status, body| {
            if *status < 300 {
                *body = json!({"payload": body.take()});
            }
        });
        // Of 5N ID the demo reads nothing that must be there: a score of another form is null.
        if vendor != "fiven" {
            different.demo_fails();
        }
        let settings = different.settings(&[]);
        assert_eq!(settings["envelopes"], "{\n\"*\" = \"payload\"\n}", "{vendor}");
        different.demo_passes(&settings);
    }
}

#[test]
fn other_envelopes_of_lists() {
    for (vendor, from, to) in [
        ("vult", "webhooks", "items"),
        ("onekosmos", "list", "records"),
        ("onekosmos", "data", "result"),
        ("fiven", "credentials", "rows"),
        ("xident", "data", "result"),
        ("didit", "results", "rows"),
    ] {
        let mut different = Different::new(vendor);
        different.proxy.respond(move |method, _, _, body| {
            if *method != Method::DELETE {
                rename(body, from, to);
            }
        });
        let settings = different.settings(&[]);
        assert!(settings["envelopes"].contains(to), "{settings:?}");
        different.demo_passes(&settings);
    }
}

#[test]
fn object_that_does_not_exist_is_a_400() {
    for vendor in ["vult", "fiven", "xident", "didit"] {
        let mut different = Different::new(vendor);
        different.proxy.respond(|method, _, status, _| {
            if *status == 404 && *method == Method::GET {
                *status = 400;
            }
        });
        let settings = different.settings(&[]);
        assert!(settings["not_found"].contains("\"400\""), "{settings:?}");
        different.demo_passes(&settings);
    }
}

#[test]
fn bucket_that_does_not_exist_is_an_error_with_a_code() {
    let mut different = Different::new("onekosmos");
    different.proxy.respond(|method, path, status, body| {
        if path.contains("/bucket/") && *method == Method::GET && body["data"].is_null() {
            (*status, *body) = (422, json!({"code": "E_NONE", "message": "nothing here"}));
        }
    });
    different.demo_fails();
    let settings = different.settings(&[("\"422\"", "\"422 E_NONE\"")]);
    assert!(settings["not_found"].contains("GET /bucket/"), "{settings:?}");
    different.demo_passes(&settings);
}

#[test]
fn bodies_are_expected_in_the_other_form() {
    let mut different = Different::new("onekosmos");
    different.sandbox.change_state(|state| {
        for key in ["bucket_put", "session_fetch"] {
            state["onekosmos"]["body_encryption"][key] = "plain".into();
        }
    });
    different.demo_fails();
    let settings = different.settings(&[]);
    assert!(settings["body_encryption"].contains("bucket_put"), "{settings:?}");
    different.demo_passes(&settings);
}

#[test]
fn large_pages_are_refused() {
    let mut different = Different::new("didit");
    different.proxy.route(|_, uri, _| {
        let limit =
            uri.query().into_iter().flat_map(|query| query.split('&')).find_map(|pair| pair.strip_prefix("limit="));
        match limit.and_then(|limit| limit.parse::<u32>().ok()) {
            Some(26..) => Err((400, json!({"limit": ["At most 25."]}))),
            _ => Ok(uri.path().to_owned()),
        }
    });
    different.demo_fails();
    let settings = different.settings(&[]);
    assert_eq!(settings["page_size"], "20");
    different.demo_passes(&settings);
}

/// VULT with the token endpoint and the list of webhooks at other routes.
fn moved_vult() -> Different {
    let different = Different::new("vult");
    different.proxy.route(|_, uri, _| match uri.path() {
        "/oauth/token" | "/webhook/list" => Err((404, json!({"error": "not found"}))),
        "/login/oauth2/token" => Ok("/oauth/token".to_owned()),
        "/v2/webhooks" => Ok("/webhook/list".to_owned()),
        path => Ok(path.to_owned()),
    });
    different
}

#[test]
fn calls_and_tokens_at_other_routes() {
    let mut different = moved_vult();
    different.demo_fails();
    let token = format!("{}/login/oauth2/token", different.proxy.url());
    let settings = different.settings(&[("https://...", &token), ("METHOD /path", "POST /v2/webhooks")]);
    assert!(settings.contains_key("token_url") && settings["paths"].contains("webhook_list"), "{settings:?}");
    different.demo_passes(&settings);

    let mut different = Different::new("didit");
    different.proxy.route(|_, uri, _| match uri.path().strip_prefix("/v3/lists/") {
        Some(_) => Err((404, json!({"detail": "Not found."}))),
        None => Ok(uri.path().replace("/v4/collections/", "/v3/lists/")),
    });
    different.demo_fails();
    let (_, report) = different.contract();
    let printed = parse(report["settings"].as_str().unwrap());
    assert!(as_variable(&printed["paths"]).contains("\"GET /v3/lists/\":\"METHOD /path\""), "{report:#}");
    // What the vendor would say of its new routes.
    let calls = [("GET", ""), ("POST", ""), ("PATCH", "{uuid}/"), ("DELETE", "{uuid}/")];
    let entries = |list: &str, uuid: &str| {
        [("GET", ""), ("POST", ""), ("DELETE", uuid)].map(|(method, rest)| (method, format!("{list}/entries/{rest}")))
    };
    let calls =
        calls.map(|(method, rest)| (method, rest.to_owned())).into_iter().chain(entries("{list_uuid}", "{uuid}/"));
    let lines =
        calls.map(|(method, rest)| format!("\"{method} /v3/lists/{rest}\" = \"{method} /v4/collections/{rest}\"\n"));
    let settings = Settings::from([("paths".to_owned(), format!("{{\n{}}}", lines.collect::<String>()))]);
    different.demo_passes(&settings);
}

#[test]
fn recording_of_another_configuration_shows_its_routes() {
    let mut different = moved_vult();
    let token = format!("{}/login/oauth2/token", different.proxy.url());
    different.workspace.set("IDV_VULT_TOKEN_URL", &token);
    different.workspace.set("IDV_VULT_PATHS", "{\"webhook_list\":\"POST /v2/webhooks\"}");
    different.workspace.run_provider(&["doctor", "--record", "recording.jsonl"]).succeeded();

    // Someone with the recording, and without the account and its settings.
    let recording = different.workspace.path().join("recording.jsonl");
    let sandbox = Sandbox::start_with(&["--replay", recording.to_str().unwrap()]);
    let workspace = demo(&sandbox);
    let run = workspace.run_provider(&["doctor", "--contract", recording.to_str().unwrap(), "--json"]);
    assert_eq!(run.code, Some(2), "{}{}", run.stdout, run.stderr);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let vult = report["vendors"].as_array().unwrap().iter().find(|vendor| vendor["vendor"] == "vult").unwrap();
    let settings = parse(vult["settings"].as_str().unwrap());
    assert_eq!(settings["paths"], "{\nwebhook_list = \"POST /v2/webhooks\"\n}");
    assert_eq!(settings["token_url"], format!("\"{}/login/oauth2/token\"", sandbox.url("vult")));
    let mut replayed = Different { sandbox, workspace, ..different };
    replayed.demo_fails();
    replayed.demo_passes(&settings);
}

#[test]
fn mistakes_in_the_settings_are_reported_at_once() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.write(
        "provider.tf",
        "provider \"idv\" {\n  didit = {\n    paths = { \"GET /v3/list/\" = \"GET /v4/lists/\", \"GET /v3/lists/\" = \"/v4/lists/\" }\n\
         not_found = { \"GET /v3/workflows/{uuid}/\" = \"200\" }\n    envelopes = { \"GET /v3/workflows/\" = \"data..rows\" }\n  }\n}\n",
    );
    workspace.write("main.tf", "terraform {\n  required_providers {\n    idv = { source = \"identity-as-code/idv\" }\n  }\n}\ndata \"idv_didit_lists\" \"all\" {}\n");
    let errors = workspace.try_plan().failed().errors();
    for words in [
        "`paths[\"GET /v3/list/\"]`: there is no such call; the nearest is `GET /v3/lists/`",
        "`paths[\"GET /v3/lists/\"]`: `/v4/lists/` is not a method and a path",
        "`not_found[\"GET /v3/workflows/{uuid}/\"]`: `200` is not the status of an error",
        "`envelopes[\"GET /v3/workflows/\"]`: `data..rows` is not of the form",
    ] {
        assert!(errors.contains(words), "{words}: {errors}");
    }
}

/// Writes every number as a text.
fn numbers_as_texts(value: &mut Value) {
    match value {
        Value::Number(number) => *value = number.to_string().into(),
        Value::Array(values) => values.iter_mut().for_each(numbers_as_texts),
        Value::Object(members) => members.values_mut().for_each(numbers_as_texts),
        _ => {}
    }
}

#[test]
fn numbers_as_texts_need_no_setting() {
    for vendor in ["vult", "onekosmos", "fiven", "xident", "didit"] {
        let mut different = Different::new(vendor);
        different.proxy.respond(|_, _, status, body| {
            if *status < 300 {
                numbers_as_texts(body);
            }
        });
        let settings = different.settings(&[]);
        assert!(settings.is_empty(), "{vendor}: {settings:?}");
        different.demo_passes(&settings);
    }
}
