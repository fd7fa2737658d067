//! The fields of a body, read one by one, so that an answer can name every field that is wrong as the vendor does.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::ApiError;

/// What a body has given, and what was wrong with it so far.
pub(super) struct Fields {
    given: Map<String, Value>,
    mistakes: BTreeMap<String, Vec<String>>,
}

impl Fields {
    /// All fields of a body.
    pub(super) fn of(given: Map<String, Value>) -> Self {
        Self { given, mistakes: BTreeMap::new() }
    }

    /// Says what a creation must have. An update has no such fields.
    pub(super) fn require(&mut self, names: &[&str]) {
        for name in names {
            if !self.given.contains_key(*name) {
                self.refuse(name, "This field is required.");
            }
        }
    }

    /// Puts what was given for a field in its place, if anything was and it fits.
    pub(super) fn set<T>(&mut self, name: &str, place: &mut T, read: impl FnOnce(Value) -> Result<T, String>) {
        match self.given.remove(name).map(read) {
            Some(Ok(value)) => *place = value,
            Some(Err(message)) => self.refuse(name, message),
            None => {}
        }
    }

    /// Says what is wrong with a field.
    pub(super) fn refuse(&mut self, name: &str, message: impl Into<String>) {
        self.mistakes.entry(name.to_owned()).or_default().push(message.into());
    }

    /// Refuses the body if anything was wrong, or if it has a field that nobody has read.
    pub(super) fn finish(mut self) -> Result<(), ApiError> {
        for name in std::mem::take(&mut self.given).into_iter().map(|(name, _)| name) {
            self.refuse(&name, "Unknown field.");
        }
        if self.mistakes.is_empty() {
            return Ok(());
        }
        Err(ApiError { status: StatusCode::BAD_REQUEST, body: json!(self.mistakes) })
    }
}

/// Text of at least one and at most so many characters.
pub(super) fn text(most: usize) -> impl FnOnce(Value) -> Result<String, String> {
    move |value| match blank_or_text(most)(value)? {
        text if text.trim().is_empty() => Err("This field may not be blank.".to_owned()),
        text => Ok(text),
    }
}

/// Text of at most so many characters.
pub(super) fn blank_or_text(most: usize) -> impl FnOnce(Value) -> Result<String, String> {
    move |value| match value {
        Value::String(text) if text.chars().count() > most => {
            Err(format!("Ensure this field has no more than {most} characters."))
        }
        Value::String(text) => Ok(text),
        other => Err(format!("Not a valid string: {other}.")),
    }
}

/// One of some words.
pub(super) fn choice(known: &[&str]) -> impl Fn(Value) -> Result<String, String> {
    move |value| match value.as_str().filter(|word| known.contains(word)) {
        Some(word) => Ok(word.to_owned()),
        None => Err(format!("{value} is not a valid choice.")),
    }
}

/// True or false.
pub(super) fn flag(value: Value) -> Result<bool, String> {
    match value {
        Value::Bool(flag) => Ok(flag),
        other => Err(format!("Must be a valid boolean: {other}.")),
    }
}

/// A whole number within bounds.
pub(super) fn whole(bounds: RangeInclusive<u64>) -> impl FnOnce(Value) -> Result<u64, String> {
    move |value| {
        let number = value.as_u64().filter(|number| bounds.contains(number));
        number.ok_or_else(|| {
            format!("Must be a whole number from {} to {}, found {value}.", bounds.start(), bounds.end())
        })
    }
}

/// Something that may be null.
pub(super) fn nullable<T>(
    read: impl FnOnce(Value) -> Result<T, String>,
) -> impl FnOnce(Value) -> Result<Option<T>, String> {
    move |value| match value {
        Value::Null => Ok(None),
        value => read(value).map(Some),
    }
}

/// At least one element, each of which fits.
pub(super) fn some<T>(read: impl Fn(Value) -> Result<T, String>) -> impl FnOnce(Value) -> Result<Vec<T>, String> {
    move |value| match value {
        Value::Array(elements) if elements.is_empty() => Err("This list may not be empty.".to_owned()),
        Value::Array(elements) => elements.into_iter().map(read).collect(),
        other => Err(format!("Expected a list of items, found {other}.")),
    }
}

/// An object.
pub(super) fn object(value: Value) -> Result<Map<String, Value>, String> {
    match value {
        Value::Object(members) => Ok(members),
        other => Err(format!("Expected an object, found {other}.")),
    }
}
