//! Private state: what a resource stores beside its state, invisible to the user.
//!
//! Core stores it as opaque bytes and sends it with each call; a response without it erases it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::diagnostics::{Diagnostic, Diagnostics};

/// Private state: JSON values by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Private(BTreeMap<String, Json>);

impl Private {
    /// Reads what core stored. Bytes in another format are an error: to ignore them would lose them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        if bytes.is_empty() { Ok(Self::default()) } else { serde_json::from_slice(bytes).map(Self) }
    }

    /// The bytes for core to store; none if nothing is set.
    pub fn to_bytes(&self) -> Vec<u8> {
        if self.0.is_empty() { Vec::new() } else { serde_json::json!(self.0).to_string().into_bytes() }
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a key; `None` if there is none or it has another type.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        self.0.get(key).and_then(|value| serde_json::from_value(value.clone()).ok())
    }

    /// Sets the value of a key. Fails for a value that JSON cannot represent, which is a bug in the provider.
    pub fn set<T: Serialize>(&mut self, key: &str, value: &T) -> Result<(), Diagnostics> {
        let value = serde_json::to_value(value).map_err(|error| {
            let detail = format!(
                "The private state `{key}` cannot be written as JSON: {error}. This is a bug in the provider; please report it."
            );
            Diagnostic::error("Private state cannot be written", detail)
        })?;
        self.0.insert(key.to_owned(), value);
        Ok(())
    }

    /// Removes a key.
    pub fn remove(&mut self, key: &str) {
        self.0.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::Private;

    #[test]
    fn values_round_trip_and_other_bytes_are_rejected() {
        let mut private = Private::default();
        assert!(private.to_bytes().is_empty());
        private.set("original", &[1, 2]).unwrap();
        let again = Private::from_bytes(&private.to_bytes()).unwrap();
        assert_eq!(again.get::<Vec<u8>>("original"), Some(vec![1, 2]));
        assert!(Private::from_bytes(b"\x00binary").is_err());
    }
}
