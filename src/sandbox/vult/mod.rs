//! VULT's KYC API 2.10.15 as a stranger would fake it from its reference page.
//!
//! It may not know the client of this crate: it shares no type with it, so that a field name that is wrong on one side
//! fails instead of being mirrored. The fields, enumerations and empty `{}` answers are the page's. The page does not
//! say, and this stand-in assumes:
//! - methods and paths (the page lost them), the token's path, and the data sources ("ocr" and others);
//! - the body of an error: `{statusCode, error, message}`, for the token's path the one of OAuth2 (RFC 6749);
//! - that a scope without weights of its own answers the tenant's, under the scope that was asked for;
//! - that requirements are filtered and not inherited, and that a tenant-wide row has null for its scope;
//! - that a page of webhooks has 20 rows, at most 100 (more is refused), in order of creation; that `search_term` is
//!   looked for in name and URL without regard to case, and that `statistics.total` counts what the filters let through;
//! - that the same webhook may be created twice, and that deleting an unknown one is a 404;
//! - that anonymising blanks every text about a person and keeps the row, so that it may be done again; that it goes no
//!   further than the row that was named; that a deleted session is gone, and that an unknown row is a 404;
//! - that sessions of identity verification (IDV) and of identity authentication (IDA) are two lists.

mod fields;
mod people;
mod requirements;
mod state;
mod utility;
mod webhooks;
mod weights;

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Query, Request},
    http::{Method, StatusCode, header::WWW_AUTHENTICATE, request::Parts},
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use state::State;

use crate::sandbox::engine::{
    Environment, Handle, Routes, StandIn, StoreError, complete, edit, oauth2, parse_json, read,
};

/// The stand-in for VULT.
pub const STAND_IN: StandIn = StandIn {
    name: "vult",
    routes,
    state: complete::<State>,
    environment,
    error_body,
    expire_token: Some(|state| edit::<State>(state, |state| state.tokens.clear())),
    rotate_key: None,
};

fn routes() -> Routes {
    Routes::new()
        .route(Method::POST, "/oauth/token", "access token", oauth2::grant::<State>)
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

fn environment(base_url: &str, state: &Value) -> Result<Environment, StoreError> {
    let state: State = read(state)?;
    Ok(vec![
        ("IDV_VULT_BASE_URL", base_url.to_owned()),
        ("IDV_VULT_CLIENT_ID", state.client_id),
        ("IDV_VULT_CLIENT_SECRET", state.client_secret),
    ])
}

fn error_body(status: StatusCode, message: &str) -> Value {
    json!({"statusCode": status.as_u16(), "error": status.canonical_reason().unwrap_or("Error"), "message": message})
}

/// An answer other than success.
struct ApiError(StatusCode, String);

impl ApiError {
    fn bad_request(message: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, message.into())
    }

    fn not_found(message: impl Into<String>) -> Self {
        Self(StatusCode::NOT_FOUND, message.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self(status, message) = self;
        let mut response = (status, Json(error_body(status, &message))).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, axum::http::HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

/// The empty object that every update answers.
type Done = Json<Value>;

fn done() -> Done {
    Json(json!({}))
}

/// A request with a token that was given out and has not expired.
struct Authorized;

impl FromRequestParts<Handle> for Authorized {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, handle: &Handle) -> Result<Self, ApiError> {
        let checked = oauth2::check_bearer::<State>(handle, &parts.headers);
        checked.map(|()| Self).map_err(|error| ApiError(error.status(), error.to_string()))
    }
}

/// A JSON body that fits `T`.
struct Body<T>(T);

impl<T: DeserializeOwned> FromRequest<Handle> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, handle: &Handle) -> Result<Self, ApiError> {
        let headers = request.headers().clone();
        let bytes = Bytes::from_request(request, handle)
            .await
            .map_err(|rejection| ApiError(rejection.status(), rejection.body_text()))?;
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
