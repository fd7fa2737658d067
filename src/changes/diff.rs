//! Compares two values of an object by the schema of its type.

use std::collections::BTreeSet;

use crate::framework::schema::{Attribute, Nesting, Shape};
use crate::framework::{Direction, Effect, Path, Type, Value};

use super::model::FieldChange;
use crate::tenant::words::{SENSITIVE, label, show};

/// The attributes by which the elements of a list are told apart, the first that fits.
const ELEMENT_KEYS: &[&str] = &["id", "name", "feature"];

/// What is compared, and what may not be shown.
pub(super) struct Diff<'d> {
    /// Whether the user marked the value at a path as sensitive.
    pub(super) is_hidden: &'d dyn Fn(&str) -> bool,
    /// Whether a value that is not known or not set after counts as a change.
    pub(super) compares_unknown: bool,
}

impl Diff<'_> {
    /// What differs between two values of an object, the most severe first. Attributes that only the provider sets are left out: a
    /// change of them follows from others.
    pub(super) fn object(&self, attributes: &[Attribute], before: &Value, after: &Value) -> Vec<FieldChange> {
        let mut found = Vec::new();
        self.attributes(attributes, before, after, &Path::root(), &mut found);
        found.sort_by_key(|change| change.direction);
        found
    }

    fn attributes(
        &self,
        attributes: &[Attribute],
        before: &Value,
        after: &Value,
        at: &Path,
        found: &mut Vec<FieldChange>,
    ) {
        for attribute in attributes.iter().filter(|attribute| attribute.required || attribute.optional) {
            let (before, after) = (before.get(&attribute.name), after.get(&attribute.name));
            self.attribute(attribute, before, after, &at.attribute(&attribute.name), found);
        }
    }

    fn attribute(&self, attribute: &Attribute, before: &Value, after: &Value, at: &Path, found: &mut Vec<FieldChange>) {
        let same = |spelling: crate::framework::Spelling| spelling.equals_returned(before, after);
        if before == after || attribute.same_value().is_some_and(same) {
            return;
        }
        if after.is_unknown() && !self.compares_unknown {
            return;
        }
        if attribute.is_secret() || (self.is_hidden)(&at.to_string()) {
            found.push(hidden(attribute, at));
            return;
        }
        match (attribute.shape(), before, after) {
            (Shape::Nested(Nesting::Single, nested), Value::Map(_), Value::Map(_)) => {
                let start = found.len();
                self.attributes(nested, before, after, at, found);
                within(&label(&attribute.name), &mut found[start..]);
            }
            (Shape::Nested(Nesting::List, nested), Value::List(before), Value::List(after)) => {
                self.elements(attribute, nested, before, after, at, found);
            }
            (Shape::Plain(Type::List(_) | Type::Set(_)), Value::List(before), Value::List(after)) => {
                members(attribute, before, after, at, found);
            }
            (Shape::Plain(Type::Map(_)), Value::Map(before), Value::Map(after)) => {
                for key in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
                    let value =
                        |side: &std::collections::BTreeMap<String, Value>| side.get(key).cloned().unwrap_or_default();
                    let (before, after) = (value(before), value(after));
                    if before != after {
                        found.push(scalar(
                            &format!("{} \"{key}\"", label(&attribute.name)),
                            None,
                            &before,
                            &after,
                            &at.key(key),
                        ));
                    }
                }
            }
            (Shape::Nested(Nesting::Single, _), ..) if before.is_null() || after.is_null() => {
                let name = label(&attribute.name);
                let sentence = if after.is_null() { format!("{name} is removed") } else { format!("{name} is added") };
                found.push(change(attribute.effect, Some(before.is_null()), sentence, before, after, at));
            }
            _ if attribute.name.ends_with("_required") => found.push(requirement(attribute, before, after, at)),
            _ => found.push(scalar(&label(&attribute.name), attribute.effect, before, after, at)),
        }
    }

    /// Objects in a list: by what tells them apart, or else by their place.
    fn elements(
        &self,
        attribute: &Attribute,
        nested: &[Attribute],
        before: &[Value],
        after: &[Value],
        at: &Path,
        found: &mut Vec<FieldChange>,
    ) {
        let names_all = |key: &&&str| {
            [before, after].iter().all(|side| {
                let names: Vec<_> = side.iter().filter_map(|element| element.get(key).as_str()).collect();
                names.len() == side.len() && names.iter().collect::<BTreeSet<_>>().len() == names.len()
            })
        };
        let key = ELEMENT_KEYS.iter().filter(|key| nested.iter().any(|it| it.name == **key)).find(names_all);
        let name = |index: usize, element: &Value| {
            key.and_then(|key| element.get(key).as_str()).map_or_else(|| (index + 1).to_string(), str::to_owned)
        };
        let named = |side: &[Value]| -> Vec<(String, Value)> {
            side.iter().enumerate().map(|(index, element)| (name(index, element), element.clone())).collect()
        };
        let (before, after) = (named(before), named(after));
        let one = one(&label(&attribute.name));
        for (name, element) in &before {
            if let Some((_, now)) = after.iter().find(|(other, _)| other == name) {
                let start = found.len();
                self.attributes(nested, element, now, &at.key(name), found);
                within(&format!("{one} \"{name}\""), &mut found[start..]);
            } else {
                let sentence = format!("the {one} \"{name}\" is removed");
                found.push(change(attribute.effect, Some(false), sentence, element, &Value::Null, &at.key(name)));
            }
        }
        for (name, element) in after.iter().filter(|(name, _)| !before.iter().any(|(other, _)| other == name)) {
            let sentence = format!("the {one} \"{name}\" is added");
            found.push(change(attribute.effect, Some(true), sentence, &Value::Null, element, &at.key(name)));
        }
        let order = |side: &[(String, Value)], other: &[(String, Value)]| -> Vec<String> {
            side.iter().map(|(name, _)| name.clone()).filter(|name| other.iter().any(|(it, _)| it == name)).collect()
        };
        let (was, is) = (order(&before, &after), order(&after, &before));
        if was != is {
            let list = |names: Vec<String>| Value::List(names.into_iter().map(Value::from).collect());
            let sentence = format!("the order of {} changes", label(&attribute.name));
            found.push(change(None, None, sentence, &list(was), &list(is), at));
        }
    }
}

/// Elements of a plain list or set.
fn members(attribute: &Attribute, before: &[Value], after: &[Value], at: &Path, found: &mut Vec<FieldChange>) {
    let missing = |from: &[Value], other: &[Value]| -> Vec<Value> {
        from.iter().filter(|value| !other.contains(value)).cloned().collect()
    };
    let (removed, added) = (missing(before, after), missing(after, before));
    let name = label(&attribute.name);
    let all = |values: &[Value]| Value::List(values.to_vec());
    let reordered = removed.is_empty() && added.is_empty();
    for (values, verb, rises) in [(removed, "loses", false), (added, "gets", true)] {
        if !values.is_empty() {
            let sentence = format!("{name} {verb} {}", show(&all(&values)));
            found.push(change(attribute.effect, Some(rises), sentence, &all(before), &all(after), at));
        }
    }
    if reordered {
        found.push(change(None, None, format!("the order of {name} changes"), &all(before), &all(after), at));
    }
}

/// Says in which object the attributes are.
fn within(object: &str, changes: &mut [FieldChange]) {
    for change in changes {
        change.sentence = format!("{object}: {}", change.sentence);
    }
}

fn hidden(attribute: &Attribute, at: &Path) -> FieldChange {
    FieldChange {
        path: at.to_string(),
        sentence: format!("{} changes", label(&attribute.name)),
        before: SENSITIVE.to_owned(),
        after: SENSITIVE.to_owned(),
        direction: Direction::Neutral,
        reason: None,
        numbers: None,
    }
}

fn requirement(attribute: &Attribute, before: &Value, after: &Value, at: &Path) -> FieldChange {
    let what = label(attribute.name.trim_end_matches("_required"));
    let sentence = match after {
        Value::Bool(true) => format!("{what} becomes required"),
        Value::Bool(false) if *before == Value::Bool(true) => format!("{what} is no longer required"),
        Value::Bool(false) => format!("{what} is not required"),
        _ => format!("whether {what} is required is {}", show(after)),
    };
    change(attribute.effect, rises(before, after), sentence, before, after, at)
}

fn scalar(name: &str, effect: Option<Effect>, before: &Value, after: &Value, at: &Path) -> FieldChange {
    let sentence = match (before, after) {
        (Value::Null, _) => format!("{name} is set to {}", show(after)),
        (_, Value::Null) => format!("{name} is no longer set; it was {}", show(before)),
        (_, Value::Unknown) => format!("{name} changes from {}; its value is known after the apply", show(before)),
        (Value::Number(_), Value::Number(_)) if rises(before, after) == Some(true) => {
            format!("{name} rises from {} to {}", show(before), show(after))
        }
        (Value::Number(_), Value::Number(_)) => format!("{name} falls from {} to {}", show(before), show(after)),
        _ => format!("{name} changes from {} to {}", show(before), show(after)),
    };
    change(effect, rises(before, after), sentence, before, after, at)
}

/// Whether a value rises; `None` if that cannot be said.
fn rises(before: &Value, after: &Value) -> Option<bool> {
    match (before, after) {
        (Value::Number(before), Value::Number(after)) => Some(after > before),
        (Value::Bool(before), Value::Bool(after)) => Some(!before && *after),
        (Value::Null, Value::Bool(after)) => Some(*after),
        _ => None,
    }
}

fn change(
    effect: Option<Effect>,
    rises: Option<bool>,
    sentence: String,
    before: &Value,
    after: &Value,
    at: &Path,
) -> FieldChange {
    let judged = effect.zip(rises).map(|(effect, rises)| effect.of(rises));
    let number = |value: &Value| match value {
        Value::Number(number) => number.to_string().parse::<f64>().ok(),
        _ => None,
    };
    FieldChange {
        path: at.to_string(),
        sentence,
        before: show(before),
        after: show(after),
        direction: judged.map_or(Direction::Neutral, |(direction, _)| direction),
        reason: judged.map(|(_, reason)| reason.to_owned()),
        numbers: number(before).zip(number(after)),
    }
}

/// The singular of a label: `feature` for `features`.
fn one(label: &str) -> String {
    match label {
        "workflow" => "step".to_owned(),
        _ => label.strip_suffix('s').unwrap_or(label).to_owned(),
    }
}

/// The direction of an object: the loosest of its parts, or of its existence.
pub(super) fn direction(fields: &[FieldChange], existence: Option<Direction>) -> Direction {
    let parts = fields.iter().map(|field| field.direction).chain(existence);
    parts.min().unwrap_or(Direction::Neutral)
}

/// The attributes that are set, as changes from nothing: what an object that is created or unmanaged has.
pub(super) fn settings(attributes: &[Attribute], state: &Value, is_hidden: &dyn Fn(&str) -> bool) -> Vec<FieldChange> {
    let settable = attributes.iter().filter(|attribute| attribute.required || attribute.optional);
    settable
        .filter(|attribute| {
            let value = state.get(&attribute.name);
            let is_default = attribute.default.as_ref() == Some(value);
            !value.is_null() && !value.is_unknown() && !is_default && *value != Value::List(Vec::new())
        })
        .map(|attribute| {
            let at = Path::to(&attribute.name);
            let value = state.get(&attribute.name);
            if attribute.is_secret() || is_hidden(&at.to_string()) {
                return FieldChange { before: show(&Value::Null), ..hidden(attribute, &at) };
            }
            let value = without_secrets(attribute, value);
            change(None, None, format!("{}: {}", label(&attribute.name), show(&value)), &Value::Null, &value, &at)
        })
        .collect()
}

/// A value without the secrets inside it.
fn without_secrets(attribute: &Attribute, value: &Value) -> Value {
    let Shape::Nested(_, nested) = attribute.shape() else { return value.clone() };
    let object = |entries: &Value| {
        let kept = nested.iter().filter(|it| !it.is_secret());
        Value::Map(kept.map(|it| (it.name.clone(), without_secrets(it, entries.get(&it.name)))).collect())
    };
    match value {
        Value::List(elements) => Value::List(elements.iter().map(object).collect()),
        Value::Map(_) => object(value),
        other => other.clone(),
    }
}
