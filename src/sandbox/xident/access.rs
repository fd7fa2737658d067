//! Authentication and limits: keys, scopes, rate limits, the allowance.

use axum::{
    Json,
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::RETRY_AFTER, request::Parts},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::state::State;
use crate::sandbox::engine::{Account, ApiError, Handle, Presented, account_with, oauth2::bearer};

/// The window of a rate limit, in seconds.
const WINDOW: i64 = 60;

/// A request with the secret key or with a key that was created, counted against its limit.
pub(super) struct Caller(Meter);

/// A request with the publishable key, counted against its limit.
pub(super) struct Public(Meter);

/// The generation of a request, and the rate limit headers of its response.
struct Meter {
    today: bool,
    limits: HeaderMap,
}

impl FromRequestParts<Handle> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, handle: &Handle) -> Result<Self, ApiError> {
        let (today, group) = generation(parts.uri.path());
        let state = handle.read::<State>()?;
        match presented(&parts.headers, today) {
            Some(key) if key == state.secret_key || state.api_keys.iter().any(|issued| issued.is(key)) => {}
            Some(key) if key == state.publishable_key => {
                let message = "this endpoint needs the secret key";
                return Err(ApiError::forbidden(message).with_code("SECRET_KEY_REQUIRED"));
            }
            _ => return Err(unauthorized()),
        }
        if !state.scopes.contains(group) {
            let message = format!("the key lacks the scope {group}");
            return Err(ApiError::forbidden(message).with_code("INSUFFICIENT_SCOPE"));
        }
        let limits = count(handle, group)?;
        Ok(Self(Meter { today, limits }))
    }
}

impl FromRequestParts<Handle> for Public {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, handle: &Handle) -> Result<Self, ApiError> {
        let (today, group) = generation(parts.uri.path());
        let state = handle.read::<State>()?;
        // On the page's generation the key is in the body as well.
        if presented(&parts.headers, today) != Some(&state.publishable_key) {
            return Err(unauthorized());
        }
        Ok(Self(Meter { today, limits: count(handle, group)? }))
    }
}

impl Caller {
    /// Returns a success in the generation's envelope.
    pub(super) fn response(self, handle: &Handle, status: StatusCode, data: Value) -> Response {
        self.0.response(handle, status, data, Value::Null)
    }

    /// Returns one page of a list.
    pub(super) fn page(self, handle: &Handle, rows: Value, pagination: Value) -> Response {
        self.0.response(handle, StatusCode::OK, rows, pagination)
    }
}

impl Public {
    /// Returns a success in the generation's envelope.
    pub(super) fn response(self, handle: &Handle, data: Value) -> Response {
        self.0.response(handle, StatusCode::OK, data, Value::Null)
    }
}

impl Meter {
    fn response(self, handle: &Handle, status: StatusCode, data: Value, pagination: Value) -> Response {
        let body = if self.today {
            let mut meta = json!({
                "request_id": uuid::Uuid::new_v4().to_string(),
                "timestamp": handle.now().to_string(),
                "api_version": "2026-08-13",
            });
            if !pagination.is_null() {
                meta["pagination"] = pagination;
            }
            json!({"success": true, "data": data, "error": null, "meta": meta})
        } else {
            data
        };
        (status, self.limits, Json(body)).into_response()
    }
}

/// Finds the project whose key a request has.
pub(super) fn account(handles: &[Handle], found: &Presented) -> Option<Account> {
    let (today, _) = generation(&found.path);
    let key = presented(&found.headers, today)?;
    account_with(handles, |state: &State| {
        state.secret_key == key || state.publishable_key == key || state.api_keys.iter().any(|issued| issued.is(key))
    })
}

pub(super) fn unauthorized() -> ApiError {
    ApiError::unauthorized("the API key is missing or not valid")
}

/// Returns whether a path is of today's generation, and its first part, which names scope and limit.
fn generation(path: &str) -> (bool, &str) {
    let (today, rest) = match path.strip_prefix("/verify/v1/") {
        Some(rest) => (true, rest),
        None => (false, path.strip_prefix("/v1/").unwrap_or(path)),
    };
    (today, rest.split('/').next().unwrap_or_default())
}

/// Returns the key from where the generation expects it.
fn presented(headers: &HeaderMap, today: bool) -> Option<&str> {
    if today { headers.get("x-api-key")?.to_str().ok() } else { bearer(headers) }
}

/// Counts one request and returns the rate limit headers.
fn count(handle: &Handle, group: &str) -> Result<HeaderMap, ApiError> {
    let now = handle.now().as_second();
    handle.update(|state: &mut State| {
        let Some(limit) = state.limits.get_mut(group) else { return Ok(HeaderMap::new()) };
        if now >= limit.began_at.saturating_add(WINDOW) {
            limit.used = 0;
            limit.began_at = now;
        }
        let reset = limit.began_at.saturating_add(WINDOW);
        let over = limit.used >= limit.per_minute;
        limit.used += u64::from(!over);
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("x-ratelimit-limit", limit.per_minute.to_string()),
            ("x-ratelimit-remaining", limit.per_minute.saturating_sub(limit.used).to_string()),
            ("x-ratelimit-reset", reset.to_string()),
        ] {
            // Digits are always a valid header value.
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        if over {
            headers.insert(RETRY_AFTER, reset.saturating_sub(now).into());
            return Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too many requests").with_headers(headers));
        }
        Ok(headers)
    })
}

/// Subtracts one paid call from the allowance.
pub(super) fn pay(state: &mut State) -> Result<(), ApiError> {
    match &mut state.allowance {
        Some(0) => {
            let message = "the allowance of the project is used up";
            Err(ApiError::new(StatusCode::PAYMENT_REQUIRED, message))
        }
        Some(left) => {
            *left -= 1;
            Ok(())
        }
        None => Ok(()),
    }
}
