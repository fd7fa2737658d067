//! The list of credentials, page after page: `v1` counts beside the rows, `institutions` in a member of its own.

use std::collections::HashSet;

use super::client::{Api, CREDENTIALS, Client, Credential, hint};
use super::wire;
use crate::http::{Error, Response};

/// How many credentials a page asks for: the most that the vendor's page allows.
const PAGE: usize = 100;

/// Which credentials to list; all without a filter. With both filters, those that either lets through.
#[derive(Clone, Debug, Default)]
pub(super) struct CredentialFilter {
    /// Those of these parties.
    pub party_ids: Vec<String>,
    /// Those of accounts with these e-mail addresses; `institutions` only.
    pub emails: Vec<String>,
}

struct Page {
    rows: Vec<wire::Row>,
    total: usize,
    answer: Response,
}

/// The credentials that a filter lets through, a page at a time, each once.
pub(super) struct Pages<'c> {
    client: &'c Client,
    filter: CredentialFilter,
    read: usize,
    /// Contracts of earlier pages: rows move to a later page when others are added meanwhile.
    known: HashSet<String>,
    done: bool,
}

impl<'c> Pages<'c> {
    /// From the first one on.
    pub(super) fn new(client: &'c Client, filter: CredentialFilter) -> Self {
        Self { client, filter, read: 0, known: HashSet::new(), done: false }
    }

    /// The next page; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Credential>>, Error> {
        if self.done {
            return Ok(None);
        }
        let Page { rows, total, answer } = page(self.client, &self.filter, self.read).await?;
        self.read += rows.len();
        self.done = rows.is_empty() || self.read >= total;
        let some = !rows.is_empty();
        let mut page: Vec<_> = rows.into_iter().map(|row| row.credential(None)).collect();
        page.retain(|credential| self.known.insert(credential.contract_id.clone()));
        // A vendor that ignores `offset` would answer the first page until the total is reached.
        if some && page.is_empty() {
            return Err(answer.error("a page of credentials has nothing but what earlier pages had"));
        }
        if self.client.api() == Api::V1 && !self.filter.party_ids.is_empty() {
            page.retain(|credential| self.filter.party_ids.contains(&credential.party_id));
        }
        Ok(Some(page))
    }

    /// All of them.
    pub(super) async fn all(mut self) -> Result<Vec<Credential>, Error> {
        let mut credentials = Vec::new();
        while let Some(mut page) = self.next().await? {
            credentials.append(&mut page);
        }
        Ok(credentials)
    }
}

async fn page(client: &Client, filter: &CredentialFilter, offset: usize) -> Result<Page, Error> {
    let path = client.api().path("/api/v1/credentials", "/api/v1/institutions/me/credentials");
    let request = client.http.get(path).operation("listing the credentials").shared(CREDENTIALS);
    let mut query = vec![("offset", offset.to_string()), ("limit", PAGE.to_string())];
    if client.api() == Api::Institutions {
        query.extend(filter.party_ids.iter().map(|id| ("partyIds", id.clone())));
        query.extend(filter.emails.iter().map(|email| ("emails", email.clone())));
    }
    let answer = request.query(&query).send().await.map_err(hint)?;
    let (rows, total) = match client.api() {
        Api::V1 => answer.json::<wire::PageOfV1>().map(|page| (page.credentials, page.total)),
        Api::Institutions => answer.json::<wire::Items<_>>().map(|page| (page.items, page.pagination.total)),
    }
    .map_err(hint)?;
    Ok(Page { rows, total, answer })
}
