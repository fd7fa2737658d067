//! 5N ID: generation `v1` from its reference page, `institutions` from the types of its public SDK.
//!
//! It shares no type with the client of this crate, so that a field name that is wrong on one side fails instead of being
//! mirrored. One tenant serves both generations, each in its own shapes. The sources leave these points open, and this
//! stand-in assumes:
//! - a party consents immediately, unless the state has `parties_consent: false`, and each identity provider then has a
//!   credential of its own;
//! - `v1` returns one object for a party: the first credential, with the providers of all that are valid;
//! - `v1` rejects a whole batch for one unknown contract (404, named in `details`), since its response has no place for a
//!   failure;
//! - an unknown token is a 404 in `v1`, and the status `not_found` in `institutions`;
//! - a limit or a batch of more than 100 is a 400, and a link is valid for a day;
//! - the public check of a link has no credential, so that with several tenants it knows the links of the first account only;
//! - the `error` of an error is HTTP's name of the status, in lower case.

mod credentials;
mod links;
mod scores;
mod state;
mod users;

use axum::{
    Json,
    extract::FromRequestParts,
    http::{Method, request::Parts},
};
use serde_json::{Map, Value, json};
use state::State;

use crate::sandbox::engine::{
    ApiError, Environment, Handle, Page, Query, Routes, StandIn, StateType, StoreError, oauth2,
};

/// The stand-in for 5N ID.
pub const STAND_IN: StandIn = StandIn {
    name: "fiven",
    title: "5N ID",
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
        .route(Method::POST, "/oauth/token", "Obtain Access Token", oauth2::token::<State>)
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
        .route(Method::GET, "/api/v1/institutions/me/users", "getUsers", users::list)
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

fn environment(handle: &Handle) -> Result<Environment, StoreError> {
    let state = handle.read::<State>()?;
    Ok(vec![
        ("IDV_FIVEN_BASE_URL", handle.base_url().to_owned()),
        ("IDV_FIVEN_CLIENT_ID", state.client_id.clone()),
        ("IDV_FIVEN_CLIENT_SECRET", state.client_secret.clone()),
    ])
}

fn error_body(error: &ApiError) -> Value {
    let name = error.status.canonical_reason().unwrap_or("Error").to_lowercase().replace(' ', "_");
    json!({"error": name, "message": error.message, "details": {}})
}

/// A 404 with details.
fn not_found(message: &str, details: Value) -> ApiError {
    let error = ApiError::not_found(message);
    let mut body = error_body(&error);
    body["details"] = details;
    error.with_body(body)
}

/// A request with a valid token.
type Authorized = oauth2::Authorized<State>;

/// The query of a list: which page, and filters.
struct PageQuery {
    offset: usize,
    limit: usize,
    query: Query,
}

impl PageQuery {
    /// The page, of at most `cap` rows.
    fn page(&self, cap: Option<usize>) -> Page {
        Page::at_offset(self.offset, self.limit, cap)
    }

    /// The response of `institutions` with one page of the rows.
    fn items(&self, cap: Option<usize>, rows: Vec<Value>) -> Json<Value> {
        let page = self.page(cap);
        let pagination = json!({"offset": page.offset, "limit": page.size, "total": rows.len()});
        Json(json!({"items": page.of(rows), "pagination": pagination}))
    }
}

impl FromRequestParts<Handle> for PageQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, handle: &Handle) -> Result<Self, ApiError> {
        let mut query = Query::from_request_parts(parts, handle).await?;
        let offset = query.number("offset")?.unwrap_or_default();
        let limit = query.number("limit")?.unwrap_or(20);
        if (1..=100).contains(&limit) {
            return Ok(Self { offset, limit, query });
        }
        Err(ApiError::bad_request(format!("limit must be 1 to 100, found {limit}")))
    }
}

/// Removes the members of an object that are null.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
        }
        other => other,
    }
}
