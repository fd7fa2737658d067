//! Values of information that a vendor returns in more forms than its documentation has.

use std::borrow::Cow;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

use crate::framework::Number;
use crate::openapi::{ANY_FORM, MAY_BE_TEXT};

/// A text that is only shown: null if it is absent, and a number or anything else as its JSON.
#[derive(Debug, Default, PartialEq)]
pub(in crate::vendors) struct LooseText(pub Option<String>);

/// A text, of which any other value is accepted too.
impl JsonSchema for LooseText {
    fn schema_name() -> Cow<'static, str> {
        "LooseText".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "null"], (ANY_FORM): true})
    }
}

impl<'de> Deserialize<'de> for LooseText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Json::deserialize(deserializer).map(|value| Self(shown(Some(&value))))
    }
}

/// The text of a value, as [`LooseText`] has it.
pub(in crate::vendors) fn shown(value: Option<&Json>) -> Option<String> {
    match value? {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Reads a field as a [`LooseText`]. The field needs `#[serde(default)]` too, for a response without it.
pub(in crate::vendors) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    LooseText::deserialize(deserializer).map(|text| text.0)
}

/// Reads a text that is empty where the response has null. The field needs `#[serde(default)]` too.
pub(in crate::vendors) fn text_or_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    text(deserializer).map(Option::unwrap_or_default)
}

/// The schema of a whole number, of which the text of one is accepted too.
pub(in crate::vendors) struct Whole;

impl JsonSchema for Whole {
    fn schema_name() -> Cow<'static, str> {
        "Whole".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", (MAY_BE_TEXT): true})
    }
}

/// Reads a [`Whole`] number.
pub(in crate::vendors) fn whole<'de, D: Deserializer<'de>, T: FromStr>(deserializer: D) -> Result<T, D::Error> {
    in_range(&Number::deserialize(deserializer)?)
}

fn in_range<T: FromStr, E: serde::de::Error>(number: &Number) -> Result<T, E> {
    number.to_string().parse().map_err(|_| E::custom("not a whole number in range"))
}

/// Reads a [`Whole`] number or null. The field needs `#[serde(default)]` too.
pub(in crate::vendors) fn whole_or_null<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
{
    Option::<Number>::deserialize(deserializer)?.map(|number| in_range(&number)).transpose()
}

/// The value of `true` or `false`, which may be a text.
pub(in crate::vendors) fn flag(value: &Json) -> Option<bool> {
    match value {
        Json::Bool(value) => Some(*value),
        Json::String(text) => text.to_lowercase().parse().ok(),
        _ => None,
    }
}

/// Reads a value that is its default where the response has null. The field needs `#[serde(default)]` too.
pub(in crate::vendors) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn number_may_be_the_text_of_one() {
        let whole = |value| whole::<_, i64>(value).ok();
        for (value, number) in [
            (json!(7), Some(7)),
            (json!("7"), Some(7)),
            (json!("-7.0"), Some(-7)),
            (json!("7.5"), None),
            (json!("seven"), None),
            (json!(true), None),
        ] {
            assert_eq!(whole(value.clone()), number, "{value}");
        }
    }

    #[test]
    fn every_value_is_a_text_or_null() {
        for (value, text) in [
            (json!(null), None),
            (json!("1.0"), Some("1.0")),
            (json!(2.10), Some("2.1")),
            (json!(true), Some("true")),
            (json!({"a": 1}), Some(r#"{"a":1}"#)),
        ] {
            assert_eq!(LooseText::deserialize(value).unwrap(), LooseText(text.map(str::to_owned)));
        }
    }
}
