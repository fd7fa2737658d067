//! Xident as a stranger would fake it from its reference page (`/v1`) and from its newer OpenAPI document (`/verify/v1`).
//!
//! It may not know the client of this crate: it shares no type with it, so that a field name that is wrong on one side
//! fails instead of being mirrored. Both generations serve one tenant. Neither document says, and this stand-in assumes:
//! - that the newer generation has the older one's limits, a fixed minute long, and its `X-RateLimit-*` headers;
//! - that a key has scopes named after the first part of a path, and the codes `UNAUTHORIZED` and `RATE_LIMITED`;
//! - that an image shows in the list a second after it was sent, newest first, and that a face is enrolled at once;
//! - that sending a face again for the same user replaces it;
//! - the fields of an API key, that its secret is `token`, and that the list of keys has pages like the blacklist;
//! - that today's requirements have the page's fields; that an error looks the same in both generations.

mod access;
mod api_keys;
mod blacklist;
mod faces;
mod project;
mod state;

use axum::{
    Json,
    body::to_bytes,
    extract::{FromRequest, FromRequestParts, Query, Request},
    http::{HeaderMap, Method, StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use state::State;

use crate::sandbox::engine::{Environment, Handle, Routes, StandIn, StoreError, complete, parse_json, read};

/// The stand-in for Xident.
pub const STAND_IN: StandIn = StandIn {
    name: "xident",
    routes,
    state: complete::<State>,
    environment,
    error_body: |status, message| error_body(code_of(status), message),
    expire_token: None,
    rotate_key: None,
};

/// The longest image that is taken, in characters of base64.
const MOST_CHARACTERS: usize = 10_000_000;

fn routes() -> Routes {
    Routes::new()
        .route(Method::POST, "/v1/requirements/check", "Check Requirements", project::check)
        .route(Method::POST, "/v1/face-2fa/register", "Register Face", faces::register_on_v1)
        .route(Method::POST, "/v1/blacklist/add", "Add to Blacklist", blacklist::add)
        .route(Method::GET, "/v1/usage", "Get Usage Statistics", project::usage)
        .route(Method::GET, "/verify/v1/blacklist", "List blacklist entries", blacklist::list)
        .route(Method::POST, "/verify/v1/blacklist/image", "Blacklist an image", blacklist::add_image)
        .route(Method::DELETE, "/verify/v1/blacklist/{id}", "Delete a blacklist entry", blacklist::delete)
        .route(Method::GET, "/verify/v1/tokens", "List API keys", api_keys::list)
        .route(Method::POST, "/verify/v1/tokens", "Create an API key", api_keys::create)
        .route(Method::GET, "/verify/v1/tokens/{id}", "Get an API key", api_keys::get)
        .route(Method::DELETE, "/verify/v1/tokens/{id}", "Delete an API key", api_keys::delete)
        .route(Method::GET, "/verify/v1/requirements/check", "Check requirements", project::check_today)
        .route(Method::POST, "/verify/v1/2fa/register", "Register a face", faces::register_today)
        .route(Method::GET, "/verify/v1/2fa/users/{user_id}", "Get an enrollment", faces::get)
        .route(Method::DELETE, "/verify/v1/2fa/users/{user_id}", "Delete an enrollment", faces::delete)
}

fn environment(base_url: &str, state: &Value) -> Result<Environment, StoreError> {
    let state: State = read(state)?;
    Ok(vec![
        ("IDV_XIDENT_BASE_URL", base_url.to_owned()),
        ("IDV_XIDENT_SECRET_KEY", state.secret_key),
        ("IDV_XIDENT_PUBLISHABLE_KEY", state.publishable_key),
    ])
}

fn error_body(code: &str, message: &str) -> Value {
    json!({"error": {"code": code, "message": message, "details": {}}})
}

/// The page's code for a status.
fn code_of(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "unauthorized",
        402 => "ALLOWANCE_EXHAUSTED",
        403 => "forbidden",
        404 => "not_found",
        413 => "payload_too_large",
        429 => "rate_limited",
        500..=599 => "internal_error",
        _ => "invalid_request",
    }
}

/// An answer other than success.
struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// Boxed, because an answer is mostly none of these.
    headers: Box<HeaderMap>,
}

impl ApiError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), headers: Box::default() }
    }

    fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", message)
    }

    fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, *self.headers, Json(error_body(self.code, &self.message))).into_response()
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", error.to_string())
    }
}

/// A JSON body that fits `T`.
struct Body<T>(T);

impl<T: DeserializeOwned> FromRequest<Handle> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &Handle) -> Result<Self, ApiError> {
        let headers = request.headers().clone();
        // Some room beside the image.
        let bytes = to_bytes(request.into_body(), MOST_CHARACTERS + 65_536).await;
        let bytes = bytes.map_err(|error| too_large(&error.to_string()))?;
        parse_json(&headers, &bytes).map(Self).map_err(ApiError::bad_request)
    }
}

/// A query that fits `T`.
struct Parameters<T>(T);

impl<T: DeserializeOwned> FromRequestParts<Handle> for Parameters<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, handle: &Handle) -> Result<Self, ApiError> {
        let parsed = Query::from_request_parts(parts, handle).await;
        parsed.map(|Query(value)| Self(value)).map_err(|rejection| ApiError::bad_request(rejection.body_text()))
    }
}

/// Which page of a list.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct PageOf {
    #[serde(default = "one")]
    page: usize,
    #[serde(default = "twenty")]
    per_page: usize,
}

fn one() -> usize {
    1
}

fn twenty() -> usize {
    20
}

impl PageOf {
    /// The rows of this page, and what the envelope says of all pages.
    fn cut(&self, cap: Option<usize>, rows: &[Value]) -> Result<(Value, Value), ApiError> {
        if self.page == 0 || !(1..=100).contains(&self.per_page) {
            return Err(ApiError::bad_request("page must be at least 1, and per_page 1 to 100"));
        }
        let size = self.per_page.min(cap.unwrap_or(self.per_page)).max(1);
        let cut: Vec<_> = rows.iter().skip((self.page - 1).saturating_mul(size)).take(size).cloned().collect();
        let (total, pages) = (rows.len(), rows.len().div_ceil(size));
        let pagination = json!({"page": self.page, "per_page": size, "total": total, "total_pages": pages});
        Ok((Value::from(cut), pagination))
    }
}

fn too_large(message: &str) -> ApiError {
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", message)
}

/// Refuses what is no image of a size that is taken.
fn check_image(image: &str) -> Result<(), ApiError> {
    if image.len() > MOST_CHARACTERS {
        return Err(too_large("the image has more than 10000000 characters"));
    }
    match BASE64_STANDARD.decode(image) {
        Ok(bytes) if !bytes.is_empty() => Ok(()),
        _ => Err(ApiError::bad_request("the image is not base64")),
    }
}

/// Refuses a text that is empty or too long.
fn check_length(field: &str, text: &str, most: usize) -> Result<(), ApiError> {
    if text.is_empty() || text.chars().count() > most {
        return Err(ApiError::bad_request(format!("{field} must have 1 to {most} characters")));
    }
    Ok(())
}
