//! The end of the plugin by another way than Terraform's request: nothing runs on, and nothing is lost.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::sandbox::Sandbox;
use crate::support::workspace::{Started, Workspace};

const CREATE: &str = "POST /webhook/create";

/// Several creates, one after the other.
const WEBHOOKS: &str = r#"
resource "idv_vult_webhook" "main" {
  count = 4
  name  = "hook ${count.index}"
  url   = "https://h.example.com"
}
"#;

/// Starts an apply whose sockets are in the workspace, and waits for its first create.
fn start_apply<'w>(sandbox: &Sandbox, workspace: &'w mut Workspace) -> Started<'w> {
    let folder = workspace.path().display().to_string();
    workspace.set("TMPDIR", &folder);
    workspace.configure(WEBHOOKS);
    let apply = workspace.start(&["apply", "-auto-approve", "-no-color", "-parallelism=1"]);
    sandbox.wait_for_request(CREATE);
    apply
}

fn sockets(folder: &Path) -> usize {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("idv-plugin-")).count()
}

fn webhooks_at_the_vendor(sandbox: &Sandbox) -> usize {
    sandbox.state()["vult"]["webhooks"].as_array().unwrap().len()
}

fn webhooks_in_state(workspace: &Workspace) -> usize {
    workspace.state().keys().filter(|address| address.starts_with("idv_vult_webhook.")).count()
}

/// The lines before the provider: none, or one that leaves a shell between Terraform and the provider.
const PARENTS: [Option<&str>; 2] = [None, Some("'{binary}'; exit $?")];

#[test]
fn provider_ends_when_terraform_was_killed() {
    thread::scope(|scope| {
        for parent in PARENTS {
            scope.spawn(move || {
                let sandbox = Sandbox::start_with(&["--latency", "3s"]);
                let mut workspace = Workspace::new(&sandbox);
                if let Some(lines) = parent {
                    let lines = lines.replace("{binary}", crate::support::sandbox::BINARY);
                    workspace = workspace.with_lines_before_the_provider(&lines);
                }
                let folder = workspace.path().to_owned();
                let apply = start_apply(&sandbox, &mut workspace);
                apply.providers();
                let requests = sandbox.requests().len();
                apply.kill_terraform();
                let deadline = Instant::now() + Duration::from_secs(10);
                while !apply.running_providers().is_empty() {
                    assert!(Instant::now() < deadline, "the provider outlives Terraform, below {parent:?}");
                    thread::sleep(Duration::from_millis(100));
                }
                apply.wait();
                assert_eq!(sandbox.requests().len(), requests, "{:?}", sandbox.request_lines());
                assert_eq!(sockets(&folder), 0, "the socket is removed, below {parent:?}");
            });
        }
    });
}

#[test]
fn sigterm_ends_the_provider_after_the_create_in_flight() {
    let sandbox = Sandbox::start_with(&["--latency", "2s"]);
    let mut workspace = Workspace::new(&sandbox);
    let folder = workspace.path().to_owned();
    let apply = start_apply(&sandbox, &mut workspace);
    apply.terminate_provider();
    apply.wait().failed();
    assert_eq!(sandbox.count(CREATE), 1, "{:?}", sandbox.request_lines());
    assert_eq!(sockets(&folder), 0, "the socket is removed");
    assert_eq!((webhooks_in_state(&workspace), webhooks_at_the_vendor(&sandbox)), (1, 1));
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
    assert_eq!(webhooks_at_the_vendor(&sandbox), 4);
}

#[test]
fn sigterm_for_terraform_and_provider_keeps_what_was_created() {
    let sandbox = Sandbox::start_with(&["--latency", "2s"]);
    let mut workspace = Workspace::new(&sandbox);
    let apply = start_apply(&sandbox, &mut workspace);
    apply.terminate();
    let run = apply.wait();
    assert!(run.stdout.contains("Interrupt received"), "Terraform did not see the signal");
    assert_eq!((webhooks_in_state(&workspace), webhooks_at_the_vendor(&sandbox)), (1, 1));
}

#[test]
fn next_start_removes_the_socket_of_a_killed_provider() {
    let sandbox = Sandbox::start_with(&["--latency", "2s"]);
    let mut workspace = Workspace::new(&sandbox);
    let folder = workspace.path().to_owned();
    let apply = start_apply(&sandbox, &mut workspace);
    apply.kill_provider();
    apply.wait().failed();
    assert_eq!(sockets(&folder), 1, "nobody could remove it");
    workspace.validate().succeeded();
    assert_eq!(sockets(&folder), 0);
}
