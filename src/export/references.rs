//! References of the configuration: where an attribute has the id of another captured object, it refers to that resource.
//!
//! [`tenant`](crate::tenant) has the rule for what refers to what. A reference that would close a cycle stays an id, because
//! Terraform rejects cycles.

use std::collections::{BTreeMap, BTreeSet};

use super::capture::{Capture, Captured};
use crate::framework::{Path, check};
use crate::tenant::{identifying, refers_to};

/// The expressions that replace ids, by the address of the object and the path of the attribute.
#[derive(Default)]
pub(super) struct References {
    found: BTreeMap<(String, String), String>,
    /// The objects that each object refers to, by address.
    edges: BTreeMap<String, BTreeSet<String>>,
}

/// An object that can be referred to.
struct Target<'c> {
    capture: &'c Capture,
    address: String,
    expression: String,
}

/// Targets by vendor and value.
type Targets<'c> = BTreeMap<(&'static str, &'c str), Vec<Target<'c>>>;

impl References {
    /// Finds the references between all captured objects.
    pub(super) fn between(captures: &[Capture]) -> Self {
        let targets = targets(captures);
        let mut references = Self::default();
        for capture in captures {
            for object in &capture.objects {
                references.add(capture, object, &targets);
            }
        }
        references
    }

    /// The expression for an attribute, if it refers to another object.
    pub(super) fn get(&self, address: &str, path: &Path) -> Option<&str> {
        self.found.get(&(address.to_owned(), path.to_string())).map(String::as_str)
    }

    fn add(&mut self, capture: &Capture, object: &Captured, targets: &Targets<'_>) {
        let owner = capture.address(object);
        let attributes = capture.resource.schema().attributes();
        check::walk(attributes, &object.config, &Path::root(), &mut |attribute, value, path| {
            let Some(value) = value.as_str() else { return };
            let candidates = targets.get(&(capture.resource.vendor(), value)).into_iter().flatten();
            let mut named: Vec<_> = candidates
                .filter(|target| {
                    target.address != owner && refers_to(&attribute.name, target.capture.resource.as_ref())
                })
                .collect();
            named.dedup_by(|a, b| a.address == b.address);
            let [target] = named[..] else { return };
            if !self.has_path(&target.address, &owner) {
                self.edges.entry(owner.clone()).or_default().insert(target.address.clone());
                self.found.insert((owner.clone(), path.to_string()), target.expression.clone());
            }
        });
    }

    /// Whether there is a path of references from one object to another.
    fn has_path(&self, from: &str, to: &str) -> bool {
        let mut pending = vec![from];
        let mut seen = BTreeSet::new();
        while let Some(address) = pending.pop() {
            if address == to {
                return true;
            }
            if seen.insert(address) {
                pending.extend(self.edges.get(address).into_iter().flatten().map(String::as_str));
            }
        }
        false
    }
}

fn targets(captures: &[Capture]) -> Targets<'_> {
    let mut targets = Targets::new();
    for capture in captures {
        for attribute in identifying(capture.resource.as_ref()) {
            for object in &capture.objects {
                let Some(value) = object.state.get(&attribute.name).as_str() else { continue };
                let address = capture.address(object);
                let expression = format!("{address}.{}", attribute.name);
                let of_value = targets.entry((capture.resource.vendor(), value)).or_default();
                of_value.push(Target { capture, address, expression });
            }
        }
    }
    targets
}
