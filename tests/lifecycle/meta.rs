//! What a user writes around a resource: `lifecycle`, `moved`, `-replace` and `-refresh=false`, for every type.

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

use super::Case;

/// Types of which the vendor takes one only, by its address, name, value or user: another cannot be created before the first
/// is deleted.
const TAKEN_ONCE: [&str; 5] = [
    "idv_didit_list",
    "idv_didit_list_entry",
    "idv_didit_webhook_destination",
    "idv_vult_webhook",
    "idv_xident_face_enrollment",
];

impl Case {
    /// Walks what no value of the resource is about, in a workspace of its own; the vendor has no such object before.
    pub(super) fn obeys_terraform(&self, sandbox: &Sandbox) {
        let workspace = Workspace::new(sandbox);
        workspace.configure(&self.with(self.created, "main", "lifecycle { create_before_destroy = true }"));
        workspace.apply().succeeded();
        workspace.plan_with(&["-refresh=false"]).assert_empty();
        self.is_replaced_before(&workspace);
        self.is_renamed(&workspace);
        self.is_ignored(&workspace);
        workspace.destroy().succeeded();
    }

    /// A configuration with further lines in the resource, and another name of it.
    fn with(&self, configuration: &str, name: &str, lines: &str) -> String {
        let head = format!("resource \"{}\" \"main\" {{", self.kind());
        assert!(configuration.contains(&head));
        configuration.replace(&head, &format!("resource \"{}\" \"{name}\" {{\n{lines}\n", self.kind()))
    }

    /// Where the vendor refuses a second one nothing is lost: the first stays, and is no tainted one.
    fn is_replaced_before(&self, workspace: &Workspace) {
        let plan = workspace.plan_with(&[&format!("-replace={}", self.address)]);
        assert_eq!(plan.actions(self.address), ["create", "delete"]);
        let run = workspace.apply_saved();
        if TAKEN_ONCE.contains(&self.kind()) {
            let errors = run.failed().errors();
            assert!(errors.contains("already"), "{errors}");
        } else {
            run.succeeded();
        }
        workspace.plan().assert_empty();
        let state = std::fs::read_to_string(workspace.path().join("terraform.tfstate")).unwrap();
        assert!(!state.contains("\"deposed\""), "one of the two is left over");
    }

    fn is_renamed(&self, workspace: &Workspace) {
        let each = "for_each = toset([\"one\"])";
        let to = format!("{}[\"one\"]", self.address.replace(".main", ".other"));
        let moved = format!("\nmoved {{\n  from = {}\n  to   = {to}\n}}\n", self.address);
        workspace.configure(&format!("{}{moved}", self.with(self.created, "other", each)));
        let plan = workspace.plan();
        assert_eq!(plan.actions(&to), ["no-op"]);
        workspace.apply_saved().succeeded();

        let back = format!("\nmoved {{\n  from = {to}\n  to   = {}\n}}\n", self.address);
        workspace.configure(&format!("{}{back}", self.created));
        assert_eq!(workspace.plan().actions(self.address), ["no-op"]);
        workspace.apply_saved().succeeded();
        workspace.plan().assert_empty();
    }

    /// What is configured does not count any more, whatever it is.
    fn is_ignored(&self, workspace: &Workspace) {
        let others = self.updated.into_iter().chain(self.replaced.iter().map(|(_, configuration)| *configuration));
        for configuration in others {
            workspace.configure(&self.with(configuration, "main", "lifecycle { ignore_changes = all }"));
            workspace.plan().assert_empty();
        }
    }
}
