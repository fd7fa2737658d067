//! What 5N ID answers, in the names of the vendor's page (`v1`) and of its SDK (`institutions`).

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::client::{Credential, Link as MadeLink};

/// The answer to an access request of `v1`; its `status` is always `pending`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Requested {
    pub(super) request_id: String,
}

/// A credential of either generation. The list of `v1` has no providers; those of one party in `institutions` do not
/// repeat the party.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    contract_id: String,
    party_id: Option<String>,
    #[serde(alias = "kycStatus")]
    status: String,
    #[serde(alias = "issuedAt")]
    created_at: Option<String>,
    #[serde(rename = "expirationDate")]
    expires_at: Option<String>,
    freshness: Option<String>,
    providers: Option<BTreeSet<String>>,
    provider: Option<String>,
}

impl Row {
    /// The credential; `party_id` is whose were asked for.
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

/// Where a page stands.
#[derive(Deserialize)]
pub(super) struct Pagination {
    pub(super) total: usize,
}

/// The score of a party; `v1` does not say whose it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScoreOf {
    pub(super) party_id: Option<String>,
    pub(super) human_score: HumanScore,
}

/// How human somebody seems. `institutions` adds details about accounts, which are personal and left unread.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HumanScore {
    pub(super) total_score: serde_json::Number,
    pub(super) confidence_level: Option<String>,
    #[serde(default)]
    pub(super) badges: Vec<Badge>,
    #[serde(default)]
    pub(super) breakdown: BTreeMap<String, serde_json::Number>,
}

/// A badge: `status` in `v1`; `level` and `category` in `institutions`.
#[derive(Deserialize)]
pub(super) struct Badge {
    pub(super) name: String,
    pub(super) status: Option<String>,
    pub(super) level: Option<String>,
    pub(super) category: Option<String>,
}

/// What the public check tells.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Verification {
    pub(super) status: String,
    pub(super) contract_id: Option<String>,
    pub(super) party_id: Option<String>,
    pub(super) verified_at: Option<String>,
    pub(super) issued_at: Option<String>,
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
    /// The link for this contract.
    pub(super) fn of(self, contract_id: &str) -> MadeLink {
        let Self { token, link, expires_at } = self;
        MadeLink { contract_id: contract_id.to_owned(), token, link, expires_at }
    }
}

/// Links by their contract, or why there is none.
pub(super) type Rows = BTreeMap<String, Result<Link, String>>;

/// A batch of `v1`, which has only what succeeded.
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
            (None, None) => Err("The vendor's answer has neither a link nor a reason for it.".to_owned()),
        };
        self.results.into_iter().map(|row| (row.contract_id.clone(), outcome(row))).collect()
    }
}
