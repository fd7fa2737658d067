//! 5N ID's API in both generations: routes and shapes. Knows no Terraform.
//!
//! `v1` is the vendor's reference page; `institutions` is what the vendor's own SDK calls, whose types are the source for
//! its shapes. Both are converted to the same structs here, so that no object depends on the generation.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::errors::with_hints;
use super::wire;
use crate::framework::Number;
use crate::http::{self, CachePolicy, Error, Kind, Method, OAuth2ClientCredentials, Request, Token};
use crate::openapi::{Call, NO_OBJECT};
use crate::vendors::shared::route::Route;

/// The most links that one request may ask for, on the page as in the SDK.
const BATCH: usize = 100;

/// The tag that reads of credentials are cached under.
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
    /// The generation with this value of the provider's `api` attribute.
    pub(super) fn named(name: &str) -> Self {
        if name == Self::Institutions.name() { Self::Institutions } else { Self::V1 }
    }

    /// The value of the provider's `api` attribute.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::Institutions => "institutions",
        }
    }

    /// The route of this generation.
    pub(super) fn of(self, routes: Routes) -> Route {
        match self {
            Self::V1 => routes.v1,
            Self::Institutions => routes.institutions,
        }
    }
}

/// The routes of a call that both generations have.
pub(super) struct Routes {
    v1: Route,
    institutions: Route,
}

impl Routes {
    /// Routes with the same method.
    pub(super) const fn get(v1: &'static str, institutions: &'static str) -> Self {
        Self { v1: Route::new(Method::GET, v1), institutions: Route::new(Method::GET, institutions) }
    }

    const fn post(v1: &'static str, institutions: &'static str) -> Self {
        Self { v1: Route::new(Method::POST, v1), institutions: Route::new(Method::POST, institutions) }
    }
}

const REQUEST: Routes =
    Routes::post("/api/v1/credentials-access-request", "/api/v1/institutions/me/credentials/request");
const CREDENTIALS_OF: Routes =
    Routes::get("/api/v1/credentials/{partyId}", "/api/v1/institutions/me/credentials/{partyId}");
const SCORES: Routes = Routes::get("/api/v1/kyc/human-score", "/api/v1/institutions/me/human-scores");
const SCORE_OF: Route = Route::new(Method::GET, "/api/v1/institutions/me/human-scores/{partyId}");
const CHECK: Routes = Routes::get("/api/v1/check/{token}", "/api/v1/verification/check/{token}");
const LINK: Routes = Routes::post("/api/v1/generate-link", "/api/v1/verification/generate-link");
const LINKS: Routes = Routes::post("/api/v1/generate-links-batch", "/api/v1/verification/generate-links-batch");

/// The calls of a generation beside its lists.
pub(super) fn calls(api: Api) -> Vec<Call> {
    let request = api.of(REQUEST).call().sends::<wire::AccessRequest<'_>>();
    let credentials = api.of(CREDENTIALS_OF).call();
    let scores = api.of(SCORES).optional_call();
    let check = api.of(CHECK).optional_call();
    let link = api.of(LINK).optional_call().sends::<wire::LinkRequest<'_>>();
    let links = api.of(LINKS).optional_call().sends::<wire::LinkRequests<'_>>();
    match api {
        Api::V1 => vec![
            request.reads::<wire::Requested>(),
            credentials.reads::<wire::CredentialOfV1>().reads_one(NO_OBJECT),
            scores.reads::<wire::ScoreOfV1>(),
            check.reads::<wire::CheckOfV1>(),
            link.reads::<wire::LinkOfV1>(),
            links.reads::<wire::LinksOfV1>().with_content("links"),
        ],
        Api::Institutions => vec![
            request,
            credentials.reads::<Vec<wire::Row>>(),
            scores.reads::<wire::Items<wire::ScoreOf>>().with_content("items"),
            SCORE_OF.optional_call().reads::<wire::ScoreOf>().reads_one(NO_OBJECT),
            check.reads::<wire::Check>(),
            link.reads::<wire::Link>(),
            links.reads::<wire::Results>().with_content("results"),
        ],
    }
}

/// A credential of a party. Personal data (names, e-mail addresses, pictures) is left out: a configuration has no use for it,
/// and it would be kept in state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Credential {
    /// The contract of the credential on the ledger.
    pub contract_id: String,
    /// The party that it is about.
    pub party_id: String,
    /// `status` of `v1`, `kycStatus` of `institutions`.
    pub status: Option<String>,
    /// `createdAt` of `v1`, `issuedAt` of `institutions`.
    pub created_at: Option<String>,
    /// `institutions` only.
    pub expires_at: Option<String>,
    /// `institutions` only.
    pub freshness: Option<String>,
    /// The identity providers that it comes from; `None` if the response does not have them, as in the list of `v1`.
    pub providers: Option<BTreeSet<String>>,
}

impl Credential {
    /// Whether it has ended. For `v1` the statuses are inferred from those of a verification, because the page shows only
    /// `verified`. For `institutions` they are the SDK's.
    pub(super) fn has_ended(&self) -> bool {
        const ENDED: [&str; 5] = ["revoked", "expired", "archived", "rejected", "blocked"];
        let ended = |text: &str| ENDED.iter().any(|ended| text.eq_ignore_ascii_case(ended));
        [&self.status, &self.freshness].into_iter().flatten().any(|text| ended(text))
    }
}

/// The human score of a party.
pub(super) struct Score {
    /// The party; `v1` does not return it.
    pub party_id: Option<String>,
    /// The total.
    pub total_score: Option<Number>,
    /// `institutions` only.
    pub confidence_level: Option<String>,
    /// The badges that were earned.
    pub badges: Vec<Badge>,
    /// The scores that the total is made of, by the vendor's names.
    pub breakdown: BTreeMap<String, Option<Number>>,
}

/// A badge of a human score.
pub(super) struct Badge {
    /// The name.
    pub name: Option<String>,
    /// `v1` only.
    pub status: Option<String>,
    /// `institutions` only.
    pub level: Option<String>,
    /// `institutions` only.
    pub category: Option<String>,
}

/// What the public check of a link returns.
pub(super) struct Verification {
    /// The state of the credential.
    pub status: Option<String>,
    /// The contract of the credential.
    pub contract_id: Option<String>,
    /// `v1` only.
    pub party_id: Option<String>,
    /// `v1` only.
    pub verified_at: Option<String>,
    /// `institutions` only.
    pub issued_at: Option<String>,
    /// `institutions` only.
    pub expired_at: Option<String>,
}

/// An access request that the vendor accepted.
pub(super) struct Accepted {
    /// The id of the request; `institutions` returns none.
    pub request_id: Option<String>,
    /// Why the id could not be read from the response.
    pub unreadable: Option<Error>,
}

/// A link with which anybody can verify a credential. Link and token are secrets, so there is no `Debug`.
pub(super) struct Link {
    /// The credential.
    pub contract_id: String,
    /// The token that the vendor's public check takes.
    pub token: String,
    /// The address to send to somebody.
    pub link: String,
    /// When it expires; `institutions` does not return it.
    pub expires_at: Option<String>,
}

/// A contract for which no link was made.
#[derive(Debug)]
pub(super) struct LinkFailure {
    /// The contract that was requested.
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

    /// The address of the API, without a trailing slash.
    pub(super) fn address(&self) -> &str {
        self.http.base_url().as_str().trim_end_matches('/')
    }

    /// The configured generation of the API.
    pub(super) fn api(&self) -> Api {
        self.api
    }

    /// The access token of requests; requests one if there is none yet.
    pub(super) async fn token(&self) -> Result<Arc<Token>, Error> {
        with_hints(self.auth.token()).await
    }

    /// Sends a request and decodes its response.
    async fn read<T: DeserializeOwned>(&self, request: Request) -> Result<T, Error> {
        with_hints(async { request.send().await?.json() }).await
    }

    /// Like [`read`](Self::read), with `None` if the object does not exist.
    async fn read_opt<T: DeserializeOwned>(&self, request: Request) -> Result<Option<T>, Error> {
        with_hints(async { request.send_opt().await?.map(|response| response.json()).transpose() }).await
    }

    /// Asks a party for access to its credentials.
    pub(super) async fn request_access(&self, party_id: &str, providers: &BTreeSet<String>) -> Result<Accepted, Error> {
        let route = self.api.of(REQUEST);
        let request = self.http.request(route.method, route.path);
        let request = request.operation(format!("requesting access to the credentials of `{party_id}`"));
        let body = wire::AccessRequest { party_id, providers };
        let response = with_hints(request.json(&body).invalidates(CREDENTIALS).send()).await?;
        if self.api == Api::Institutions {
            return Ok(Accepted { request_id: None, unreadable: None });
        }
        Ok(match response.json::<wire::Requested>() {
            Ok(requested) => Accepted { request_id: Some(requested.request_id), unreadable: None },
            // The request was made nevertheless.
            Err(error) => Accepted { request_id: None, unreadable: Some(error) },
        })
    }

    /// Reads every credential of a party that the institution may see; none if the vendor does not know the party.
    pub(super) async fn credentials_of(&self, party_id: &str, policy: CachePolicy) -> Result<Vec<Credential>, Error> {
        let route = self.api.of(CREDENTIALS_OF);
        let path = route.at(&[party_id]);
        let request = self.http.request(route.method, path);
        let request = request.operation(format!("reading the credentials of `{party_id}`"));
        let request = request.cache_policy(policy).shared(CREDENTIALS);
        Ok(match self.api {
            Api::V1 => {
                let found: Option<wire::CredentialOfV1> = self.read_opt(request).await?;
                found.into_iter().map(|found| found.credential(party_id)).collect()
            }
            Api::Institutions => {
                let rows: Option<Vec<wire::Row>> = self.read_opt(request).await?;
                rows.into_iter().flatten().map(|row| row.credential(party_id)).collect()
            }
        })
    }

    /// Reads the human score of a party; without a party, those of all users of the institution, or the one score of `v1`.
    pub(super) async fn human_scores(&self, party_id: Option<&str>) -> Result<Vec<Score>, Error> {
        let (route, party_id) = match (self.api, party_id) {
            (Api::Institutions, Some(party_id)) => (SCORE_OF, Some(party_id)),
            (api, _) => (api.of(SCORES), None),
        };
        let path = route.at(party_id.as_slice());
        let request = self.http.request(route.method, path).operation("reading the human score");
        Ok(match (self.api, party_id) {
            (Api::V1, _) => {
                let score: Option<wire::ScoreOfV1> = self.read_opt(request).await?;
                score.into_iter().map(Score::from).collect()
            }
            (Api::Institutions, Some(_)) => {
                let score: Option<wire::ScoreOf> = self.read_opt(request).await?;
                score.into_iter().map(Score::from).collect()
            }
            (Api::Institutions, None) => {
                let page: Option<wire::Items<wire::ScoreOf>> = self.read_opt(request).await?;
                page.into_iter().flat_map(|page| page.items).map(Score::from).collect()
            }
        })
    }

    /// Checks a verification by the token of a link; `None` if the vendor does not know the token. The endpoint is public: no
    /// access token is requested or sent.
    pub(super) async fn verification(&self, token: &str) -> Result<Option<Verification>, Error> {
        let route = self.api.of(CHECK);
        let path = route.at_secret(token);
        let request = self.http.request(route.method, path).operation("checking a verification").without_auth();
        Ok(match self.api {
            Api::V1 => self.read_opt::<wire::CheckOfV1>(request).await?.map(Verification::from),
            Api::Institutions => self.read_opt::<wire::Check>(request).await?.map(Verification::from),
        })
    }

    /// Makes a link for one credential.
    pub(super) async fn link(&self, contract_id: &str) -> Result<Link, Error> {
        let route = self.api.of(LINK);
        let request = self.http.request(route.method, route.path);
        let request = request.operation(format!("making a verification link for `{contract_id}`"));
        let request = repeatable(request).json(&wire::LinkRequest { contract_id });
        Ok(match self.api {
            Api::V1 => self.read::<wire::LinkOfV1>(request).await?.of(contract_id),
            Api::Institutions => self.read::<wire::Link>(request).await?.of(contract_id),
        })
    }

    /// Makes a link for each credential, at most 100 in a request. Returns the links, and the contracts that have none. An error
    /// means that a whole request failed.
    pub(super) async fn links(&self, contract_ids: &[&str]) -> Result<(Vec<Link>, Vec<LinkFailure>), Error> {
        let (mut links, mut failures) = (Vec::new(), Vec::new());
        for batch in contract_ids.chunks(BATCH) {
            for outcome in with_hints(self.batch(batch)).await? {
                match outcome {
                    Ok(link) => links.push(link),
                    Err(failure) => failures.push(failure),
                }
            }
        }
        Ok((links, failures))
    }

    async fn batch(&self, contract_ids: &[&str]) -> Result<Vec<Result<Link, LinkFailure>>, Error> {
        let route = self.api.of(LINKS);
        let operation = match contract_ids {
            [only] => format!("making a verification link for `{only}`"),
            [first, .., last] => {
                format!("making verification links for {} contracts, `{first}` to `{last}`", contract_ids.len())
            }
            [] => return Ok(Vec::new()),
        };
        let requests = contract_ids.iter().map(|contract_id| wire::LinkRequest { contract_id }).collect();
        let request = repeatable(self.http.request(route.method, route.path).operation(operation))
            .json(&wire::LinkRequests { requests });
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return refused_as_a_whole(error, contract_ids),
        };
        let mut rows = match self.api {
            Api::V1 => response.json::<wire::LinksOfV1>()?.rows(),
            Api::Institutions => response.json::<wire::Results>()?.rows(),
        };
        let silent = || "The vendor's response does not mention it.".to_owned();
        let outcome = |id: &&str| match rows.remove(*id) {
            Some(Ok(link)) => Ok(link),
            Some(Err(reason)) => Err(LinkFailure { contract_id: (*id).to_owned(), reason }),
            None => Err(LinkFailure { contract_id: (*id).to_owned(), reason: silent() }),
        };
        Ok(contract_ids.iter().map(outcome).collect())
    }
}

/// Finds the contracts that a vendor's message names. The response of `v1` has no place for the failure of one contract, so a
/// wrong contract fails its whole batch, and only the message may name it.
fn refused_as_a_whole(error: Error, contract_ids: &[&str]) -> Result<Vec<Result<Link, LinkFailure>>, Error> {
    if error.kind() != Kind::Invalid && !error.is_not_found() {
        return Err(error);
    }
    let message = error.message().unwrap_or_default();
    let named = named_in(message, contract_ids);
    if named.is_empty() {
        return Err(error.with_hint(
            "5N ID refused the contracts together and does not return which of them is wrong. Request fewer at a time to find it.",
        ));
    }
    let failure = |id: &str| {
        let reason = format!("The vendor refused the whole request because of it: {message}.");
        Err(LinkFailure { contract_id: id.to_owned(), reason })
    };
    Ok(named.into_iter().map(failure).collect())
}

/// Finds the ids that a message has as whole words: `contract_12` does not name `contract_1`.
fn named_in<'i>(message: &str, ids: &[&'i str]) -> Vec<&'i str> {
    let words = message.split(|c: char| !(c.is_alphanumeric() || "_-:.#".contains(c)));
    let words: HashSet<&str> = words.map(|word| word.trim_end_matches(['.', ':'])).collect();
    ids.iter().copied().filter(|id| words.contains(id)).collect()
}

/// Marks a request for a link as repeatable: a link that nobody has received does no harm and expires.
fn repeatable(request: Request) -> Request {
    request.idempotent()
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
}
