//! The fields of a body, read one by one, so that a response names every invalid field as the vendor's does.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::sandbox::engine::ApiError;

/// The fields of a body, and what is wrong with those that were read.
#[derive(Deserialize)]
#[serde(from = "Map<String, Value>")]
pub(super) struct Fields {
    given: Map<String, Value>,
    mistakes: BTreeMap<String, Vec<String>>,
}

impl From<Map<String, Value>> for Fields {
    fn from(given: Map<String, Value>) -> Self {
        Self { given, mistakes: BTreeMap::new() }
    }
}

impl Fields {
    /// Rejects the body of a create that does not have these fields.
    pub(super) fn require(&mut self, names: &[&str]) {
        for name in names {
            if !self.given.contains_key(*name) {
                self.reject(name, "This field is required.");
            }
        }
    }

    /// Reads a field into its place, if it is present and valid.
    pub(super) fn set<T>(&mut self, name: &str, place: &mut T, read: impl FnOnce(Value) -> Result<T, String>) {
        match self.given.remove(name).map(read) {
            Some(Ok(value)) => *place = value,
            Some(Err(message)) => self.reject(name, message),
            None => {}
        }
    }

    /// Records what is wrong with a field.
    pub(super) fn reject(&mut self, name: &str, message: impl Into<String>) {
        self.mistakes.entry(name.to_owned()).or_default().push(message.into());
    }

    /// Rejects the body if a field is invalid or unknown, which is one that was not read.
    pub(super) fn finish(mut self) -> Result<(), ApiError> {
        for name in std::mem::take(&mut self.given).into_iter().map(|(name, _)| name) {
            self.reject(&name, "Unknown field.");
        }
        if self.mistakes.is_empty() {
            return Ok(());
        }
        Err(ApiError::bad_request("The body has invalid fields.").with_body(json!(self.mistakes)))
    }
}

/// Reads text of 1 to `most` characters.
pub(super) fn text(most: usize) -> impl FnOnce(Value) -> Result<String, String> {
    move |value| match blank_or_text(most)(value)? {
        text if text.trim().is_empty() => Err("This field may not be blank.".to_owned()),
        text => Ok(text),
    }
}

/// Reads text of at most `most` characters.
pub(super) fn blank_or_text(most: usize) -> impl FnOnce(Value) -> Result<String, String> {
    move |value| match value {
        Value::String(text) if text.chars().count() > most => {
            Err(format!("Ensure this field has no more than {most} characters."))
        }
        Value::String(text) => Ok(text),
        other => Err(format!("Not a valid string: {other}.")),
    }
}

/// Reads one of the `known` words.
pub(super) fn choice(known: &[&str]) -> impl Fn(Value) -> Result<String, String> {
    move |value| match value.as_str().filter(|word| known.contains(word)) {
        Some(word) => Ok(word.to_owned()),
        None => Err(format!("{value} is not a valid choice.")),
    }
}

/// Reads a boolean.
pub(super) fn flag(value: Value) -> Result<bool, String> {
    match value {
        Value::Bool(flag) => Ok(flag),
        other => Err(format!("Must be a valid boolean: {other}.")),
    }
}

/// Reads a whole number within bounds.
pub(super) fn whole(bounds: RangeInclusive<u64>) -> impl FnOnce(Value) -> Result<u64, String> {
    move |value| {
        let number = value.as_u64().filter(|number| bounds.contains(number));
        number.ok_or_else(|| {
            format!("Must be a whole number from {} to {}, found {value}.", bounds.start(), bounds.end())
        })
    }
}

/// Reads a value that may be null.
pub(super) fn nullable<T>(
    read: impl FnOnce(Value) -> Result<T, String>,
) -> impl FnOnce(Value) -> Result<Option<T>, String> {
    move |value| match value {
        Value::Null => Ok(None),
        value => read(value).map(Some),
    }
}

/// Reads a list of at least one element.
pub(super) fn some<T>(read: impl Fn(Value) -> Result<T, String>) -> impl FnOnce(Value) -> Result<Vec<T>, String> {
    move |value| match value {
        Value::Array(elements) if elements.is_empty() => Err("This list may not be empty.".to_owned()),
        Value::Array(elements) => elements.into_iter().map(read).collect(),
        other => Err(format!("Expected a list of items, found {other}.")),
    }
}

/// Reads an object.
pub(super) fn object(value: Value) -> Result<Map<String, Value>, String> {
    match value {
        Value::Object(members) => Ok(members),
        other => Err(format!("Expected an object, found {other}.")),
    }
}
