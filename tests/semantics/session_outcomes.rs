//! VULT's sessions as counts: what is counted, what is read, and that no person is anywhere.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

const MAIN: &str = "data.idv_vult_session_outcomes.main";

/// A session about a person, created at a time.
fn session(number: i64, created: &str, changes: &Value) -> Value {
    let mut session = json!({
        "session_id": format!("session-no-{number}"), "identity_id": "identity-4711", "created_at": created,
        "status_e": "complete", "document_type_e": "passport", "verified": true, "idv_weights_id": "wgt_initial",
        "first_name": "Ludmilla", "last_name": "Personal", "birth_date": "1970-12-24", "gender_e": "female",
    });
    session.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    session
}

/// A tenant with 250 sessions, one each hour of a fortnight; every tenth was declined, and the last 50 had other weights.
fn with_sessions() -> (Sandbox, Workspace) {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let first: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    let row = |number: i64| {
        let created = (first + SignedDuration::from_hours(number)).to_string();
        let declined = if number % 10 == 0 { json!({"verified": false, "status_e": "expired"}) } else { json!({}) };
        let mut row = session(number, &created, &declined);
        if number >= 200 {
            row["idv_weights_id"] = json!("wgt_000001");
            row["client_id"] = json!("client-7");
        }
        row
    };
    sandbox.change_state(|state| state["vult"]["sessions"] = (0..250).map(row).collect());
    (sandbox, workspace)
}

fn outcomes(attributes: &str) -> String {
    format!("data \"idv_vult_session_outcomes\" \"main\" {{\n  {attributes}\n}}\n")
}

fn read(workspace: &Workspace, attributes: &str) -> Value {
    workspace.configure(&outcomes(attributes));
    workspace.apply().succeeded();
    workspace.state()[MAIN].clone()
}

/// The pages of sessions that were requested.
fn pages(sandbox: &Sandbox) -> usize {
    sandbox.request_lines().iter().filter(|line| line.starts_with("POST /idv/session/list")).count()
}

#[test]
fn sessions_of_a_period_are_counted_over_all_pages() {
    let (sandbox, workspace) = with_sessions();
    let found = read(&workspace, "from = \"2026-03-01T00:00:00Z\"\n  to = \"2026-03-31T00:00:00Z\"");
    assert_eq!(
        (&found["total"], &found["verified"], &found["verified_share"]),
        (&json!(250), &json!(225), &json!(0.9))
    );
    assert_eq!(found["by_status"], json!({"complete": 225, "expired": 25}));
    assert_eq!(found["by_weights_id"], json!({"wgt_initial": 200, "wgt_000001": 50}));
    assert_eq!(found["by_document_type"], json!({"passport": 250}));
    assert_eq!(pages(&sandbox), 3);
    workspace.plan().assert_empty();
}

#[test]
fn a_period_begins_inclusive_and_ends_exclusive() {
    let (_sandbox, workspace) = with_sessions();
    let total = |attributes: &str| read(&workspace, attributes)["total"].clone();
    assert_eq!(total("from = \"2026-03-01T10:00:00Z\"\n  to = \"2026-03-01T20:00:00Z\""), 10);
    assert_eq!(total("from = \"2026-03-01T12:00:00+02:00\"\n  to = \"2026-03-01T20:00:00Z\""), 10, "another zone");
    assert_eq!(total("days = 2\n  to = \"2026-03-04T00:00:00Z\""), 48);
    assert_eq!(total("client_id = \"client-7\"\n  from = \"2026-01-01T00:00:00Z\""), 50);
    let none = read(&workspace, "from = \"2025-01-01T00:00:00Z\"\n  to = \"2025-02-01T00:00:00Z\"");
    assert_eq!((&none["total"], &none["verified"], &none["verified_share"]), (&json!(0), &json!(0), &Value::Null));
}

#[test]
fn a_vendor_that_ignores_the_period_is_read_until_its_pages_are_older() {
    let (sandbox, workspace) = with_sessions();
    sandbox.change_state(|state| state["vult"]["ignores_session_dates"] = json!(true));
    let found = read(&workspace, "from = \"2026-03-11T00:00:00Z\"\n  to = \"2026-03-11T05:00:00Z\"");
    assert_eq!((&found["total"], pages(&sandbox)), (&json!(5), 1));
}

#[test]
fn a_wrong_period_is_an_error_before_a_request() {
    let (sandbox, workspace) = with_sessions();
    for (attributes, expected) in [
        ("from = \"2026-03-01T00:00:00Z\"\n  days = 3", "`days` conflicts with `from`"),
        (
            "from = \"2026-03-02T00:00:00Z\"\n  to = \"2026-03-01T00:00:00Z\"",
            "`from` is `2026-03-02T00:00:00Z`, which is not before",
        ),
        ("from = \"2026-03-01\"", "must be a time with a zone"),
    ] {
        workspace.configure(&outcomes(attributes));
        let errors = workspace.validate().failed().errors();
        assert!(errors.contains(expected), "{errors}");
    }
    assert_eq!(pages(&sandbox), 0);
}

#[test]
fn no_person_and_no_session_is_in_state_plan_or_log() {
    let (_sandbox, mut workspace) = with_sessions();
    let log = workspace.path().join("trace.log");
    workspace.set("TF_LOG", "TRACE");
    workspace.set("TF_LOG_PATH", log.to_str().unwrap());
    workspace.configure(&format!(
        "{}output \"all\" {{\n  value = {MAIN}\n}}\n",
        outcomes("from = \"2026-03-01T00:00:00Z\"")
    ));
    let plan = workspace.plan().json().to_string();
    let applied = workspace.apply().succeeded();
    let state = std::fs::read_to_string(workspace.path().join("terraform.tfstate")).unwrap();
    let log = std::fs::read_to_string(log).unwrap();
    assert!(
        log.contains("/idv/session/list") && state.contains("\"total\": 250"),
        "the data source was read and logged"
    );
    for personal in ["Ludmilla", "Personal", "1970-12-24", "identity-4711", "session-no-"] {
        for (place, text) in [("state", &state), ("plan", &plan), ("log", &log), ("output", &applied.stdout)] {
            assert!(!text.contains(personal), "`{personal}` is in the {place}");
        }
    }
}

#[test]
fn a_row_that_cannot_be_read_is_named_without_its_values() {
    let (sandbox, workspace) = with_sessions();
    let body = json!({"sessions": [{"first_name": "Ludmilla", "session_id": ["Ludmilla"]}]});
    sandbox.fault(&json!({
        "vendor": "vult", "path": "/idv/session/list", "kind": "status", "status": 200, "body": body.to_string(), "times": 9,
    }));
    workspace.configure(&outcomes("days = 3"));
    let errors = workspace.try_plan().failed().errors();
    assert!(errors.contains("sessions[0]") && !errors.contains("Ludmilla"), "{errors}");
}

/// The example warns once fewer sessions are verified since the change of the weights, and not before.
#[test]
fn check_of_the_example_passes_and_warns() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/checks/vult_verified_share/main.tf");
    workspace.configure(&std::fs::read_to_string(example).unwrap());
    // Of 60 sessions some are verified.
    let sixty = |created: Timestamp, verified: i64| -> Vec<Value> {
        let row = |number| session(number, &created.to_string(), &json!({"verified": number % 60 < verified}));
        let first = created.as_second() * 60;
        (first..first + 60).map(row).collect()
    };
    let hour_ago = Timestamp::now() - SignedDuration::from_hours(1);
    let before = sixty(hour_ago, 54);
    sandbox.change_state(|state| state["vult"]["sessions"] = json!(before));
    let first = workspace.apply().succeeded();
    assert!(!first.warnings().contains("fell"), "{}", first.warnings());
    let changed: Timestamp = workspace.state()["terraform_data.changed"]["output"].as_str().unwrap().parse().unwrap();
    for (verified, expected) in [(54, None), (52, None), (30, Some("fell from 90.0 % to 50.0 %"))] {
        let after = sixty(changed, verified);
        sandbox.change_state(|state| state["vult"]["sessions"] = json!([before.clone(), after].concat()));
        let plan = workspace.plan();
        plan.assert_empty();
        match expected {
            Some(text) => assert!(plan.warnings().contains(text), "{}", plan.warnings()),
            None => assert_eq!(plan.warnings(), "", "{verified} of 60"),
        }
    }
    // The next change of the weights begins a new period.
    let changed = std::fs::read_to_string(workspace.path().join("main.tf")).unwrap().replace("0.85", "0.8");
    workspace.write("main.tf", &changed);
    workspace.apply().succeeded();
    assert_eq!(workspace.plan().warnings(), "");
}
