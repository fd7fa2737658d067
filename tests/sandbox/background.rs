//! `sandbox --background` returns when the sandbox is ready and leaves it running.

use std::{
    fs,
    process::{Command, Output},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::send;
use crate::support::sandbox::{BINARY, client, terminate};

fn background(arguments: &[&str]) -> Output {
    Command::new(BINARY).args(["sandbox", "--background"]).args(arguments).output().unwrap()
}

/// Waits until a URL no longer responds.
fn gone(url: &str) -> bool {
    let deadline = Instant::now() + Duration::from_secs(5);
    while client().get(url).send().is_ok() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}

#[test]
fn a_shell_evaluates_the_export_lines() {
    let script = format!(
        "eval \"$('{BINARY}' sandbox --background --format shell)\" && \
         printf '%s\\n' \"$IDV_SANDBOX_PID\" \"$IDV_SANDBOX_CONTROL_URL\" \"$IDV_VULT_BASE_URL\" \"$IDV_VULT_CLIENT_ID\""
    );
    let output = Command::new("sh").arg("-c").arg(script).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let [pid, control, vult, client_id] = text.lines().collect::<Vec<_>>().try_into().unwrap();
    let (status, state) = send(client().get(format!("{control}/state")));
    let of_vendor = send(client().get(format!("{vult}/ping"))).0;
    terminate(pid.parse().unwrap());
    assert_eq!((status, of_vendor), (200, 200));
    assert_eq!(state["vult"]["client_id"], client_id);
    assert!(gone(control), "SIGTERM ends it");
}

#[test]
fn the_ready_line_is_printed_and_written_to_the_ready_file() {
    let folder = tempfile::tempdir().unwrap();
    let (ready, state) = (folder.path().join("ready.json"), folder.path().join("state.json"));
    fs::write(&ready, r#"{"event":"ready","pid":1,"urls":{},"env":{}}"#).unwrap();
    let output =
        background(&["--ready-file", ready.to_str().unwrap(), "--state", state.to_str().unwrap(), "--latency", "1ms"]);
    assert!(output.status.success(), "{output:?}");
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let kept: Value = serde_json::from_slice(&fs::read(&ready).unwrap()).unwrap();
    terminate(u32::try_from(printed["pid"].as_u64().unwrap()).unwrap());
    assert_eq!(printed, kept, "an old ready file is replaced");
    assert_eq!(printed["event"], "ready");
    assert!(state.exists() && folder.path().join("state.json.log").exists());
    assert!(gone(printed["urls"]["control"].as_str().unwrap()));
}

#[test]
fn the_reason_of_a_failed_start_is_reported() {
    let output = background(&["--seed", "/nowhere/seed.json"]);
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("/nowhere/seed.json") && output.stdout.is_empty(), "{error}");
}
