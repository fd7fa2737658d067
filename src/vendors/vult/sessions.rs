//! The verification sessions of a tenant, counted. Knows no Terraform.
//!
//! A session is about a person, and the vendor's list has the person's name, birth date and more. [`Row`] is the list of the
//! fields that are read; everything else is dropped when a response is decoded. The rows are counted page by page and not kept.
//!
//! The vendor documents the list without its rows, so their fields are assumed to be those of "session read". The formats of
//! `start_date` and `end_date` are not documented either: RFC 3339 is sent, and sessions out of the period are not counted.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::client::{self, Client, Scope};
use super::operations::Operation;
use crate::http::{CachePolicy, Error, Page, PageRequest, PageSource, Pages};
use crate::vendors::shared::counts::Counts;
use crate::vendors::shared::loose::{self, LooseText, Whole};

/// How many sessions a page asks for. The vendor documents `take` without a range.
const PAGE: usize = 100;

/// What an error says was done.
const OPERATION: &str = "counting the sessions";

/// Which sessions are counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct SessionFilter<'f> {
    /// Those of a client or a user; all without them.
    pub(super) scope: &'f Scope,
    /// Those created from this time on.
    pub(super) from: Timestamp,
    /// Those created before this time.
    pub(super) to: Timestamp,
}

/// The number of sessions, as a whole and by some of their fields. A session without a field is in no count by that field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcomes {
    /// All sessions.
    pub(super) total: u64,
    /// Those that are verified.
    pub(super) verified: u64,
    /// Those of which the vendor returns whether they are verified.
    pub(super) judged: u64,
    /// By `status_e`.
    pub(super) by_status: Counts,
    /// By `idv_weights_id`.
    pub(super) by_weights_id: Counts,
    /// By `document_type_e`.
    pub(super) by_document_type: Counts,
}

impl Outcomes {
    fn count(&mut self, row: Row) {
        self.total += 1;
        self.judged += u64::from(row.verified.is_some());
        self.verified += u64::from(row.verified == Some(true));
        self.by_status.add(row.status_e);
        self.by_weights_id.add(row.idv_weights_id);
        self.by_document_type.add(row.document_type_e);
    }
}

/// What is read of a session. `session_id` tells the rows of two pages apart and goes nowhere.
#[derive(Deserialize, JsonSchema)]
struct Row {
    session_id: String,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    status_e: Option<String>,
    verified: Option<bool>,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    idv_weights_id: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    document_type_e: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    created_at: Option<String>,
}

/// The body that lists a page of sessions.
#[derive(Serialize, JsonSchema)]
pub(super) struct SessionQuery<'q> {
    take: usize,
    skip: usize,
    start_date: String,
    end_date: String,
    #[serde(flatten)]
    scope: &'q Scope,
}

/// A page of sessions.
#[derive(Deserialize, JsonSchema)]
pub(super) struct SessionList {
    sessions: Vec<Row>,
    /// Its members are not documented; where there is a total, it saves the request for an empty page.
    #[serde(default, deserialize_with = "loose::or_default")]
    #[schemars(with = "Option<Totals>")]
    meta_counts: Totals,
}

#[derive(Default, Deserialize, JsonSchema)]
struct Totals {
    #[serde(default, deserialize_with = "loose::whole_or_null")]
    #[schemars(with = "Option<Whole>")]
    total: Option<usize>,
}

impl Row {
    fn created(&self) -> Option<Timestamp> {
        self.created_at.as_deref()?.parse().ok()
    }
}

impl Client {
    /// Counts the sessions that match, once in a run for each filter. The counts are cached, and no session is.
    pub(super) async fn session_outcomes(&self, filter: &SessionFilter<'_>) -> Result<Arc<Outcomes>, Error> {
        let load = |_| async move { Ok((self.count_sessions(filter).await?, 0)) };
        self.http.value("session outcomes", &format!("{filter:?}"), OPERATION, CachePolicy::UseCached, load).await
    }

    /// Reads the sessions page by page. Reads no further page once the pages are older than the period, which happens where the
    /// vendor ignores the period and lists the newest first.
    async fn count_sessions(&self, filter: &SessionFilter<'_>) -> Result<Outcomes, Error> {
        let mut pages = Pages::new(SessionPages { client: self, filter }, CachePolicy::UseCached);
        let (mut outcomes, mut order) = (Outcomes::default(), NewestFirst::default());
        while let Some(rows) = pages.next().await? {
            let ends_before = order.ends_before(filter.from, &rows);
            // A time of another form is not compared: the vendor has applied the filter.
            let is_within =
                |row: &Row| row.created().is_none_or(|created| filter.from <= created && created < filter.to);
            rows.into_iter().filter(is_within).for_each(|row| outcomes.count(row));
            if ends_before {
                break;
            }
        }
        Ok(outcomes)
    }
}

/// Whether the rows of a list are in descending order of creation, as far as they were read.
#[derive(Default)]
struct NewestFirst {
    last: Option<Timestamp>,
    is_broken: bool,
}

impl NewestFirst {
    /// Reads on, and returns whether every further row is older than `from`.
    fn ends_before(&mut self, from: Timestamp, rows: &[Row]) -> bool {
        for row in rows {
            let created = row.created();
            self.is_broken |= created.is_none() || self.last.is_some_and(|last| created > Some(last));
            self.last = created;
        }
        !self.is_broken && self.last.is_some_and(|last| last < from)
    }
}

/// Requests the pages of the sessions that match a filter.
struct SessionPages<'c> {
    client: &'c Client,
    filter: &'c SessionFilter<'c>,
}

#[async_trait]
impl PageSource for SessionPages<'_> {
    type Row = Row;

    fn noun(&self) -> &'static str {
        "sessions"
    }

    fn key(&self, row: &Row) -> String {
        row.session_id.clone()
    }

    async fn page(&self, at: &PageRequest) -> Result<Page<Row>, Error> {
        let SessionFilter { scope, from, to } = *self.filter;
        let (start_date, end_date) = (from.to_string(), to.to_string());
        let query =
            SessionQuery { take: self.client.http.page_size(PAGE), skip: at.offset, start_date, end_date, scope };
        let request = self.client.call(Operation::SessionList, OPERATION, None)?.json(&query).read_only();
        client::with_hint(async {
            let response = request.page(at).send().await?;
            let SessionList { sessions, meta_counts } = response.json()?;
            Ok(Page::new(sessions, response).with_total(meta_counts.total))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rows(days: &[&str]) -> Vec<Row> {
        let row = |day: &&str| json!({"session_id": day, "created_at": format!("{day}T00:00:00Z")});
        days.iter().map(|day| serde_json::from_value(row(day)).unwrap()).collect()
    }

    #[test]
    fn newest_first_ends_once_a_row_is_older() {
        let from = "2026-03-10T00:00:00Z".parse().unwrap();
        let mut order = NewestFirst::default();
        assert!(!order.ends_before(from, &rows(&["2026-03-20", "2026-03-11"])));
        assert!(order.ends_before(from, &rows(&["2026-03-10", "2026-03-09"])));
        let mut order = NewestFirst::default();
        assert!(!order.ends_before(from, &rows(&["2026-03-01", "2026-03-20", "2026-03-02"])), "another order");
        let mut order = NewestFirst::default();
        let undated: Row = serde_json::from_value(json!({"session_id": "x"})).unwrap();
        assert!(!order.ends_before(from, &[undated]));
        assert!(!order.ends_before(from, &rows(&["2026-03-01"])), "the order is not known");
    }

    #[test]
    fn session_without_a_field_is_in_no_count_by_it() {
        let mut outcomes = Outcomes::default();
        let session = json!({"session_id": "a", "status_e": "complete", "verified": true, "first_name": "Ada", "idv_weights_id": "w"});
        for row in [session, json!({"session_id": "b", "status_e": null, "verified": false, "idv_weights_id": ""})] {
            outcomes.count(serde_json::from_value(row).unwrap());
        }
        assert_eq!((outcomes.total, outcomes.verified, outcomes.judged), (2, 1, 2));
        assert_eq!(outcomes.by_status.iter().collect::<Vec<_>>(), [("complete", 1)]);
        assert_eq!((outcomes.by_weights_id.sum(), outcomes.by_document_type.sum()), (1, 0));
    }
}
