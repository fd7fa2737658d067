//! What a user writes around a resource: `lifecycle`, `moved`, `-replace` and `-refresh=false`, for every type.

use crate::support::objects::{Object, Values};
use crate::support::workspace::Workspace;

use super::{Lifecycle, changed};

impl Lifecycle {
    /// Walks Terraform's own settings, in a workspace of its own; the vendor has no such objects before.
    pub(super) fn obeys_terraform(&self) {
        let workspace = Workspace::new(&self.sandbox);
        workspace.configure(
            &self.blocks(|object| object.block(&Values::Created, "main", "lifecycle { create_before_destroy = true }")),
        );
        workspace.apply().succeeded();
        workspace.plan_with(&["-refresh=false"]).assert_empty();
        self.are_replaced_before_destroy(&workspace);
        self.are_moved(&workspace);
        self.are_ignored(&workspace);
        workspace.destroy().succeeded();
    }

    fn blocks(&self, block: impl Fn(&Object) -> String) -> String {
        self.objects.iter().map(|object| block(object)).collect()
    }

    /// Where the vendor refuses a second object, the first stays and is not tainted.
    fn are_replaced_before_destroy(&self, workspace: &Workspace) {
        let replace: Vec<_> = self.objects.iter().map(|object| format!("-replace={}", object.address())).collect();
        let plan = workspace.plan_with(&replace.iter().map(String::as_str).collect::<Vec<_>>());
        for object in &self.objects {
            assert_eq!(plan.actions(&object.address()), ["create", "delete"], "of {}", object.type_name);
        }
        let run = workspace.apply_saved();
        let unique = self.objects.iter().filter(|object| object.is_unique).count();
        if unique == 0 {
            run.succeeded();
        } else {
            let errors = run.failed().errors();
            let summaries: Vec<_> = errors.lines().filter(|line| line.starts_with("Error: ")).collect();
            assert_eq!(summaries.len(), unique, "{errors}");
            assert!(summaries.iter().all(|summary| summary.contains("already")), "{errors}");
        }
        workspace.plan().assert_empty();
        let state = std::fs::read_to_string(workspace.path().join("terraform.tfstate")).unwrap();
        assert!(!state.contains("\"deposed\""), "one of the two is left over");
    }

    fn are_moved(&self, workspace: &Workspace) {
        let other = |object: &Object| format!("{}.other[\"one\"]", object.type_name);
        let moved = |from: &str, to: &str| format!("\nmoved {{\n  from = {from}\n  to   = {to}\n}}\n");
        workspace.configure(&self.blocks(|object| {
            let block = object.block(&Values::Created, "other", "for_each = toset([\"one\"])");
            block + &moved(&object.address(), &other(object))
        }));
        let plan = workspace.plan();
        for object in &self.objects {
            assert_eq!(plan.actions(&other(object)), ["no-op"]);
        }
        workspace.apply_saved().succeeded();

        workspace.configure(&self.blocks(|object| object.created() + &moved(&other(object), &object.address())));
        let plan = workspace.plan();
        for object in &self.objects {
            assert_eq!(plan.actions(&object.address()), ["no-op"]);
        }
        workspace.apply_saved().succeeded();
        workspace.plan().assert_empty();
    }

    /// With `ignore_changes = all` no change of the configuration is planned.
    fn are_ignored(&self, workspace: &Workspace) {
        let ignored = "lifecycle { ignore_changes = all }";
        let rounds = self.rounds().map(|round| changed(&round, ignored));
        let updated = self.blocks(|object| object.block(&Values::Updated, "main", ignored));
        for configuration in rounds.chain([updated]) {
            workspace.configure(&configuration);
            workspace.plan().assert_empty();
        }
    }
}
