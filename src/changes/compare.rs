//! Compares two tenants, or a tenant and an export of one.
//!
//! Ids differ between tenants, so objects are matched by their natural key (scope, type and source, label, name, URL, value), and a
//! reference is compared by the name of the object that it refers to. What a vendor never returns cannot be compared.

use std::collections::BTreeMap;
use std::path::Path;

use crate::framework::environment::Environment;
use crate::framework::schema::{Attribute, Shape};
use crate::framework::{Provider, Value, plan};

use super::live::{self, Live};
use super::model::{Action, Changes};
use super::object::{Pair, nothing_is_hidden};
use super::{Error, exported, words};

/// One side: a tenant, or an export.
pub(super) struct Side {
    /// What it is called: the name of its file or folder.
    pub(super) title: String,
    /// Its objects by type, as a user would configure them.
    pub(super) objects: BTreeMap<String, Vec<Configured>>,
    pub(super) limits: Vec<String>,
}

/// An object as a user would configure it.
#[derive(Clone)]
pub(super) struct Configured {
    /// Its address, if it has one.
    pub(super) address: Option<String>,
    /// Its attributes, defaults included. References are names.
    pub(super) config: Value,
}

/// Compares two sides. Each is a file of environment variables that configure a tenant, or the folder of an export.
pub async fn compare(new: impl Fn(Environment) -> Provider, left: &str, right: &str) -> Result<Changes, Error> {
    let schemas = new(Environment::of(BTreeMap::new()));
    let (left, right) = (open(&new, &schemas, left).await?, open(&new, &schemas, right).await?);
    let mut changes = Changes::new("compare", &left.title, &right.title);
    let by_reference = by_reference(&schemas, [&left, &right]);
    let related = |reference: &str| by_reference.get(reference).cloned();
    for (type_name, resource) in &schemas.resources {
        let objects = |side: &Side| side.objects.get(type_name).cloned().unwrap_or_default();
        let (before, after) = (objects(&left), objects(&right));
        let key = |object: &Configured| -> Vec<Value> {
            resource.natural_key().iter().map(|name| object.config.get(name).clone()).collect()
        };
        for (before, after) in matched(before, after, key) {
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
    let provider = new(Environment::of(variables(path)?));
    live::configure(&provider, "compare")?;
    let live = Live::of(&provider).await?;
    let mut objects: BTreeMap<String, Vec<Configured>> = BTreeMap::new();
    for (type_name, found) in &live.by_type {
        let Some(resource) = provider.resources.get(type_name) else { continue };
        let schema = resource.schema();
        let configured = found.iter().map(|object| {
            let config = plan::with_defaults(schema, resource.generate_config(object.state.clone()));
            let name_of = |id: &str| name_of(&provider, &live, id);
            Configured { address: None, config: with_names(schema.attributes(), config, &name_of) }
        });
        objects.insert(type_name.clone(), configured.collect());
    }
    Ok(Side { title: title(path), objects, limits: live.limits })
}

/// The name of a file or folder.
pub(super) fn title(path: &str) -> String {
    Path::new(path).file_name().map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned())
}

/// The name of the object with an id, in place of the id: `the list "EU"`.
fn name_of(provider: &Provider, live: &Live, id: &str) -> Option<String> {
    live.by_type.iter().find_map(|(type_name, objects)| {
        let resource = provider.resources.get(type_name)?;
        let identifying = resource.identity().attributes().iter().map(|attribute| attribute.name);
        let is_it = |state: &Value| identifying.clone().any(|name| state.get(name).as_str() == Some(id));
        let object = objects.iter().find(|object| is_it(&object.state))?;
        // A natural key names the object itself, such as the user of a face.
        let own = resource.natural_key().iter().any(|name| object.state.get(name).as_str() == Some(id));
        (!own).then(|| reference(resource.as_ref(), &object.state))
    })
}

/// How a reference to an object is compared and shown.
pub(super) fn reference(resource: &dyn crate::framework::resource::DynResource, state: &Value) -> String {
    format!("the {} \"{}\"", words::kind(resource), words::name(resource, state))
}

/// A value with names in place of the ids in its references.
pub(super) fn with_names(attributes: &[Attribute], value: Value, name_of: &dyn Fn(&str) -> Option<String>) -> Value {
    let Value::Map(entries) = value else { return value };
    let named = entries.into_iter().map(|(name, value)| {
        let attribute = attributes.iter().find(|attribute| attribute.name == name);
        let value = match (attribute.map(Attribute::shape), value) {
            (Some(Shape::Nested(_, nested)), Value::List(elements)) => {
                Value::List(elements.into_iter().map(|element| with_names(nested, element, name_of)).collect())
            }
            (Some(Shape::Nested(_, nested)), value) => with_names(nested, value, name_of),
            (_, Value::String(text)) if name.ends_with("_id") => Value::String(name_of(&text).unwrap_or(text)),
            (_, value) => value,
        };
        (name, value)
    });
    Value::Map(named.collect())
}

/// Pairs objects with the same key: those that are equal first, then in their order.
fn matched(
    left: Vec<Configured>,
    right: Vec<Configured>,
    key: impl Fn(&Configured) -> Vec<Value>,
) -> Vec<(Option<Configured>, Option<Configured>)> {
    let mut by_key: BTreeMap<Vec<Value>, (Vec<Configured>, Vec<Configured>)> = BTreeMap::new();
    for object in left {
        by_key.entry(key(&object)).or_default().0.push(object);
    }
    for object in right {
        by_key.entry(key(&object)).or_default().1.push(object);
    }
    let mut pairs = Vec::new();
    for (mut before, mut after) in by_key.into_values() {
        before.retain(|object| {
            let Some(index) = after.iter().position(|other| other.config == object.config) else { return true };
            pairs.push((Some(object.clone()), Some(after.remove(index))));
            false
        });
        let count = before.len().max(after.len());
        let fill = |side: Vec<Configured>| side.into_iter().map(Some).chain(std::iter::repeat(None)).take(count);
        pairs.extend(fill(before).zip(fill(after)));
    }
    pairs
}

/// The variables of a file: lines of `NAME=value` or `export NAME=value`, as the sandbox prints them. Values may be quoted.
fn variables(path: &str) -> Result<BTreeMap<String, String>, Error> {
    let text = super::read(path)?;
    let mut variables = BTreeMap::new();
    for (number, line) in
        text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
    {
        let assignment = line.strip_prefix("export ").unwrap_or(line).trim_end_matches(';');
        let Some((name, value)) = assignment.split_once('=') else {
            // Such a line may be a secret, so it is not shown.
            let problem =
                format!("has no variable in line {}. Write lines of the form `IDV_VULT_CLIENT_ID=value`.", number + 1);
            return Err(Error::content(path, problem));
        };
        let value = value.trim();
        let quoted = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
        variables.insert(name.trim().to_owned(), quoted.unwrap_or(value).to_owned());
    }
    Ok(variables)
}
