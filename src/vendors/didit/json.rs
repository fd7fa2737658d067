//! Attributes that hold JSON as text: their rule, and when two texts have the same meaning.

use serde_json::{Map, Value as Json};

use crate::framework::{Number, Rule, Value};

/// Accepts the text of a JSON object.
pub(super) const JSON_OBJECT: Rule = Rule::Custom {
    describe: "Must be a JSON object.",
    check: |value| match value.as_str().map(serde_json::from_str::<Map<String, Json>>) {
        Some(Err(error)) => Err(format!("is not a JSON object ({error}); write it with `jsonencode`")),
        _ => Ok(()),
    },
};

/// Whether two texts are the same JSON.
pub(super) fn same_json(a: &Value, b: &Value) -> bool {
    let parse = |value: &Value| value.as_str().and_then(|text| serde_json::from_str::<Json>(text).ok());
    a == b || matches!((parse(a), parse(b)), (Some(a), Some(b)) if equal(&a, &b))
}

/// Whether two documents are equal. Numbers are compared by value: `1e3`, as one side may write it, equals `1000`.
pub(super) fn equal(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => {
            a == b || matches!((Number::try_from(a), Number::try_from(b)), (Ok(a), Ok(b)) if a == b)
        }
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_one_document() {
        for (a, b, same) in [
            (r#"{"a": [1e3, {"b": 0.10}]}"#, r#"{"a":[1000.0,{"b":0.1}]}"#, true),
            (r#"{"a": 1, "b": 2}"#, r#"{"b": 2, "a": 1}"#, true),
            (r#"{"a": [1, 2]}"#, r#"{"a": [2, 1]}"#, false),
            (r#"{"a": 1}"#, r#"{"a": "1"}"#, false),
            (r#"{"a": 1}"#, r#"{"a": 1, "b": null}"#, false),
            ("{", "[", false),
        ] {
            assert_eq!(same_json(&a.into(), &b.into()), same, "{a} {b}");
        }
    }
}
