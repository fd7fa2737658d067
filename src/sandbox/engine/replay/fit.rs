//! Gives a value the form of a shape.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::recording::Shape;

/// The value in the form of the shape. What the shape does not contradict stays.
pub(super) fn fit(shape: &Shape, own: Value) -> Value {
    match (shape, own) {
        // The vendor may leave either out, and equal kinds agree.
        (Shape::Null | Shape::Deeper, own)
        | (_, own @ Value::Null)
        | (Shape::Text { .. }, own @ Value::String(_))
        | (Shape::Boolean, own @ Value::Bool(_)) => own,
        (Shape::OneOf { shapes }, own) => match shapes.iter().find(|shape| is_of_kind(shape, &own)) {
            Some(shape) => fit(shape, own),
            None => own,
        },
        (Shape::Array { length, items, rest }, Value::Array(values)) => {
            let of = |index: usize| items.get(index).or(rest.as_deref()).or(items.last());
            let is_known = *length > 0;
            let fitted = values.into_iter().enumerate().map(|(index, value)| match of(index) {
                Some(shape) if is_known => fit(shape, value),
                _ => value,
            });
            Value::Array(fitted.collect())
        }
        (Shape::Object { members, unnamed, sometimes }, Value::Object(own)) if !members.is_empty() && *unnamed == 0 => {
            Value::Object(fit_members(members, sometimes, own))
        }
        (Shape::Object { .. }, own @ Value::Object(_)) => own,
        // A wrapper: the member of its kind takes the value.
        (Shape::Object { members, .. }, own) => wrapped(members, own),
        (Shape::Text { .. }, own @ (Value::Number(_) | Value::Bool(_))) => Value::String(own.to_string()),
        (Shape::Number { .. }, Value::String(text)) => {
            serde_json::from_str(&text).ok().filter(Value::is_number).unwrap_or_else(|| made_up(shape))
        }
        (Shape::Number { integer, .. }, own @ Value::Number(_)) => {
            if *integer || own.as_f64().is_none() {
                own
            } else {
                Value::from(own.as_f64().unwrap_or_default())
            }
        }
        // A wrapper that the vendor does not have.
        (Shape::Array { .. }, Value::Object(own)) => own
            .into_iter()
            .map(|(_, value)| value)
            .find(|value| is_of_kind(shape, value))
            .unwrap_or_else(|| made_up(shape)),
        _ => made_up(shape),
    }
}

fn fit_members(
    shapes: &BTreeMap<String, Shape>,
    sometimes: &[String],
    mut own: Map<String, Value>,
) -> Map<String, Value> {
    let mut fitted = Map::new();
    let mut missing = Vec::new();
    for (name, shape) in shapes {
        match own.remove(name) {
            Some(value) => {
                fitted.insert(name.clone(), fit(shape, value));
            }
            None => missing.push((name, shape)),
        }
    }
    for (name, shape) in missing {
        // The member that the vendor does not have, and of the same kind, is this one by another name.
        let renamed = own.iter().filter(|(_, value)| !value.is_null() && is_of_kind(shape, value));
        let renamed = renamed.max_by_key(|(other, _)| likeness(name, other)).map(|(other, _)| other.clone());
        let value = match renamed.and_then(|other| own.remove(&other)) {
            Some(value) => fit(shape, value),
            None if sometimes.contains(name) => continue,
            None => made_up(shape),
        };
        fitted.insert(name.clone(), value);
    }
    fitted
}

fn wrapped(members: &BTreeMap<String, Shape>, own: Value) -> Value {
    let holder = members.iter().find(|(_, shape)| is_of_kind(shape, &own)).map(|(name, _)| name);
    let mut own = Some(own);
    let value = |(name, shape): (&String, &Shape)| {
        let value = if Some(name) == holder { own.take().map(|own| fit(shape, own)) } else { None };
        (name.clone(), value.unwrap_or_else(|| made_up(shape)))
    };
    Value::Object(members.iter().map(value).collect())
}

/// Whether a value is of the kind of a shape, whatever is in it.
fn is_of_kind(shape: &Shape, value: &Value) -> bool {
    match shape {
        Shape::Null => value.is_null(),
        Shape::Boolean => value.is_boolean(),
        Shape::Number { .. } => value.is_number(),
        Shape::Text { .. } => value.is_string(),
        Shape::Array { .. } => value.is_array(),
        Shape::Object { .. } => value.is_object(),
        Shape::OneOf { shapes } => shapes.iter().any(|shape| is_of_kind(shape, value)),
        Shape::Deeper => true,
    }
}

/// How many characters two names have in common, at their beginnings and ends.
fn likeness(left: &str, right: &str) -> usize {
    let common =
        |pairs: &mut dyn Iterator<Item = (char, char)>| pairs.take_while(|(left, right)| left == right).count();
    common(&mut left.chars().zip(right.chars())) + common(&mut left.chars().rev().zip(right.chars().rev()))
}

/// A value of the shape that stands for none of the vendor's.
pub(super) fn made_up(shape: &Shape) -> Value {
    match shape {
        Shape::Null | Shape::Deeper => Value::Null,
        Shape::Boolean => Value::Bool(false),
        Shape::Number { integer, value } => match (value, integer) {
            (Some(value), _) => (*value).into(),
            (None, true) => 1.into(),
            (None, false) => 0.5.into(),
        },
        Shape::Text { length, form, value, hash } => {
            value.clone().unwrap_or_else(|| text(*length, form, hash.as_deref())).into()
        }
        // The stand-in has no such objects.
        Shape::Array { .. } => Value::Array(Vec::new()),
        Shape::Object { members, .. } => {
            Value::Object(members.iter().map(|(name, shape)| (name.clone(), made_up(shape))).collect())
        }
        Shape::OneOf { shapes } => shapes.first().map_or(Value::Null, made_up),
    }
}

fn text(length: usize, form: &str, hash: Option<&str>) -> String {
    let seed = hash.unwrap_or("0");
    let repeated = |pattern: &str| pattern.chars().cycle().take(length).collect::<String>();
    match form {
        "empty" => String::new(),
        "date_time" => "2026-01-01T00:00:00Z".to_owned(),
        "uuid" => format!("00000000-0000-4000-8000-{seed:0>12}"),
        "digits" => repeated("1234567890"),
        "url" => "https://replay.example.com".to_owned(),
        "jwt" => "eyJhbGciOiJub25lIn0.e30.".to_owned(),
        "hex" => repeated(seed),
        "base64" => repeated("QUJD"),
        "json" => "{}".to_owned(),
        _ => repeated(hash.unwrap_or("x")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fitted(shape: Value, own: Value) -> Value {
        fit(&serde_json::from_value(shape).unwrap(), own)
    }

    fn text(length: usize) -> Value {
        json!({"type": "text", "length": length, "form": "other"})
    }

    #[test]
    fn renamed_member_keeps_its_value_and_an_absent_one_is_dropped() {
        let shape = json!({"type": "object", "members": {"list_name": text(3), "id": text(2)}});
        assert_eq!(
            fitted(shape, json!({"name": "kyc", "id": "a1", "extra": 7})),
            json!({"list_name": "kyc", "id": "a1"})
        );
    }

    #[test]
    fn new_member_is_made_up_and_a_number_becomes_a_text() {
        let shape = json!({"type": "object", "members": {"id": text(2), "at": {"type": "text", "length": 20, "form": "date_time"}, "on": {"type": "boolean"}}});
        assert_eq!(fitted(shape, json!({"id": 12})), json!({"id": "12", "at": "2026-01-01T00:00:00Z", "on": false}));
    }

    #[test]
    fn wrappers_are_added_and_removed() {
        let rows = json!({"type": "array", "length": 1, "items": [{"type": "object", "members": {"id": text(1)}}]});
        let shape = json!({"type": "object", "members": {"data": rows, "ok": {"type": "boolean"}}});
        assert_eq!(fitted(shape, json!([{"id": "a"}])), json!({"data": [{"id": "a"}], "ok": false}));
        assert_eq!(fitted(rows, json!({"count": 1, "results": [{"id": "a"}]})), json!([{"id": "a"}]));
    }

    #[test]
    fn what_the_recording_did_not_see_stays() {
        let empty = json!({"type": "array", "length": 0, "items": []});
        assert_eq!(fitted(empty, json!([{"id": "a"}])), json!([{"id": "a"}]));
        assert_eq!(fitted(json!({"type": "object", "members": {}}), json!({"a": 1})), json!({"a": 1}));
        assert_eq!(fitted(json!({"type": "null"}), json!("next")), json!("next"));
    }
}
