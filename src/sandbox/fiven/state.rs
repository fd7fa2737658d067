//! The state of an institution, and the state of a new one.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::users::User;
use crate::sandbox::engine::{
    self, ApiError, IdSource, Ids,
    oauth2::{Client, ClientAuth, Issuer, Tokens},
};

/// An institution at 5N ID.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct State {
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) token_lifetime_seconds: i64,
    pub(super) tokens: Tokens,
    /// Whether a party grants access as soon as it is requested.
    pub(super) parties_consent: bool,
    /// In order of creation.
    pub(super) requests: Vec<AccessRequest>,
    /// In order of creation.
    pub(super) credentials: Vec<Credential>,
    /// The users of the institution, whatever the credentials are.
    pub(super) users: Vec<User>,
    /// The contract of each verification link, by its token.
    pub(super) links: BTreeMap<String, String>,
    /// The most rows of a page, whatever is asked for; null for the vendor's own limit.
    pub(super) page_cap: Option<usize>,
    last_ids: Ids,
}

/// A request for a party's credentials.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AccessRequest {
    pub(super) request_id: String,
    pub(super) party_id: String,
    pub(super) providers: BTreeSet<String>,
}

/// A credential that a party has granted access to.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Credential {
    pub(super) contract_id: String,
    pub(super) party_id: String,
    pub(super) provider: String,
    pub(super) status: Status,
    pub(super) created_at: String,
    /// The account's address.
    #[serde(default)]
    pub(super) email: Option<String>,
}

/// The status of a credential.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Verified,
    Expired,
    Revoked,
}

impl Default for State {
    fn default() -> Self {
        let credential = Credential {
            contract_id: "contract_123".to_owned(),
            party_id: "bob::1220ef01".to_owned(),
            provider: "GOOGLE".to_owned(),
            status: Status::Verified,
            created_at: "2024-01-01T00:00:00Z".to_owned(),
            email: Some("bob@example.com".to_owned()),
        };
        Self {
            client_id: "sandbox-institution".to_owned(),
            client_secret: "sandbox-institution-secret-5d81e7".to_owned(),
            token_lifetime_seconds: 3600,
            tokens: Tokens::default(),
            parties_consent: true,
            requests: Vec::new(),
            credentials: vec![credential],
            users: User::of_a_new_tenant(),
            links: [("verify_token_abc123".to_owned(), "contract_123".to_owned())].into(),
            page_cap: None,
            last_ids: Ids::default(),
        }
    }
}

impl engine::State for State {
    fn of_tenant(&self, name: &str, _: usize) -> Self {
        Self {
            client_id: format!("{name}-institution"),
            client_secret: format!("{name}-institution-secret-c04f12"),
            ..Self::default()
        }
    }
}

impl State {
    /// Returns the next id with a prefix.
    pub(super) fn new_id(&mut self, prefix: &str) -> String {
        self.next_id(prefix, |number| format!("{prefix}_{number:06}"))
    }

    /// The credential with this contract.
    pub(super) fn credential(&self, contract_id: &str) -> Option<&Credential> {
        self.credentials.iter().find(|credential| credential.contract_id == contract_id)
    }

    /// The credentials of a party.
    pub(super) fn of_party(&self, party_id: &str) -> Vec<&Credential> {
        self.credentials.iter().filter(|credential| credential.party_id == party_id).collect()
    }
}

impl IdSource for State {
    type Id = String;

    fn ids(&mut self) -> &mut Ids {
        &mut self.last_ids
    }

    fn has_id(&self, id: &String) -> bool {
        self.requests.iter().any(|request| request.request_id == *id)
            || self.credentials.iter().any(|credential| credential.contract_id == *id)
            || self.links.contains_key(id)
    }
}

/// The page and the SDK send id and secret in the form. Errors have the shape of all others.
impl Issuer for State {
    const CLIENT_AUTH: ClientAuth = ClientAuth::Form;

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

    fn token_error(error: ApiError) -> ApiError {
        error
    }
}
