//! Xident: limits that are foreseen, a create without an id, keys and images that go where they belong and nowhere else.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

const TODAY: &str = "provider \"idv\" {\n  xident = { api = \"verify/v1\" }\n}\n";

/// Entries of one reason, each with an image of its own.
fn entries(count: usize) -> String {
    format!(
        "resource \"idv_xident_blacklist_entry\" \"many\" {{\n  count         = {count}\n  reason        = \"fraud\"\n  \
         face_image_wo = base64encode(\"face ${{count.index}}\")\n}}\n"
    )
}

/// Sets a limit of which this much is used, in a minute that has this many seconds left.
fn limit(sandbox: &Sandbox, per_minute: u64, used: u64, left: u64) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    sandbox.change_state(|state| {
        state["xident"]["limits"]["blacklist"] =
            json!({"per_minute": per_minute, "used": used, "began_at": now + left - 60});
    });
}

#[test]
fn a_hundred_entries_meet_no_limit_that_the_answers_foretell() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&entries(100));
    workspace.plan();
    // Somebody else has used the key: only 20 of the hundred fit into the minute that is running.
    limit(&sandbox, 1200, 1180, 12);
    sandbox.forget_requests();
    workspace.apply_saved().succeeded();
    let lines = sandbox.request_lines();
    assert_eq!(lines, vec!["POST /v1/blacklist/add 200"; 100]);
    let state = sandbox.state();
    let used = &state["xident"]["limits"]["blacklist"]["used"];
    assert!(used.as_u64().unwrap() >= 80, "{used} in the second minute: the first was not waited out");
}

#[test]
fn entries_of_one_reason_each_get_their_own_id() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    limit(&sandbox, 6000, 0, 60);
    workspace.configure(&format!("{TODAY}{}", entries(4)));
    workspace.apply().succeeded();
    let (state, vendor) = (workspace.state(), sandbox.state());
    let rows = vendor["xident"]["blacklist"].as_array().unwrap();
    assert_eq!(rows.len(), 4);
    let mut ids: Vec<_> = (0..4)
        .map(|index| state[&format!("idv_xident_blacklist_entry.many[{index}]")]["id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    assert_eq!(ids, ["1", "2", "3", "4"]);
    sandbox.forget_requests();
    workspace.plan().assert_empty();
    assert_eq!(sandbox.request_lines(), ["GET /verify/v1/blacklist?page=1&per_page=100 200"], "one request for all");
}

#[test]
fn an_entry_that_could_be_somebody_elses_is_refused() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    sandbox.change_state(|state| state["xident"]["processing_seconds"] = json!(3));
    workspace.configure(&format!("{TODAY}{}", entries(1)));
    let apply = workspace.start(&["apply", "-json", "-auto-approve"]);
    let sent = |line: &String| line.starts_with("POST /verify/v1/blacklist/image");
    while !sandbox.request_lines().iter().any(sent) {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    // Two at once, so that no list shows only one of the new ones.
    sandbox.change_state(|state| {
        let row = |id: u32| json!({"id": id, "reason": "fraud", "image": "AA==", "created_at": 0});
        state["xident"]["blacklist"].as_array_mut().unwrap().extend([row(71), row(72)]);
    });
    let errors = apply.wait().failed().errors();
    assert!(errors.contains("More than one new blacklist entry") && errors.contains("`72`, `71`"), "{errors}");
    assert!(workspace.state().is_empty());
}

#[test]
fn ctrl_c_while_an_image_is_processed_loses_no_entry() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    // Longer than the first looks take that the limit lets through without a wait.
    sandbox.change_state(|state| state["xident"]["processing_seconds"] = json!(3));
    workspace.configure(&format!("{TODAY}{}", entries(2)));
    let apply = workspace.start(&["apply", "-auto-approve", "-no-color"]);
    sandbox.wait_for_request("POST /verify/v1/blacklist/image");
    apply.interrupt();
    let run = apply.wait();
    assert!(run.stdout.contains("Interrupt received"), "Terraform did not see the signal");
    assert_eq!(workspace.state().len(), 1, "what the vendor has is in state, and no other was begun");
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
    assert_eq!(sandbox.state()["xident"]["blacklist"].as_array().unwrap().len(), 2);
}

#[test]
fn the_same_configuration_works_on_both_generations() {
    let configuration = r#"
        resource "idv_xident_blacklist_entry" "main" {
          reason        = "fraud"
          metadata      = { original_user_id = "user-456" }
          face_image_wo = "ZmFjZQ=="
        }
        resource "idv_xident_face_enrollment" "main" {
          user_id       = "user-456"
          face_image_wo = "ZmFjZQ=="
        }
        data "idv_xident_requirements" "main" {}
        output "answer" {
          value = [data.idv_xident_requirements.main.min_age, data.idv_xident_requirements.main.project_name]
        }"#;
    for api in ["v1", "verify/v1"] {
        let sandbox = Sandbox::start();
        let mut workspace = Workspace::new(&sandbox);
        workspace.set("IDV_XIDENT_API", api);
        workspace.configure(configuration);
        workspace.apply().succeeded();
        workspace.plan().assert_empty();
        let state = sandbox.state();
        assert_eq!(state["xident"]["blacklist"][0]["image"], "ZmFjZQ==", "{api}");
        assert_eq!(state["xident"]["faces"]["user-456"]["image"], "ZmFjZQ==", "{api}");
        let outputs: Value = serde_json::from_str(&workspace.run(&["output", "-json"]).succeeded().stdout).unwrap();
        assert_eq!(outputs["answer"]["value"], json!([18, "Sandbox"]), "{api}");
    }
}

#[test]
fn requirements_are_read_without_the_secret_key() {
    for api in ["v1", "verify/v1"] {
        let sandbox = Sandbox::start();
        let mut workspace = Workspace::new(&sandbox);
        let log = workspace.path().join("trace.log");
        workspace.set("IDV_XIDENT_API", api);
        workspace.set("TF_LOG", "TRACE");
        workspace.set("TF_LOG_PATH", log.to_str().unwrap());
        workspace.configure("data \"idv_xident_requirements\" \"main\" {}\n");
        workspace.apply().succeeded();
        let log = std::fs::read_to_string(log).unwrap();
        let headers: Vec<_> = log.lines().filter(|line| line.contains("with the request headers")).collect();
        assert!(!headers.is_empty());
        // `v1` has the publishable key in the body, and `verify/v1` in the header; the sandbox takes no other there.
        assert!(!headers.iter().any(|line| line.contains("authorization")), "{api}: {headers:?}");
        workspace.set("IDV_XIDENT_SECRET_KEY", "");
        workspace.plan().assert_empty();
    }
}

#[test]
fn usage_has_the_period_the_totals_and_the_types() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(
        "data \"idv_xident_usage\" \"january\" {\n  start_date = \"2026-01-01\"\n  end_date   = \"2026-01-31\"\n}\n",
    );
    workspace.apply().succeeded();
    let usage = &workspace.state()["data.idv_xident_usage.january"];
    assert_eq!(usage["period"], json!({"start": "2026-01-01T00:00:00Z", "end": "2026-01-31T23:59:59Z"}));
    assert_eq!(usage["summary"]["total_verifications"], 1523);
    assert_eq!(usage["by_type"][1]["type"], "token");
    assert_eq!(usage["by_type"][1]["cost"].to_string(), "9.47");
}

#[test]
fn no_image_and_no_key_is_in_the_plan_the_state_or_the_log() {
    let sandbox = Sandbox::start();
    let mut workspace = Workspace::new(&sandbox);
    let log = workspace.path().join("trace.log");
    workspace.set("TF_LOG_PROVIDER", "TRACE");
    workspace.set("TF_LOG_PATH", log.to_str().unwrap());
    workspace.set("TF_VAR_face", "c2VjcmV0LWZhY2UtN2YzZA==");
    workspace.configure(&format!(
        "{TODAY}variable \"face\" {{\n  ephemeral = true\n}}\n\
         resource \"idv_xident_face_enrollment\" \"main\" {{\n  user_id       = \"user-456\"\n  face_image_wo = var.face\n}}\n\
         resource \"idv_xident_api_key\" \"main\" {{\n  name = \"shop\"\n}}\n"
    ));
    workspace.plan();
    workspace.apply_saved().succeeded();
    let vendor = sandbox.state();
    let token = vendor["xident"]["api_keys"][0]["token"].as_str().unwrap();
    assert_eq!(workspace.state()["idv_xident_api_key.main"]["secret"], token, "told once, and kept");
    let read = |name: &str| std::fs::read_to_string(workspace.path().join(name)).unwrap();
    let (log, state) = (read("trace.log"), read("terraform.tfstate"));
    assert!(log.contains("x-api-key") && state.contains("user-456"));
    for (what, text) in [("the log", &log), ("the state", &state)] {
        assert!(!text.contains("c2VjcmV0LWZhY2UtN2YzZA"), "the image is in {what}");
        assert!(!text.contains("sk_test_sandbox_5c1e77"), "the secret key is in {what}");
    }
    assert!(!log.contains(token), "the secret of the new key is in the log");
}

#[test]
fn a_query_lists_every_page_of_the_blacklist() {
    let sandbox = Sandbox::start();
    let mut workspace = Workspace::new(&sandbox);
    workspace.set("IDV_XIDENT_API", "verify/v1");
    sandbox.change_state(|state| {
        let row = |id: u32| {
            let reason = if id.is_multiple_of(5) { "chargeback" } else { "fraud" };
            json!({"id": id, "reason": reason, "image": "AA==", "created_at": 0})
        };
        state["xident"]["blacklist"] = (1..=250).map(row).collect();
    });
    workspace.configure("");
    workspace.write(
        "entries.tfquery.hcl",
        "list \"idv_xident_blacklist_entry\" \"chargebacks\" {\n  provider = idv\n  limit    = 1000\n  config {\n    reason = \"chargeback\"\n  }\n}\n",
    );
    let run = workspace.run(&["query", "-json"]).succeeded();
    let found = run.stdout.lines().filter(|line| line.contains("\"list_resource_found\"")).count();
    assert_eq!(found, 50, "{}", run.stdout);
    assert_eq!(sandbox.requests().len(), 3, "250 entries are three pages");
}
