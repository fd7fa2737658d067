//! What the stand-in remembers of an institution, and what a new one has.

use std::collections::{BTreeMap, BTreeSet};

use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::ApiError;
use crate::sandbox::engine::oauth2::{ClientAuth, Clients, Issuer, TokenError};

/// An institution at 5N ID.
#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct State {
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) token_lifetime_seconds: i64,
    /// Access token to the time it expires, in seconds since 1970.
    pub(super) tokens: BTreeMap<String, i64>,
    /// Whether a party that is asked grants access at once.
    pub(super) parties_consent: bool,
    /// In order of creation.
    pub(super) requests: Vec<AccessRequest>,
    /// In order of creation.
    pub(super) credentials: Vec<Credential>,
    /// Token of a verification link to the contract it is for.
    pub(super) links: BTreeMap<String, String>,
    /// The most rows of a page, whatever is asked for; null for the vendor's own limit.
    pub(super) page_cap: Option<usize>,
    last_id: u64,
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

/// What is left of a credential.
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
            tokens: BTreeMap::new(),
            parties_consent: true,
            requests: Vec::new(),
            credentials: vec![credential],
            links: [("verify_token_abc123".to_owned(), "contract_123".to_owned())].into(),
            page_cap: None,
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
            let taken = self.requests.iter().any(|request| request.request_id == id)
                || self.credentials.iter().any(|credential| credential.contract_id == id)
                || self.links.contains_key(&id);
            if !taken {
                return id;
            }
        }
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

/// The page puts id and secret in the form, and so does the SDK. Errors have the shape of all others.
impl Issuer for State {
    const CLIENT_AUTH: ClientAuth = ClientAuth::Form;

    fn clients(&mut self) -> Clients<'_> {
        Clients {
            client_id: &self.client_id,
            client_secret: &self.client_secret,
            token_lifetime_seconds: self.token_lifetime_seconds,
            tokens: &mut self.tokens,
        }
    }

    fn refuse(error: TokenError) -> Response {
        ApiError::new(error.status, error.description).into_response()
    }
}
