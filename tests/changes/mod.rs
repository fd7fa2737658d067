//! The commands that say what differs, against real plans, states and tenants.

mod browser;
mod compare;
mod drift;
mod impact;
mod render;
mod report;

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::sandbox::Sandbox;
use crate::support::terraform::Run;
use crate::support::workspace::Workspace;

/// A workspace with the demo's configuration, applied to a sandbox.
fn demo(sandbox: &Sandbox) -> Workspace {
    let mut workspace = Workspace::new(sandbox);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/demo");
    for file in fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        fs::copy(&file, workspace.path().join(file.file_name().unwrap())).unwrap();
    }
    workspace.set("TF_VAR_bucket_secret_key", "hush-6d1f");
    workspace.run(&["apply", "-json", "-auto-approve"]).succeeded();
    workspace
}

/// Plans, and returns the report of the plan as a document and in another form.
fn report(workspace: &Workspace, format: &str) -> (Value, String) {
    let plan = workspace.plan();
    workspace.write("plan.json", &plan.json().to_string());
    let json = workspace.run_provider(&["report", "plan.json", "--format", "json"]);
    let document = serde_json::from_str(&json.stdout).unwrap_or_else(|error| panic!("{error}: {}", json.stderr));
    (document, workspace.run_provider(&["report", "plan.json", "--format", format]).stdout)
}

/// Compares the state with the vendors.
fn drift(workspace: &Workspace, format: &str) -> Run {
    workspace.run_provider(&["drift", "--state", "terraform.tfstate", "--format", format])
}

/// The lines of a text that begin an object, such as `looser    VULT weights differ`, without the spaces.
fn headlines(text: &str) -> Vec<String> {
    let directions = ["looser", "stricter", "neutral"];
    let is_one = |line: &&str| {
        line.split_whitespace().next().is_some_and(|word| directions.contains(&word)) && !line.starts_with(' ')
    };
    text.lines().filter(is_one).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// What somebody does in the dashboards: lowers a weight, deletes a webhook, disables the bucket, raises attempts, and adds a
/// webhook and an entry of the allow-list.
fn change_by_hand(state: &mut Value) {
    state["vult"]["weights"].as_array_mut().unwrap().last_mut().unwrap()["ofac_fuzzy_match_weight"] = 1.into();
    let webhooks = state["vult"]["webhooks"].as_array_mut().unwrap();
    webhooks.retain(|webhook| webhook["name"] != "audit");
    let mut foreign = webhooks[0].clone();
    (foreign["id"], foreign["name"]) = ("whk_999999".into(), "backup".into());
    foreign["url"] = "https://collector.example.net/x".into();
    webhooks.push(foreign);
    state["onekosmos"]["buckets"][0]["isEnabled"] = false.into();
    let versions = state["didit"]["workflows"].as_array_mut().unwrap();
    versions.last_mut().unwrap()["settings"]["max_retry_attempts"] = 10.into();
    let lists = state["didit"]["lists"].as_array_mut().unwrap();
    let trusted = lists.iter_mut().find(|list| list["name"] == "trusted phones").unwrap();
    let entries = trusted["entries"].as_array_mut().unwrap();
    let mut entry = entries[0].clone();
    (entry["uuid"], entry["value"]) = ("eeeeeeee-0000-4000-8000-00000000ffff".into(), "+15550000".into());
    entries.push(entry);
}
