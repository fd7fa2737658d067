//! A read that several creates share.

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::framework::Diagnostics;

/// The last complete read of a list.
pub(super) struct SharedRead<R>(Mutex<Option<Snapshot<R>>>);

/// The rows of a list at a time.
pub(super) struct Snapshot<R> {
    /// When the read began: the rows show at least what had happened then.
    pub(super) began: Instant,
    pub(super) rows: Arc<Vec<R>>,
}

impl<R> Clone for Snapshot<R> {
    fn clone(&self) -> Self {
        Self { began: self.began, rows: Arc::clone(&self.rows) }
    }
}

impl<R> Default for SharedRead<R> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<R> SharedRead<R> {
    /// The last read if it began no earlier than `not_before`, else a new one. Callers that wait for the same read share it.
    pub(super) async fn since(
        &self,
        not_before: Instant,
        read: impl Future<Output = Result<Vec<R>, Diagnostics>>,
    ) -> Result<Snapshot<R>, Diagnostics> {
        let mut last = self.0.lock().await;
        if let Some(snapshot) = last.as_ref().filter(|snapshot| snapshot.began >= not_before) {
            return Ok(snapshot.clone());
        }
        let began = Instant::now();
        let rows = Arc::new(read.await?);
        Ok(last.insert(Snapshot { began, rows }).clone())
    }

    /// The last read, if there was one and none is under way.
    pub(super) fn last(&self) -> Option<Snapshot<R>> {
        self.0.try_lock().ok()?.clone()
    }
}
