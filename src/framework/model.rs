//! Typed models of an object's attributes, and the conversion between models and values.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::diagnostics::{Diagnostic, Diagnostics};
use super::value::{self, Value};

/// A struct with one [`Attr`](super::Attr) per attribute of the schema, under the same names.
///
/// A test over all objects compares each model with its schema. It cannot see an attribute that a model has for some values only:
/// [`check::conform_response`](super::check::conform_response) finds that in the response.
pub trait Model: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {}

impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> Model for T {}

/// Reads a model. A mismatch is a bug in the provider: core has already checked the value against the schema.
pub fn decode<M: Model>(value: Value) -> Result<M, Diagnostics> {
    value::from_value(value).map_err(|error| {
        let detail = format!(
            "The value that Terraform sent does not match the provider's model: {error}. This is a bug in the provider; please \
             report it."
        );
        Diagnostic::error("Provider and schema disagree", detail).into()
    })
}

/// Writes a model as a value.
pub fn encode<M: Model>(model: &M) -> Result<Value, Diagnostics> {
    value::to_value(model).map_err(|error| {
        let detail = format!("The result cannot be written as a Terraform value: {error}. This is a bug in the provider; please report it.");
        Diagnostic::error("Provider and schema disagree", detail).into()
    })
}

/// Reads a model and writes it again. The result differs from the value where model and schema do.
pub(super) fn round_trip<M: Model>(value: Value) -> Result<Value, Diagnostics> {
    encode(&decode::<M>(value)?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::framework::{Attr, Number, Secret};

    #[derive(Clone, Debug, Default, PartialEq, Serialize, serde::Deserialize)]
    struct Inner {
        flag: Attr<bool>,
    }

    #[derive(Clone, Debug, Default, PartialEq, Serialize, serde::Deserialize)]
    struct Outer {
        text: Attr<String>,
        count: Attr<i64>,
        exact: Attr<Number>,
        tags: Attr<BTreeMap<String, Attr<String>>>,
        inner: Attr<Vec<Inner>>,
        secret: Attr<Secret>,
    }

    #[test]
    fn models_round_trip_with_unknown_and_null() {
        let model = Outer {
            text: Attr::Unknown,
            count: 3.into(),
            exact: Attr::Known("0.123456789012345678901".parse().unwrap()),
            tags: Attr::Known([("a".to_owned(), Attr::Unknown), ("b".to_owned(), "x".into())].into()),
            inner: Attr::Known(vec![Inner { flag: Attr::Unknown }, Inner { flag: Attr::Null }]),
            secret: Attr::Known("hush".to_owned().into()),
        };
        let value = encode(&model).unwrap();
        assert_eq!(value.get("text"), &Value::Unknown);
        assert_eq!(value.get("exact"), &Value::Number("0.123456789012345678901".parse().unwrap()));
        assert_eq!(decode::<Outer>(value).unwrap(), model);
        assert!(!format!("{model:?}").contains("hush"));
    }

    #[test]
    fn a_plain_value_is_a_model_too() {
        let value = encode(&Outer {
            text: Attr::Unknown,
            exact: Attr::Known("0.1".parse().unwrap()),
            inner: Attr::Known(vec![Inner { flag: true.into() }]),
            ..Outer::default()
        });
        let value = value.unwrap();
        assert_eq!(encode(&decode::<Value>(value.clone()).unwrap()).unwrap(), value);
    }

    #[test]
    fn an_error_names_the_attribute() {
        let value = Value::Map([("text".into(), true.into())].into());
        let diagnostics = decode::<Outer>(value).unwrap_err();
        assert!(diagnostics.iter().next().unwrap().detail.contains("`text` is a boolean"), "{diagnostics:?}");
    }

    #[test]
    fn an_error_does_not_quote_the_value() {
        let value = Value::Map([("count".into(), "hush".into())].into());
        let diagnostics = decode::<Outer>(value).unwrap_err();
        assert!(!format!("{diagnostics:?}").contains("hush"), "{diagnostics:?}");
    }
}
