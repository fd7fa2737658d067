//! What the stand-in remembers of a VULT tenant, and what a new tenant has.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    people::{Identity, Session},
    requirements::RequirementSet,
    webhooks::Webhook,
    weights::WeightSet,
};
use crate::sandbox::engine::oauth2::{ClientAuth, Clients, Issuer};

/// A tenant of VULT.
#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct State {
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) token_lifetime_seconds: i64,
    /// Access token to the time it expires, in seconds since 1970.
    pub(super) tokens: BTreeMap<String, i64>,
    /// Every set that ever was, oldest first: the last one of a scope is its current one.
    pub(super) weights: Vec<WeightSet>,
    pub(super) requirements: Vec<RequirementSet>,
    /// In order of creation.
    pub(super) webhooks: Vec<Webhook>,
    /// The most rows of a page, whatever is asked for; null for the vendor's own limit.
    pub(super) page_cap: Option<usize>,
    pub(super) identities: Vec<Identity>,
    /// Sessions of identity verification (IDV).
    pub(super) sessions: Vec<Session>,
    /// Sessions of identity authentication (IDA).
    pub(super) authentication_sessions: Vec<Session>,
    /// The number of the last id that was made up.
    last_id: u64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            client_id: "sandbox-client".to_owned(),
            client_secret: "sandbox-client-secret-f3a91c".to_owned(),
            token_lifetime_seconds: 3600,
            tokens: BTreeMap::new(),
            weights: vec![WeightSet::of_a_new_tenant()],
            requirements: RequirementSet::of_a_new_tenant(),
            webhooks: Vec::new(),
            page_cap: None,
            identities: Identity::of_a_new_tenant(),
            sessions: Session::of_a_new_tenant("ses"),
            authentication_sessions: Session::of_a_new_tenant("ida"),
            last_id: 0,
        }
    }
}

impl State {
    /// Makes up an id that nothing has yet: counted, not random, so that a run can be repeated to the letter.
    pub(super) fn next_id(&mut self, prefix: &str) -> String {
        loop {
            self.last_id += 1;
            let id = format!("{prefix}_{:06}", self.last_id);
            let taken = self.webhooks.iter().any(|webhook| webhook.id == id)
                || self.weights.iter().any(|weights| weights.id == id);
            if !taken {
                return id;
            }
        }
    }
}

/// The page says no more than "oauth2", so both ways of the standard are taken and its errors answered.
impl Issuer for State {
    const CLIENT_AUTH: ClientAuth = ClientAuth::Either;

    fn clients(&mut self) -> Clients<'_> {
        Clients {
            client_id: &self.client_id,
            client_secret: &self.client_secret,
            token_lifetime_seconds: self.token_lifetime_seconds,
            tokens: &mut self.tokens,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_a_seed_took_is_passed_over() {
        let webhook =
            |id: &str| Webhook { id: id.to_owned(), name: String::new(), url: String::new(), client_id: None };
        let mut state = State { webhooks: vec![webhook("whk_000001"), webhook("whk_000003")], ..State::default() };
        let ids = [state.next_id("whk"), state.next_id("whk")];
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
