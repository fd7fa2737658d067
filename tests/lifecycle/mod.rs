//! The life of every managed resource under a real Terraform, told once and walked for each.

mod didit;
mod didit_lists;
mod fiven;
mod meta;
mod onekosmos;
mod vult;
mod xident;

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

/// Types whose destroy deletes more at the vendor than the object, and warns of that.
const TAKE_MORE_WITH_THEM: [&str; 2] = ["idv_didit_list", "idv_didit_questionnaire"];

/// One kind of resource: its configurations, and what happens to it at the vendor.
struct Case {
    /// Its address in all configurations.
    address: &'static str,
    /// What is applied first.
    created: &'static str,
    /// The same with values changed that can change in place; none where every attribute replaces.
    updated: Option<&'static str>,
    /// Each attribute whose change replaces, with the first configuration in which it alone is changed.
    replaced: &'static [(&'static str, &'static str)],
    /// The import id, from the attributes in state.
    import_id: fn(&Value) -> String,
    /// What the vendor has of the object that is first created, in the sandbox's state; null if it has none.
    at_vendor: fn(&Value) -> Value,
    /// Changes the object behind Terraform's back.
    drift: fn(&mut Value),
    /// What Terraform plans to mend that.
    repair: &'static [&'static str],
    /// Deletes the object behind Terraform's back.
    delete: fn(&mut Value),
    /// The summary of the warning that it is gone.
    gone: &'static str,
    /// Whether the vendor lets Terraform create it anew; one that can only be adopted has to come back by itself.
    created_anew: bool,
    /// What the vendor has after a destroy, from what it had before: null where it is deleted.
    destroyed: fn(&Value) -> Value,
}

impl Case {
    /// Walks the whole life, each step on what the one before it left.
    fn run(&self) {
        self.run_in(&Sandbox::start());
    }

    /// The same in a sandbox that was prepared for it.
    fn run_in(&self, sandbox: &Sandbox) {
        let workspace = Workspace::new(sandbox);
        self.creates(&workspace, sandbox);
        self.updates_in_place(&workspace);
        self.replaces_where_declared(&workspace);
        self.imports(&workspace, sandbox);
        self.repairs_drift(&workspace, sandbox);
        self.creates_what_is_gone(&workspace, sandbox);
        self.destroys(&workspace, sandbox);
        self.obeys_terraform(sandbox);
    }

    fn kind(&self) -> &str {
        self.address.split('.').next().unwrap()
    }

    fn creates(&self, workspace: &Workspace, sandbox: &Sandbox) {
        workspace.configure(self.created);
        assert_eq!(workspace.plan().actions(self.address), ["create"]);
        workspace.apply_saved().succeeded();
        workspace.plan().assert_empty();
        assert_ne!((self.at_vendor)(&sandbox.state()), Value::Null, "the vendor has no such object");
    }

    fn updates_in_place(&self, workspace: &Workspace) {
        for configuration in self.updated.iter().chain(&[self.created]) {
            if self.updated.is_none() {
                return;
            }
            workspace.configure(configuration);
            assert_eq!(workspace.plan().actions(self.address), ["update"], "to {configuration}");
            workspace.apply_saved().succeeded();
            workspace.plan().assert_empty();
        }
    }

    /// Those that the schema declares, no others, and each for its own sake.
    fn replaces_where_declared(&self, workspace: &Workspace) {
        let schema = &workspace.schemas()["resource_schemas"][self.kind()]["block"]["attributes"];
        let replaces =
            |attribute: &Value| attribute["description"].as_str().unwrap().contains("Changing this replaces");
        let declared = schema.as_object().unwrap().iter().filter(|(_, attribute)| replaces(attribute));
        let declared: BTreeSet<_> = declared.map(|(name, _)| name.as_str()).collect();
        assert_eq!(declared, self.replaced.iter().map(|(name, _)| *name).collect());
        for (attribute, configuration) in self.replaced {
            workspace.configure(configuration);
            let plan = workspace.plan();
            assert_eq!(plan.actions(self.address), ["delete", "create"], "for {attribute}");
            assert_eq!(plan.change(self.address)["replace_paths"], serde_json::json!([[attribute]]));
            workspace.apply_saved().succeeded();
            workspace.plan().assert_empty();
            workspace.configure(self.created);
            workspace.apply().succeeded();
        }
    }

    fn imports(&self, workspace: &Workspace, sandbox: &Sandbox) {
        let id = (self.import_id)(&workspace.state()[self.address]);
        let fresh = Workspace::new(sandbox);
        fresh.configure(self.created);
        fresh.import(self.address, &id).succeeded();
        fresh.plan().assert_imported(self.address);
        fresh.apply().succeeded();
        fresh.plan().assert_empty();
    }

    fn repairs_drift(&self, workspace: &Workspace, sandbox: &Sandbox) {
        let intact = (self.at_vendor)(&sandbox.state());
        sandbox.change_state(self.drift);
        assert_ne!((self.at_vendor)(&sandbox.state()), intact, "the drift changes nothing");
        assert_eq!(workspace.plan().actions(self.address), self.repair);
        workspace.apply_saved().succeeded();
        workspace.plan().assert_empty();
        if self.repair == ["update"] {
            assert_eq!((self.at_vendor)(&sandbox.state()), intact);
        }
    }

    fn creates_what_is_gone(&self, workspace: &Workspace, sandbox: &Sandbox) {
        let intact = sandbox.state();
        sandbox.change_state(self.delete);
        assert_eq!((self.at_vendor)(&sandbox.state()), Value::Null, "the object is still there");
        let plan = workspace.plan();
        assert_eq!(plan.actions(self.address), ["create"]);
        assert!(plan.warnings().contains(self.gone), "no such warning: {}", plan.warnings());
        let printed = workspace.run(&["plan", "-no-color"]).succeeded().stdout;
        assert!(printed.contains(&format!("Warning: {}", self.gone)));
        if !self.created_anew {
            workspace.apply().failed();
            sandbox.set_state(&intact);
        }
        workspace.apply().succeeded();
        workspace.plan().assert_empty();
    }

    fn destroys(&self, workspace: &Workspace, sandbox: &Sandbox) {
        let left = (self.destroyed)(&(self.at_vendor)(&sandbox.state()));
        let plan = workspace.plan_with(&["-destroy"]);
        assert_eq!(plan.actions(self.address), ["delete"]);
        let warns = !left.is_null() || TAKE_MORE_WITH_THEM.contains(&self.kind());
        assert_eq!(
            !plan.warnings().is_empty(),
            warns,
            "a destroy that does less or more than delete warns, and no other"
        );
        workspace.apply_saved().succeeded();
        assert!(workspace.state().is_empty());
        assert_eq!((self.at_vendor)(&sandbox.state()), left);
    }
}
