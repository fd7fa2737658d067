//! Plans a resource: a pure function of prior state, configuration and core's proposal.
//!
//! Core plans twice, before and during the apply, and rejects a second plan that differs from the first. So planning uses no
//! clock, no randomness and no data that may change.

use super::model::{self, Model};
use super::path::Path;
use super::schema::{Attribute, Nesting, Schema, Shape};
use super::value::Value;

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The planned state, with unknown values for what only the apply determines.
    pub state: Value,
    /// The attributes whose change replaces the object.
    pub requires_replace: Vec<Path>,
}

/// Plans a create (`prior` is null) or an update.
///
/// Core's proposal has the values of the configuration, and the prior values of optional and computed attributes that are not
/// set. This adds defaults, keeps prior spellings that mean the same, and makes unknown what the vendor will compute.
pub fn plan(schema: &Schema, prior: &Value, config: &Value, proposed: Value) -> Plan {
    let state = apply_defaults(schema.attributes(), prior, config, proposed);
    let state = if prior.is_null() || changed(schema.attributes(), prior, &state) {
        mark_computed_unknown(schema.attributes(), prior, config, state)
    } else {
        state
    };
    let requires_replace = if prior.is_null() {
        Vec::new()
    } else {
        schema
            .attributes()
            .iter()
            .filter(|attribute| attribute.requires_replace && prior.get(&attribute.name) != state.get(&attribute.name))
            .map(|attribute| Path::to(&attribute.name))
            .collect()
    };
    Plan { state, requires_replace }
}

/// Core's proposal for an object that exists: the configuration, and the prior values of computed attributes that are not set.
#[must_use]
pub fn propose(schema: &Schema, prior: &Value, config: &Value) -> Value {
    each(schema.attributes(), prior, config, config.clone(), &|attribute, prior, config, proposed| {
        if config.is_null() && attribute.computed { prior.clone() } else { proposed }
    })
}

/// Applies defaults, keeps the prior spelling of a value that means the same, and makes write-only values null.
fn apply_defaults(attributes: &[Attribute], prior: &Value, config: &Value, proposed: Value) -> Value {
    each(attributes, prior, config, proposed, &|attribute, prior, config, proposed| {
        if attribute.write_only {
            return Value::Null;
        }
        if let (Some(default), true) = (&attribute.default, config.is_null()) {
            return default.clone();
        }
        let is_unchanged = !prior.is_null()
            && proposed.is_wholly_known()
            && attribute.same_value().is_some_and(|spelling| spelling.equals_configured(prior, &proposed));
        if is_unchanged { prior.clone() } else { proposed }
    })
}

/// Whether any attribute differs that is not write-only.
fn changed(attributes: &[Attribute], prior: &Value, state: &Value) -> bool {
    attributes.iter().any(|attribute| !attribute.write_only && prior.get(&attribute.name) != state.get(&attribute.name))
}

/// Makes unknown the attributes that the vendor computes and may change in this apply.
fn mark_computed_unknown(attributes: &[Attribute], prior: &Value, config: &Value, state: Value) -> Value {
    each(attributes, prior, config, state, &|attribute, prior, config, state| {
        let is_computed = attribute.computed && config.is_null() && attribute.default.is_none();
        if is_computed && (prior.is_null() || !attribute.use_state_for_unknown) { Value::Unknown } else { state }
    })
}

type Step<'a> = &'a dyn Fn(&Attribute, &Value, &Value, Value) -> Value;

/// Applies a step to every attribute with its prior and configured value, nested objects first.
fn each(attributes: &[Attribute], prior: &Value, config: &Value, object: Value, step: Step<'_>) -> Value {
    let Value::Map(mut entries) = object else { return object };
    for attribute in attributes {
        let (prior, config) = (prior.get(&attribute.name), config.get(&attribute.name));
        let value = entries.remove(&attribute.name).unwrap_or_default();
        let value = match (attribute.shape(), value) {
            (Shape::Nested(Nesting::Single, nested), value) => each(nested, prior, config, value, step),
            (Shape::Nested(Nesting::List, nested), Value::List(elements)) => {
                let at = |value: &Value, index: usize| {
                    value.as_list().and_then(|elements| elements.get(index)).cloned().unwrap_or_default()
                };
                let elements = elements.into_iter().enumerate();
                Value::List(
                    elements
                        .map(|(index, element)| each(nested, &at(prior, index), &at(config, index), element, step))
                        .collect(),
                )
            }
            (_, value) => value,
        };
        entries.insert(attribute.name.clone(), step(attribute, prior, config, value));
    }
    Value::Map(entries)
}

/// Adds defaults to a state that was imported, so that the first plan after an import does not change them.
#[must_use]
pub fn with_defaults(schema: &Schema, state: Value) -> Value {
    super::check::map_object(schema.attributes(), state, &|attribute, value| match &attribute.default {
        Some(default) if value.is_null() => default.clone(),
        _ => value,
    })
}

/// Keeps the prior spelling of each value of a response that means the same.
///
/// A null of the prior state may mean that the value is not known yet, as in an import. Only where the user alone sets the
/// attribute is it compared with what a vendor returns for a value that was never set, such as an empty text.
#[must_use]
pub fn keep_spelling(schema: &Schema, prior: &Value, state: Value) -> Value {
    each(schema.attributes(), prior, &Value::Null, state, &|attribute, prior, _, value| {
        let is_comparable = prior.is_wholly_known() && (!attribute.computed || !(prior.is_null() || value.is_null()));
        let is_equal =
            is_comparable && attribute.same_value().is_some_and(|spelling| spelling.equals_returned(prior, &value));
        if is_equal { prior.clone() } else { value }
    })
}

/// Whether a vendor that received the first object may return the second: these attributes mean the same in both.
pub fn is_same_returned<M: Model>(schema: &Schema, attributes: &[&str], sent: &M, returned: &M) -> bool {
    let (Ok(sent), Ok(returned)) = (model::encode(sent), model::encode(returned)) else { return false };
    let returned = keep_spelling(schema, &sent, returned);
    attributes.iter().all(|name| sent.get(name) == returned.get(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Schema {
        let same: fn(&Value, &Value) -> bool =
            |a, b| a.as_str().map(str::to_lowercase) == b.as_str().map(str::to_lowercase);
        Schema::new(
            "",
            vec![
                Attribute::string("id").computed().use_state_for_unknown(),
                Attribute::string("name").required().requires_replace(),
                Attribute::string("label").optional().semantic_equal(same),
                Attribute::string("etag").computed(),
                Attribute::number("weight").optional().computed().use_state_for_unknown(),
                Attribute::string("mode").default("forget"),
                Attribute::string("password").optional().write_only(),
            ],
        )
    }

    fn object(entries: &[(&str, &str)]) -> Value {
        let mut object = schema().empty();
        for (name, value) in entries {
            let value = match *value {
                "?" => Value::Unknown,
                number if number.parse::<i64>().is_ok() => number.parse::<i64>().unwrap().into(),
                text => text.into(),
            };
            object.insert((*name).to_owned(), value);
        }
        Value::Map(object)
    }

    fn check(prior: &Value, config: &[(&str, &str)], expected: &[(&str, &str)], replaces: &[&str]) {
        let config = object(config);
        // Core's proposal: the configuration, and prior values where something computed is left out.
        let proposed = schema()
            .attributes()
            .iter()
            .map(|attribute| {
                let configured = config.get(&attribute.name);
                let take_prior = attribute.computed && configured.is_null();
                (attribute.name.clone(), if take_prior { prior.get(&attribute.name) } else { configured }.clone())
            })
            .collect();
        let plan = plan(&schema(), prior, &config, Value::Map(proposed));
        assert_eq!(plan.state, object(expected));
        assert_eq!(plan.requires_replace.iter().map(ToString::to_string).collect::<Vec<_>>(), replaces);
    }

    const STATE: &[(&str, &str)] = &[("id", "1"), ("name", "a"), ("etag", "e"), ("weight", "7"), ("mode", "forget")];

    #[test]
    fn a_create_has_unknown_computed_attributes() {
        check(
            &Value::Null,
            &[("name", "a"), ("password", "p")],
            &[("id", "?"), ("name", "a"), ("etag", "?"), ("weight", "?"), ("mode", "forget")],
            &[],
        );
    }

    #[test]
    fn no_change_is_an_empty_plan() {
        check(&object(STATE), &[("name", "a"), ("password", "another")], STATE, &[]);
    }

    #[test]
    fn an_update_makes_unknown_only_what_may_change() {
        check(
            &object(STATE),
            &[("name", "a"), ("label", "new")],
            &[("id", "1"), ("name", "a"), ("label", "new"), ("etag", "?"), ("weight", "7"), ("mode", "forget")],
            &[],
        );
    }

    #[test]
    fn an_unknown_change_of_a_replacing_attribute_replaces() {
        check(
            &object(STATE),
            &[("name", "?")],
            &[("id", "1"), ("name", "?"), ("etag", "?"), ("weight", "7"), ("mode", "forget")],
            &["name"],
        );
    }

    #[test]
    fn another_spelling_is_no_change() {
        let mut prior = STATE.to_vec();
        prior.push(("label", "Loud"));
        check(&object(&prior), &[("name", "a"), ("label", "LOUD")], &prior, &[]);
    }
}
