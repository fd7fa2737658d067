//! The list of proofing sessions: its query, its pages and its rows.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::DateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::client::{Client, Community};
use super::endpoints::{Body, Endpoint};
use super::exchange::InData;
use crate::framework::Diagnostics;
use crate::framework::impact::{Period, Reach};
use crate::http::{CachePolicy, Error, Method, Page, PageRequest, PageSource, Pages};
use crate::openapi::Call;
use crate::vendors::shared::loose::{self, Whole};
use crate::vendors::shared::route::Route;

const FETCH: Route = Route::new(Method::POST, "/proofingsession/fetch");

/// The call that lists sessions.
pub(super) fn calls() -> Vec<Call> {
    let fetch = FETCH.optional_call().sends::<Body<'_, FetchSessions<'_>>>().reads::<InData<SessionPage>>();
    vec![Endpoint::SessionFetch.declare(fetch.with_content("data.data"))]
}

/// How many sessions a page asks for, as on the vendor's page.
const PAGE: usize = 100;

/// The page's enumeration for the filter `status`.
pub(super) const STATUSES: &[&str] = &["PENDING", "INPROGRESS", "EXPIRED", "ABANDONED", "COMPLETED", "DECLINED"];

/// The format of `startDate` and `endDate`. The vendor documents no time zone for them.
const DATE: &str = "%Y-%m-%d %H:%M:%S%.3f";

/// A time in UTC, as the filters take it.
pub(super) fn date(time: Timestamp) -> String {
    time.strftime(DATE).to_string()
}

/// Whether a text is a date as the filters take it.
pub(super) fn is_date(text: &str) -> bool {
    text.len() == "YYYY-MM-DD HH:mm:ss.SSS".len() && DateTime::strptime(DATE, text).is_ok()
}

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
#[derive(Clone, Copy, Default, Serialize, JsonSchema)]
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
#[derive(Deserialize, JsonSchema)]
pub(super) struct Session {
    pub(super) id: String,
    #[serde(rename = "documentType")]
    pub(super) document_type: Option<String>,
    #[serde(rename = "dvcID")]
    pub(super) dvc_id: Option<String>,
    #[serde(rename = "resultStatus")]
    #[schemars(extend("x-may-be-absent" = true))]
    pub(super) result_status: Option<String>,
    #[serde(rename = "createdTS")]
    pub(super) created_ts: Option<Time>,
    #[serde(rename = "startedTS")]
    #[schemars(extend("x-may-be-absent" = true))]
    pub(super) started_ts: Option<Time>,
    #[serde(rename = "completedTS")]
    #[schemars(extend("x-may-be-absent" = true))]
    pub(super) completed_ts: Option<Time>,
    #[serde(rename = "expiryTS")]
    pub(super) expiry_ts: Option<Time>,
}

/// A time, for which the page names neither type nor unit.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Time {
    Number(i64),
    Text(String),
}

/// The body of a request for one page.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct FetchSessions<'q> {
    query: &'q SessionQuery<'q>,
    p_index: usize,
    p_size: usize,
    tenant_id: &'q str,
    community_id: &'q str,
}

/// One page as the vendor returns it.
#[derive(Deserialize, JsonSchema)]
struct SessionPage {
    data: Vec<Session>,
    page: Option<Position>,
}

#[derive(Deserialize, JsonSchema)]
struct Position {
    #[serde(default, deserialize_with = "loose::whole_or_null")]
    #[schemars(with = "Option<Whole>")]
    total: Option<usize>,
}

/// Requests the pages of the sessions that match a query.
struct SessionPages<'c> {
    client: &'c Client,
    query: &'c SessionQuery<'c>,
    /// How many sessions a page asks for.
    size: usize,
}

impl Client {
    /// The first `most` sessions that match a query.
    pub(super) async fn sessions(&self, query: &SessionQuery<'_>, most: usize) -> Result<Sessions, Error> {
        let source = SessionPages { client: self, query, size: self.http.page_size(PAGE) };
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

    /// How many sessions match a query: the total of a page with one session. `None` if the vendor does not return it.
    pub(super) async fn session_count(&self, query: &SessionQuery<'_>) -> Result<Option<u64>, Error> {
        let source = SessionPages { client: self, query, size: 1 };
        let mut pages = Pages::new(source, CachePolicy::UseCached);
        pages.next().await?;
        Ok(pages.total().and_then(|total| total.try_into().ok()))
    }
}

/// Counts the sessions of a period that match a query. The vendor documents no time zone, so the period is in UTC.
pub(super) async fn reach(
    client: &Client,
    query: SessionQuery<'_>,
    period: &Period,
    rest: String,
) -> Result<Reach, Diagnostics> {
    let (start, end) = (date(period.from), date(period.to));
    let query = SessionQuery { start_date: Some(&start), end_date: Some(&end), ..query };
    Ok(match client.session_count(&query).await? {
        Some(count) => Reach::sessions(count, rest),
        None => Reach::not_known("1Kosmos does not return how many sessions match."),
    })
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
        let body = FetchSessions { query: self.query, p_index: at.index, p_size: self.size, tenant_id, community_id };
        let request = http.request(FETCH.method, FETCH.path).operation("listing the proofing sessions").read_only();
        let call = exchange.with_body(request.shared("sessions").page(at), Endpoint::SessionFetch, &body).in_data();
        let (SessionPage { data, page }, response) = exchange.call_with_response(call).await?;
        Ok(Page::new(data, response).with_total(page.and_then(|position| position.total)))
    }
}
