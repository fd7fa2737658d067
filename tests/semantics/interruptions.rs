//! What is left of an apply that is interrupted, or whose answers go astray: nothing lost, nothing twice.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

const TWO_WEBHOOKS: &str = r#"
resource "idv_vult_webhook" "one" {
  name = "one"
  url  = "https://h.example.com"
}
resource "idv_vult_webhook" "two" {
  name = "two"
  url  = "https://h.example.com"
}
"#;

/// Applies again, and compares what is in state with what the vendor has.
fn nothing_lost_and_nothing_twice(workspace: &Workspace, sandbox: &Sandbox) {
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
    let state = workspace.state();
    let mut managed: Vec<_> = state.values().map(|webhook| webhook["id"].clone()).collect();
    let mut there: Vec<_> = webhooks(sandbox).into_iter().map(|row| row["id"].clone()).collect();
    managed.sort_by_key(Value::to_string);
    there.sort_by_key(Value::to_string);
    assert_eq!(managed, there);
}

fn webhooks(sandbox: &Sandbox) -> Vec<Value> {
    sandbox.state()["vult"]["webhooks"].as_array().unwrap().clone()
}

/// Waits until a request has arrived, whose line begins with this.
fn wait_for_request(sandbox: &Sandbox, beginning: &str) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !sandbox.request_lines().iter().any(|line| line.starts_with(beginning)) {
        assert!(Instant::now() < deadline, "no {beginning} within a minute: {:?}", sandbox.request_lines());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn ctrl_c_during_a_slow_apply() {
    let sandbox = Sandbox::start_with(&["--latency", "2s"]);
    let workspace = Workspace::new(&sandbox);
    workspace.configure(TWO_WEBHOOKS);
    let apply = workspace.start(&["apply", "-auto-approve", "-no-color"]);
    // From here on the vendor has a webhook of which Terraform does not know yet.
    wait_for_request(&sandbox, "POST /webhook/create");
    apply.interrupt();
    let run = apply.wait();
    assert!(run.stdout.contains("Interrupt received"), "Terraform did not see the signal");
    assert!(!webhooks(&sandbox).is_empty());
    assert_eq!(workspace.state().len(), webhooks(&sandbox).len(), "an object is at the vendor and not in state");
    nothing_lost_and_nothing_twice(&workspace, &sandbox);
    assert_eq!(webhooks(&sandbox).len(), 2);
}

/// The vendor carries a request out and does not say so.
fn astray(fault: &Value) {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(TWO_WEBHOOKS);
    sandbox.fault(fault);
    workspace.apply();
    nothing_lost_and_nothing_twice(&workspace, &sandbox);
    assert_eq!(webhooks(&sandbox).len(), 2);
}

#[test]
fn an_error_after_a_webhook_was_created() {
    astray(&json!({"vendor": "vult", "path": "/webhook/create", "kind": "status", "status": 500, "after": true}));
}

#[test]
fn no_answer_after_a_webhook_was_created() {
    astray(&json!({"vendor": "vult", "path": "/webhook/create", "kind": "drop", "after": true}));
}
