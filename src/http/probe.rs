//! The result of a probe: whether a vendor can be reached, and how.

use std::time::Duration;

use jiff::SignedDuration;
use reqwest::StatusCode;

use super::clock;

/// The operation of a probe, in errors, logs and recordings.
pub const PROBING: &str = "probing the service";

/// The response of a vendor, of any status, to a request without credentials.
#[derive(Clone, Debug)]
pub struct Probe {
    /// The URL that was requested, without what may not be shown.
    pub url: String,
    /// The status, which may be an error: a service may serve nothing at its base URL.
    pub status: StatusCode,
    /// How long the request took, connecting included.
    pub took: Duration,
    /// How far this machine's clock is ahead of the vendor's `Date` header; negative if it is behind.
    pub clock_skew: Option<SignedDuration>,
    /// Whether the connection used TLS, with a certificate that this machine trusts.
    pub encrypted: bool,
    /// Whether the connection used plain HTTP and did not leave this machine.
    pub local: bool,
}

impl Probe {
    /// A sentence about the clocks, if they are further apart than travel time explains.
    pub fn notable_skew(&self) -> Option<String> {
        self.clock_skew.and_then(clock::notable_skew)
    }
}
