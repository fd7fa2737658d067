//! The objects of one type, and the problems while they were listed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Layout;
use super::names::{self, Names};
use crate::framework::identity::IdentityAttribute;
use crate::framework::list::{self, Found};
use crate::framework::path::Step;
use crate::framework::{Diagnostic, Diagnostics, Path, Value, check, resource};
use crate::tenant::{Listing, object_name};

/// The objects of one type.
pub(super) struct Capture {
    /// Such as `idv_vult_webhook`.
    pub(super) type_name: String,
    /// The resource of the type.
    pub(super) resource: Arc<dyn resource::DynResource>,
    /// The objects in the order of their names.
    pub(super) objects: Vec<Captured>,
    /// Errors make the capture incomplete; warnings do not.
    pub(super) problems: Diagnostics,
}

/// One object that was found.
pub(super) struct Captured {
    /// The name in the configuration, unique within the type.
    pub(super) name: String,
    /// The id by which it is imported. None if the object does not exist yet where the configuration is applied.
    pub(super) import_id: Option<String>,
    /// The state as a read returns it.
    pub(super) state: Value,
    /// The configuration that a user would write.
    pub(super) config: Value,
    /// Whether an apply needs the secrets of the object, since it creates or changes it.
    pub(super) needs_secrets: bool,
    /// The rules of the schema that this configuration violates, one sentence each.
    pub(super) violations: Vec<String>,
}

impl Capture {
    /// The objects of a listing. After a failure it has those that were listed before.
    pub(super) fn of(
        listing: Listing,
        list: &dyn list::DynList,
        resource: &Arc<dyn resource::DynResource>,
        layout: &Layout,
    ) -> Self {
        let Listing { type_name, objects: listed, mut problems, .. } = listing;
        let mut found = Vec::new();
        for object in listed {
            match check_names_object(&object, list, resource.as_ref()) {
                Ok(()) => found.push(object),
                Err(diagnostics) => problems.append(diagnostics),
            }
        }
        let unique = without_duplicates(found, &mut problems);
        let objects = with_names(unique, resource.as_ref(), layout);
        for object in objects.iter().filter(|object| !object.violations.is_empty()) {
            problems.push(cannot_be_planned(&format!("{type_name}.{}", object.name), &object.violations));
        }
        Self { type_name, resource: Arc::clone(resource), objects, problems }
    }

    /// Whether every object of the type was captured.
    pub(super) fn is_complete(&self) -> bool {
        !self.problems.has_errors()
    }

    /// The paths of the attributes that the vendor does not return, without the indexes of lists. Secrets are not among them.
    pub(super) fn not_returned(&self, object: &Captured) -> BTreeSet<String> {
        let mut paths = BTreeSet::new();
        check::walk(
            self.resource.schema().attributes(),
            &object.config,
            &Path::root(),
            &mut |attribute, value, path| {
                if attribute.not_returned && value.is_null() {
                    paths.insert(without_indexes(path));
                }
            },
        );
        paths
    }

    /// The address of one of its objects.
    pub(super) fn address(&self, object: &Captured) -> String {
        format!("{}.{}", self.type_name, object.name)
    }
}

/// A path with `[*]` in place of each index.
fn without_indexes(path: &Path) -> String {
    let plain = path.steps().iter().fold(String::new(), |text, step| match step {
        Step::Attribute(name) if text.is_empty() => name.clone(),
        Step::Attribute(name) => format!("{text}.{name}"),
        _ => format!("{text}[*]"),
    });
    format!("`{plain}`")
}

/// Checks that an import by the id would be of this object, and not of another one or of none.
fn check_names_object(
    object: &Found,
    list: &dyn list::DynList,
    resource: &dyn resource::DynResource,
) -> Result<(), Diagnostics> {
    let Found { import_id, state, .. } = object;
    let parsed = resource.parse_import_id(import_id)?;
    // An id may leave out what the configuration of the provider says, such as the tenant.
    let agrees = |attribute: &IdentityAttribute| {
        let named = parsed.get(attribute.name);
        (named.is_null() && !attribute.required) || named == state.get(attribute.name)
    };
    if resource.identity().attributes().iter().all(agrees) && list.import_id(&parsed)? == *import_id {
        return Ok(());
    }
    let detail = format!(
        "An import by the id `{import_id}` would read another object, so this one was not captured. Import it by its identity, from \
         Terraform 1.12 on. This is a bug in the provider; please report it."
    );
    Err(Diagnostic::error("An import id does not name its object", detail).into())
}

/// Leaves out objects that share an import id, because Terraform cannot distinguish them and rejects a plan with both.
fn without_duplicates(found: Vec<Found>, problems: &mut Diagnostics) -> Vec<Found> {
    let mut by_id: BTreeMap<String, Vec<Found>> = BTreeMap::new();
    for object in found {
        by_id.entry(object.import_id.clone()).or_default().push(object);
    }
    let mut unique = Vec::new();
    for (import_id, mut objects) in by_id {
        if objects.len() == 1 {
            unique.append(&mut objects);
        } else {
            let detail = format!(
                "The vendor has {} objects with the import id `{import_id}`, and Terraform cannot distinguish them. None of them was \
                 captured. Delete all but one of them at the vendor, then export again.",
                objects.len()
            );
            problems.push(Diagnostic::error("Several objects have the same import id", detail));
        }
    }
    unique
}

/// Names the objects in an order of its own, so that a second export gives the same names whatever order the vendor has.
fn with_names(found: Vec<Found>, resource: &dyn resource::DynResource, layout: &Layout) -> Vec<Captured> {
    let slug = |object: &Found| names::slug(&object.display_name, object_name(resource));
    let mut slugged: Vec<_> = found.into_iter().map(|object| (slug(&object), object)).collect();
    slugged.sort_by(|(a, one), (b, other)| (a, &one.import_id).cmp(&(b, &other.import_id)));
    let mut names = Names::default();
    let captured = slugged.into_iter().map(|(slug, object)| {
        let config = resource.generate_config(object.state.clone());
        let violations = check::rules(resource.schema(), &config).into_errors().map(|mistake| mistake.detail).collect();
        Captured {
            name: names.take(&layout.name(&slug)),
            import_id: Some(object.import_id),
            state: object.state,
            config,
            needs_secrets: false,
            violations,
        }
    });
    captured.collect()
}

/// The warning about an object that the vendor has in a form which the schema rejects.
fn cannot_be_planned(address: &str, violations: &[String]) -> Diagnostic {
    let detail = format!(
        "{}\nThe vendor has the object like this, but a configuration may not. Correct the value in the file, and the plan shows the \
         change; or remove the object and its `import` block.",
        violations.join("\n")
    );
    Diagnostic::warning(format!("`{address}` cannot be planned as it is"), detail)
}
