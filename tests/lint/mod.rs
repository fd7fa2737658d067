//! `lint` names what a real Terraform passes over, and finds nothing in the examples and in an export.

mod formats;
mod policies;
mod rules;

use serde_json::Value;

use crate::support::terraform::Run;
use crate::support::workspace::Workspace;

/// Runs `lint` in a workspace, with its findings as JSON.
fn lint(workspace: &Workspace, arguments: &[&str]) -> (Run, Value) {
    let run = workspace.run_provider(&[&["lint", "--format", "json"], arguments].concat());
    let report = serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stderr));
    (run, report)
}

/// The rule and the place of each finding: `unknown-key main.tf:3`.
fn found(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let place =
        |it: &Value| format!("{} {}:{}", it["rule"].as_str().unwrap(), it["file"].as_str().unwrap(), it["line"]);
    findings.map(place).collect()
}

/// A workspace with one file, without the CLI configuration's requirements, so that the lines are those of the text.
fn workspace(text: &str) -> Workspace {
    let workspace = Workspace::without_vendors();
    workspace.write("main.tf", text);
    workspace
}
