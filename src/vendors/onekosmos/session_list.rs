//! The list of proofing sessions: its query, its pages and its rows.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::{Client, Community};
use super::endpoints::Endpoint;
use crate::http::{CachePolicy, Error, Page, PageRequest, PageSource, Pages};

/// How many sessions a page asks for, as on the vendor's page.
const PAGE: usize = 100;

/// Sessions that match a query.
pub(super) struct Sessions {
    /// The first sessions, in the vendor's order.
    pub(super) rows: Vec<Session>,
    /// How many sessions match, if the vendor returns it.
    pub(super) total: Option<usize>,
    /// Whether `rows` has every session that matches.
    pub(super) complete: bool,
}

/// Filters; a session must meet each filter that is set.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionQuery<'q> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<&'q str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<&'q str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) overall_recommendation: Option<&'q str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) document_type: Option<&'q str>,
    #[serde(rename = "dvcID", skip_serializing_if = "Option::is_none")]
    pub(super) dvc_id: Option<&'q str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) start_date: Option<&'q str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end_date: Option<&'q str>,
}

/// A session. Its `user` and `session-result` are about a person and are never read.
#[derive(Deserialize)]
pub(super) struct Session {
    pub(super) id: String,
    #[serde(rename = "documentType")]
    pub(super) document_type: Option<String>,
    #[serde(rename = "dvcID")]
    pub(super) dvc_id: Option<String>,
    #[serde(rename = "resultStatus")]
    pub(super) result_status: Option<String>,
    #[serde(rename = "createdTS")]
    pub(super) created_ts: Option<Time>,
    #[serde(rename = "startedTS")]
    pub(super) started_ts: Option<Time>,
    #[serde(rename = "completedTS")]
    pub(super) completed_ts: Option<Time>,
    #[serde(rename = "expiryTS")]
    pub(super) expiry_ts: Option<Time>,
}

/// A time, for which the page names neither type nor unit.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Time {
    Number(i64),
    Text(String),
}

/// The body of a request for one page.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FetchSessions<'q> {
    query: &'q SessionQuery<'q>,
    p_index: usize,
    p_size: usize,
    tenant_id: &'q str,
    community_id: &'q str,
}

/// One page as the vendor returns it.
#[derive(Deserialize)]
struct SessionPage {
    data: Vec<Session>,
    page: Option<Position>,
}

#[derive(Deserialize)]
struct Position {
    total: Option<usize>,
}

/// Requests the pages of the sessions that match a query.
struct SessionPages<'c> {
    client: &'c Client,
    query: &'c SessionQuery<'c>,
}

impl Client {
    /// The first `most` sessions that match a query.
    pub(super) async fn sessions(&self, query: &SessionQuery<'_>, most: usize) -> Result<Sessions, Error> {
        let source = SessionPages { client: self, query };
        let (mut pages, mut rows) = (Pages::new(source, CachePolicy::UseCached), Vec::new());
        while rows.len() < most
            && let Some(mut page) = pages.next().await?
        {
            rows.append(&mut page);
        }
        let complete = pages.is_finished() && rows.len() <= most;
        rows.truncate(most);
        Ok(Sessions { rows, total: pages.total(), complete })
    }
}

#[async_trait]
impl PageSource for SessionPages<'_> {
    type Row = Session;

    fn noun(&self) -> &'static str {
        "proofing sessions"
    }

    fn key(&self, row: &Session) -> String {
        row.id.clone()
    }

    async fn page(&self, at: &PageRequest) -> Result<Page<Session>, Error> {
        let Client { http, exchange, .. } = self.client;
        let Community { tenant_id, community_id, .. } = self.client.community().await?;
        let body = FetchSessions { query: self.query, p_index: at.index, p_size: PAGE, tenant_id, community_id };
        let request = http.post("/proofingsession/fetch").operation("listing the proofing sessions").read_only();
        let call = exchange.with_body(request.shared("sessions").page(at), Endpoint::SessionFetch, &body).in_data();
        let (SessionPage { data, page }, response) = exchange.call_with_response(call).await?;
        Ok(Page::new(data, response).with_total(page.and_then(|position| position.total)))
    }
}
