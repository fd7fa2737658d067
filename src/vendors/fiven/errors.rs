//! The errors of 5N ID's API: how they are read, and which setting to check after one.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::http::{Error, HeaderMap, Kind, StatusCode, VendorError, parse_common};

/// Awaits a call and adds a hint to its error. The only place where an error of this client gets its hint.
pub(super) async fn with_hints<T>(call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    call.await.map_err(hint)
}

/// Adds the setting to check.
fn hint(error: Error) -> Error {
    match error.kind() {
        Kind::Connect | Kind::Tls | Kind::Timeout | Kind::NotFound | Kind::Decode if error.is_token_request() => error.with_hint(
            "Tokens are requested at `token_url` in `fiven = { ... }`, or IDV_FIVEN_TOKEN_URL. Without it the address comes from \
             `environment` or `base_url`, or IDV_FIVEN_ENVIRONMENT or IDV_FIVEN_BASE_URL.",
        ),
        Kind::Auth => error.with_hint(
            "They are `client_id` and `client_secret` in `fiven = { ... }` of the provider block, or IDV_FIVEN_CLIENT_ID and \
             IDV_FIVEN_CLIENT_SECRET. Each environment has its own clients: check `environment` too, and `token_url` if \
             tokens come from elsewhere.",
        ),
        Kind::Forbidden => error.with_hint(
            "A new access token was tried as well. The client of `client_id` in `fiven = { ... }` may belong to another \
             institution, or lack the permission. Ask 5N ID.",
        ),
        Kind::NotFound => error.with_hint(
            "If the object exists, the address may be that of the other generation of the API: check `api` and `base_url` in \
             `fiven = { ... }`.",
        ),
        Kind::Connect | Kind::Tls | Kind::Timeout | Kind::Decode => error.with_hint(
            "The address comes from `environment` or `base_url` in `fiven = { ... }`, or IDV_FIVEN_ENVIRONMENT or \
             IDV_FIVEN_BASE_URL.",
        ),
        _ => error,
    }
}

/// Reads `{error, message, details}`. The details are added to the message, because only they may name the contract for which
/// a batch is refused. Nested details are left out.
pub(super) fn parse_error(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> VendorError {
    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        details: BTreeMap<String, serde_json::Value>,
    }
    let mut error = parse_common(status, headers, body);
    let details = serde_json::from_slice::<Body>(body).map(|body| body.details).unwrap_or_default();
    let named = details.iter().filter_map(|(name, value)| match value {
        serde_json::Value::String(text) => Some(format!("{name}: {text}")),
        serde_json::Value::Number(number) => Some(format!("{name}: {number}")),
        _ => None,
    });
    let named = named.collect::<Vec<_>>().join(", ");
    if !named.is_empty() {
        error.message = Some(error.message.map_or_else(|| named.clone(), |message| format!("{message} ({named})")));
    }
    error
}

/// Whether a body is `{error, message, details}`, which the page and the vendor's own library have; details may be left out.
pub(super) fn is_own_error(body: &serde_json::Value) -> bool {
    ["error", "message"].iter().all(|name| body.get(*name).is_some_and(serde_json::Value::is_string))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_details_of_an_error_are_read() {
        let read = |body: &str| parse_error(StatusCode::BAD_REQUEST, &HeaderMap::new(), body.as_bytes());
        let error = read(r#"{"error": "not_found", "message": "No such contract", "details": {"contractId": "c-7"}}"#);
        assert_eq!(error.code.as_deref(), Some("not_found"));
        assert_eq!(error.message.as_deref(), Some("No such contract (contractId: c-7)"));
        assert_eq!(read(r#"{"error": "x", "message": "m", "details": {}}"#).message.as_deref(), Some("m"));
        assert_eq!(read("<html>").message, None);
    }
}
