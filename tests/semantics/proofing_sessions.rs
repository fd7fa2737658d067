//! The list of proofing sessions: filters, pages, and no personal data.

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

const MAIN: &str = "data.idv_onekosmos_proofing_sessions.main";

/// A tenant with 250 sessions about people, each a minute after the one before it; every tenth was declined.
fn bench() -> (Sandbox, Workspace) {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    sandbox.change_state(|state| {
        let model = state["onekosmos"]["sessions"][0].clone();
        let session = |n: i64| {
            let mut session = model.clone();
            session["_id"] = json!(format!("65f1a0c0{n:016x}"));
            session["id"] = json!(format!("session-{n}"));
            session["createdTS"] = json!(1_700_000_000_000 + n * 60_000);
            session["user"] = json!({"uid": "uid-4711", "username": "ada", "firstname": "Ada", "lastname": "Lovelace"});
            if n % 10 == 0 {
                session["status"] = json!("DECLINED");
                session["completedTS"] = json!(1_700_100_000_000_i64);
                session["resultStatus"] = json!("COMPLETED_FAILED");
            }
            session
        };
        state["onekosmos"]["sessions"] = (0..250).map(session).collect();
    });
    (sandbox, workspace)
}

fn list(filters: &str) -> String {
    format!("data \"idv_onekosmos_proofing_sessions\" \"main\" {{\n{filters}\n}}\n")
}

fn sessions(workspace: &Workspace) -> Vec<Value> {
    workspace.state()[MAIN]["sessions"].as_array().unwrap().clone()
}

#[test]
fn all_pages_are_read_and_no_personal_data_is_in_state() {
    let (sandbox, workspace) = bench();
    workspace.configure(&list(""));
    let plan = workspace.apply().succeeded();
    assert!(!plan.stdout.contains("not complete"), "{}", plan.stdout);
    let sessions = sessions(&workspace);
    assert_eq!((sessions.len(), &workspace.state()[MAIN]["total"]), (250, &json!(250)));
    assert_eq!(sessions[249]["id"], "session-249");
    assert_eq!(sessions[0]["created_at"], "2023-11-14T22:13:20Z");
    assert_eq!(
        (&sessions[0]["result_status"], &sessions[1]["result_status"]),
        (&json!("COMPLETED_FAILED"), &Value::Null)
    );
    let fetches = sandbox.request_lines().iter().filter(|line| line.contains("/proofingsession/fetch")).count();
    assert_eq!(fetches, 3, "{:?}", sandbox.request_lines());
    let state = std::fs::read_to_string(workspace.path().join("terraform.tfstate")).unwrap();
    for personal in ["uid-4711", "Ada", "Lovelace"] {
        assert!(!state.contains(personal), "`{personal}` is in the state");
    }
}

#[test]
fn filters_are_sent_to_the_vendor() {
    let (_sandbox, workspace) = bench();
    for (filters, expected) in [
        ("status = \"DECLINED\"", 25),
        ("overall_recommendation = \"COMPLETED_FAILED\"\n  document_type = \"dl_object\"", 25),
        ("document_type = \"ppt_object\"", 0),
        ("dvc_id = \"dvc_sandbox\"\n  id = \"session-7\"", 1),
        ("start_date = \"2023-11-14 22:14:20.000\"\n  end_date = \"2023-11-14 22:18:20.000\"", 5),
    ] {
        workspace.configure(&list(filters));
        workspace.apply().succeeded();
        assert_eq!(sessions(&workspace).len(), expected, "{filters}");
    }
}

#[test]
fn sessions_are_counted_by_status_with_one_row_each() {
    let (sandbox, workspace) = bench();
    let counts = |filters: &str| {
        workspace.configure(&format!("data \"idv_onekosmos_session_counts\" \"main\" {{\n{filters}\n}}\n"));
        workspace.apply().succeeded();
        workspace.state()["data.idv_onekosmos_session_counts.main"].clone()
    };
    let found = counts("document_type = \"dl_object\"\n  dvc_id = \"dvc_sandbox\"");
    assert_eq!((&found["total"], &found["by_status"]["DECLINED"]), (&json!(250), &json!(25)));
    assert_eq!(found["by_status"].as_object().unwrap().len(), 6);
    let fetches = sandbox.request_lines().iter().filter(|line| line.contains("/proofingsession/fetch")).count();
    assert_eq!(fetches, 7, "{:?}", sandbox.request_lines());
    assert_eq!(counts("document_type = \"ppt_object\"")["total"], 0);
    assert_eq!(
        counts("start_date = \"2023-11-14 22:14:20.000\"\n  end_date = \"2023-11-14 22:18:20.000\"")["total"],
        5
    );
    let state = std::fs::read_to_string(workspace.path().join("terraform.tfstate")).unwrap();
    assert!(!state.contains("Lovelace") && !state.contains("session-"), "{state}");
}

#[test]
fn incomplete_list_warns() {
    let (_sandbox, workspace) = bench();
    workspace.configure(&list("limit = 120"));
    let warnings = workspace.plan().warnings();
    assert!(warnings.contains("1Kosmos has 250 sessions that match, and `limit` is 120"), "{warnings}");
    workspace.apply_saved().succeeded();
    assert_eq!(sessions(&workspace).len(), 120);
    workspace.configure(&list("limit = 250"));
    assert_eq!(workspace.plan().warnings(), "");
}
