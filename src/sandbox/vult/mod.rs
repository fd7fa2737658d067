//! VULT's KYC API 2.10.15, from its reference page.
//!
//! It shares no type with the client of this crate, so that a field name that is wrong on one side fails instead of being
//! mirrored. The fields, enumerations and empty `{}` responses are the page's. The page leaves these points open, and this
//! stand-in assumes:
//! - methods and paths (the page lost them), the token's path, and the data sources ("ocr" and others);
//! - the body of an error: `{statusCode, error, message}`, for the token's path that of OAuth 2 (RFC 6749);
//! - for a scope without weights of its own the response has the tenant's values and the requested scope;
//! - requirements are filtered and not inherited, and a tenant-wide row has null for its scope;
//! - a page of webhooks has 20 rows, at most 100 (more is rejected), in order of creation; `search_term` is searched in
//!   name and URL, ignoring case, and `statistics.total` counts the rows that match the filters;
//! - the same webhook can be created twice, and deleting an unknown one is a 404;
//! - anonymising blanks every text about a person and keeps the row, so that it can be repeated; it affects only the named
//!   row; a deleted session is gone, and an unknown row is a 404;
//! - a page of sessions has 20 rows, at most 100, the newest first; its rows have the fields of "session read",
//!   `meta_counts.total` counts the rows that match, and the dates of the filter are in RFC 3339 and inclusive;
//! - sessions of identity verification (IDV) and of identity authentication (IDA) are two lists.

mod fields;
mod people;
mod requirements;
mod state;
mod utility;
mod webhooks;
mod weights;

use axum::{Json, http::Method};
use serde_json::{Value, json};
use state::State;

use crate::sandbox::engine::{ApiError, Environment, Handle, Routes, StandIn, StateType, StoreError, oauth2};

/// The stand-in for VULT.
pub const STAND_IN: StandIn = StandIn {
    name: "vult",
    title: "VULT",
    routes,
    state: StateType::of::<State>(),
    account: oauth2::account::<State>,
    environment,
    error_body,
    expire_token: Some(oauth2::revoke_tokens::<State>),
    rotate_key: None,
    replay: None,
};

fn routes() -> Routes {
    Routes::new()
        .route(Method::POST, "/oauth/token", "access token", oauth2::token::<State>)
        .section("Utility")
        .route(Method::GET, "/", "Root endpoint", utility::root)
        .route(Method::GET, "/ping", "Ping", utility::ping)
        .route(Method::GET, "/status", "API status", utility::status)
        .route(Method::GET, "/metrics", "System metrics", utility::metrics)
        .route(Method::GET, "/health", "Health check", utility::health)
        .route(Method::GET, "/health/live", "Liveness probe", utility::alive)
        .route(Method::GET, "/health/ready", "Readiness probe", utility::ready)
        .route(Method::GET, "/version", "Get API version", utility::version)
        .route(Method::GET, "/openapi.json", "OpenAPI specification", utility::openapi)
        .section("IDV")
        .route(Method::GET, "/idv/weights", "get weights", weights::current)
        .route(Method::POST, "/idv/weights", "update weights", weights::update)
        .route(Method::GET, "/idv/weights/{id}", "get weights by id", weights::by_id)
        .route(Method::GET, "/idv/requirements", "get requirements", requirements::list)
        .route(Method::POST, "/idv/requirements", "update requirements", requirements::update)
        .route(Method::POST, "/idv/session/list", "session list", people::list_sessions)
        .route(Method::POST, "/idv/session/anonymize", "session anonymize", people::anonymize_session)
        .route(Method::POST, "/idv/session/delete", "session delete", people::delete_session)
        .section("IDA")
        .route(Method::POST, "/ida/session/delete", "session delete", people::delete_authentication_session)
        .section("Identity")
        .route(Method::POST, "/identity/anonymize", "anonymize identity", people::anonymize_identity)
        .section("Webhook")
        .route(Method::POST, "/webhook/create", "webhook create", webhooks::create)
        .route(Method::POST, "/webhook/list", "webhook list", webhooks::list)
        .route(Method::POST, "/webhook/delete", "webhook delete", webhooks::delete)
}

fn environment(handle: &Handle) -> Result<Environment, StoreError> {
    let state = handle.read::<State>()?;
    Ok(vec![
        ("IDV_VULT_BASE_URL", handle.base_url().to_owned()),
        ("IDV_VULT_CLIENT_ID", state.client_id.clone()),
        ("IDV_VULT_CLIENT_SECRET", state.client_secret.clone()),
    ])
}

fn error_body(error: &ApiError) -> Value {
    let name = error.status.canonical_reason().unwrap_or("Error");
    json!({"statusCode": error.status.as_u16(), "error": name, "message": error.message})
}

/// A request with a valid token.
type Authorized = oauth2::Authorized<State>;

/// The empty object that every update returns.
fn done() -> Json<Value> {
    Json(json!({}))
}
