//! The state of an application at Didit, and the state of a new one.

use serde::{Deserialize, Serialize};

use super::{
    customization::Customization, destinations::Destination, lists::List, questionnaires::Questionnaire,
    workflows::Workflow,
};
use crate::sandbox::engine::{self, IdSource, Ids, oauth2::Tokens};

/// An application at Didit.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct State {
    pub(super) api_key: String,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) token_lifetime_seconds: i64,
    pub(super) tokens: Tokens,
    /// In order of creation, as all lists here are.
    pub(super) webhook_destinations: Vec<Destination>,
    /// One row for each version.
    pub(super) workflows: Vec<Workflow>,
    /// One row for each version.
    pub(super) questionnaires: Vec<Questionnaire>,
    /// The system's lists first.
    pub(super) lists: Vec<List>,
    pub(super) customization: Customization,
    /// The most rows of a page, whatever is asked for; null for the vendor's own limit.
    pub(super) page_cap: Option<usize>,
    last_ids: Ids,
}

impl Default for State {
    fn default() -> Self {
        Self {
            api_key: "sandbox-didit-api-key-9c02f7".to_owned(),
            client_id: "sandbox-didit-client".to_owned(),
            client_secret: "sandbox-didit-client-secret-71be4a".to_owned(),
            token_lifetime_seconds: 86_400,
            tokens: Tokens::default(),
            webhook_destinations: Vec::new(),
            workflows: Vec::new(),
            questionnaires: Vec::new(),
            lists: List::of_the_system(),
            customization: Customization::default(),
            page_cap: None,
            last_ids: Ids::default(),
        }
    }
}

/// The creation time of the objects of a new application, and of seeded objects without one.
pub(super) fn before_any_test() -> String {
    "2026-01-01T00:00:00Z".to_owned()
}

/// The kind of an object, which selects the first eight digits of its id.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Destination,
    Workflow,
    WorkflowVersion,
    QuestionnaireGroup,
    Questionnaire,
    List,
    Entry,
}

impl Kind {
    fn digits(self) -> &'static str {
        match self {
            Self::Destination => "d0000000",
            Self::Workflow => "f0000000",
            Self::WorkflowVersion => "f1000000",
            Self::QuestionnaireGroup => "a0000000",
            Self::Questionnaire => "a1000000",
            Self::List => "c0000000",
            Self::Entry => "e0000000",
        }
    }
}

impl engine::State for State {
    fn of_tenant(&self, name: &str, _: usize) -> Self {
        Self {
            api_key: format!("{name}-didit-api-key-5d2e90"),
            client_id: format!("{name}-didit-client"),
            client_secret: format!("{name}-didit-client-secret-a67c31"),
            ..Self::default()
        }
    }
}

impl State {
    /// Returns the next id of a kind. Each kind is counted alone, so that parallel creates of other kinds do not matter.
    pub(super) fn new_id(&mut self, kind: Kind) -> String {
        let digits = kind.digits();
        self.next_id(digits, |number| format!("{digits}-0000-4000-8000-{number:012x}"))
    }
}

impl IdSource for State {
    type Id = String;

    fn ids(&mut self) -> &mut Ids {
        &mut self.last_ids
    }

    fn has_id(&self, id: &String) -> bool {
        self.webhook_destinations.iter().any(|it| it.uuid == *id)
            || self.workflows.iter().any(|it| it.uuid == *id || it.workflow_id == *id)
            || self.questionnaires.iter().any(|it| it.questionnaire_id == *id || it.questionnaire_group_id == *id)
            || self.lists.iter().any(|it| it.uuid == *id || it.entries.iter().any(|entry| entry.uuid == *id))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_id_that_a_seed_has_set_is_skipped() {
        let first = State::default().new_id(Kind::Entry);
        let entries = json!([{"uuid": first, "value": "+4915100000"}]);
        let list = json!({"uuid": "x", "name": "x", "list_type": "custom", "entry_type": "phone", "entries": entries});
        let mut state: State = serde_json::from_value(json!({"lists": [list]})).unwrap();
        assert_eq!(state.new_id(Kind::Entry), "e0000000-0000-4000-8000-000000000002");
        assert_eq!(state.new_id(Kind::List), "c0000000-0000-4000-8000-000000000001");
    }
}
