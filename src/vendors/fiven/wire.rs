//! The requests and responses of 5N ID, in the names of the vendor's page (`v1`) and of its SDK (`institutions`).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::client::{Credential, Link as MadeLink};
use crate::vendors::shared::loose;

/// The body of an access request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccessRequest<'b> {
    pub(super) party_id: &'b str,
    pub(super) providers: &'b BTreeSet<String>,
}

/// The body of a request for one link.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LinkRequest<'b> {
    pub(super) contract_id: &'b str,
}

/// The body of a request for several links.
#[derive(Serialize)]
pub(super) struct LinkRequests<'b> {
    pub(super) requests: Vec<LinkRequest<'b>>,
}

/// The response to an access request of `v1`; its `status` is always `pending`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Requested {
    pub(super) request_id: String,
}

/// A credential of either generation. The list of `v1` has no providers, and the rows of one party in `institutions` have no
/// party.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    contract_id: String,
    party_id: Option<String>,
    #[serde(alias = "kycStatus", default, deserialize_with = "loose::text")]
    status: Option<String>,
    #[serde(alias = "issuedAt", default, deserialize_with = "loose::text")]
    created_at: Option<String>,
    #[serde(rename = "expirationDate", default, deserialize_with = "loose::text")]
    expires_at: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    freshness: Option<String>,
    providers: Option<BTreeSet<String>>,
    provider: Option<String>,
}

impl Row {
    /// Converts the row; `party_id` is the party of the request, for a row without one.
    pub(super) fn credential(self, party_id: Option<&str>) -> Credential {
        Credential {
            contract_id: self.contract_id,
            party_id: self.party_id.or_else(|| party_id.map(str::to_owned)).unwrap_or_default(),
            status: self.status,
            created_at: self.created_at,
            expires_at: self.expires_at,
            freshness: self.freshness,
            providers: self.providers.or_else(|| self.provider.map(|provider| [provider].into())),
        }
    }
}

/// A page of credentials of `v1`.
#[derive(Deserialize)]
pub(super) struct PageOfV1 {
    pub(super) credentials: Vec<Row>,
    pub(super) total: usize,
}

/// A page of anything in `institutions`.
#[derive(Deserialize)]
pub(super) struct Items<T> {
    pub(super) items: Vec<T>,
    pub(super) pagination: Pagination,
}

/// The position of a page.
#[derive(Deserialize)]
pub(super) struct Pagination {
    pub(super) total: usize,
}

/// The score of a party; `v1` does not return the party.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScoreOf {
    pub(super) party_id: Option<String>,
    pub(super) human_score: HumanScore,
}

/// A human score. `institutions` adds details about accounts, which are personal data and not read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HumanScore {
    pub(super) total_score: Option<serde_json::Number>,
    #[serde(default, deserialize_with = "loose::text")]
    pub(super) confidence_level: Option<String>,
    #[serde(default, deserialize_with = "loose::or_default")]
    pub(super) badges: Vec<Badge>,
    #[serde(default, deserialize_with = "loose::or_default")]
    pub(super) breakdown: BTreeMap<String, Option<serde_json::Number>>,
}

/// A badge: `status` in `v1`; `level` and `category` in `institutions`.
#[derive(Deserialize)]
pub(super) struct Badge {
    #[serde(default, deserialize_with = "loose::text")]
    pub(super) name: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    pub(super) status: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    pub(super) level: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    pub(super) category: Option<String>,
}

/// The response of the public check.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Verification {
    #[serde(default, deserialize_with = "loose::text")]
    pub(super) status: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    pub(super) contract_id: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    pub(super) party_id: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    pub(super) verified_at: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    pub(super) issued_at: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    pub(super) expired_at: Option<String>,
}

/// A link of either generation.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Link {
    token: String,
    #[serde(alias = "verificationUrl")]
    link: String,
    expires_at: Option<String>,
}

impl Link {
    /// Converts the link of this contract.
    pub(super) fn of(self, contract_id: &str) -> MadeLink {
        let Self { token, link, expires_at } = self;
        MadeLink { contract_id: contract_id.to_owned(), token, link, expires_at }
    }
}

/// For each contract its link, or why there is none.
pub(super) type Rows = BTreeMap<String, Result<Link, String>>;

/// A batch of `v1`, which has only the links that were made.
#[derive(Deserialize)]
pub(super) struct LinksOfV1 {
    links: Vec<LinkRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LinkRow {
    contract_id: String,
    #[serde(flatten)]
    link: Link,
}

impl LinksOfV1 {
    pub(super) fn rows(self) -> Rows {
        self.links.into_iter().map(|row| (row.contract_id, Ok(row.link))).collect()
    }
}

/// A batch of `institutions`, which may succeed in part.
#[derive(Deserialize)]
pub(super) struct Results {
    results: Vec<ResultRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResultRow {
    contract_id: String,
    result: Option<Link>,
    error: Option<LinkError>,
}

#[derive(Deserialize)]
struct LinkError {
    message: String,
    code: Option<String>,
}

impl Results {
    pub(super) fn rows(self) -> Rows {
        let outcome = |row: ResultRow| match (row.result, row.error) {
            (Some(link), None) => Ok(link),
            (_, Some(LinkError { message, code: Some(code) })) => Err(format!("The vendor says: {message} ({code}).")),
            (_, Some(LinkError { message, code: None })) => Err(format!("The vendor says: {message}.")),
            (None, None) => Err("The vendor's response has neither a link nor a reason.".to_owned()),
        };
        self.results.into_iter().map(|row| (row.contract_id.clone(), outcome(row))).collect()
    }
}
