//! The state of a VULT tenant, and the state of a new one.

use serde::{Deserialize, Serialize};

use super::{
    people::{Identity, Session},
    requirements::RequirementSet,
    webhooks::Webhook,
    weights::WeightSet,
};
use crate::sandbox::engine::{
    self, IdSource, Ids,
    oauth2::{Client, ClientAuth, Issuer, Tokens},
};

/// A tenant of VULT.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct State {
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) token_lifetime_seconds: i64,
    pub(super) tokens: Tokens,
    /// Current and former sets, oldest first: the last one of a scope is its current one.
    pub(super) weights: Vec<WeightSet>,
    pub(super) requirements: Vec<RequirementSet>,
    /// Whether a list of requirements without a scope shows the tenant's own sets only, and not those of all scopes.
    pub(super) lists_own_requirements: bool,
    /// In order of creation.
    pub(super) webhooks: Vec<Webhook>,
    /// The most rows of a page, whatever is asked for; null for the vendor's own limit.
    pub(super) page_cap: Option<usize>,
    pub(super) identities: Vec<Identity>,
    /// Sessions of identity verification (IDV).
    pub(super) sessions: Vec<Session>,
    /// Whether the list of sessions ignores `start_date` and `end_date`, whose formats the page does not document.
    pub(super) ignores_session_dates: bool,
    /// Sessions of identity authentication (IDA).
    pub(super) authentication_sessions: Vec<Session>,
    last_ids: Ids,
}

impl Default for State {
    fn default() -> Self {
        Self {
            client_id: "sandbox-client".to_owned(),
            client_secret: "sandbox-client-secret-f3a91c".to_owned(),
            token_lifetime_seconds: 3600,
            tokens: Tokens::default(),
            weights: vec![WeightSet::of_a_new_tenant()],
            requirements: RequirementSet::of_a_new_tenant(),
            lists_own_requirements: false,
            webhooks: Vec::new(),
            page_cap: None,
            identities: Identity::of_a_new_tenant(),
            sessions: Session::of_a_new_tenant("ses"),
            ignores_session_dates: false,
            authentication_sessions: Session::of_a_new_tenant("ida"),
            last_ids: Ids::default(),
        }
    }
}

impl engine::State for State {
    fn of_tenant(&self, name: &str, _: usize) -> Self {
        Self {
            client_id: format!("{name}-client"),
            client_secret: format!("{name}-client-secret-b81d40"),
            ..Self::default()
        }
    }
}

impl State {
    /// Returns the next id with a prefix.
    pub(super) fn new_id(&mut self, prefix: &str) -> String {
        self.next_id(prefix, |number| format!("{prefix}_{number:06}"))
    }
}

impl IdSource for State {
    type Id = String;

    fn ids(&mut self) -> &mut Ids {
        &mut self.last_ids
    }

    fn has_id(&self, id: &String) -> bool {
        self.webhooks.iter().any(|webhook| webhook.id == *id) || self.weights.iter().any(|weights| weights.id == *id)
    }
}

/// The page says only "oauth2", so the stand-in accepts both ways of the standard and returns its errors.
impl Issuer for State {
    const CLIENT_AUTH: ClientAuth = ClientAuth::Either;

    fn client(&self) -> Client<'_> {
        Client {
            id: &self.client_id,
            secret: &self.client_secret,
            token_lifetime_seconds: self.token_lifetime_seconds,
            tokens: &self.tokens,
        }
    }

    fn tokens(&mut self) -> &mut Tokens {
        &mut self.tokens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_a_seed_has_set_is_skipped() {
        let webhook =
            |id: &str| Webhook { id: id.to_owned(), name: String::new(), url: String::new(), client_id: None };
        let mut state = State { webhooks: vec![webhook("whk_000001"), webhook("whk_000003")], ..State::default() };
        let ids = [state.new_id("whk"), state.new_id("whk")];
        assert_eq!(ids, ["whk_000002", "whk_000004"]);
    }

    #[test]
    fn a_new_tenant_has_26_different_requirement_sets() {
        let rows = serde_json::to_value(State::default().requirements).unwrap();
        let keys: std::collections::BTreeSet<_> = rows
            .as_array()
            .unwrap()
            .iter()
            .map(|row| ["client_id", "user_id", "type_e", "data_source_e"].map(|key| row[key].to_string()))
            .collect();
        assert_eq!(keys.len(), 26);
    }
}
