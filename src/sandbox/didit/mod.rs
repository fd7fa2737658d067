//! Didit as a stranger would fake it: the token endpoint from its authentication page, the rest from the reference of
//! its `v3` management API.
//!
//! It may not know the client of this crate: it shares no type with it, so that a field name that is wrong on one side
//! fails instead of being mirrored. A path without its trailing slash is a 404, where the vendor's framework might
//! redirect instead. The reference does not say, and this stand-in assumes:
//! - that a missing or wrong key, or a token that is not valid any more, is a 403 on every path of `v3`;
//! - that a field or a parameter that is not in the reference is refused everywhere, as it says for workflows alone;
//! - that a page has at most 100 rows, more being cut to that without a word, and that the newest row comes first;
//! - that workflows are listed by their latest version, and that an older version stays readable by its own `uuid`,
//!   which is never the `workflow_id`;
//! - that a published questionnaire, when it is changed, becomes a new version with a new `questionnaire_id` under the
//!   same `questionnaire_group_id`; that deleting removes one version, as it does with workflows;
//! - that `is_desktop_allowed` is true, attempts are 3 and `webhook_version` is `v3` where they are left out;
//! - that any word is a type of a question, and any family of fonts exists in the usual weights;
//! - that a list is deleted with its entries, that a system list may have its description changed, and that a value
//!   that is in a list already is refused under `value`.
//!
//! Questions come back neither as `form_elements` nor as the graph that the vendor makes of them; logos are not taken.

mod access;
mod countries;
mod customization;
mod destinations;
mod entries;
mod features;
mod fields;
mod lists;
mod page;
mod questionnaires;
mod state;
mod values;
mod workflows;

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request},
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};
use state::State;

use crate::sandbox::engine::{
    Environment, Handle, Routes, StandIn, StoreError, complete, edit, oauth2, parse_json, read,
};

/// The stand-in for Didit.
pub const STAND_IN: StandIn = StandIn {
    name: "didit",
    routes,
    state: complete::<State>,
    environment,
    error_body,
    expire_token: Some(|state| edit::<State>(state, |state| state.tokens.clear())),
    rotate_key: None,
};

fn routes() -> Routes {
    let routes = Routes::new().route(Method::POST, "/auth/v2/token/", "Authentication", oauth2::grant::<State>);
    let routes = with_destinations(with_workflows(with_questionnaires(routes)));
    with_lists(routes).route(Method::GET, "/v3/customization/", "Get Branding", customization::get).route(
        Method::PATCH,
        "/v3/customization/",
        "Update Branding",
        customization::update,
    )
}

fn with_destinations(routes: Routes) -> Routes {
    const ALL: &str = "/v3/webhook/destinations/";
    const ONE: &str = "/v3/webhook/destinations/{uuid}/";
    routes
        .route(Method::GET, ALL, "List Webhook Destinations", destinations::list)
        .route(Method::POST, ALL, "Create Webhook Destination", destinations::create)
        .route(Method::GET, ONE, "Get Webhook Destination", destinations::get)
        .route(Method::PATCH, ONE, "Update Webhook Destination", destinations::update)
        .route(Method::DELETE, ONE, "Delete Webhook Destination", destinations::delete)
}

fn with_workflows(routes: Routes) -> Routes {
    const ALL: &str = "/v3/workflows/";
    const ONE: &str = "/v3/workflows/{uuid}/";
    routes
        .route(Method::GET, ALL, "List Workflows", workflows::list)
        .route(Method::POST, ALL, "Create Workflow", workflows::create)
        .route(Method::GET, ONE, "Get Workflow", workflows::get)
        .route(Method::PATCH, ONE, "Update Workflow", workflows::update)
        .route(Method::DELETE, ONE, "Delete Workflow", workflows::delete)
}

fn with_questionnaires(routes: Routes) -> Routes {
    const ALL: &str = "/v3/questionnaires/";
    const ONE: &str = "/v3/questionnaires/{uuid}/";
    routes
        .route(Method::GET, ALL, "List Questionnaires", questionnaires::list)
        .route(Method::POST, ALL, "Create Questionnaire", questionnaires::create)
        .route(Method::GET, ONE, "Get Questionnaire", questionnaires::get)
        .route(Method::PATCH, ONE, "Update Questionnaire", questionnaires::update)
        .route(Method::DELETE, ONE, "Delete Questionnaire", questionnaires::delete)
}

fn with_lists(routes: Routes) -> Routes {
    const ALL: &str = "/v3/lists/";
    const ONE: &str = "/v3/lists/{uuid}/";
    const ENTRIES: &str = "/v3/lists/{uuid}/entries/";
    routes
        .route(Method::GET, ALL, "List Lists", lists::list)
        .route(Method::POST, ALL, "Create List", lists::create)
        .route(Method::GET, ONE, "Get List", lists::get)
        .route(Method::PATCH, ONE, "Update List", lists::update)
        .route(Method::DELETE, ONE, "Delete List", lists::delete)
        .route(Method::GET, ENTRIES, "List Entries", entries::list)
        .route(Method::POST, ENTRIES, "Create List Entry", entries::create)
        .route(Method::DELETE, "/v3/lists/{uuid}/entries/{entry_uuid}/", "Delete List Entry", entries::delete)
}

/// The key, and where tokens are asked for. Client id and secret are in the state: whoever uses them leaves the key out.
fn environment(base_url: &str, state: &Value) -> Result<Environment, StoreError> {
    let state: State = read(state)?;
    Ok(vec![
        ("IDV_DIDIT_BASE_URL", base_url.to_owned()),
        ("IDV_DIDIT_AUTH_URL", format!("{base_url}/auth/v2/token/")),
        ("IDV_DIDIT_API_KEY", state.api_key),
    ])
}

fn error_body(_: StatusCode, message: &str) -> Value {
    json!({"detail": message})
}

/// An answer other than success.
struct ApiError {
    status: StatusCode,
    body: Value,
}

impl ApiError {
    /// One sentence about the whole request.
    fn new(status: StatusCode, message: &str) -> Self {
        Self { status, body: error_body(status, message) }
    }

    fn bad_request(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not found.")
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string())
    }
}

/// A body that is a JSON object.
struct Body(Map<String, Value>);

impl FromRequest<Handle> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, handle: &Handle) -> Result<Self, ApiError> {
        let headers = request.headers().clone();
        let bytes = Bytes::from_request(request, handle)
            .await
            .map_err(|rejection| ApiError::new(rejection.status(), &rejection.body_text()))?;
        parse_json(&headers, &bytes).map(Self).map_err(|message| ApiError::bad_request(&message))
    }
}

/// A success in which something was created.
fn created(answer: Value) -> (StatusCode, Json<Value>) {
    (StatusCode::CREATED, Json(answer))
}
