//! Values as JSON: stored state, and dynamic values of clients that send JSON.

use serde_json::Value as Json;

use super::Value;
use crate::framework::diagnostics::{Diagnostic, Diagnostics};
use crate::framework::types::Type;

/// Reads JSON as a type. Attributes that the type does not have are dropped, and missing ones are null: core before 1.15
/// leaves attributes in stored state that the schema no longer has, and the provider has to drop them.
pub fn from_json(json: &Json, kind: &Type) -> Result<Value, Diagnostics> {
    read(json, kind).map_err(|(place, expected)| {
        let place = if place.is_empty() { "the value".to_owned() } else { format!("`{place}`") };
        let detail = format!(
            "In the stored state, {place} is not {expected}. The state may have been edited by hand, or written by another \
             provider. Restore a backup of the state, or remove the object from state and import it again."
        );
        Diagnostic::error("Stored state cannot be read", detail).into()
    })
}

/// The place that does not match, and the expected type in words.
type Mismatch = (String, String);

fn read(json: &Json, kind: &Type) -> Result<Value, Mismatch> {
    let below = |place: &str, (rest, expected): Mismatch| {
        (if rest.is_empty() { place.to_owned() } else { format!("{place}.{rest}") }, expected)
    };
    match (json, kind) {
        (Json::Null, _) => Ok(Value::Null),
        (Json::Bool(value), Type::Bool | Type::Dynamic) => Ok(Value::Bool(*value)),
        (Json::Number(number), Type::Number | Type::Dynamic) => {
            number.try_into().map(Value::Number).map_err(|_| (String::new(), kind.describe()))
        }
        (Json::String(text), Type::String | Type::Dynamic) => Ok(Value::from(text.as_str())),
        (Json::Array(elements), Type::List(element) | Type::Set(element)) => elements
            .iter()
            .enumerate()
            .map(|(index, json)| read(json, element).map_err(|mismatch| below(&index.to_string(), mismatch)))
            .collect::<Result<_, _>>()
            .map(Value::List),
        (Json::Array(elements), Type::Tuple(kinds)) if elements.len() == kinds.len() => {
            elements.iter().zip(kinds).map(|(json, kind)| read(json, kind)).collect::<Result<_, _>>().map(Value::List)
        }
        (Json::Object(entries), Type::Map(element)) => entries
            .iter()
            .map(|(key, json)| Ok((key.clone(), read(json, element).map_err(|mismatch| below(key, mismatch))?)))
            .collect::<Result<_, _>>()
            .map(Value::Map),
        (Json::Object(entries), Type::Object(attributes)) => attributes
            .iter()
            .map(|(name, kind)| match entries.get(name) {
                Some(json) => Ok((name.clone(), read(json, kind).map_err(|mismatch| below(name, mismatch))?)),
                None => Ok((name.clone(), Value::Null)),
            })
            .collect::<Result<_, _>>()
            .map(Value::Map),
        _ => Err((String::new(), kind.describe())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removed_attributes_are_dropped_and_digits_are_kept() {
        let kind = Type::Object([("n".into(), Type::Number), ("new".into(), Type::Bool)].into());
        let json = serde_json::from_str(r#"{"n": 0.123456789012345678901, "old": true}"#).unwrap();
        let value = from_json(&json, &kind).unwrap();
        assert_eq!(value.get("n"), &Value::Number("0.123456789012345678901".parse().unwrap()));
        assert!(value.get("new").is_null() && value.as_map().unwrap().len() == 2);
    }

    #[test]
    fn an_error_names_the_place() {
        let kind = Type::Object([("l".into(), Type::list(Type::Bool))].into());
        let diagnostics = from_json(&serde_json::json!({"l": [true, "x"]}), &kind).unwrap_err();
        assert!(diagnostics.iter().next().unwrap().detail.contains("`l.1` is not true or false"));
    }
}
