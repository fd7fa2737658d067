//! The log of requests, with which a test proves how often and how a vendor was called.

use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::{Method, StatusCode};
use jiff::Timestamp;
use serde::Serialize;

use super::faults::Kind;

/// One request as `GET /requests` returns it.
#[derive(Clone, Serialize)]
pub(super) struct Entry {
    #[serde(skip)]
    id: u64,
    vendor: &'static str,
    /// Absent for the first account and for a request that no account made.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    method: String,
    /// With the query, as sent.
    path: String,
    /// The status of the response; null until it is sent, and permanently if none is sent.
    status: Option<u16>,
    /// RFC 3339, by the sandbox's clock.
    at: String,
    /// The fault that was injected, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<Kind>,
}

#[derive(Default)]
struct Entries {
    begun: u64,
    list: Vec<Entry>,
}

/// Every request since the start, or since it was last cleared, in order of arrival.
#[derive(Default)]
pub(super) struct Log(Mutex<Entries>);

impl Log {
    /// Records a request when it arrives, so that one whose client disconnects is not lost.
    pub(super) fn begin(
        &self,
        vendor: &'static str,
        tenant: Option<String>,
        method: &Method,
        path: String,
        at: Timestamp,
        fault: Option<Kind>,
    ) -> u64 {
        let mut entries = self.entries();
        entries.begun += 1;
        let id = entries.begun;
        entries.list.push(Entry {
            id,
            vendor,
            tenant,
            method: method.to_string(),
            path,
            status: None,
            at: at.to_string(),
            fault,
        });
        id
    }

    /// Records the status of a response. A request that was cleared from the log meanwhile stays cleared.
    pub(super) fn finish(&self, id: u64, status: StatusCode) {
        if let Some(entry) = self.entries().list.iter_mut().rev().find(|entry| entry.id == id) {
            entry.status = Some(status.as_u16());
        }
    }

    /// A copy of all entries.
    pub(super) fn list(&self) -> Vec<Entry> {
        self.entries().list.clone()
    }

    /// Removes all entries.
    pub(super) fn clear(&self) {
        self.entries().list.clear();
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
