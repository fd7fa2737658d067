//! Service keys, which are adopted, and reset only where a user asks for it in so many words.

use serde_json::Value;

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

fn key(tag: &str, rotate_when: &str) -> String {
    format!("resource \"idv_onekosmos_service_key\" \"main\" {{\n  tag = \"{tag}\"\n{rotate_when}}}\n")
}

fn ids(sandbox: &Sandbox) -> Vec<Value> {
    let state = sandbox.state();
    state["onekosmos"]["service_keys"].as_array().unwrap().iter().map(|key| key["keyId"].clone()).collect()
}

/// The positions of the keys that differ.
fn changed(before: &[Value], after: &[Value]) -> Vec<usize> {
    before
        .iter()
        .zip(after)
        .enumerate()
        .filter(|(_, (before, after))| before != after)
        .map(|(index, _)| index)
        .collect()
}

#[test]
fn a_change_of_rotate_when_resets_that_key_once_and_the_plan_says_so() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let before = ids(&sandbox);
    for (rotate_when, resets) in [
        ("", false),
        ("rotate_when = { quarter = \"2026-Q3\" }\n", false),
        ("rotate_when = { quarter = \"2026-Q4\" }\n", true),
        ("", false),
    ] {
        let before = ids(&sandbox);
        workspace.configure(&key("pipeline", rotate_when));
        let warnings = workspace.plan().warnings();
        assert_eq!(warnings.contains("The service key will be reset"), resets, "{rotate_when}: {warnings}");
        workspace.apply_saved().succeeded();
        workspace.plan().assert_empty();
        assert_eq!(changed(&before, &ids(&sandbox)).len(), usize::from(resets), "{rotate_when}");
    }
    assert_eq!(changed(&before, &ids(&sandbox)), [1], "only the key with this tag");
    workspace.destroy().succeeded();
}

/// What the service encrypts with changes under the feet of the run that asked for it.
#[test]
fn the_services_own_key_can_be_reset_and_the_run_goes_on() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let configuration = |quarter: &str| key("service", &format!("rotate_when = {{ quarter = \"{quarter}\" }}\n"));
    workspace.configure(&configuration("2026-Q3"));
    workspace.apply().succeeded();
    let private_key = sandbox.state()["onekosmos"]["service_private_key"].clone();
    workspace.configure(&configuration("2026-Q4"));
    workspace.apply().succeeded();
    assert_ne!(sandbox.state()["onekosmos"]["service_private_key"], private_key);
    workspace.plan().assert_empty();
}
