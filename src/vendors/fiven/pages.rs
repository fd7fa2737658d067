//! The list of credentials in pages: `v1` counts beside the rows, `institutions` in a member of its own.

use async_trait::async_trait;

use super::client::{Api, CREDENTIALS, Client, Credential, Routes};
use super::errors::with_hints;
use super::wire;
use crate::http::{CachePolicy, Error, Page, PageRequest, PageSource, Pages};
use crate::openapi::Call;

const LIST: Routes = Routes::get("/api/v1/credentials", "/api/v1/institutions/me/credentials");

/// The call of a generation that lists credentials.
pub(super) fn calls(api: Api) -> Vec<Call> {
    let call = api.of(LIST).call();
    vec![match api {
        Api::V1 => call.sends::<wire::PageQuery>().reads::<wire::PageOfV1>().with_content("credentials"),
        Api::Institutions => {
            call.sends::<wire::CredentialQuery<'_>>().reads::<wire::Items<wire::ListedRow>>().with_content("items")
        }
    }]
}

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
        let route = api.of(LIST);
        let request = self.client.http.request(route.method, route.path).operation("listing the credentials");
        let request = request.shared(CREDENTIALS).page(at);
        let page = wire::PageQuery { offset: at.offset, limit: self.client.http.page_size(PAGE) };
        let CredentialFilter { party_ids, emails } = &self.filter;
        let request = match api {
            Api::V1 => request.query(&page),
            Api::Institutions => request.query(&wire::CredentialQuery { page, party_ids, emails }),
        };
        with_hints(async {
            let response = request.send().await?;
            let (credentials, total): (Vec<_>, _) = match api {
                Api::V1 => {
                    let wire::PageOfV1 { credentials, total } = response.json()?;
                    (credentials.into_iter().map(|row| row.credential(None)).collect(), total)
                }
                Api::Institutions => {
                    let page: wire::Items<wire::ListedRow> = response.json()?;
                    (page.items.into_iter().map(wire::ListedRow::credential).collect(), page.pagination.total)
                }
            };
            Ok(Page::new(credentials, response).with_total(total))
        })
        .await
    }
}
