//! Who may call, and how often: keys, scopes, limits, the allowance.

use axum::{
    Json,
    extract::FromRequestParts,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{AUTHORIZATION, RETRY_AFTER},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{ApiError, state::State};
use crate::sandbox::engine::Handle;

/// How long a limit counts, in seconds.
const WINDOW: i64 = 60;

/// A request with the secret key, which was counted.
pub(super) struct Caller(Meter);

/// A request with the publishable key.
pub(super) struct Public(Meter);

/// What every answer says of the limit, and in which generation's form it is.
struct Meter {
    today: bool,
    limits: HeaderMap,
}

impl FromRequestParts<Handle> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, handle: &Handle) -> Result<Self, ApiError> {
        let (today, group) = generation(parts.uri.path());
        let state: State = handle.read()?;
        match presented(&parts.headers, today) {
            Some(key) if key == state.secret_key => {}
            Some(key) if key == state.publishable_key => {
                let message = "this endpoint needs the secret key";
                return Err(ApiError::new(StatusCode::FORBIDDEN, "SECRET_KEY_REQUIRED", message));
            }
            _ => return Err(unauthorized()),
        }
        if !state.scopes.contains(group) {
            let message = format!("the key lacks the scope {group}");
            return Err(ApiError::new(StatusCode::FORBIDDEN, "INSUFFICIENT_SCOPE", message));
        }
        let limits = count(handle, group)?;
        Ok(Self(Meter { today, limits }))
    }
}

impl FromRequestParts<Handle> for Public {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, handle: &Handle) -> Result<Self, ApiError> {
        let (today, group) = generation(parts.uri.path());
        let state: State = handle.read()?;
        // The page's form has the key in its body.
        if today && presented(&parts.headers, today) != Some(&state.publishable_key) {
            return Err(unauthorized());
        }
        Ok(Self(Meter { today, limits: count(handle, group)? }))
    }
}

impl Caller {
    /// A success in the generation's form.
    pub(super) fn answer(self, handle: &Handle, status: StatusCode, data: Value) -> Response {
        self.0.answer(handle, status, data, Value::Null)
    }

    /// One page of a list.
    pub(super) fn page(self, handle: &Handle, rows: Value, pagination: Value) -> Response {
        self.0.answer(handle, StatusCode::OK, rows, pagination)
    }
}

impl Public {
    /// A success in the generation's form.
    pub(super) fn answer(self, handle: &Handle, data: Value) -> Response {
        self.0.answer(handle, StatusCode::OK, data, Value::Null)
    }
}

impl Meter {
    fn answer(self, handle: &Handle, status: StatusCode, data: Value, pagination: Value) -> Response {
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

pub(super) fn unauthorized() -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", "the API key is missing or not valid")
}

/// Whether a path is of today's generation, and its first part, which names scope and limit.
fn generation(path: &str) -> (bool, &str) {
    let (today, rest) = match path.strip_prefix("/verify/v1/") {
        Some(rest) => (true, rest),
        None => (false, path.strip_prefix("/v1/").unwrap_or(path)),
    };
    (today, rest.split('/').next().unwrap_or_default())
}

/// The key as the generation wants it.
fn presented(headers: &HeaderMap, today: bool) -> Option<&str> {
    if today {
        headers.get("x-api-key")?.to_str().ok()
    } else {
        headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
    }
}

/// Counts one request, and says what is left.
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
            // Digits always make a header.
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        if over {
            headers.insert(RETRY_AFTER, reset.saturating_sub(now).into());
            let message = "too many requests";
            let refusal = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", message);
            return Err(ApiError { headers: Box::new(headers), ..refusal });
        }
        Ok(headers)
    })
}

/// Takes one paid call off the allowance.
pub(super) fn pay(state: &mut State) -> Result<(), ApiError> {
    match &mut state.allowance {
        Some(0) => {
            let message = "the allowance of the project is used up";
            Err(ApiError::new(StatusCode::PAYMENT_REQUIRED, "ALLOWANCE_EXHAUSTED", message))
        }
        Some(left) => {
            *left -= 1;
            Ok(())
        }
        None => Ok(()),
    }
}
