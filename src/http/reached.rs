//! That there is a way to a vendor, and what was seen on it.

use std::time::Duration;

use jiff::SignedDuration;
use reqwest::StatusCode;

use super::explain;

/// An answer, whatever it says, to a request without credentials.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Where from, as it may be shown.
    pub url: String,
    /// The status, which may be an error: a service need not have anything at its base URL.
    pub status: StatusCode,
    /// How long it took, with the connection.
    pub took: Duration,
    /// How far this machine's clock is ahead of the vendor's `Date` header; negative if it is behind.
    pub clock_skew: Option<SignedDuration>,
    /// Whether over TLS, with a certificate that this machine trusts.
    pub encrypted: bool,
    /// Whether over plain HTTP that does not leave this machine.
    pub local: bool,
}

impl Probe {
    /// A sentence about the clocks, if they are further apart than travel time explains.
    pub fn notable_skew(&self) -> Option<String> {
        self.clock_skew.and_then(explain::skew)
    }
}
