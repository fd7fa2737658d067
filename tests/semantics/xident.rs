//! Xident: rate limits, creates whose outcome is uncertain, and where keys and images may be.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::terraform::Run;
use crate::support::workspace::Workspace;

const TODAY: &str = "provider \"idv\" {\n  xident = { api = \"verify/v1\" }\n}\n";

/// Entries with one reason, each with its own image.
fn entries(count: usize) -> String {
    format!(
        "resource \"idv_xident_blacklist_entry\" \"many\" {{\n  count         = {count}\n  reason        = \"fraud\"\n  \
         face_image_wo = base64encode(\"face ${{count.index}}\")\n}}\n"
    )
}

/// Sets a limit, how much of it is used, and how many seconds are left of its minute.
fn limit(sandbox: &Sandbox, per_minute: u64, used: u64, left: u64) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    sandbox.change_state(|state| {
        state["xident"]["limits"]["blacklist"] =
            json!({"per_minute": per_minute, "used": used, "began_at": now + left - 60});
    });
}

#[test]
fn a_hundred_entries_meet_no_limit_that_the_headers_announce() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&entries(100));
    workspace.plan();
    // Another user of the key has used up the limit: only 20 of the hundred fit into the current minute.
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
fn entries_with_one_reason_each_get_their_own_id() {
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
fn ten_entries_with_different_reasons_share_their_lists() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    limit(&sandbox, 6000, 0, 60);
    let entries = entries(10).replace("\"fraud\"", "\"reason ${count.index}\"");
    workspace.configure(&format!("{TODAY}{entries}"));
    workspace.apply().succeeded();
    assert_eq!(sandbox.count("POST /verify/v1/blacklist/image"), 10);
    let lists = sandbox.count("GET /verify/v1/blacklist?");
    assert!(lists <= 8, "{lists} lists: {:?}", sandbox.request_lines());
    let vendor = sandbox.state();
    let rows = vendor["xident"]["blacklist"].as_array().unwrap();
    for (address, entry) in workspace.state() {
        let row = rows.iter().find(|row| row["id"] == entry["id"].as_str().unwrap().parse::<i64>().unwrap()).unwrap();
        assert_eq!(row["reason"], entry["reason"], "{address}");
    }
}

/// An entry of somebody else with the reason of [`entries`].
fn foreign_entry(id: u32, created_at: u64) -> Value {
    json!({"id": id, "reason": "fraud", "image": "AA==", "created_at": created_at})
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn add_rows(sandbox: &Sandbox, list: &str, rows: &[Value]) {
    sandbox.change_state(|state| state["xident"][list].as_array_mut().unwrap().extend_from_slice(rows));
}

fn ids(sandbox: &Sandbox, list: &str) -> Vec<u64> {
    sandbox.state()["xident"][list].as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect()
}

/// Applies a configuration, and adds rows of somebody else after the create was sent.
fn apply_while_others_add(sandbox: &Sandbox, workspace: &Workspace, create: &str, list: &str, rows: &[Value]) -> Run {
    let apply = workspace.start(&["apply", "-json", "-auto-approve"]);
    sandbox.wait_for_request(create);
    // A delayed create changes the sandbox's state before its response.
    sandbox.wait_until("the create", |sandbox| !ids(sandbox, list).is_empty());
    add_rows(sandbox, list, rows);
    apply.wait()
}

#[test]
fn an_entry_that_somebody_else_adds_at_the_same_time_is_ambiguous_and_not_adopted() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    // For three seconds the list shows only the other entry.
    sandbox.change_state(|state| state["xident"]["processing_seconds"] = json!(3));
    workspace.configure(&format!("{TODAY}{}", entries(1)));
    let others = [foreign_entry(71, now())];
    let run = apply_while_others_add(&sandbox, &workspace, "POST /verify/v1/blacklist/image", "blacklist", &others);
    let errors = run.failed().errors();
    assert!(errors.contains("The blacklist entry \"fraud\" is ambiguous"), "{errors}");
    assert!(errors.contains("id = \"71\"") && errors.contains("id = \"1\""), "{errors}");
    assert!(workspace.state().is_empty());
    assert_eq!(ids(&sandbox, "blacklist"), [1, 71]);
}

#[test]
fn an_entry_that_somebody_else_added_before_is_not_adopted() {
    let faults = [
        json!({"kind": "drop", "after": true}),
        json!({"kind": "garbage", "after": true}),
        json!({"kind": "status", "status": 502, "after": true}),
    ];
    for fault in faults {
        let sandbox = Sandbox::start();
        let workspace = Workspace::new(&sandbox);
        add_rows(&sandbox, "blacklist", &[foreign_entry(71, now())]);
        put_fault(&sandbox, &fault, "/verify/v1/blacklist/image");
        workspace.configure(&format!("{TODAY}{}", entries(1)));
        let run = workspace.apply().succeeded();
        assert!(run.warnings().contains("was created despite an error"), "{}", run.warnings());
        assert_eq!(workspace.state()["idv_xident_blacklist_entry.many[0]"]["id"], "1", "{fault}");
        workspace.plan().assert_empty();
        workspace.destroy().succeeded();
        assert_eq!(ids(&sandbox, "blacklist"), [71], "{fault}");
    }
}

#[test]
fn a_create_that_was_not_applied_adopts_no_entry_of_somebody_else() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    add_rows(&sandbox, "blacklist", &[foreign_entry(71, now())]);
    put_fault(&sandbox, &json!({"kind": "status", "status": 502}), "/verify/v1/blacklist/image");
    limit(&sandbox, 6000, 0, 60);
    workspace.configure(&format!("{TODAY}{}", entries(1)));
    let errors = workspace.apply().failed().errors();
    assert!(errors.contains("does not have the blacklist entry, so most likely it was not created"), "{errors}");
    assert!(workspace.state().is_empty());
    assert_eq!(ids(&sandbox, "blacklist"), [71]);
}

/// Puts a fault on the next request that creates an object at a path.
fn put_fault(sandbox: &Sandbox, fault: &Value, path: &str) {
    let mut fault = fault.clone();
    for (name, value) in [("vendor", "xident"), ("method", "POST"), ("path", path)] {
        fault[name] = json!(value);
    }
    sandbox.fault(&fault);
}

const API_KEY: &str = "resource \"idv_xident_api_key\" \"main\" {\n  name = \"shop\"\n}\n";

/// A key of somebody else with the name of [`API_KEY`].
fn foreign_key(id: u32, created_at: &str) -> Value {
    json!({"id": id, "name": "shop", "created_at": created_at, "token": "sk_test_of_somebody_else"})
}

#[test]
fn ten_api_keys_share_one_list() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&format!(
        "{TODAY}resource \"idv_xident_api_key\" \"many\" {{\n  count = 10\n  name  = \"shop ${{count.index}}\"\n}}\n"
    ));
    workspace.apply().succeeded();
    assert_eq!(sandbox.count("POST /verify/v1/tokens 201"), 10);
    assert_eq!(sandbox.requests().len(), 11, "{:?}", sandbox.request_lines());
}

#[test]
fn an_api_key_of_somebody_else_is_neither_adopted_nor_deleted() {
    let faults = [
        json!({"kind": "drop", "after": true}),
        json!({"kind": "garbage", "after": true}),
        json!({"kind": "status", "status": 502, "after": true}),
    ];
    for fault in faults {
        let sandbox = Sandbox::start();
        let workspace = Workspace::new(&sandbox);
        add_rows(&sandbox, "api_keys", &[foreign_key(71, "2026-01-01T00:00:00Z")]);
        put_fault(&sandbox, &fault, "/verify/v1/tokens");
        workspace.configure(&format!("{TODAY}{API_KEY}"));
        let errors = workspace.apply().failed().errors();
        assert!(errors.contains("The API key \"1\" lost its secret"), "{errors}");
        workspace.apply().succeeded();
        workspace.plan().assert_empty();
        assert_eq!(ids(&sandbox, "api_keys"), [71, 2], "{fault}");
        workspace.destroy().succeeded();
        assert_eq!(ids(&sandbox, "api_keys"), [71], "{fault}");
    }
}

#[test]
fn a_create_that_was_not_applied_adopts_no_api_key_of_somebody_else() {
    for fault in [json!({"kind": "status", "status": 502}), json!({"kind": "garbage"})] {
        let sandbox = Sandbox::start();
        let workspace = Workspace::new(&sandbox);
        add_rows(&sandbox, "api_keys", &[foreign_key(71, "2026-01-01T00:00:00Z")]);
        put_fault(&sandbox, &fault, "/verify/v1/tokens");
        workspace.configure(&format!("{TODAY}{API_KEY}"));
        let errors = workspace.apply().failed().errors();
        assert!(errors.contains("does not have the API key, so most likely it was not created"), "{fault}: {errors}");
        assert!(workspace.state().is_empty(), "{fault}");
        assert_eq!(ids(&sandbox, "api_keys"), [71], "{fault}");
    }
}

#[test]
fn an_api_key_that_somebody_else_creates_at_the_same_time_is_ambiguous() {
    let sandbox = Sandbox::start();
    let mut workspace = Workspace::new(&sandbox);
    workspace.set("IDV_MAX_RETRIES", "0");
    workspace.set("IDV_REQUEST_TIMEOUT", "2");
    put_fault(&sandbox, &json!({"kind": "delay", "delay_ms": 8000, "after": true}), "/verify/v1/tokens");
    workspace.configure(&format!("{TODAY}{API_KEY}"));
    let others = [foreign_key(71, &jiff::Timestamp::now().to_string())];
    let run = apply_while_others_add(&sandbox, &workspace, "POST /verify/v1/tokens", "api_keys", &others);
    let errors = run.failed().errors();
    assert!(errors.contains("The API key \"shop\" is ambiguous"), "{errors}");
    assert!(errors.contains("id = \"71\"") && errors.contains("id = \"1\""), "{errors}");
    assert!(workspace.state().is_empty());
    assert_eq!(ids(&sandbox, "api_keys"), [1, 71]);
}

#[test]
fn ctrl_c_while_an_image_is_processed_loses_no_entry() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    // The interrupt arrives before the list shows the entry.
    sandbox.change_state(|state| state["xident"]["processing_seconds"] = json!(3));
    workspace.configure(&format!("{TODAY}{}", entries(2)));
    let apply = workspace.start(&["apply", "-auto-approve", "-no-color"]);
    sandbox.wait_for_request("POST /verify/v1/blacklist/image");
    apply.interrupt();
    let run = apply.wait();
    assert!(run.stdout.contains("Interrupt received"), "Terraform did not see the signal");
    assert_eq!(workspace.state().len(), 1, "the created entry is in state, and no other was started");
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
        output "requirements" {
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
        assert_eq!(outputs["requirements"]["value"], json!([18, "Sandbox"]), "{api}");
    }
}

#[test]
fn requirements_are_read_without_the_secret_key() {
    for api in ["v1", "verify/v1"] {
        let sandbox = Sandbox::start();
        let mut workspace = Workspace::new(&sandbox);
        workspace.set("IDV_XIDENT_API", api);
        workspace.configure("data \"idv_xident_requirements\" \"main\" {}\n");
        // `v1` has the publishable key in the body and in the header, `verify/v1` in the header. The sandbox accepts no other
        // key there.
        workspace.apply().succeeded();
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
    assert_eq!(workspace.state()["idv_xident_api_key.main"]["secret"], token, "returned once, and kept");
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
