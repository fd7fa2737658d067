//! Values of information that a vendor returns in more forms than its documentation has.

use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

/// A text that is only shown: null if it is absent, and a number or anything else as its JSON.
#[derive(Debug, Default, PartialEq)]
pub(in crate::vendors) struct LooseText(pub Option<String>);

impl<'de> Deserialize<'de> for LooseText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match Json::deserialize(deserializer)? {
            Json::Null => None,
            Json::String(text) => Some(text),
            other => Some(other.to_string()),
        }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
