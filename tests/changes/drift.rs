//! The state against the live tenant.

use std::process::{Command, Stdio};

use expect_test::expect;
use serde_json::Value;

use super::{change_by_hand, demo, drift, headlines};
use crate::support::sandbox::{BINARY, Sandbox};
use crate::support::workspace::Workspace;

const WEBHOOKS: &str = r#"
resource "idv_vult_webhook" "a" {
  name = "a"
  url  = "https://h.example.com/a"
}
"#;

#[test]
fn drift_names_everything_that_was_done_by_hand_and_writes_nothing() {
    let sandbox = Sandbox::start();
    let workspace = demo(&sandbox);
    sandbox.change_state(change_by_hand);
    sandbox.forget_requests();
    let run = drift(&workspace, "text");
    assert_eq!(run.code, Some(2), "{}", run.stdout);
    expect![[r#"
        looser Didit list entry list "trusted phones", +15550000 is not managed
        looser VULT webhook backup, https://collector.example.net/x is not managed
        looser Didit workflow kyc differs
        looser 1Kosmos bucket differs
        looser VULT weights differ
        neutral VULT webhook audit, https://hooks.example.com/idv/audit is gone at the vendor
        neutral 5N ID credentials access request bob::1220ef01 is not managed
        neutral 1Kosmos proofing template dl_object is not managed"#]]
    .assert_eq(&headlines(&run.stdout).join("\n"));
    for expected in [
        "OFAC fuzzy match weight falls from 15 to 1",
        "looser: the check counts less in the score",
        "max retry attempts rises from 2 to 10",
        "is enabled changes from yes to no",
        "data about people is sent to `collector.example.net`, which no managed object names",
        "the value passes",
        "Not in state are settings that every tenant has",
    ] {
        assert!(run.stdout.contains(expected), "{expected}: {}", run.stdout);
    }
    // These calls only read, with a body.
    let reads = ["GET ", "POST /webhook/list ", "POST /api/r1/system/community_info/fetch "];
    let is_read = |line: &str| {
        reads.iter().any(|read| line.starts_with(read))
            || line.contains("token")
            || line.contains("proofingsession/fetch")
    };
    let writes: Vec<_> = sandbox.request_lines().into_iter().filter(|line| !is_read(line)).collect();
    assert!(writes.is_empty(), "{writes:?}");
}

#[test]
fn drift_of_a_tenant_as_declared_is_empty_and_managed_only_leaves_out_the_rest() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(WEBHOOKS);
    workspace.apply().succeeded();
    let state = ["drift", "--state", "terraform.tfstate"];
    let managed = workspace.run_provider(&[&state[..], &["--managed-only"]].concat());
    assert_eq!((managed.code, headlines(&managed.stdout).len()), (Some(0), 0), "{}", managed.stdout);
    // The sandbox begins with a template and a credential that somebody else has made.
    assert_eq!(workspace.run_provider(&state).code, Some(2));
}

#[test]
fn drift_takes_every_form_of_a_state_and_standard_input() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(&format!("module \"m\" {{\n  source = \"./m\"\n}}\n{WEBHOOKS}"));
    std::fs::create_dir(workspace.path().join("m")).unwrap();
    workspace.write(
        "m/main.tf",
        "terraform {\n  required_providers {\n    idv = { source = \"identity-as-code/idv\" }\n  }\n}\n\
         resource \"idv_vult_webhook\" \"b\" {\n  for_each = toset([\"x\"])\n  name     = each.key\n  url      = \"https://h.example.com/b\"\n}\n",
    );
    workspace.run(&["get"]).succeeded();
    workspace.apply().succeeded();
    sandbox.change_state(|state| state["vult"]["webhooks"].as_array_mut().unwrap().clear());
    let pulled = workspace.run(&["state", "pull"]).succeeded().stdout;
    let shown = workspace.run(&["show", "-json"]).succeeded().stdout;
    for text in [pulled, shown] {
        let mut command = Command::new(BINARY);
        command.args(["drift", "--state", "-", "--managed-only", "--format", "json"]).envs(sandbox.env());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        let found: Vec<_> = document["objects"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| (it["address"].as_str().unwrap(), it["action"].as_str().unwrap()))
            .collect();
        assert_eq!(found, [("idv_vult_webhook.a", "gone"), ("module.m.idv_vult_webhook.b[\"x\"]", "gone")]);
    }
}

#[test]
fn a_wrong_file_is_an_error_that_says_what_to_pass() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.write("plan.json", "{\"format_version\": \"1.2\", \"resource_changes\": []}");
    workspace.write("encrypted.json", "{\"encrypted_data\": \"x\", \"encryption_version\": \"v0\"}");
    workspace.write("text.json", "no JSON");
    for (file, expected) in [
        ("plan.json", "is not a state"),
        ("encrypted.json", "encrypted state of OpenTofu"),
        ("text.json", "is not a state"),
        ("missing.json", "cannot be read"),
    ] {
        let run = workspace.run_provider(&["drift", "--state", file]);
        assert_eq!(run.code, Some(1));
        assert!(run.stderr.contains(expected) && run.stderr.contains(file), "{}", run.stderr);
    }
}

#[test]
fn a_vendor_that_cannot_be_read_is_a_limit_and_not_a_difference() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(WEBHOOKS);
    workspace.apply().succeeded();
    let fault =
        serde_json::json!({"vendor": "vult", "path": "/webhook/list", "kind": "status", "status": 403, "times": 99});
    sandbox.fault(&fault);
    let run = drift(&workspace, "text");
    assert!(run.stdout.contains("`idv_vult_webhook.a` was not read"), "{}", run.stdout);
    assert!(!run.stdout.contains("is gone"), "{}", run.stdout);
}
