//! Two tenants, or a tenant and an export.

use super::{change_by_hand, demo, headlines};
use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

#[test]
fn tenants_are_matched_by_names_and_not_by_ids() {
    let (left, right) = (Sandbox::start(), Sandbox::start());
    let workspace = demo(&left);
    // Another application counts from elsewhere, so that no id is the same.
    right.change_state(|state| {
        state["didit"]["last_ids"] = serde_json::json!({"list": 40, "entry": 40, "workflow": 40});
    });
    demo(&right);
    workspace.write_environment("left.env", &left);
    workspace.write_environment("right.env", &right);
    let same = workspace.run_provider(&["compare", "left.env", "right.env"]);
    assert_eq!((same.code, headlines(&same.stdout)), (Some(0), Vec::new()), "{}", same.stdout);
    right.change_state(change_by_hand);
    let run = workspace.run_provider(&["compare", "left.env", "right.env"]);
    assert_eq!(run.code, Some(2));
    let found = headlines(&run.stdout);
    for expected in [
        "looser Didit list entry list \"trusted phones\", +15550000 is only in right.env",
        "neutral VULT webhook backup, https://collector.example.net/x is only in right.env",
        "neutral VULT webhook audit, https://hooks.example.com/idv/audit is only in left.env",
        "looser Didit workflow kyc differs",
        "looser 1Kosmos bucket differs",
        "looser VULT weights differ",
    ] {
        assert!(found.iter().any(|line| line == expected), "{expected}: {}", run.stdout);
    }
    assert_eq!(found.len(), 6, "{}", run.stdout);
}

#[test]
fn an_export_and_its_tenant_are_the_same() {
    let sandbox = Sandbox::start();
    let workspace = demo(&sandbox);
    workspace.run_provider(&["export", "--out", "exported"]).succeeded();
    workspace.write_environment("tenant.env", &sandbox);
    let same = workspace.run_provider(&["compare", "exported", "tenant.env"]);
    assert_eq!((same.code, headlines(&same.stdout)), (Some(0), Vec::new()), "{}", same.stdout);
    sandbox.change_state(change_by_hand);
    let run = workspace.run_provider(&["compare", "exported", "tenant.env"]);
    assert_eq!((run.code, headlines(&run.stdout).len()), (Some(2), 6), "{}", run.stdout);
}

#[test]
fn a_side_that_cannot_be_read_is_an_error_that_names_it() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    workspace.write_environment("tenant.env", &sandbox);
    workspace.write("wrong.env", "IDV_VULT_CLIENT_ID=a\nhush-secret\n");
    std::fs::create_dir(workspace.path().join("empty")).unwrap();
    for (side, expected) in
        [("wrong.env", "line 2"), ("missing.env", "cannot be read"), ("empty", "has no resource of this provider")]
    {
        let run = workspace.run_provider(&["compare", "tenant.env", side]);
        assert_eq!(run.code, Some(1));
        assert!(run.stderr.contains(expected) && run.stderr.contains(side), "{}", run.stderr);
        assert!(!run.stderr.contains("hush"), "{}", run.stderr);
    }
}
