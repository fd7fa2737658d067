//! The error if a value does not match a model. Serde's own messages quote the value, which may be a secret; these never do.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use crate::framework::path::{Path, Step};

/// Where a value does not match a model, and how. Its `Display` is the end of a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelError(Box<(Path, String)>);

impl ModelError {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self(Box::new((Path::root(), reason.into())))
    }

    /// The error with the path from the parent of the value.
    pub(super) fn within(self, step: Step) -> Self {
        let (path, reason) = *self.0;
        Self(Box::new((path.within(step), reason)))
    }
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, reason) = &*self.0;
        if path.is_root() { write!(f, "the value {reason}") } else { write!(f, "`{path}` {reason}") }
    }
}

impl std::error::Error for ModelError {}

impl de::Error for ModelError {
    /// A message of other code may quote the value, so it is dropped.
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::new("has a form that is not expected")
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("is {} where {expected} is expected", kind(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("is {} that is not {expected}", kind(found)))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::new(format!("has the length {length} where {expected} is expected"))
    }

    /// The fields of a model are the attributes of a schema: their names are no secrets.
    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self::new(format!("has the attribute `{field}`, which the model lacks"))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format!("lacks the attribute `{field}`"))
    }
}

/// What was found, in words.
fn kind(found: Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "a number",
        Unexpected::Char(_) | Unexpected::Str(_) => "a string",
        Unexpected::Unit | Unexpected::Option => "null or not known",
        Unexpected::Seq => "a list",
        Unexpected::Map => "a map",
        _ => "a value",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use crate::framework::value::{Value, from_value};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Row {
        #[serde(rename = "count")]
        _count: Option<u8>,
        #[serde(rename = "name")]
        _name: String,
    }

    fn check(row: &[(&str, Value)], expected: &str) {
        let row = row.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect::<BTreeMap<_, _>>();
        let rows = Value::Map([("rows".to_owned(), Value::List(vec![Value::Map(row)]))].into());
        let error = from_value::<BTreeMap<String, Vec<Row>>>(rows).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn an_error_says_where_and_how_and_never_quotes_the_value() {
        check(&[("count", "hush".into())], "`rows[0].count` is a string where u8 is expected");
        check(&[("count", Value::Number(4711_i64.into()))], "`rows[0].count` is a number that is not u8");
        check(&[("name", Value::Unknown)], "`rows[0].name` is not known yet");
        check(&[("name", Value::Null)], "`rows[0].name` is null or not known where a string is expected");
        check(&[("other", Value::Null)], "`rows[0]` has the attribute `other`, which the model lacks");
        check(&[], "`rows[0]` lacks the attribute `name`");
        assert_eq!(
            from_value::<Vec<Row>>("hush".into()).unwrap_err().to_string(),
            "the value is a string where a sequence is expected"
        );
    }
}
