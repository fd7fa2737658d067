//! A request that is ready to be sent, any number of times.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::error::Context;
use super::prepared::PreparedRequest;
use super::retry::Semantics;

/// Names a group of reads that the same writes invalidate.
pub(super) type Tag = Arc<str>;

/// A request before authentication, and how it may be sent.
pub(super) struct Call {
    pub(super) context: Context,
    pub(super) prepared: PreparedRequest,
    pub(super) semantics: Semantics,
    pub(super) authenticate: bool,
    /// The path of the base URL, below which endpoints have their limits.
    pub(super) base_path: String,
    /// Ends its waits.
    pub(super) stop: CancellationToken,
}
