//! The diagnostic of a failed request.

use crate::framework::{Diagnostic, Diagnostics};
use crate::http::{Error, Kind};

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        let error = with_setting(error);
        let fields = error.fields().iter().map(|field| field.path.clone()).collect();
        let is_denied = matches!(error.kind(), Kind::Auth | Kind::Payment | Kind::Forbidden);
        let diagnostic = Self::error(error.summary(), error.detail()).with_vendor_fields(fields);
        Self { is_denied, ..diagnostic }
    }
}

/// Adds the setting of the provider block that the user can change. The transport knows no attributes.
fn with_setting(error: Error) -> Error {
    match error.kind() {
        Kind::Timeout => error.with_hint(
            "If it happens often, increase `request_timeout` in the provider block, or IDV_REQUEST_TIMEOUT: the seconds that one \
             attempt may take.",
        ),
        Kind::RateLimited => error.with_hint(
            "To send fewer requests, set `requests_per_minute` beside the vendor's credentials, or lower `max_concurrent_requests` in the \
             provider block, or IDV_MAX_CONCURRENT_REQUESTS.",
        ),
        Kind::Tls => error.with_hint(
            "For a private certificate authority, set `ca_certificate` beside the vendor's credentials, or SSL_CERT_FILE. For a \
             server that asks for a client certificate, set `client_certificate` and `client_key` there.",
        ),
        _ if error.is_other_form() || error.is_wrong_route() => error.with_hint(
            "If the API of this tenant differs from the vendor's documentation, `terraform-provider-idv doctor --contract` names what \
             differs and prints the settings that adapt to it.",
        ),
        _ => error,
    }
}

impl From<Error> for Diagnostics {
    fn from(error: Error) -> Self {
        Diagnostic::from(error).into()
    }
}
