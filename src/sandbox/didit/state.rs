//! What the stand-in remembers of an application at Didit, and what a new application has.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    customization::Customization, destinations::Destination, lists::List, questionnaires::Questionnaire,
    workflows::Workflow,
};

/// An application at Didit.
#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct State {
    pub(super) api_key: String,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) token_lifetime_seconds: i64,
    /// Access token to the time it expires, in seconds since 1970.
    pub(super) tokens: BTreeMap<String, i64>,
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
    /// The number of the last id that was made up for each kind of object.
    last_ids: BTreeMap<String, u64>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            api_key: "sandbox-didit-api-key-9c02f7".to_owned(),
            client_id: "sandbox-didit-client".to_owned(),
            client_secret: "sandbox-didit-client-secret-71be4a".to_owned(),
            token_lifetime_seconds: 86_400,
            tokens: BTreeMap::new(),
            webhook_destinations: Vec::new(),
            workflows: Vec::new(),
            questionnaires: Vec::new(),
            lists: List::of_the_system(),
            customization: Customization::default(),
            page_cap: None,
            last_ids: BTreeMap::new(),
        }
    }
}

/// The creation time of what a new application has, and of what a seed gives no time for.
pub(super) fn before_any_test() -> String {
    "2026-01-01T00:00:00Z".to_owned()
}

/// Of what an id is made up; the first eight digits of the id.
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

impl State {
    /// Makes up an id that nothing has yet: counted, not random, so that a run can be repeated to the letter; and
    /// counted for each kind, so that what is made at the same time does not matter.
    pub(super) fn next_id(&mut self, kind: Kind) -> String {
        loop {
            let last = self.last_ids.entry(kind.digits().to_owned()).or_default();
            *last += 1;
            let id = format!("{}-0000-4000-8000-{last:012x}", kind.digits());
            if !self.has(&id) {
                return id;
            }
        }
    }

    fn has(&self, id: &str) -> bool {
        self.webhook_destinations.iter().any(|it| it.uuid == id)
            || self.workflows.iter().any(|it| it.uuid == id || it.workflow_id == id)
            || self.questionnaires.iter().any(|it| it.questionnaire_id == id || it.questionnaire_group_id == id)
            || self.lists.iter().any(|it| it.uuid == id || it.entries.iter().any(|entry| entry.uuid == id))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sandbox::engine::read;

    #[test]
    fn an_id_that_a_seed_took_is_passed_over() {
        let first = State::default().next_id(Kind::Entry);
        let entries = json!([{"uuid": first, "value": "+4915100000"}]);
        let list = json!({"uuid": "x", "name": "x", "list_type": "custom", "entry_type": "phone", "entries": entries});
        let mut state = read::<State>(&json!({"lists": [list]})).unwrap();
        assert_eq!(state.next_id(Kind::Entry), "e0000000-0000-4000-8000-000000000002");
        assert_eq!(state.next_id(Kind::List), "c0000000-0000-4000-8000-000000000001");
    }
}
