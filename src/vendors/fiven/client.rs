//! 5N ID's API in both generations: routes, paging, shapes and error hints. Knows no Terraform.
//!
//! `v1` is the vendor's reference page; `institutions` is what the vendor's own SDK calls, whose types are the source for
//! its shapes. Both are brought into the same structs here, so that no object asks which one it talks to.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;

use super::wire;
use crate::http::{
    self, CachePolicy, Error, HeaderMap, Kind, OAuth2ClientCredentials, Path, Request, StatusCode, Token, VendorError,
    parse_common,
};

/// How many links one request may ask for, on the page as in the SDK.
const BATCH: usize = 100;

/// What reads of credentials are shared under within a run.
pub(super) const CREDENTIALS: &str = "credentials";

/// A generation of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Api {
    /// As on the reference page.
    V1,
    /// As in the vendor's SDK.
    Institutions,
}

impl Api {
    /// The value of the provider's `api` attribute.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::Institutions => "institutions",
        }
    }

    /// The path for the one generation or the other.
    pub(super) fn path(self, v1: &str, institutions: &str) -> Path {
        Path::new(match self {
            Self::V1 => v1,
            Self::Institutions => institutions,
        })
    }
}

/// A credential of a party, as far as both generations tell of it. What proves the party's identity (names, e-mail
/// addresses, pictures) is left out: it is of no use to a configuration, and would end up in state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Credential {
    /// The contract by which the credential is on the ledger.
    pub contract_id: String,
    /// The party that it is about.
    pub party_id: String,
    /// `status` of `v1`, `kycStatus` of `institutions`.
    pub status: String,
    /// `createdAt` of `v1`, `issuedAt` of `institutions`.
    pub created_at: Option<String>,
    /// `institutions` only.
    pub expires_at: Option<String>,
    /// `institutions` only.
    pub freshness: Option<String>,
    /// The identity providers that it comes from; `None` where the answer does not say, as in the list of `v1`.
    pub providers: Option<BTreeSet<String>>,
}

impl Credential {
    /// Whether it has ended. The page shows no status but `verified`; for `v1` these are inferred from the states of a
    /// verification, for `institutions` they are the SDK's.
    pub(super) fn has_ended(&self) -> bool {
        const ENDED: [&str; 5] = ["revoked", "expired", "archived", "rejected", "blocked"];
        let ended = |text: &str| ENDED.iter().any(|ended| text.eq_ignore_ascii_case(ended));
        ended(&self.status) || self.freshness.as_deref().is_some_and(ended)
    }
}

/// What became of an access request that the vendor accepted.
pub(super) struct Accepted {
    /// The id of the request; `institutions` tells none.
    pub request_id: Option<String>,
    /// Why the id is not known though there is one.
    pub unreadable: Option<Error>,
}

/// A link by which anybody can verify a credential. Link and token are secrets, so there is no `Debug`.
pub(super) struct Link {
    /// The credential.
    pub contract_id: String,
    /// What the vendor's public check takes.
    pub token: String,
    /// The address to send to somebody.
    pub link: String,
    /// When it ends; `institutions` does not say.
    pub expires_at: Option<String>,
}

/// A contract for which there is no link.
#[derive(Debug)]
pub(super) struct LinkFailure {
    /// The contract that was asked for.
    pub contract_id: String,
    /// The vendor's reason, as a sentence.
    pub reason: String,
}

/// A client of one institution.
pub(super) struct Client {
    /// The transport.
    pub(super) http: http::Client,
    auth: Arc<OAuth2ClientCredentials>,
    api: Api,
}

impl Client {
    /// A client over a transport whose requests `auth` signs.
    pub(super) fn new(http: http::Client, auth: Arc<OAuth2ClientCredentials>, api: Api) -> Self {
        Self { http, auth, api }
    }

    /// The address of the API, without a slash at its end.
    pub(super) fn address(&self) -> &str {
        self.http.base_url().as_str().trim_end_matches('/')
    }

    /// The generation of the API that requests go to.
    pub(super) fn api(&self) -> Api {
        self.api
    }

    /// The token that requests carry; asks for one if there is none yet.
    pub(super) async fn token(&self) -> Result<Arc<Token>, Error> {
        self.auth.token().await.map_err(hint)
    }

    /// Asks a party for access to its credentials.
    pub(super) async fn request_access(&self, party_id: &str, providers: &BTreeSet<String>) -> Result<Accepted, Error> {
        let path = self.api.path("/api/v1/credentials-access-request", "/api/v1/institutions/me/credentials/request");
        let request = self.http.post(path).operation(format!("requesting access to the credentials of `{party_id}`"));
        let body = json!({"partyId": party_id, "providers": providers});
        let answer = request.json(&body).invalidates(CREDENTIALS).send().await.map_err(hint)?;
        if self.api == Api::Institutions {
            return Ok(Accepted { request_id: None, unreadable: None });
        }
        Ok(match answer.json::<wire::Requested>() {
            Ok(requested) => Accepted { request_id: Some(requested.request_id), unreadable: None },
            // The request has been made all the same.
            Err(error) => Accepted { request_id: None, unreadable: Some(error) },
        })
    }

    /// Every credential of a party that the institution may see; none where the vendor knows no such party.
    pub(super) async fn credentials_of(&self, party_id: &str, policy: CachePolicy) -> Result<Vec<Credential>, Error> {
        let path = self.api.path("/api/v1/credentials", "/api/v1/institutions/me/credentials").segment(party_id);
        let request = self.http.get(path).operation(format!("reading the credentials of `{party_id}`"));
        let Some(answer) = request.cache_policy(policy).shared(CREDENTIALS).send_opt().await.map_err(hint)? else {
            return Ok(Vec::new());
        };
        let rows: Vec<wire::Row> = match self.api {
            Api::V1 => vec![answer.json().map_err(hint)?],
            Api::Institutions => answer.json().map_err(hint)?,
        };
        Ok(rows.into_iter().map(|row| row.credential(Some(party_id))).collect())
    }

    /// How human a party seems, or the institution's users where `v1` has but one score. `None` where there is none.
    pub(super) async fn human_scores(&self, party_id: Option<&str>) -> Result<Vec<wire::ScoreOf>, Error> {
        let path = self.api.path("/api/v1/kyc/human-score", "/api/v1/institutions/me/human-scores");
        let path = if let Some(party_id) = party_id { path.segment(party_id) } else { path };
        let request = self.http.get(path).operation("reading the human score");
        let Some(answer) = request.send_opt().await.map_err(hint)? else { return Ok(Vec::new()) };
        let scores = match (self.api, party_id) {
            (Api::V1, _) => answer.json().map(|human_score| vec![wire::ScoreOf { party_id: None, human_score }]),
            (Api::Institutions, Some(_)) => answer.json().map(|score| vec![score]),
            (Api::Institutions, None) => answer.json::<wire::Items<_>>().map(|page| page.items),
        };
        scores.map_err(hint)
    }

    /// What anybody who has a verification link would be told; `None` for a token that the vendor does not know. The
    /// endpoint is public: no access token is asked for, and none is sent.
    pub(super) async fn verification(&self, token: &str) -> Result<Option<wire::Verification>, Error> {
        let path = self.api.path("/api/v1/check", "/api/v1/verification/check").secret_segment(token);
        let request = self.http.get(path).operation("checking a verification").without_auth();
        let answer = request.send_opt().await.map_err(hint)?;
        answer.map(|answer| answer.json()).transpose().map_err(hint)
    }

    /// Makes a link for one credential.
    pub(super) async fn link(&self, contract_id: &str) -> Result<Link, Error> {
        let path = self.api.path("/api/v1/generate-link", "/api/v1/verification/generate-link");
        let request = self.http.post(path).operation(format!("making a verification link for `{contract_id}`"));
        let answer = unseen(request).json(&json!({"contractId": contract_id})).send().await.map_err(hint)?;
        answer.json::<wire::Link>().map(|link| link.of(contract_id)).map_err(hint)
    }

    /// Makes a link for each credential, at most 100 in a request: the links, and the contracts that have none. An error
    /// means that a whole request failed.
    pub(super) async fn links(&self, contract_ids: &[&str]) -> Result<(Vec<Link>, Vec<LinkFailure>), Error> {
        let (mut links, mut failures) = (Vec::new(), Vec::new());
        for batch in contract_ids.chunks(BATCH) {
            for outcome in self.batch(batch).await? {
                match outcome {
                    Ok(link) => links.push(link),
                    Err(failure) => failures.push(failure),
                }
            }
        }
        Ok((links, failures))
    }

    async fn batch(&self, contract_ids: &[&str]) -> Result<Vec<Result<Link, LinkFailure>>, Error> {
        let path = self.api.path("/api/v1/generate-links-batch", "/api/v1/verification/generate-links-batch");
        let operation = match contract_ids {
            [only] => format!("making a verification link for `{only}`"),
            [first, .., last] => {
                format!("making verification links for {} contracts, `{first}` to `{last}`", contract_ids.len())
            }
            [] => return Ok(Vec::new()),
        };
        let requests: Vec<_> = contract_ids.iter().map(|id| json!({"contractId": id})).collect();
        let request = unseen(self.http.post(path).operation(operation)).json(&json!({"requests": requests}));
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => return refused_as_a_whole(error, contract_ids),
        };
        let mut rows = match self.api {
            Api::V1 => answer.json::<wire::LinksOfV1>().map(wire::LinksOfV1::rows),
            Api::Institutions => answer.json::<wire::Results>().map(wire::Results::rows),
        }
        .map_err(hint)?;
        let silent = || "The vendor's answer does not mention it.".to_owned();
        let outcome = |id: &&str| match rows.remove(*id) {
            Some(Ok(link)) => Ok(link.of(id)),
            Some(Err(reason)) => Err(LinkFailure { contract_id: (*id).to_owned(), reason }),
            None => Err(LinkFailure { contract_id: (*id).to_owned(), reason: silent() }),
        };
        Ok(contract_ids.iter().map(outcome).collect())
    }
}

/// The answer of `v1` has no place for a failure, so a contract that is wrong fails its whole batch, and all that can say
/// which one it was is the vendor's message. Where it does, the failure is that contract's.
fn refused_as_a_whole(error: Error, contract_ids: &[&str]) -> Result<Vec<Result<Link, LinkFailure>>, Error> {
    if error.kind() != Kind::Invalid && !error.is_not_found() {
        return Err(hint(error));
    }
    let message = error.message().unwrap_or_default();
    let named = named_in(message, contract_ids);
    if named.is_empty() {
        return Err(hint(error.with_hint(
            "5N ID refused the contracts together and does not say which of them is wrong. Ask for fewer at a time to find it.",
        )));
    }
    let failure = |id: &str| {
        let reason = format!("The vendor refused the whole request because of it: {message}.");
        Err(LinkFailure { contract_id: id.to_owned(), reason })
    };
    Ok(named.into_iter().map(failure).collect())
}

/// The ids that are in a message as whole words: `contract_1` is not meant by `contract_12`.
fn named_in<'i>(message: &str, ids: &[&'i str]) -> Vec<&'i str> {
    let words = message.split(|c: char| !(c.is_alphanumeric() || "_-:.#".contains(c)));
    let words: HashSet<&str> = words.map(|word| word.trim_end_matches(['.', ':'])).collect();
    ids.iter().copied().filter(|id| words.contains(id)).collect()
}

/// Making a link twice does no harm: the one that nobody has seen ends by itself.
fn unseen(request: Request) -> Request {
    request.idempotent()
}

/// Says where the user can mend it.
pub(super) fn hint(error: Error) -> Error {
    match error.kind() {
        Kind::Connect | Kind::Tls | Kind::Timeout | Kind::NotFound | Kind::Decode if error.is_token_request() => error.with_hint(
            "Tokens are asked for at `token_url` in `fiven = { ... }`, or IDV_FIVEN_TOKEN_URL. Without it `environment` or \
             `base_url`, or IDV_FIVEN_ENVIRONMENT or IDV_FIVEN_BASE_URL, say where.",
        ),
        Kind::Auth => error.with_hint(
            "They are `client_id` and `client_secret` in `fiven = { ... }` of the provider block, or IDV_FIVEN_CLIENT_ID and \
             IDV_FIVEN_CLIENT_SECRET. Each environment has clients of its own: check `environment` too, and `token_url` where \
             tokens come from elsewhere.",
        ),
        Kind::Forbidden => error.with_hint(
            "A new access token was tried as well. The client of `client_id` in `fiven = { ... }` may be of another \
             institution, or lack the permission; ask 5N ID.",
        ),
        Kind::NotFound => error.with_hint(
            "If this is not about a missing object, the address may serve the other generation of the API: see `api` and \
             `base_url` in `fiven = { ... }`.",
        ),
        Kind::Connect | Kind::Tls | Kind::Timeout | Kind::Decode => error.with_hint(
            "The address comes from `environment` or `base_url` in `fiven = { ... }`, or IDV_FIVEN_ENVIRONMENT or \
             IDV_FIVEN_BASE_URL.",
        ),
        _ => error,
    }
}

/// Reads `{error, message, details}`. The details are named after the message, because a batch is refused as a whole and
/// they may be all that says which contract it is about. Nested ones are left out.
pub(super) fn parse_error(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> VendorError {
    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        details: BTreeMap<String, serde_json::Value>,
    }
    let mut error = parse_common(status, headers, body);
    let details = serde_json::from_slice::<Body>(body).map(|body| body.details).unwrap_or_default();
    let named = details.iter().filter_map(|(name, value)| match value {
        serde_json::Value::String(text) => Some(format!("{name}: {text}")),
        serde_json::Value::Number(number) => Some(format!("{name}: {number}")),
        _ => None,
    });
    let named = named.collect::<Vec<_>>().join(", ");
    if !named.is_empty() {
        error.message = Some(error.message.map_or_else(|| named.clone(), |message| format!("{message} ({named})")));
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contracts_are_named_by_whole_words() {
        let ids = ["contract_1", "contract_12", "00ab::c"];
        assert_eq!(named_in("No such contract (contractId: contract_12)", &ids), ["contract_12"]);
        assert_eq!(named_in("Unknown: \"contract_1\", 00ab::c.", &ids), ["contract_1", "00ab::c"]);
        assert!(named_in("Invalid request", &ids).is_empty());
    }

    #[test]
    fn the_details_of_an_error_are_read() {
        let read = |body: &str| parse_error(StatusCode::BAD_REQUEST, &HeaderMap::new(), body.as_bytes());
        let error = read(r#"{"error": "not_found", "message": "No such contract", "details": {"contractId": "c-7"}}"#);
        assert_eq!(error.code.as_deref(), Some("not_found"));
        assert_eq!(error.message.as_deref(), Some("No such contract (contractId: c-7)"));
        assert_eq!(read(r#"{"error": "x", "message": "m", "details": {}}"#).message.as_deref(), Some("m"));
        assert_eq!(read("<html>").message, None);
    }
}
