//! The errors of Xident: their form, and which setting to check after one.

use crate::http::{Error, Kind};

/// Whether a body is an error of Xident: `error` with a code, in both generations.
pub(super) fn is_own_error(body: &serde_json::Value) -> bool {
    body.get("error").and_then(|error| error.get("code")).is_some_and(serde_json::Value::is_string)
}

/// The key that a call is sent with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// The secret key.
    Secret,
    /// The publishable key.
    Publishable,
}

/// Awaits a call and adds a hint to its error. The only place where an error of this client gets its hint.
pub(super) async fn with_hints<T>(key: Key, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    call.await.map_err(|error| add(error, key))
}

fn add(error: Error, key: Key) -> Error {
    if key == Key::Publishable && matches!(error.kind(), Kind::Auth | Kind::Forbidden) {
        return error.with_hint(
            "The key is `publishable_key` in `xident = { ... }` of the provider block, or IDV_XIDENT_PUBLISHABLE_KEY. Check that \
             it is complete, belongs to this project, and begins with `pk_`.",
        );
    }
    let status = error.status().map(|status| status.as_u16());
    let code = error.code().map(str::to_uppercase).unwrap_or_default();
    match (status, code.as_str()) {
        (Some(401), _) => error.with_hint(
            "The key is `secret_key` in `xident = { ... }` of the provider block, or IDV_XIDENT_SECRET_KEY. Check that it is \
             complete, not revoked, belongs to this project, and begins with `sk_`; and that `api` (or IDV_XIDENT_API) is the \
             generation of the API that the key is for.",
        ),
        (Some(402), _) => error.with_hint(
            "The project is the one that `secret_key` (or IDV_XIDENT_SECRET_KEY) belongs to. Check its plan and billing in \
             Xident's dashboard, then apply again. Objects that were created before are in state.",
        ),
        (Some(403), "SECRET_KEY_REQUIRED") => error.with_hint(
            "The call needs the secret key. Check that `secret_key` in `xident = { ... }` of the provider block, or \
             IDV_XIDENT_SECRET_KEY, begins with `sk_` and is not the publishable key.",
        ),
        (Some(403), _) => error.with_hint(
            "The key in `secret_key` of `xident = { ... }`, or IDV_XIDENT_SECRET_KEY, lacks the scope for this call. Check the \
             key's scopes in Xident's dashboard, or use a key that has it.",
        ),
        (Some(413), _) => error.with_hint(
            "The image in `face_image_wo` (or `face_image`) is too large: Xident accepts at most 10,000,000 characters of base64. \
             Use a smaller image.",
        ),
        (Some(429), _) => error.with_hint(
            "Xident limits each endpoint, such as `/blacklist` to 30 requests a minute, for all users of this key together. Check \
             what else uses the key.",
        ),
        _ => add_address(error),
    }
}

fn add_address(error: Error) -> Error {
    match error.kind() {
        Kind::Connect | Kind::Tls | Kind::Timeout | Kind::NotFound | Kind::Decode => error.with_hint(
            "The address is `base_url` in `xident = { ... }`, or IDV_XIDENT_BASE_URL, and the generation of the API is `api`, or \
             IDV_XIDENT_API.",
        ),
        _ => error,
    }
}
