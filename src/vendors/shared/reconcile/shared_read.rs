//! A read that several creates share.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use tokio::sync::Mutex;
use tokio::time::Instant;

use super::Lookup;
use crate::framework::Diagnostics;
use crate::http::List;

/// The last complete read of a list.
pub(super) struct SharedRead<R>(Mutex<Option<Snapshot<R>>>);

/// The rows of a list at a time.
pub(super) struct Snapshot<R> {
    /// When the read began: the rows show at least what had happened then.
    pub(super) began: Instant,
    pub(super) rows: Arc<List<R>>,
    ids: Arc<OnceLock<HashSet<String>>>,
}

impl<R> Snapshot<R> {
    /// The ids of the rows, which are computed once for all creates that compare with them.
    pub(super) fn ids<L: Lookup<Row = R>>(&self, lookup: &L) -> &HashSet<String> {
        self.ids.get_or_init(|| self.rows.iter().map(|row| lookup.id(row)).collect())
    }
}

impl<R> Clone for Snapshot<R> {
    fn clone(&self) -> Self {
        Self { began: self.began, rows: Arc::clone(&self.rows), ids: Arc::clone(&self.ids) }
    }
}

impl<R> Default for SharedRead<R> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<R> SharedRead<R> {
    /// The last read if it began no earlier than `not_before`, else a new one. Callers that wait for the same read share it.
    pub(super) async fn since<L: Lookup<Row = R>>(
        &self,
        not_before: Instant,
        lookup: &L,
    ) -> Result<Snapshot<R>, Diagnostics> {
        let mut last = self.0.lock().await;
        if let Some(snapshot) = last.as_ref().filter(|snapshot| snapshot.began >= not_before) {
            return Ok(snapshot.clone());
        }
        let began = Instant::now();
        let rows = lookup.rows(last.as_ref().map(|snapshot| &*snapshot.rows)).await?;
        Ok(last.insert(Snapshot { began, rows, ids: Arc::default() }).clone())
    }

    /// The last read, if there was one and none is under way.
    pub(super) fn last(&self) -> Option<Snapshot<R>> {
        self.0.try_lock().ok()?.clone()
    }
}
