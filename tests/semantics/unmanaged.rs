//! Objects that Terraform stops managing without a destroy: nothing is sent to the vendor, and `on_destroy` has no effect.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::sandbox::Sandbox;
use crate::support::terraform;
use crate::support::workspace::{Plan, Workspace};

const ADDRESSES: [&str; 2] = ["idv_vult_weights.main", "idv_vult_webhook.main"];

/// Settings that a destroy would restore, and an object that it would delete.
fn objects(lifecycle: &str, name: &str) -> String {
    format!(
        "resource \"idv_vult_weights\" \"main\" {{\n  age_weight = 5\n  on_destroy = \"restore\"\n{lifecycle}}}\n\
         resource \"idv_vult_webhook\" \"main\" {{\n  name = \"{name}\"\n  url = \"https://h.example.com\"\n{lifecycle}}}\n"
    )
}

/// What the vendor has.
fn vendor(sandbox: &Sandbox) -> [Value; 2] {
    let state = sandbox.state();
    ["weights", "webhooks"].map(|part| state["vult"][part].clone())
}

/// A workspace with both objects.
fn applied(sandbox: &Sandbox, terraform: PathBuf, lifecycle: &str) -> Workspace {
    let workspace = Workspace::new(sandbox).with_terraform(terraform);
    workspace.configure(&objects(lifecycle, "events"));
    workspace.apply().succeeded();
    workspace
}

/// The plan forgets both objects, and the provider warns of nothing.
#[track_caller]
fn assert_forgets(plan: &Plan) {
    for address in ADDRESSES {
        assert_eq!(plan.actions(address), ["forget"]);
        assert!(!plan.warns_about(address), "{}", plan.warnings());
    }
    assert!(!plan.warnings().contains("Destroy restores"), "{}", plan.warnings());
}

#[test]
fn removed_blocks_leave_both_objects_at_the_vendor() {
    for terraform in [terraform::oldest(), terraform::pinned()] {
        let sandbox = Sandbox::start();
        let workspace = applied(&sandbox, terraform, "");
        let before = vendor(&sandbox);
        let removed = ADDRESSES
            .map(|address| format!("removed {{\n  from = {address}\n  lifecycle {{\n    destroy = false\n  }}\n}}\n"));
        workspace.configure(&removed.concat());
        let plan = workspace.plan();
        assert_forgets(&plan);
        workspace.write("plan.json", &plan.json().to_string());
        let report = workspace.run_provider(&["report", "plan.json"]).stdout;
        for line in [
            "VULT weights are no longer managed, and stay",
            "VULT webhook events, https://h.example.com is no longer managed, and stays",
        ] {
            assert!(report.contains(line), "no `{line}` in {report}");
        }
        sandbox.forget_requests();
        workspace.apply_saved().succeeded();
        assert_eq!(sandbox.request_lines(), Vec::<String>::new());
        assert!(workspace.state().is_empty());
        assert_eq!(vendor(&sandbox), before);
        workspace.plan().assert_empty();
    }
}

const DESTROY_FALSE: &str = "  lifecycle {\n    destroy = false\n  }\n";

#[test]
fn destroy_false_in_the_lifecycle_leaves_both_objects_at_the_vendor() {
    let sandbox = Sandbox::start();
    if terraform::version() < (1, 16) {
        let workspace = Workspace::new(&sandbox);
        workspace.configure(&objects(DESTROY_FALSE, "events"));
        let errors = workspace.try_plan().failed().errors();
        assert!(errors.contains("An argument named \"destroy\" is not expected here."), "{errors}");
        return;
    }
    let workspace = applied(&sandbox, terraform::pinned(), DESTROY_FALSE);
    let before = vendor(&sandbox);
    // Terraform 1.16 replaces a changed object all the same, and leaves a tainted one.
    workspace.configure(&objects(DESTROY_FALSE, "other"));
    assert_eq!(workspace.plan().actions(ADDRESSES[1]), ["delete", "create"]);
    workspace.configure(&objects(DESTROY_FALSE, "events"));
    workspace.run(&["taint", ADDRESSES[1]]).succeeded();
    let plan = workspace.plan();
    assert_eq!(plan.actions(ADDRESSES[1]), ["create", "forget"]);
    workspace.write("plan.json", &plan.json().to_string());
    let report = workspace.run_provider(&["report", "plan.json"]).stdout;
    assert!(report.contains("is created again, and the old one stays without Terraform"), "{report}");
    workspace.run(&["untaint", ADDRESSES[1]]).succeeded();
    // It reads `destroy = false` from the block, so without the block it destroys.
    workspace.configure("");
    let plan = workspace.plan();
    assert!(plan.warnings().contains("Destroy restores the weights"), "{}", plan.warnings());
    for address in ADDRESSES {
        assert_eq!(plan.actions(address), ["delete"]);
    }
    workspace.configure(&objects(DESTROY_FALSE, "events"));
    assert_forgets(&workspace.plan_with(&["-destroy"]));
    sandbox.forget_requests();
    workspace.apply_saved().succeeded();
    assert_eq!(sandbox.request_lines(), Vec::<String>::new());
    assert!(workspace.state().is_empty());
    assert_eq!(vendor(&sandbox), before);
}
