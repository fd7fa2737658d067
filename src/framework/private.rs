//! What a resource keeps beside its state, out of the user's sight.
//!
//! Core stores it as opaque bytes and hands it back on each call; an answer without it erases it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::diagnostics::{Diagnostic, Diagnostics};

/// Private state: JSON values by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Private(BTreeMap<String, Json>);

impl Private {
    /// Reads what core kept. Bytes that are not ours are an error, never silently dropped: dropping would lose them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        if bytes.is_empty() { Ok(Self::default()) } else { serde_json::from_slice(bytes).map(Self) }
    }

    /// What core is to keep; empty when there is nothing.
    pub fn to_bytes(&self) -> Vec<u8> {
        if self.0.is_empty() { Vec::new() } else { serde_json::json!(self.0).to_string().into_bytes() }
    }

    /// The value under a key; `None` if there is none or it has another shape.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        self.0.get(key).and_then(|value| serde_json::from_value(value.clone()).ok())
    }

    /// Keeps a value under a key. A value that JSON cannot hold is refused, which is a fault of ours.
    pub fn set<T: Serialize>(&mut self, key: &str, value: &T) -> Result<(), Diagnostics> {
        let value = serde_json::to_value(value).map_err(|error| {
            let detail = format!(
                "What is to be kept as `{key}` beside the state cannot be written: {error}. This is a bug in the provider; please \
                 report it."
            );
            Diagnostic::error("Private state cannot be written", detail)
        })?;
        self.0.insert(key.to_owned(), value);
        Ok(())
    }

    /// Forgets a key.
    pub fn remove(&mut self, key: &str) {
        self.0.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::Private;

    #[test]
    fn keeps_values_and_refuses_foreign_bytes() {
        let mut private = Private::default();
        assert!(private.to_bytes().is_empty());
        private.set("original", &[1, 2]).unwrap();
        let again = Private::from_bytes(&private.to_bytes()).unwrap();
        assert_eq!(again.get::<Vec<u8>>("original"), Some(vec![1, 2]));
        assert!(Private::from_bytes(b"\x00binary").is_err());
    }
}
