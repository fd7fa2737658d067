//! Xident, from its reference page (`/v1`) and from its newer OpenAPI document (`/verify/v1`).
//!
//! It shares no type with the client of this crate, so that a field name that is wrong on one side fails instead of being
//! mirrored. Both generations serve one project. The documents leave these points open, and this stand-in assumes:
//! - the newer generation has the older one's limits, which count in a fixed minute, and its `X-RateLimit-*` headers;
//! - a key has scopes named after the first part of a path, and the codes `UNAUTHORIZED` and `RATE_LIMITED`;
//! - an image appears in the list a second after it was sent, newest first, and a face is enrolled immediately;
//! - a second face for the same user replaces the first;
//! - the fields of an API key, its secret as `token`, and pages for the list of keys like those of the blacklist;
//! - the newer requirements have the page's fields; an error has the same shape in both generations.

mod access;
mod api_keys;
mod blacklist;
mod faces;
mod project;
mod state;

use axum::http::{Method, StatusCode};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use state::State;

use crate::sandbox::engine::{ApiError, Environment, Handle, Page, Routes, StandIn, StateType, StoreError};

/// The stand-in for Xident.
pub const STAND_IN: StandIn = StandIn {
    name: "xident",
    title: "Xident",
    routes,
    state: StateType::of::<State>(),
    account: access::account,
    environment,
    error_body,
    expire_token: None,
    rotate_key: None,
    replay: None,
};

/// The longest image that is accepted, in characters of base64.
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
        // Some room beside the image.
        .body_limit(MOST_CHARACTERS + 65_536)
}

fn environment(handle: &Handle) -> Result<Environment, StoreError> {
    let state = handle.read::<State>()?;
    Ok(vec![
        ("IDV_XIDENT_BASE_URL", handle.base_url().to_owned()),
        ("IDV_XIDENT_SECRET_KEY", state.secret_key.clone()),
        ("IDV_XIDENT_PUBLISHABLE_KEY", state.publishable_key.clone()),
    ])
}

fn error_body(error: &ApiError) -> Value {
    let code = error.code.unwrap_or_else(|| code_of(error.status));
    json!({"error": {"code": code, "message": error.message, "details": {}}})
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

/// The query of a list.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct PageQuery {
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

impl PageQuery {
    /// The rows of this page, and the page numbers for the envelope.
    fn cut(&self, cap: Option<usize>, rows: Vec<Value>) -> Result<(Value, Value), ApiError> {
        if self.page == 0 || !(1..=100).contains(&self.per_page) {
            return Err(ApiError::bad_request("page must be at least 1, and per_page 1 to 100"));
        }
        let page = Page::at_index(self.page - 1, self.per_page, cap);
        let (total, pages) = (rows.len(), rows.len().div_ceil(page.size));
        let pagination = json!({"page": self.page, "per_page": page.size, "total": total, "total_pages": pages});
        Ok((Value::from(page.of(rows)), pagination))
    }
}

/// Rejects an image that is too large or not base64.
fn check_image(image: &str) -> Result<(), ApiError> {
    if image.len() > MOST_CHARACTERS {
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "the image has more than 10000000 characters"));
    }
    match BASE64_STANDARD.decode(image) {
        Ok(bytes) if !bytes.is_empty() => Ok(()),
        _ => Err(ApiError::bad_request("the image is not base64")),
    }
}

/// Rejects a text that is empty or too long.
fn check_length(field: &str, text: &str, most: usize) -> Result<(), ApiError> {
    if text.is_empty() || text.chars().count() > most {
        return Err(ApiError::bad_request(format!("{field} must have 1 to {most} characters")));
    }
    Ok(())
}
