//! Checks a configuration against the rules of a schema, and a response against what core accepts.

use super::diagnostics::{Diagnostic, Diagnostics};
use super::model::{self, Model};
use super::path::{Path, Step};
use super::schema::{Attribute, Nesting, Schema, Shape};
use super::value::Value;

/// Returns every mistake in a configuration: those that the schema's rules find, and those that the object's own check does.
pub(super) fn config<M: Model>(schema: &Schema, config: Value, own: impl FnOnce(&M, &mut Diagnostics)) -> Diagnostics {
    let mut diagnostics = rules(schema, &config);
    match model::decode(config) {
        Ok(model) => own(&model, &mut diagnostics),
        // A value that violates a rule, such as 1.5 for a whole number, may not match the model either; that is no bug then.
        Err(_) if diagnostics.has_errors() => {}
        Err(errors) => diagnostics.append(errors),
    }
    diagnostics
}

/// Runs every rule on every known value of a configuration, so that all mistakes are reported at once.
pub fn rules(schema: &Schema, config: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    walk(schema.attributes(), config, &Path::root(), &mut |attribute, value, path| {
        for rule in &attribute.rules {
            if let Some(violation) = rule.violation(value, !attribute.is_secret()) {
                let summary = format!("Wrong value for `{}`", attribute.name);
                diagnostics.error(path.clone(), summary, format!("`{path}` {violation}"));
            }
        }
    });
    diagnostics
}

/// The value with every write-only attribute null, as core requires in each response.
#[must_use]
pub fn without_write_only(schema: &Schema, value: Value) -> Value {
    map_object(schema.attributes(), value, &|attribute, value| {
        if attribute.write_only { Value::Null } else { value }
    })
}

/// Converts a response to the type that core accepts; the error names the attribute that does not match.
///
/// Core rejects a whole response of the wrong type, or with a write-only value in it, and keeps the prior state: a new
/// object would be lost. With the error from here the caller can keep what is known of the object.
pub fn conform_response(schema: &Schema, value: Value) -> Result<Value, Diagnostics> {
    without_write_only(schema, value).conform(schema.value_type()).map_err(|mismatch| {
        let detail = format!("{mismatch}. This is a bug in the provider; please report it.");
        Diagnostic::error("The result does not match the schema", detail).at(mismatch.path.clone()).into()
    })
}

/// Converts a response that must be wholly known, such as that of a data source.
pub(super) fn conform_whole_response(schema: &Schema, value: Value) -> Result<Value, Diagnostics> {
    let response = conform_response(schema, value)?;
    if response.is_wholly_known() {
        return Ok(response);
    }
    let detail = "The result still has unknown attributes. This is a bug in the provider; please report it.";
    Err(Diagnostic::error("Incomplete result", detail).into())
}

/// Keeps each attribute that matches the schema; uses the known value for the others.
pub fn salvage(schema: &Schema, value: &Value, known: &Value) -> Value {
    let entries = schema.attributes().iter().map(|attribute| {
        let name = &attribute.name;
        let found = value.get(name).clone().conform(attribute.value_type());
        (name.clone(), found.unwrap_or_else(|_| known.get(name).clone()))
    });
    without_write_only(schema, Value::Map(entries.collect()))
}

/// Compares the state after an apply with the plan, and reports each value that was planned and is different.
///
/// Core would report the same as a bug in the provider, although the vendor stored another value.
pub fn verify_applied(schema: &Schema, planned: &Value, state: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    walk(schema.attributes(), planned, &Path::root(), &mut |attribute, wanted, path| {
        // An object that is missing is reported once, not for each of its attributes.
        let Some(found) = lookup(state, path) else { return };
        let differs = match attribute.shape() {
            Shape::Plain(_) => wanted.is_wholly_known() && wanted != found,
            Shape::Nested(..) => !wanted.is_unknown() && objects(wanted) != objects(found),
        };
        if found.is_unknown() || differs {
            let (wanted, found) = if attribute.sensitive {
                ("a sensitive value".to_owned(), "another".to_owned())
            } else {
                (show(wanted), show(found))
            };
            diagnostics.error(
                path.clone(),
                format!("`{}` was not applied as planned", attribute.name),
                format!(
                    "The plan had {wanted} for `{path}`, and after the apply the vendor returns {found}. The object \
                     exists and is kept in state as the vendor returns it. Write the value as the vendor does, or \
                     plan again to see the remaining change."
                ),
            );
        }
    });
    diagnostics
}

/// The number of objects in a nested attribute, or their keys.
fn objects(value: &Value) -> Option<(usize, Vec<&String>)> {
    match value {
        Value::List(elements) => Some((elements.len(), Vec::new())),
        Value::Map(entries) => Some((entries.len(), entries.keys().collect())),
        _ => None,
    }
}

fn show(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Number(number) => format!("`{number}`"),
        Value::String(text) => format!("`{}`", text.chars().take(120).collect::<String>()),
        Value::List(elements) => format!("a list of {}", elements.len()),
        other => other.describe().to_owned(),
    }
}

/// The value at a path, as far as it exists.
fn lookup<'v>(root: &'v Value, path: &Path) -> Option<&'v Value> {
    path.steps().iter().try_fold(root, |value, step| match (step, value) {
        (Step::Attribute(name) | Step::Key(name), Value::Map(entries)) => entries.get(name),
        (Step::Index(index), Value::List(elements)) => elements.get(*index),
        _ => None,
    })
}

/// Visits every attribute of an object, nested ones too, with its value (null if it has none) and path.
pub fn walk(attributes: &[Attribute], object: &Value, path: &Path, visit: &mut impl FnMut(&Attribute, &Value, &Path)) {
    if object.as_map().is_none() {
        return;
    }
    for attribute in attributes {
        let value = object.get(&attribute.name);
        let path = path.attribute(&attribute.name);
        visit(attribute, value, &path);
        let Shape::Nested(nesting, nested) = attribute.shape() else { continue };
        match (nesting, value) {
            (Nesting::Single, value) => walk_dyn(nested, value, &path, visit),
            (Nesting::List, Value::List(elements)) => {
                for (index, element) in elements.iter().enumerate() {
                    walk_dyn(nested, element, &path.index(index), visit);
                }
            }
            (Nesting::List, _) => {}
        }
    }
}

// Breaks the recursion of generic instances that `&mut impl FnMut` would build.
fn walk_dyn(attributes: &[Attribute], object: &Value, path: &Path, visit: &mut dyn FnMut(&Attribute, &Value, &Path)) {
    walk(attributes, object, path, &mut |attribute, value, path| visit(attribute, value, path));
}

/// Changes every attribute of an object, nested ones first.
pub fn map_object(attributes: &[Attribute], object: Value, change: &dyn Fn(&Attribute, Value) -> Value) -> Value {
    let Value::Map(mut entries) = object else { return object };
    for attribute in attributes {
        let Some(value) = entries.remove(&attribute.name) else { continue };
        let value = match attribute.shape() {
            Shape::Plain(_) => value,
            Shape::Nested(nesting, nested) => match (nesting, value) {
                (Nesting::Single, value) => map_object(nested, value, change),
                (Nesting::List, Value::List(elements)) => {
                    Value::List(elements.into_iter().map(|element| map_object(nested, element, change)).collect())
                }
                (Nesting::List, other) => other,
            },
        };
        entries.insert(attribute.name.clone(), change(attribute, value));
    }
    Value::Map(entries)
}

/// Reports write-only values to a client that would store them in its state.
pub fn write_only_unsupported(schema: &Schema, config: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    walk(schema.attributes(), config, &Path::root(), &mut |attribute, value, path| {
        // A variable is unknown to `terraform validate` and may be null; core validates again during the plan.
        if attribute.write_only && !value.is_null() && !value.is_unknown() {
            let plain = path.to_string().trim_end_matches("_wo").to_owned();
            diagnostics.error(
                path.clone(),
                format!("`{}` needs Terraform or OpenTofu 1.11", attribute.name),
                format!(
                    "This version of Terraform would write `{path}` into its state. Set `{plain}` instead, which is \
                     kept in state as a sensitive value, or upgrade Terraform to 1.11 or later."
                ),
            );
        }
    });
    diagnostics
}
