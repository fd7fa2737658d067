//! Compares two tenants, or a tenant and an export of one.
//!
//! Ids differ between tenants, so objects are matched by their natural key (scope, type and source, label, name, URL, value), and a
//! reference is compared by the name of the object that it refers to. What a vendor never returns cannot be compared.

use std::collections::BTreeMap;
use std::path::Path;

use crate::framework::environment::Environment;
use crate::framework::{Provider, Value, plan};
use crate::tenant::{self, Directory, reference};

use super::live::{self, Live};
use super::model::{Action, Changes};
use super::object::{Pair, nothing_is_hidden};
use super::{Error, exported};

/// One side: a tenant, or an export.
pub(super) struct Side {
    /// What it is called: the name of its file or folder.
    pub(super) title: String,
    /// Its objects by type, as a user would configure them.
    pub(super) objects: BTreeMap<String, Vec<Configured>>,
    /// What its ids refer to. None for an export, in which a reference is a name already and an id is one of the tenant.
    pub(super) directory: Option<Directory>,
    pub(super) limits: Vec<String>,
}

impl Side {
    /// Takes the objects of a type out.
    fn take(&mut self, type_name: &str) -> Vec<Configured> {
        self.objects.remove(type_name).unwrap_or_default()
    }

    /// Replaces the ids in references by the names of what they refer to.
    fn name_references(&mut self, provider: &Provider, directory: Option<&Directory>) {
        let Some(directory) = directory else { return };
        for (type_name, objects) in &mut self.objects {
            let Some(resource) = provider.resources.get(type_name) else { continue };
            for object in objects {
                object.config =
                    tenant::name_references(resource.as_ref(), std::mem::take(&mut object.config), directory);
            }
        }
    }
}

/// An object as a user would configure it.
pub(super) struct Configured {
    /// Its address, if it has one.
    pub(super) address: Option<String>,
    /// Its attributes, defaults included. References are names.
    pub(super) config: Value,
}

/// Compares two sides. Each is a file of environment variables that configure a tenant, or the folder of an export.
pub async fn compare(new: impl Fn(Environment) -> Provider, left: &str, right: &str) -> Result<Changes, Error> {
    let schemas = new(Environment::of(BTreeMap::new()));
    let (mut left, mut right) = (open(&new, &schemas, left).await?, open(&new, &schemas, right).await?);
    let directories = (left.directory.take(), right.directory.take());
    left.name_references(&schemas, directories.0.as_ref().or(directories.1.as_ref()));
    right.name_references(&schemas, directories.1.as_ref().or(directories.0.as_ref()));
    let mut changes = Changes::new("compare", &left.title, &right.title);
    let mut by_reference = by_reference(&schemas, [&left, &right]);
    by_reference.extend([&directories.0, &directories.1].into_iter().flatten().flat_map(Directory::by_reference));
    let related = |reference: &str| by_reference.get(reference).cloned();
    for (type_name, resource) in &schemas.resources {
        let (before, after) = (left.take(type_name), right.take(type_name));
        let key = |object: &Configured| tenant::key(resource.as_ref(), &object.config);
        for (before, after) in tenant::matched(before, after, key, |one, other| one.config == other.config) {
            let action = match (&before, &after) {
                (Some(_), Some(_)) => Action::Differs,
                (Some(_), None) => Action::OnlyLeft,
                _ => Action::OnlyRight,
            };
            let value = |side: &Option<Configured>| side.as_ref().map_or(Value::Null, |object| object.config.clone());
            let pair = Pair {
                address: before.iter().chain(&after).find_map(|object| object.address.clone()),
                type_name,
                action,
                before: &value(&before),
                after: &value(&after),
                is_hidden: &nothing_is_hidden,
                related: &related,
            };
            match pair.change(&schemas) {
                Some(change) => changes.objects.push(change),
                None => changes.unchanged += 1,
            }
        }
    }
    let named = |side: &Side| side.limits.iter().map(|limit| format!("{}: {limit}", side.title)).collect::<Vec<_>>();
    changes.limits = [named(&left), named(&right)].concat();
    Ok(changes.sorted())
}

/// The objects of both sides by how a reference names them.
fn by_reference(schemas: &Provider, sides: [&Side; 2]) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for (type_name, objects) in sides.iter().flat_map(|side| &side.objects) {
        let Some(resource) = schemas.resources.get(type_name) else { continue };
        for object in objects {
            found.insert(reference(resource.as_ref(), &object.config), object.config.clone());
        }
    }
    found
}

async fn open(new: &impl Fn(Environment) -> Provider, schemas: &Provider, path: &str) -> Result<Side, Error> {
    if Path::new(path).is_dir() {
        return exported::read(schemas, path);
    }
    let provider = new(Environment::of(tenant::variables(path)?));
    live::configure(&provider, "compare")?;
    let live = Live::of(&provider).await?;
    let mut objects: BTreeMap<String, Vec<Configured>> = BTreeMap::new();
    for listing in &live.listings {
        let Some(resource) = provider.resources.get(&listing.type_name) else { continue };
        let configured = listing.objects.iter().map(|object| Configured {
            address: None,
            config: plan::with_defaults(resource.schema(), resource.generate_config(object.state.clone())),
        });
        objects.insert(listing.type_name.clone(), configured.collect());
    }
    let directory = Some(Directory::of(&provider, &live.listings));
    Ok(Side { title: title(path), objects, directory, limits: live.limits })
}

/// The name of a file or folder.
pub(super) fn title(path: &str) -> String {
    Path::new(path).file_name().map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
}
