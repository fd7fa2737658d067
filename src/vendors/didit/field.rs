//! A field of a response that may be absent.

use std::borrow::Cow;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

use crate::framework::Attr;
use crate::vendors::shared::loose;

/// A field of a response: absent, null or set. A struct of them is `#[serde(default)]`.
#[derive(Default)]
pub(super) enum Field<T> {
    /// The response does not have the field.
    #[default]
    Absent,
    /// The value; `None` for null.
    Present(Option<T>),
}

impl<T: Clone> Field<T> {
    /// The attribute's value from the response: null if the response has null, `kept` if the field is absent.
    pub(super) fn resolve(self, kept: &Attr<T>) -> Attr<T> {
        match (self, kept) {
            (Self::Present(value), _) => value.into(),
            (Self::Absent, Attr::Unknown) => Attr::Null,
            (Self::Absent, kept) => kept.clone(),
        }
    }

    /// The value, if the response has one.
    pub(super) fn into_value(self) -> Option<T> {
        match self {
            Self::Present(value) => value,
            Self::Absent => None,
        }
    }
}

impl<T: JsonSchema> JsonSchema for Field<T> {
    fn schema_name() -> Cow<'static, str> {
        Option::<T>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<T>::json_schema(generator)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::Present)
    }
}

/// Reads a field with a whole number.
pub(super) fn whole<'de, D: Deserializer<'de>, T: FromStr>(deserializer: D) -> Result<Field<T>, D::Error> {
    loose::whole_or_null(deserializer).map(Field::Present)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Response {
        version: Field<i64>,
    }

    fn check(body: &str, kept: &Attr<i64>, expected: &Attr<i64>) {
        let response: Response = serde_json::from_str(body).unwrap();
        assert_eq!(&response.version.resolve(kept), expected, "{body}");
    }

    #[test]
    fn an_absent_field_keeps_the_value_and_null_removes_it() {
        check("{}", &Attr::Known(1), &Attr::Known(1));
        check("{}", &Attr::Unknown, &Attr::Null);
        check(r#"{"version": null}"#, &Attr::Known(1), &Attr::Null);
        check(r#"{"version": 2}"#, &Attr::Known(1), &Attr::Known(2));
    }
}
