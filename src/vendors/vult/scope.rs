//! A scope as attributes and as part of an import id.

use serde_json::{Map, Value as Json};

use super::client::Scope;
use crate::framework::{Attribute, Rule, Value};
use crate::vendors::shared::import_id;
use crate::vendors::shared::singleton::Fields;

/// The two attributes of a scope.
pub(super) fn attributes() -> [Attribute; 2] {
    let scope = |name, what| Attribute::string(name).optional().rule(Rule::Length(1, usize::MAX)).describe(what);
    [
        scope("client_id", "The client of the tenant that the settings are for. Without it they are the tenant's own."),
        scope("user_id", "The user that the settings are for. Without it they are for all users."),
    ]
}

impl Scope {
    /// The scope in a state or configuration.
    pub(super) fn of(state: &Value) -> Self {
        let part = |name| state.get(name).as_str().map(str::to_owned);
        Self { client_id: part("client_id"), user_id: part("user_id") }
    }

    /// The scope as attributes.
    pub(super) fn fields(&self) -> Fields {
        let value = |part: &Option<String>| part.as_deref().map_or(Value::Null, Value::from);
        [("client_id".to_owned(), value(&self.client_id)), ("user_id".to_owned(), value(&self.user_id))].into()
    }

    /// The scope in an import id: `CLIENT_ID/USER_ID`, each of which may be empty.
    pub(super) fn id(&self) -> String {
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        import_id::join([&part(&self.client_id), &part(&self.user_id)])
    }

    /// The scope for people; `None` for the tenant itself.
    pub(super) fn words(&self) -> Option<String> {
        match (&self.client_id, &self.user_id) {
            (None, None) => None,
            (Some(client_id), None) => Some(client_id.clone()),
            (None, Some(user_id)) => Some(format!("user {user_id}")),
            (Some(client_id), Some(user_id)) => Some(format!("{client_id}, user {user_id}")),
        }
    }
}

/// The text; null if it is empty, as parts of an import id may be.
pub(super) fn part(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { text.into() }
}

/// A text of a row on the wire; null if it is absent or empty.
pub(super) fn row_text(row: &Map<String, Json>, name: &str) -> Value {
    row.get(name).and_then(Json::as_str).map_or(Value::Null, part)
}
