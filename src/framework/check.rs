//! Checks a configuration against the rules of a schema, and a response against what core accepts.

use super::diagnostics::{Diagnostic, Diagnostics, summary};
use super::model::{self, Model};
use super::path::Path;
use super::schema::{Attribute, Nesting, Schema, Shape};
use super::types::Type;
use super::value::Value;

/// Returns every mistake in a configuration: those that the schema's rules find, and those that the object's own check does.
pub(super) fn config<M: Model>(schema: &Schema, config: Value, own: impl FnOnce(&M, &mut Diagnostics)) -> Diagnostics {
    let mut diagnostics = mistakes(schema, &config);
    match model::decode(config) {
        Ok(model) => own(&model, &mut diagnostics),
        // A value that violates a rule, such as 1.5 for a whole number, may not match the model either; that is no bug then.
        Err(_) if diagnostics.has_errors() => {}
        Err(errors) => diagnostics.append(errors),
    }
    diagnostics
}

/// Returns every mistake in a configuration that its schema finds: null values and elements, violated rules, and deprecated
/// attributes as warnings.
///
/// Terraform checks that a required attribute is written, and not that its value is other than null.
pub fn mistakes(schema: &Schema, config: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    walk(schema.attributes(), config, &Path::root(), &mut |attribute, value, path| {
        if attribute.required && value.is_null() {
            let detail = format!("`{path}` is required, and its value is null. Set it to another value.");
            diagnostics.error(path.clone(), format!("Missing value for `{}`", attribute.name), detail);
        }
        null_elements(attribute, value, path, &mut diagnostics);
        deprecation(attribute, value, path, &mut diagnostics);
    });
    diagnostics.append(rules(schema, config));
    diagnostics
}

/// Runs every rule on every known value of a configuration, so that all errors and warnings are reported at once.
pub fn rules(schema: &Schema, config: &Value) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    walk(schema.attributes(), config, &Path::root(), &mut |attribute, value, path| {
        for rule in &attribute.rules {
            if let Some(warning) = rule.warning(value) {
                let summary = format!("Unknown value for `{}`", attribute.name);
                diagnostics.warn(path.clone(), summary, format!("`{path}` {warning}"));
            }
            if let Some(violation) = rule.violation(value, !attribute.is_secret()) {
                let summary = format!("Wrong value for `{}`", attribute.name);
                diagnostics.error(path.clone(), summary, format!("`{path}` {violation}"));
            }
        }
    });
    diagnostics
}

/// Warns of a deprecated attribute that is set. Core itself warns only where an expression refers to one.
fn deprecation(attribute: &Attribute, value: &Value, path: &Path, diagnostics: &mut Diagnostics) {
    if let (Some(instead), false) = (&attribute.deprecated, value.is_null() || value.is_unknown()) {
        let detail = format!("`{path}` still works, and a later version of the provider removes it. {instead}");
        diagnostics.warn(path.clone(), format!("`{}` is deprecated", attribute.name), detail);
    }
}

/// The warning for each use of a deprecated type. `name` is the type's name after the provider's prefix.
pub(super) fn deprecated_type(name: &str, schema: &Schema) -> Diagnostics {
    let warning = |instead: &String| {
        let detail = format!("`idv_{name}` still works, and a later version of the provider removes it. {instead}");
        Diagnostic::warning(format!("`idv_{name}` is deprecated"), detail)
    };
    schema.deprecated.iter().map(warning).collect()
}

/// Reports each element of a list, set or map that is null, in collections of collections too.
fn null_elements(attribute: &Attribute, value: &Value, path: &Path, diagnostics: &mut Diagnostics) {
    let elements: Vec<(&Value, Path)> = match (attribute.shape(), value) {
        (Shape::Plain(Type::Object(_) | Type::Tuple(_) | Type::Dynamic) | Shape::Nested(Nesting::Single, _), _) => {
            return;
        }
        // The elements of a set have no place that a user could count.
        (Shape::Plain(Type::Set(_)), Value::List(elements)) => {
            elements.iter().map(|element| (element, path.clone())).collect()
        }
        (_, Value::List(elements)) => {
            elements.iter().enumerate().map(|(index, element)| (element, path.index(index))).collect()
        }
        (Shape::Plain(_), Value::Map(entries)) => {
            entries.iter().map(|(key, element)| (element, path.key(key))).collect()
        }
        _ => return,
    };
    for (element, at) in elements {
        if element.is_null() {
            let detail = format!("An element of `{path}` is null. Remove it, or set it to another value.");
            diagnostics.error(at, format!("`{}` has an element that is null", attribute.name), detail);
        } else {
            null_elements(attribute, element, &at, diagnostics);
        }
    }
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

/// Keeps the planned value of each attribute that the vendor returns differently after an apply, and warns of it.
///
/// Core rejects a state that differs from its plan. It would taint a new object, and each apply would replace it again. The
/// next read returns the vendor's value: if it still differs, the next plan shows it as drift.
///
/// `object` names the object in summaries.
pub fn keep_planned(schema: &Schema, object: &str, planned: &Value, state: Value) -> (Value, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let state = keep(schema.attributes(), planned, state, &Path::root(), &mut diagnostics);
    let named = |found: Diagnostic| Diagnostic { summary: summary(&found.summary, object, ""), ..found };
    (state, diagnostics.into_iter().map(named).collect())
}

fn keep(attributes: &[Attribute], planned: &Value, state: Value, path: &Path, diagnostics: &mut Diagnostics) -> Value {
    let Value::Map(mut entries) = state else { return state };
    for attribute in attributes {
        let path = path.attribute(&attribute.name);
        let found = entries.remove(&attribute.name).unwrap_or_default();
        let wanted = planned.get(&attribute.name);
        let kept = keep_attribute(attribute, wanted, found, &path, diagnostics);
        entries.insert(attribute.name.clone(), kept);
    }
    Value::Map(entries)
}

fn keep_attribute(
    attribute: &Attribute,
    wanted: &Value,
    found: Value,
    path: &Path,
    diagnostics: &mut Diagnostics,
) -> Value {
    match (attribute.shape(), wanted, found) {
        (_, _, Value::Unknown) => {
            let detail =
                format!("`{path}` is still unknown after the apply. This is a bug in the provider; please report it.");
            diagnostics.error(path.clone(), format!("`{}` is unknown after the apply", attribute.name), detail);
            Value::Unknown
        }
        (_, Value::Unknown, found) => found,
        (Shape::Nested(Nesting::Single, nested), wanted @ Value::Map(_), found @ Value::Map(_)) => {
            keep(nested, wanted, found, path, diagnostics)
        }
        (Shape::Nested(Nesting::List, nested), Value::List(wanted), Value::List(found))
            if wanted.len() == found.len() =>
        {
            let elements = wanted.iter().zip(found).enumerate();
            Value::List(
                elements
                    .map(|(index, (wanted, found))| keep(nested, wanted, found, &path.index(index), diagnostics))
                    .collect(),
            )
        }
        (_, wanted, found) if *wanted == found => found,
        // The vendor computes a part of the value.
        (Shape::Plain(_), wanted, found) if !wanted.is_wholly_known() => found,
        (_, wanted, found) => {
            diagnostics.append(stored_differently(attribute, wanted, &found, path));
            wanted.clone()
        }
    }
}

fn stored_differently(attribute: &Attribute, wanted: &Value, found: &Value, path: &Path) -> Diagnostics {
    let (wanted, found) = if attribute.is_secret() {
        ("a sensitive value".to_owned(), "another one".to_owned())
    } else {
        (show(wanted), show(found))
    };
    let detail = format!(
        "The plan had {wanted} for `{path}`, and the vendor returned {found} after the apply. State keeps the planned value. If \
         the vendor rewrites the value, write it as the vendor does; otherwise the next plan shows the difference."
    );
    Diagnostic::warning(format!("`{}` was stored differently", attribute.name), detail).at(path.clone()).into()
}

/// A value as messages show it.
pub(super) fn show(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => format!("`{value}`"),
        Value::Number(number) => format!("`{number}`"),
        Value::String(text) => format!("`{}`", text.chars().take(120).collect::<String>()),
        Value::List(elements) => format!("a list of {}", elements.len()),
        other => other.describe().to_owned(),
    }
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
