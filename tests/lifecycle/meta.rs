//! What a user writes around a resource: `lifecycle`, `moved`, `-replace` and `-refresh=false`, for every type.

use crate::support::objects::Values;
use crate::support::workspace::Workspace;

use super::Lifecycle;

impl Lifecycle {
    /// Walks Terraform's own settings, in a workspace of its own; the vendor has no such object before.
    pub(super) fn obeys_terraform(&self) {
        let workspace = Workspace::new(&self.sandbox);
        workspace.configure(&self.created("main", "lifecycle { create_before_destroy = true }"));
        workspace.apply().succeeded();
        workspace.plan_with(&["-refresh=false"]).assert_empty();
        self.is_replaced_before_destroy(&workspace);
        self.is_moved(&workspace);
        self.is_ignored(&workspace);
        workspace.destroy().succeeded();
    }

    fn created(&self, name: &str, lines: &str) -> String {
        self.object.block(&Values::Created, name, lines)
    }

    /// Where the vendor refuses a second object, the first stays and is not tainted.
    fn is_replaced_before_destroy(&self, workspace: &Workspace) {
        let plan = workspace.plan_with(&[&format!("-replace={}", self.address)]);
        assert_eq!(plan.actions(&self.address), ["create", "delete"]);
        let run = workspace.apply_saved();
        if self.object.is_unique {
            let errors = run.failed().errors();
            assert!(errors.contains("already"), "{errors}");
        } else {
            run.succeeded();
        }
        workspace.plan().assert_empty();
        let state = std::fs::read_to_string(workspace.path().join("terraform.tfstate")).unwrap();
        assert!(!state.contains("\"deposed\""), "one of the two is left over");
    }

    fn is_moved(&self, workspace: &Workspace) {
        let to = format!("{}.other[\"one\"]", self.object.type_name);
        let moved = format!("\nmoved {{\n  from = {}\n  to   = {to}\n}}\n", self.address);
        workspace.configure(&format!("{}{moved}", self.created("other", "for_each = toset([\"one\"])")));
        let plan = workspace.plan();
        assert_eq!(plan.actions(&to), ["no-op"]);
        workspace.apply_saved().succeeded();

        let back = format!("\nmoved {{\n  from = {to}\n  to   = {}\n}}\n", self.address);
        workspace.configure(&format!("{}{back}", self.object.created()));
        assert_eq!(workspace.plan().actions(&self.address), ["no-op"]);
        workspace.apply_saved().succeeded();
        workspace.plan().assert_empty();
    }

    /// With `ignore_changes = all` no change of the configuration is planned.
    fn is_ignored(&self, workspace: &Workspace) {
        let changes = self.object.replacing().map(Values::Changed);
        for values in changes.chain([Values::Updated]) {
            workspace.configure(&self.object.block(&values, "main", "lifecycle { ignore_changes = all }"));
            workspace.plan().assert_empty();
        }
    }
}
