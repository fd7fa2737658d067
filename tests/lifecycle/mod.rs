//! The lifecycle of every managed resource under a real Terraform: each entry of the table of objects is walked.

mod meta;
mod xident;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::objects::{self, Object, Values};
use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

#[test]
fn vult_objects() {
    walk("vult");
}

#[test]
fn onekosmos_objects() {
    walk("onekosmos");
}

#[test]
fn fiven_objects() {
    walk("fiven");
}

#[test]
fn xident_objects() {
    walk("xident");
}

#[test]
fn didit_objects() {
    walk("didit");
}

#[test]
fn every_vendor_has_a_test() {
    let source = include_str!("mod.rs");
    for (vendor, _) in idv::registry::VENDORS {
        let call = format!("walk(\"{}\")", vendor.name());
        assert!(source.contains(&call), "tests/lifecycle/mod.rs has no test with `{call}`");
    }
}

/// Walks the objects of a vendor, each in a sandbox of its own. `LIFECYCLE` restricts the walk to one type.
fn walk(vendor: &str) {
    let wanted = std::env::var_os("LIFECYCLE");
    for object in objects::of_vendor(vendor) {
        if wanted.as_ref().is_none_or(|wanted| wanted == object.type_name) {
            eprintln!("the lifecycle of {}", object.type_name);
            Lifecycle::of(object).run();
        }
    }
}

/// One object on its way. Each step continues from the state that the one before it left.
struct Lifecycle {
    object: &'static Object,
    address: String,
    sandbox: Sandbox,
    workspace: Workspace,
}

impl Lifecycle {
    fn of(object: &'static Object) -> Self {
        let sandbox = objects::sandbox();
        let workspace = Workspace::new(&sandbox);
        Self { object, address: object.address(), sandbox, workspace }
    }

    fn run(&self) {
        self.creates();
        self.updates_in_place();
        self.replaces_where_declared();
        self.imports_by_id();
        self.imports_by_identity();
        self.repairs_drift();
        self.creates_what_is_gone();
        self.destroys();
        self.obeys_terraform();
    }

    /// What the vendor has of the object.
    fn at_vendor(&self) -> Value {
        (self.object.at_vendor)(&self.sandbox.state())
    }

    fn apply_saved(&self) {
        self.workspace.apply_saved().succeeded();
        self.workspace.plan().assert_empty();
    }

    fn creates(&self) {
        self.workspace.configure(&self.object.created());
        assert_eq!(self.workspace.plan().actions(&self.address), ["create"]);
        self.sandbox.forget_requests();
        self.workspace.apply_saved().succeeded();
        let (request, lines) = (self.object.create_request, self.sandbox.request_lines());
        assert_eq!(lines.iter().filter(|line| line.starts_with(request)).count(), 1, "{request}: {lines:?}");
        self.workspace.plan().assert_empty();
        assert_ne!(self.at_vendor(), Value::Null, "the vendor has no such object");
    }

    fn updates_in_place(&self) {
        let Some(updated) = self.object.updated() else { return };
        for configuration in [updated, self.object.created()] {
            self.workspace.configure(&configuration);
            assert_eq!(self.workspace.plan().actions(&self.address), ["update"], "to {configuration}");
            self.apply_saved();
        }
    }

    /// Each attribute that the schema declares as replacing does, and no other.
    fn replaces_where_declared(&self) {
        let schema = &self.workspace.schemas()["resource_schemas"][self.object.type_name]["block"]["attributes"];
        let replaces =
            |attribute: &Value| attribute["description"].as_str().unwrap().contains("Changing this replaces");
        let declared = schema.as_object().unwrap().iter().filter(|(_, attribute)| replaces(attribute));
        let declared: BTreeSet<_> = declared.map(|(name, _)| name.as_str()).collect();
        assert_eq!(declared, self.object.replacing().collect(), "by the schema, and by tests/support/objects");
        for attribute in self.object.replacing() {
            self.workspace.configure(&self.object.block(&Values::Changed(attribute), "main", ""));
            let plan = self.workspace.plan();
            assert_eq!(plan.actions(&self.address), ["delete", "create"], "for {attribute}");
            assert_eq!(plan.change(&self.address)["replace_paths"], json!([[attribute]]));
            self.apply_saved();
            self.workspace.configure(&self.object.created());
            self.workspace.apply().succeeded();
        }
    }

    fn imports_by_id(&self) {
        let id = (self.object.import_id)(&self.workspace.state()[&self.address]);
        let fresh = Workspace::new(&self.sandbox);
        fresh.configure(&self.object.created());
        fresh.import(&self.address, &id).succeeded();
        fresh.plan().assert_imported(&self.address);
        fresh.apply().succeeded();
        fresh.plan().assert_empty();
    }

    fn imports_by_identity(&self) {
        let identity = self.workspace.identity(&self.address);
        let fresh = Workspace::new(&self.sandbox);
        let import = format!("import {{\n  to = {}\n  identity = {identity}\n}}\n", self.address);
        fresh.configure(&format!("{import}{}", self.object.created()));
        fresh.plan().assert_imported(&self.address);
        fresh.apply_saved().succeeded();
        fresh.plan().assert_empty();
    }

    fn repairs_drift(&self) {
        let intact = self.at_vendor();
        self.sandbox.change_state(self.object.drift);
        assert_ne!(self.at_vendor(), intact, "the drift changes nothing");
        assert_eq!(self.workspace.plan().actions(&self.address), self.object.repair);
        self.apply_saved();
        if self.object.repair == ["update"] {
            assert_eq!(self.at_vendor(), intact);
        }
    }

    fn creates_what_is_gone(&self) {
        let Some(deletion) = &self.object.deletion else { return };
        let intact = self.sandbox.state();
        self.sandbox.change_state(deletion.delete);
        assert_eq!(self.at_vendor(), Value::Null, "the object is still there");
        let plan = self.workspace.plan();
        assert_eq!(plan.actions(&self.address), ["create"]);
        assert!(plan.warnings().contains(deletion.warning), "no such warning: {}", plan.warnings());
        let printed = self.workspace.run(&["plan", "-no-color"]).succeeded().stdout;
        assert!(printed.contains(&format!("Warning: {}", deletion.warning)));
        if !deletion.is_created_again {
            self.workspace.apply().failed();
            self.sandbox.set_state(&intact);
        }
        self.workspace.apply().succeeded();
        self.workspace.plan().assert_empty();
    }

    fn destroys(&self) {
        let left = (self.object.after_destroy)(&self.at_vendor());
        let plan = self.workspace.plan_with(&["-destroy"]);
        assert_eq!(plan.actions(&self.address), ["delete"]);
        let warns = !left.is_null() || self.object.deletes_more;
        assert_eq!(
            !plan.warnings().is_empty(),
            warns,
            "a destroy warns if it deletes more or less than the object, and only then"
        );
        self.workspace.apply_saved().succeeded();
        assert!(self.workspace.state().is_empty());
        assert_eq!(self.at_vendor(), left);
    }
}
