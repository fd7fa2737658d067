//! The requests and responses of 5N ID, in the names of the vendor's page (`v1`) and of its SDK (`institutions`).

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::client::{self, Credential};
use crate::framework::Number;
use crate::vendors::shared::loose::{self, LooseText, Whole};

/// The query of a page.
#[derive(Serialize, JsonSchema)]
pub(super) struct PageQuery {
    pub(super) offset: usize,
    pub(super) limit: usize,
}

/// The query of a page of credentials of `institutions`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CredentialQuery<'q> {
    #[serde(flatten)]
    pub(super) page: PageQuery,
    pub(super) party_ids: &'q [String],
    pub(super) emails: &'q [String],
}

/// The body of an access request.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccessRequest<'b> {
    pub(super) party_id: &'b str,
    pub(super) providers: &'b BTreeSet<String>,
}

/// The body of a request for one link.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LinkRequest<'b> {
    pub(super) contract_id: &'b str,
}

/// The body of a request for several links.
#[derive(Serialize, JsonSchema)]
pub(super) struct LinkRequests<'b> {
    pub(super) requests: Vec<LinkRequest<'b>>,
}

/// The response to an access request of `v1`; its `status` is always `pending`.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Requested {
    pub(super) request_id: String,
}

/// A credential in the list of `v1`.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RowOfV1 {
    contract_id: String,
    party_id: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    status: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    created_at: Option<String>,
}

/// The credential of a party in `v1`.
#[derive(Deserialize, JsonSchema)]
pub(super) struct CredentialOfV1 {
    #[serde(flatten)]
    row: RowOfV1,
    providers: Option<BTreeSet<String>>,
}

/// A credential of a party in `institutions`.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    contract_id: String,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    kyc_status: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    issued_at: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    expiration_date: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    freshness: Option<String>,
    provider: Option<String>,
}

/// A credential in the list of `institutions`.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListedRow {
    party_id: Option<String>,
    #[serde(flatten)]
    row: Row,
}

impl RowOfV1 {
    /// Converts the row; `party_id` is the party of the request, for a row without one.
    pub(super) fn credential(self, party_id: Option<&str>) -> Credential {
        Credential {
            contract_id: self.contract_id,
            party_id: self.party_id.or_else(|| party_id.map(str::to_owned)).unwrap_or_default(),
            status: self.status,
            created_at: self.created_at,
            expires_at: None,
            freshness: None,
            providers: None,
        }
    }
}

impl CredentialOfV1 {
    /// Converts the credential of this party.
    pub(super) fn credential(self, party_id: &str) -> Credential {
        Credential { providers: self.providers, ..self.row.credential(Some(party_id)) }
    }
}

impl Row {
    /// Converts the row of this party.
    pub(super) fn credential(self, party_id: &str) -> Credential {
        Credential {
            contract_id: self.contract_id,
            party_id: party_id.to_owned(),
            status: self.kyc_status,
            created_at: self.issued_at,
            expires_at: self.expiration_date,
            freshness: self.freshness,
            providers: self.provider.map(|provider| [provider].into()),
        }
    }
}

impl ListedRow {
    /// Converts the row.
    pub(super) fn credential(self) -> Credential {
        self.row.credential(&self.party_id.unwrap_or_default())
    }
}

/// A page of credentials of `v1`.
#[derive(Deserialize, JsonSchema)]
pub(super) struct PageOfV1 {
    pub(super) credentials: Vec<RowOfV1>,
    #[serde(default, deserialize_with = "loose::whole_or_null")]
    #[schemars(with = "Option<Whole>", extend("x-may-be-absent" = true))]
    pub(super) total: Option<usize>,
}

/// A page of anything in `institutions`.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Items<T> {
    pub(super) items: Vec<T>,
    #[serde(default)]
    #[schemars(extend("x-may-be-absent" = true))]
    pub(super) pagination: Pagination,
}

/// The position of a page. Without a total, the list ends with the first empty page.
#[derive(Default, Deserialize, JsonSchema)]
pub(super) struct Pagination {
    #[serde(default, deserialize_with = "loose::whole_or_null")]
    #[schemars(with = "Option<Whole>", extend("x-may-be-absent" = true))]
    pub(super) total: Option<usize>,
}

/// The human score of `v1`, which is the caller's own.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScoreOfV1 {
    total_score: Option<Number>,
    #[serde(default, deserialize_with = "loose::or_default")]
    #[schemars(with = "Option<Vec<BadgeOfV1>>")]
    badges: Vec<BadgeOfV1>,
    #[serde(default, deserialize_with = "loose::or_default")]
    #[schemars(with = "Option<BTreeMap<String, Option<Number>>>")]
    breakdown: BTreeMap<String, Option<Number>>,
}

/// A badge of `v1`.
#[derive(Deserialize, JsonSchema)]
struct BadgeOfV1 {
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    name: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    status: Option<String>,
}

/// The score of a party in `institutions`.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScoreOf {
    party_id: Option<String>,
    human_score: HumanScore,
}

/// A human score of `institutions`. Its details about accounts are personal data and not read.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct HumanScore {
    total_score: Option<Number>,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    confidence_level: Option<String>,
    #[serde(default, deserialize_with = "loose::or_default")]
    #[schemars(with = "Option<Vec<Badge>>")]
    badges: Vec<Badge>,
    #[serde(default, deserialize_with = "loose::or_default")]
    #[schemars(with = "Option<BTreeMap<String, Option<Number>>>")]
    breakdown: BTreeMap<String, Option<Number>>,
}

/// A badge of `institutions`.
#[derive(Deserialize, JsonSchema)]
struct Badge {
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    name: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    level: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    category: Option<String>,
}

impl From<ScoreOfV1> for client::Score {
    fn from(score: ScoreOfV1) -> Self {
        let ScoreOfV1 { total_score, badges, breakdown } = score;
        let badge = |BadgeOfV1 { name, status }| client::Badge { name, status, level: None, category: None };
        let badges = badges.into_iter().map(badge).collect();
        Self { party_id: None, total_score, confidence_level: None, badges, breakdown }
    }
}

impl From<ScoreOf> for client::Score {
    fn from(score: ScoreOf) -> Self {
        let ScoreOf { party_id, human_score } = score;
        let HumanScore { total_score, confidence_level, badges, breakdown } = human_score;
        let badge = |Badge { name, level, category }| client::Badge { name, status: None, level, category };
        let badges = badges.into_iter().map(badge).collect();
        Self { party_id, total_score, confidence_level, badges, breakdown }
    }
}

/// The response of the public check of `v1`.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CheckOfV1 {
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    status: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    contract_id: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    party_id: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText", extend("x-may-be-absent" = true))]
    verified_at: Option<String>,
}

/// The response of the public check of `institutions`.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Check {
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    status: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    contract_id: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    issued_at: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    expired_at: Option<String>,
}

impl From<CheckOfV1> for client::Verification {
    fn from(check: CheckOfV1) -> Self {
        let CheckOfV1 { status, contract_id, party_id, verified_at } = check;
        Self { status, contract_id, party_id, verified_at, issued_at: None, expired_at: None }
    }
}

impl From<Check> for client::Verification {
    fn from(check: Check) -> Self {
        let Check { status, contract_id, issued_at, expired_at } = check;
        Self { status, contract_id, party_id: None, verified_at: None, issued_at, expired_at }
    }
}

/// A link of `v1`.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LinkOfV1 {
    token: String,
    link: String,
    expires_at: Option<String>,
}

/// A link of `institutions`.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Link {
    token: String,
    verification_url: String,
}

impl LinkOfV1 {
    /// Converts the link of this contract.
    pub(super) fn of(self, contract_id: &str) -> client::Link {
        let Self { token, link, expires_at } = self;
        client::Link { contract_id: contract_id.to_owned(), token, link, expires_at }
    }
}

impl Link {
    /// Converts the link of this contract.
    pub(super) fn of(self, contract_id: &str) -> client::Link {
        let Self { token, verification_url: link } = self;
        client::Link { contract_id: contract_id.to_owned(), token, link, expires_at: None }
    }
}

/// For each contract its link, or why there is none.
pub(super) type Rows = BTreeMap<String, Result<client::Link, String>>;

/// A batch of `v1`, which has only the links that were made.
#[derive(Deserialize, JsonSchema)]
pub(super) struct LinksOfV1 {
    links: Vec<LinkRow>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct LinkRow {
    contract_id: String,
    #[serde(flatten)]
    link: LinkOfV1,
}

impl LinksOfV1 {
    pub(super) fn rows(self) -> Rows {
        let row = |LinkRow { contract_id, link }: LinkRow| {
            let link = link.of(&contract_id);
            (contract_id, Ok(link))
        };
        self.links.into_iter().map(row).collect()
    }
}

/// A batch of `institutions`, which may succeed in part.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Results {
    results: Vec<ResultRow>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ResultRow {
    contract_id: String,
    #[schemars(extend("x-may-be-absent" = true))]
    result: Option<Link>,
    #[schemars(extend("x-may-be-absent" = true))]
    error: Option<LinkError>,
}

#[derive(Deserialize, JsonSchema)]
struct LinkError {
    message: String,
    #[schemars(extend("x-may-be-absent" = true))]
    code: Option<String>,
}

impl Results {
    pub(super) fn rows(self) -> Rows {
        let outcome = |row: ResultRow| match (row.result, row.error) {
            (Some(link), None) => Ok(link.of(&row.contract_id)),
            (_, Some(LinkError { message, code: Some(code) })) => Err(format!("The vendor says: {message} ({code}).")),
            (_, Some(LinkError { message, code: None })) => Err(format!("The vendor says: {message}.")),
            (None, None) => Err("The vendor's response has neither a link nor a reason.".to_owned()),
        };
        self.results.into_iter().map(|row| (row.contract_id.clone(), outcome(row))).collect()
    }
}
