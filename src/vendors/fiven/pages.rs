//! The list of credentials in pages: `v1` counts beside the rows, `institutions` in a member of its own.

use async_trait::async_trait;

use super::client::{Api, CREDENTIALS, Client, Credential};
use super::errors::with_hints;
use super::wire;
use crate::http::{CachePolicy, Error, Page, PageRequest, PageSource, Pages};

/// The rows that are requested for a page: the most that the vendor's page allows.
const PAGE: usize = 100;

/// Which credentials to list; all without a filter. With both filters, those that match either.
#[derive(Clone, Debug, Default)]
pub(super) struct CredentialFilter {
    /// Those of these parties.
    pub party_ids: Vec<String>,
    /// Those of accounts with these e-mail addresses; `institutions` only.
    pub emails: Vec<String>,
}

impl Client {
    /// Every credential that the institution may see and that matches.
    pub(super) async fn credentials(&self, filter: CredentialFilter) -> Result<Vec<Credential>, Error> {
        // The list of `v1` has no filter.
        let of_parties = if self.api() == Api::V1 { filter.party_ids.clone() } else { Vec::new() };
        let source = CredentialPages { client: self, filter };
        let credentials = self.http.list(CREDENTIALS, source, CachePolicy::UseCached).await?;
        let wanted = |credential: &&Credential| of_parties.is_empty() || of_parties.contains(&credential.party_id);
        Ok(credentials.iter().filter(wanted).cloned().collect())
    }

    /// The credentials that the institution may see, page by page. `v1` ignores the filter.
    pub(super) fn pages(&self, filter: CredentialFilter) -> Pages<CredentialPages<'_>> {
        Pages::new(CredentialPages { client: self, filter }, CachePolicy::UseCached)
    }
}

/// Requests the pages of the credentials that match a filter.
pub(super) struct CredentialPages<'c> {
    client: &'c Client,
    filter: CredentialFilter,
}

#[async_trait]
impl PageSource for CredentialPages<'_> {
    type Row = Credential;

    fn noun(&self) -> &'static str {
        "credentials"
    }

    fn part(&self) -> String {
        format!("{:?}", self.filter)
    }

    fn key(&self, row: &Credential) -> String {
        row.contract_id.clone()
    }

    async fn page(&self, at: &PageRequest) -> Result<Page<Credential>, Error> {
        let api = self.client.api();
        let path = api.path("/api/v1/credentials", "/api/v1/institutions/me/credentials");
        let request = self.client.http.get(path).operation("listing the credentials").shared(CREDENTIALS).page(at);
        let mut query =
            vec![("offset", at.offset.to_string()), ("limit", self.client.http.page_size(PAGE).to_string())];
        if api == Api::Institutions {
            query.extend(self.filter.party_ids.iter().map(|id| ("partyIds", id.clone())));
            query.extend(self.filter.emails.iter().map(|email| ("emails", email.clone())));
        }
        with_hints(async {
            let response = request.query(&query).send().await?;
            let (rows, total) = match api {
                Api::V1 => response.json::<wire::PageOfV1>().map(|page| (page.credentials, page.total)),
                Api::Institutions => response.json::<wire::Items<_>>().map(|page| (page.items, page.pagination.total)),
            }?;
            let credentials = rows.into_iter().map(|row: wire::Row| row.credential(None)).collect();
            Ok(Page::new(credentials, response).with_total(Some(total)))
        })
        .await
    }
}
