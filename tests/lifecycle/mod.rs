//! The lifecycle of every managed resource under a real Terraform: each entry of the table of objects is walked.

mod meta;
mod xident;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::objects::{self, Deletion, Object, Values};
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

/// Walks the objects of a vendor, all of them in each step. `LIFECYCLE` restricts the walk to one type.
fn walk(vendor: &str) {
    let wanted = std::env::var_os("LIFECYCLE");
    let is_wanted = |object: &&Object| wanted.as_ref().is_none_or(|wanted| wanted == object.type_name);
    let objects: Vec<_> = objects::of_vendor(vendor).filter(is_wanted).collect();
    if !objects.is_empty() {
        Lifecycle::of(objects).run();
    }
}

/// The objects of one vendor on their way. Each step continues from the state that the one before it left.
struct Lifecycle {
    objects: Vec<&'static Object>,
    sandbox: Sandbox,
    workspace: Workspace,
}

/// The objects, each with the attribute that a round of changes is about.
type Round = Vec<(&'static Object, Option<&'static str>)>;

/// The configuration of a round, with further lines in each block.
fn changed(round: &Round, lines: &str) -> String {
    let values = |attribute: &Option<_>| attribute.map_or(Values::Created, Values::Changed);
    round.iter().map(|(object, attribute)| object.block(&values(attribute), "main", lines)).collect()
}

impl Lifecycle {
    fn of(objects: Vec<&'static Object>) -> Self {
        let sandbox = objects::sandbox();
        let workspace = Workspace::new(&sandbox);
        Self { objects, sandbox, workspace }
    }

    fn run(&self) {
        self.creates();
        self.updates_in_place();
        self.replaces_where_declared();
        self.imports_by_id();
        self.imports_by_identity();
        self.repairs_drift();
        self.creates_what_is_gone();
        self.reports_what_cannot_be_created();
        self.destroys();
        self.obeys_terraform();
    }

    /// What the vendor has of each object.
    fn at_vendor(&self) -> Vec<Value> {
        let state = self.sandbox.state();
        self.objects.iter().map(|object| (object.at_vendor)(&state)).collect()
    }

    /// The configuration of every object, each with the values that are chosen for it.
    fn configuration(&self, values: impl Fn(&Object) -> Values) -> String {
        self.objects.iter().map(|object| object.block(&values(object), "main", "")).collect()
    }

    /// The configuration of the first apply.
    fn created(&self) -> String {
        self.configuration(|_| Values::Created)
    }

    /// For each round, an attribute of each object whose change replaces it; none for an object that has no more.
    fn rounds(&self) -> impl Iterator<Item = Round> {
        let most = self.objects.iter().map(|object| object.replacing().count()).max().unwrap_or_default();
        (0..most).map(|round| self.objects.iter().map(|object| (*object, object.replacing().nth(round))).collect())
    }

    /// Applies the plan that was saved last. Nothing is left to do then.
    fn apply_saved(&self) {
        self.workspace.apply_saved().succeeded();
        self.workspace.plan().assert_empty();
    }

    fn creates(&self) {
        self.workspace.configure(&self.created());
        let plan = self.workspace.plan();
        for object in &self.objects {
            assert_eq!(plan.actions(&object.address()), ["create"], "{}", object.type_name);
        }
        self.sandbox.forget_requests();
        self.workspace.apply_saved().succeeded();
        let lines = self.sandbox.request_lines();
        for object in &self.objects {
            let request = object.create_request;
            let is_create =
                |line: &&String| self.sender(line).is_some_and(|sender| sender.type_name == object.type_name);
            assert_eq!(lines.iter().filter(is_create).count(), 1, "{request}: {lines:?}");
        }
        self.workspace.plan().assert_empty();
        for (object, found) in self.objects.iter().zip(self.at_vendor()) {
            assert_ne!(found, Value::Null, "the vendor has no {}", object.type_name);
        }
    }

    /// The object whose create a request is. The path of one object may begin with that of another.
    fn sender(&self, line: &str) -> Option<&'static Object> {
        let matching = self.objects.iter().copied().filter(|object| line.starts_with(object.create_request));
        matching.max_by_key(|object| object.create_request.len())
    }

    fn updates_in_place(&self) {
        for configuration in [self.configuration(|_| Values::Updated), self.created()] {
            self.workspace.configure(&configuration);
            let plan = self.workspace.plan();
            for object in &self.objects {
                let actions = if object.is_updated() { ["update"] } else { ["no-op"] };
                assert_eq!(plan.actions(&object.address()), actions, "of {} to {configuration}", object.type_name);
            }
            self.apply_saved();
        }
    }

    /// Each attribute that the schema declares as replacing does, and no other.
    fn replaces_where_declared(&self) {
        let schemas = self.workspace.schemas();
        for object in &self.objects {
            let schema = &schemas["resource_schemas"][object.type_name]["block"]["attributes"];
            let replaces =
                |attribute: &Value| attribute["description"].as_str().unwrap().contains("Changing this replaces");
            let declared = schema.as_object().unwrap().iter().filter(|(_, attribute)| replaces(attribute));
            let declared: BTreeSet<_> = declared.map(|(name, _)| name.as_str()).collect();
            let listed = object.replacing().collect();
            assert_eq!(declared, listed, "{} by its schema, and by tests/support/objects", object.type_name);
        }
        for round in self.rounds() {
            self.workspace.configure(&changed(&round, ""));
            let plan = self.workspace.plan();
            for (object, attribute) in round.iter().filter_map(|(object, attribute)| Some((object, (*attribute)?))) {
                let address = object.address();
                assert_eq!(plan.actions(&address), ["delete", "create"], "of {address} for {attribute}");
                assert_eq!(plan.change(&address)["replace_paths"], json!([[attribute]]), "{address}");
            }
            self.apply_saved();
            self.workspace.configure(&self.created());
            self.workspace.apply().succeeded();
        }
    }

    fn imports_by_id(&self) {
        let state = self.workspace.state();
        let fresh = Workspace::new(&self.sandbox);
        fresh.configure(&self.created());
        for object in &self.objects {
            let address = object.address();
            fresh.import(&address, &(object.import_id)(&state[&address])).succeeded();
        }
        let plan = fresh.plan();
        for object in &self.objects {
            plan.assert_imported(&object.address());
        }
        fresh.apply_saved().succeeded();
        fresh.plan().assert_empty();
    }

    fn imports_by_identity(&self) {
        let identities = self.workspace.identities();
        let fresh = Workspace::new(&self.sandbox);
        let import = |object: &&Object| {
            let address = object.address();
            format!("import {{\n  to = {address}\n  identity = {}\n}}\n", identities[&address])
        };
        fresh.configure(&(self.objects.iter().map(import).collect::<String>() + &self.created()));
        let plan = fresh.plan();
        for object in &self.objects {
            plan.assert_imported(&object.address());
        }
        fresh.apply_saved().succeeded();
        fresh.plan().assert_empty();
    }

    fn repairs_drift(&self) {
        let intact = self.at_vendor();
        self.sandbox.change_state(|state| self.objects.iter().for_each(|object| (object.drift)(state)));
        for ((object, before), after) in self.objects.iter().zip(&intact).zip(self.at_vendor()) {
            assert_ne!(after, *before, "the drift of {} changes nothing", object.type_name);
        }
        let plan = self.workspace.plan();
        for object in &self.objects {
            assert_eq!(plan.actions(&object.address()), object.repair, "of {}", object.type_name);
        }
        self.apply_saved();
        for ((object, before), after) in self.objects.iter().zip(&intact).zip(self.at_vendor()) {
            if object.repair == ["update"] {
                assert_eq!(after, *before, "{} after the repair", object.type_name);
            }
        }
    }

    /// The objects that can be deleted outside of Terraform, with how that is done; those that an apply creates again, or the
    /// others.
    fn deletions(&self, created_again: bool) -> Vec<(&'static Object, &'static Deletion)> {
        let deletions = self.objects.iter().filter_map(|object| Some((*object, object.deletion.as_ref()?)));
        deletions.filter(|(_, deletion)| deletion.is_created_again == created_again).collect()
    }

    /// Deletes objects outside of Terraform. The next plan creates them, with a warning for each.
    fn lose(&self, deletions: &[(&'static Object, &'static Deletion)]) {
        self.sandbox.change_state(|state| deletions.iter().for_each(|(_, deletion)| (deletion.delete)(state)));
        let state = self.sandbox.state();
        let plan = self.workspace.plan();
        let (warnings, printed) = (plan.warnings(), self.workspace.run(&["plan", "-no-color"]).succeeded().stdout);
        for (object, deletion) in deletions {
            assert_eq!((object.at_vendor)(&state), Value::Null, "{} is still there", object.type_name);
            assert_eq!(plan.actions(&object.address()), ["create"], "of {}", object.type_name);
            let summary = format!("Warning: {} \"", deletion.warning);
            let is_it = |line: &str| line.starts_with(&summary) && (line.contains("gone") || line.contains("expired"));
            assert!(warnings.lines().any(is_it), "no such warning: {warnings}");
            assert!(printed.contains(&summary), "{printed}");
        }
    }

    fn creates_what_is_gone(&self) {
        let deletions = self.deletions(true);
        if !deletions.is_empty() {
            self.lose(&deletions);
            self.workspace.apply().succeeded();
            self.workspace.plan().assert_empty();
        }
    }

    /// What Terraform can only adopt has to come back at the vendor first.
    fn reports_what_cannot_be_created(&self) {
        let deletions = self.deletions(false);
        if !deletions.is_empty() {
            let intact = self.sandbox.state();
            self.lose(&deletions);
            self.workspace.apply().failed();
            self.sandbox.set_state(&intact);
            self.workspace.apply().succeeded();
            self.workspace.plan().assert_empty();
        }
    }

    fn destroys(&self) {
        let there = self.at_vendor();
        let left: Vec<_> =
            self.objects.iter().zip(&there).map(|(object, there)| (object.after_destroy)(there)).collect();
        let plan = self.workspace.plan_with(&["-destroy"]);
        for (object, left) in self.objects.iter().zip(&left) {
            let address = object.address();
            assert_eq!(plan.actions(&address), ["delete"], "of {address}");
            assert_eq!(
                plan.warns_about(&address),
                !left.is_null() || object.deletes_more,
                "a destroy warns if it deletes more or less than the object, and only then: {address}"
            );
        }
        self.workspace.apply_saved().succeeded();
        assert!(self.workspace.state().is_empty());
        assert_eq!(self.at_vendor(), left);
    }
}
