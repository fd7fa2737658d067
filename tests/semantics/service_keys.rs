//! Service keys: adopted by their tag, and reset only after a change of `rotate_when`.

use serde_json::{Value, json};

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
fn change_of_rotate_when_resets_the_key_once_and_the_plan_warns() {
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
        assert_eq!(
            warnings.contains("The service key \"pipeline\" will be reset"),
            resets,
            "{rotate_when}: {warnings}"
        );
        workspace.apply_saved().succeeded();
        workspace.plan().assert_empty();
        assert_eq!(changed(&before, &ids(&sandbox)).len(), usize::from(resets), "{rotate_when}");
    }
    assert_eq!(changed(&before, &ids(&sandbox)), [1], "only the key with this tag");
    workspace.destroy().succeeded();
}

/// The key that encrypts every request changes during the run.
#[test]
fn run_continues_after_a_reset_of_the_services_own_key() {
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

const ROTATED: [&str; 2] = ["rotate_when = { quarter = \"2026-Q3\" }\n", "rotate_when = { quarter = \"2026-Q4\" }\n"];

/// A workspace in which the next apply resets the key with this tag.
fn about_to_rotate(sandbox: &Sandbox, tag: &str) -> Workspace {
    let workspace = Workspace::new(sandbox);
    workspace.configure(&key(tag, ROTATED[0]));
    workspace.apply().succeeded();
    workspace.configure(&key(tag, ROTATED[1]));
    sandbox.forget_requests();
    workspace
}

/// How many resets were requested.
fn resets(sandbox: &Sandbox) -> usize {
    sandbox.count("DELETE /idproofingapi/servicekey/")
}

#[test]
fn reset_without_a_response_is_not_repeated() {
    for tag in ["pipeline", "service"] {
        let sandbox = Sandbox::start();
        let workspace = about_to_rotate(&sandbox, tag);
        sandbox.fault(&json!({
            "vendor": "onekosmos", "method": "DELETE", "path": "/idproofingapi/servicekey", "kind": "drop", "after": true,
        }));
        let run = workspace.apply().succeeded();
        let warning = format!("The service key \"{tag}\" was reset despite an error");
        assert!(run.warnings().contains(&warning), "{}", run.warnings());
        workspace.plan().assert_empty();
        assert_eq!(resets(&sandbox), 1, "{tag}");
    }
}

/// Terraform gets no response and keeps the state from before the reset.
#[test]
fn reset_by_a_killed_provider_is_not_repeated() {
    for tag in ["pipeline", "service"] {
        let sandbox = Sandbox::start();
        let workspace = about_to_rotate(&sandbox, tag);
        let before = ids(&sandbox);
        sandbox.fault(&json!({
            "vendor": "onekosmos", "method": "DELETE", "path": "/idproofingapi/servicekey", "kind": "delay", "delay_ms": 60_000,
            "after": true,
        }));
        let apply = workspace.start(&["apply", "-auto-approve", "-no-color"]);
        sandbox.wait_for_request("DELETE /idproofingapi/servicekey");
        sandbox.wait_until("the key is reset", |sandbox| ids(sandbox) != before);
        apply.kill_provider();
        apply.wait().failed();
        let reset = ids(&sandbox);
        let plan = workspace.plan();
        assert!(plan.warnings().contains("\" was reset already"), "{}", plan.warnings());
        workspace.apply_saved().succeeded();
        workspace.plan().assert_empty();
        assert_eq!((ids(&sandbox), resets(&sandbox)), (reset, 1), "{tag}");
        // The next change resets again.
        workspace.configure(&key(tag, "rotate_when = { quarter = \"2027-Q1\" }\n"));
        workspace.apply().succeeded();
        assert_eq!(resets(&sandbox), 2, "{tag}");
    }
}

#[test]
fn next_apply_repeats_a_refused_reset() {
    let sandbox = Sandbox::start();
    let workspace = about_to_rotate(&sandbox, "pipeline");
    let before = ids(&sandbox);
    sandbox.fault(&json!({
        "vendor": "onekosmos", "method": "DELETE", "path": "/idproofingapi/servicekey", "kind": "status", "status": 403,
    }));
    workspace.apply().failed();
    assert_eq!(ids(&sandbox), before);
    assert!(workspace.plan().warnings().contains("\" will be reset"));
    workspace.apply_saved().succeeded();
    assert_eq!(changed(&before, &ids(&sandbox)), [1]);
}

/// The service decrypts with this key, so every request after the reset must use the new key in the same run.
#[test]
fn requests_after_a_reset_use_the_new_key() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    let many = |quarter: &str, step: &str| {
        format!(
            r#"{}
            resource "idv_onekosmos_proofing_template" "many" {{
              count         = 12
              document_type = "dl_object"
              dvc_id        = "dvc_${{count.index}}"
              workflow      = [{{ name = "{step}", type = "CAPTURE_FRONT" }}]
            }}
            data "idv_onekosmos_service_keys" "after" {{
              depends_on = [idv_onekosmos_service_key.main]
            }}
            ephemeral "idv_onekosmos_service_key" "after" {{
              tag = idv_onekosmos_service_key.main.tag
            }}"#,
            key("service", &format!("rotate_when = {{ quarter = \"{quarter}\" }}\n"))
        )
    };
    workspace.configure(&many("2026-Q3", "front"));
    workspace.apply().succeeded();
    sandbox.forget_requests();
    workspace.configure(&many("2026-Q4", "back"));
    workspace.apply().succeeded();
    assert_eq!(resets(&sandbox), 1);
    workspace.plan().assert_empty();
    let templates = sandbox.state()["onekosmos"]["templates"].as_array().unwrap().clone();
    assert!(templates.len() == 12 && templates.iter().all(|template| template["workflow"][0]["name"] == "back"));
}
