//! 5N ID as a stranger would fake it: `v1` from its reference page, `institutions` from the types of its public SDK.
//!
//! It may not know the client of this crate: it shares no type with it, so that a field name that is wrong on one side
//! fails instead of being mirrored. One tenant serves both generations, each in its own shapes. Neither source says, and
//! this stand-in assumes:
//! - that a party consents as soon as it is asked, unless the state says `parties_consent: false`, and that each identity
//!   provider then has a credential of its own;
//! - that `v1` answers one object for a party: the first credential, with the providers of all that have not ended;
//! - that a batch of `v1` is refused as a whole for one unknown contract (404, named in `details`), since its answer has
//!   no place for a failure;
//! - that an unknown token is a 404 in `v1`, and the status `not_found` in `institutions`;
//! - that a limit of more than 100, or a batch of more, is a 400, and that a link lives for a day;
//! - the names of an error's `error`: those that HTTP has for the status, in lower case.

mod credentials;
mod links;
mod scores;
mod state;

use std::collections::BTreeMap;

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{Method, StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use state::State;

use crate::sandbox::engine::{
    Environment, Handle, Routes, StandIn, StoreError, complete, edit, oauth2, parse_json, read,
};

/// The stand-in for 5N ID.
pub const STAND_IN: StandIn = StandIn {
    name: "fiven",
    routes,
    state: complete::<State>,
    environment,
    error_body,
    expire_token: Some(|state| edit::<State>(state, |state| state.tokens.clear())),
    rotate_key: None,
};

fn routes() -> Routes {
    Routes::new()
        .route(Method::POST, "/oauth/token", "Obtain Access Token", oauth2::grant::<State>)
        .route(
            Method::POST,
            "/api/v1/credentials-access-request",
            "Create Credentials Access Request",
            credentials::request_v1,
        )
        .route(Method::GET, "/api/v1/credentials", "Get Credentials", credentials::list_v1)
        .route(Method::GET, "/api/v1/credentials/{partyId}", "Get Credentials by Party ID", credentials::of_party_v1)
        .route(Method::POST, "/api/v1/generate-link", "Generate Verification Link", links::generate_v1)
        .route(Method::POST, "/api/v1/generate-links-batch", "Generate Verification Links (Batch)", links::batch_v1)
        .route(Method::GET, "/api/v1/check/{token}", "Check Verification Status (Public)", links::check_v1)
        .route(Method::GET, "/api/v1/kyc/human-score", "Get Human Score", scores::own_v1)
        .route(
            Method::POST,
            "/api/v1/institutions/me/credentials/request",
            "createCredentialsRequest",
            credentials::request,
        )
        .route(Method::GET, "/api/v1/institutions/me/credentials", "getCredentials", credentials::list)
        .route(
            Method::GET,
            "/api/v1/institutions/me/credentials/{partyId}",
            "getCredentialByPartyId",
            credentials::of_party,
        )
        .route(Method::GET, "/api/v1/institutions/me/human-scores", "getHumanScores", scores::list)
        .route(
            Method::GET,
            "/api/v1/institutions/me/human-scores/{partyId}",
            "getHumanScoreByPartyId",
            scores::of_party,
        )
        .route(Method::POST, "/api/v1/verification/generate-link", "generateVerificationLink", links::generate)
        .route(
            Method::POST,
            "/api/v1/verification/generate-links-batch",
            "generateVerificationLinksBatch",
            links::batch,
        )
        .route(Method::GET, "/api/v1/verification/check/{token}", "checkVerificationStatus", links::check)
}

fn environment(base_url: &str, state: &Value) -> Result<Environment, StoreError> {
    let state: State = read(state)?;
    Ok(vec![
        ("IDV_FIVEN_BASE_URL", base_url.to_owned()),
        ("IDV_FIVEN_CLIENT_ID", state.client_id),
        ("IDV_FIVEN_CLIENT_SECRET", state.client_secret),
    ])
}

fn error_body(status: StatusCode, message: &str) -> Value {
    let name = status.canonical_reason().unwrap_or("Error").to_lowercase().replace(' ', "_");
    json!({"error": name, "message": message, "details": {}})
}

/// An answer other than success.
struct ApiError {
    status: StatusCode,
    message: String,
    details: Value,
}

impl ApiError {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), details: json!({}) }
    }

    fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    fn not_found(message: impl Into<String>, details: Value) -> Self {
        Self { status: StatusCode::NOT_FOUND, message: message.into(), details }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut body = error_body(self.status, &self.message);
        body["details"] = self.details;
        (self.status, Json(body)).into_response()
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

/// A request with a token that was given out and has not expired.
struct Authorized;

impl FromRequestParts<Handle> for Authorized {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, handle: &Handle) -> Result<Self, ApiError> {
        let checked = oauth2::check_bearer::<State>(handle, &parts.headers);
        checked.map(|()| Self).map_err(|error| ApiError::new(error.status(), error.to_string()))
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
            .map_err(|rejection| ApiError::new(rejection.status(), rejection.body_text()))?;
        parse_json(&headers, &bytes).map(Self).map_err(ApiError::bad_request)
    }
}

/// The page that a query asks for, and the filters beside it, which may be repeated.
struct Query {
    offset: usize,
    limit: usize,
    filters: BTreeMap<String, Vec<String>>,
}

impl Query {
    /// Takes the page cap of the state into account.
    fn capped(mut self, cap: Option<usize>) -> Self {
        self.limit = self.limit.min(cap.unwrap_or(self.limit)).max(1);
        self
    }

    fn refuse_but(&self, known: &[&str]) -> Result<(), ApiError> {
        match self.filters.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(ApiError::bad_request(format!("there is no query parameter {unknown}"))),
            None => Ok(()),
        }
    }

    fn filter(&self, name: &str) -> &[String] {
        self.filters.get(name).map_or(&[], Vec::as_slice)
    }

    /// The rows of the page.
    fn page(&self, rows: Vec<Value>) -> Vec<Value> {
        rows.into_iter().skip(self.offset).take(self.limit).collect()
    }

    /// The answer of `institutions`.
    fn items(&self, rows: Vec<Value>) -> Json<Value> {
        let pagination = json!({"offset": self.offset, "limit": self.limit, "total": rows.len()});
        Json(json!({"items": self.page(rows), "pagination": pagination}))
    }
}

impl FromRequestParts<Handle> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Handle) -> Result<Self, ApiError> {
        let mut query = Self { offset: 0, limit: 20, filters: BTreeMap::new() };
        for (name, value) in url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()) {
            let number = || {
                value
                    .parse()
                    .map_err(|_| ApiError::bad_request(format!("{name} must be a whole number, found {value}")))
            };
            match &*name {
                "offset" => query.offset = number()?,
                "limit" => query.limit = number()?,
                _ => query.filters.entry(name.into_owned()).or_default().push(value.into_owned()),
            }
        }
        if (1..=100).contains(&query.limit) {
            return Ok(query);
        }
        Err(ApiError::bad_request(format!("limit must be 1 to 100, found {}", query.limit)))
    }
}

/// An object without the members that are null.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
        }
        other => other,
    }
}
