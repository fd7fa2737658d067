//! From a failed request to what a user reads.

use crate::framework::{Diagnostic, Diagnostics};
use crate::http::{Error, Kind};

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        let error = with_setting(error);
        let fields = error.fields().iter().map(|field| field.path.clone()).collect();
        Self::error(error.summary(), error.detail()).with_vendor_fields(fields)
    }
}

/// Names the setting that every vendor has and the transport, which knows no attribute, does not.
fn with_setting(error: Error) -> Error {
    match error.kind() {
        Kind::Timeout => error.with_hint(
            "If it happens often, raise `request_timeout` in the provider block, or IDV_REQUEST_TIMEOUT: the seconds that one \
             attempt may take.",
        ),
        Kind::RateLimited => error.with_hint(
            "To ask less often, set `requests_per_minute` beside the vendor's credentials, or lower `max_concurrent_requests` in the \
             provider block, or IDV_MAX_CONCURRENT_REQUESTS.",
        ),
        _ => error,
    }
}

impl From<Error> for Diagnostics {
    fn from(error: Error) -> Self {
        Diagnostic::from(error).into()
    }
}

/// The failure of a write of which it could not be found out either whether it was carried out: the write first, with the
/// way to find out, then what the look for it met.
pub(in crate::vendors) fn outcome_unknown(
    error: Error,
    way_out: impl AsRef<str>,
    look: impl Into<Diagnostics>,
) -> Diagnostics {
    let mut diagnostics = Diagnostics::from(error.with_observation(way_out));
    diagnostics.append(look.into());
    diagnostics
}
