//! A request that is ready to be sent, any number of times.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::error::Context;
use super::prepared::PreparedRequest;
use super::retry::Semantics;

/// The responses that are not failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// Every 2xx.
    Success,
    /// Also a 503 with a `status` in its body, which is the report of a service that is not ready.
    Report,
}

/// Names a group of reads that the same writes invalidate.
pub(super) type Tag = Arc<str>;

/// A request before authentication, and how it may be sent.
pub(super) struct Call {
    pub(super) context: Context,
    pub(super) prepared: PreparedRequest,
    pub(super) semantics: Semantics,
    pub(super) authenticate: bool,
    pub(super) expected: Expected,
    /// The path of the base URL, below which endpoints have their limits.
    pub(super) base_path: String,
    /// Ends its waits.
    pub(super) stop: CancellationToken,
}
