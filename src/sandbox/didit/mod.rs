//! Didit: the token endpoint from the authentication page, the rest from the reference of the `v3` management API.
//!
//! It shares no type with the client of this crate, so that a field name that is wrong on one side fails instead of being
//! mirrored. A path without its trailing slash is a 404, where the vendor's framework might redirect. The reference leaves
//! these points open, and this stand-in assumes:
//! - a missing or wrong key, or an invalid token, is a 403 on every path of `v3`;
//! - an unknown field or parameter is rejected everywhere; the reference states it for workflows only;
//! - a page has at most 100 rows, a higher limit is reduced without an error, and the newest row comes first;
//! - workflows are listed by their latest version, and an older version stays readable by its own `uuid`, which is never
//!   the `workflow_id`;
//! - a change to a published questionnaire creates a new version with a new `questionnaire_id` under the same
//!   `questionnaire_group_id`; a DELETE removes one version, as for workflows;
//! - the defaults are: `is_desktop_allowed` true, 3 attempts, `webhook_version` `v3`;
//! - any word is a type of a question, and any font family exists in the usual weights;
//! - a list is deleted with its entries, the description of a system list can be changed, and a value that the list
//!   already contains is rejected under `value`.
//!
//! Questions are not returned, neither as `form_elements` nor as the vendor's graph; logos are not accepted.

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
mod stored;
mod values;
mod workflows;

use axum::{
    Json,
    http::{Method, StatusCode},
};
use serde_json::{Value, json};

use self::{
    destinations::Destination,
    lists::List,
    questionnaires::Questionnaire,
    state::State,
    stored::{delete, get},
    workflows::Workflow,
};
use crate::sandbox::engine::{Environment, Handle, Routes, StandIn, StateType, StoreError, oauth2};

/// The stand-in for Didit.
pub const STAND_IN: StandIn = StandIn {
    name: "didit",
    title: "Didit",
    routes,
    state: StateType::of::<State>(),
    account: access::account,
    environment,
    error_body: |error| json!({"detail": error.message}),
    expire_token: Some(oauth2::revoke_tokens::<State>),
    rotate_key: None,
    replay: None,
};

fn routes() -> Routes {
    const CUSTOMIZATION: &str = "/v3/customization/";
    let routes = Routes::new()
        .route(Method::POST, "/auth/v2/token/", "Authentication", oauth2::token::<State>)
        .route(Method::GET, CUSTOMIZATION, "Get Branding", customization::get)
        .route(Method::PATCH, CUSTOMIZATION, "Update Branding", customization::update);
    with_lists(with_destinations(with_workflows(with_questionnaires(routes))))
}

fn with_destinations(routes: Routes) -> Routes {
    const ALL: &str = "/v3/webhook/destinations/";
    const ONE: &str = "/v3/webhook/destinations/{uuid}/";
    routes
        .route(Method::GET, ALL, "List Webhook Destinations", destinations::list)
        .route(Method::POST, ALL, "Create Webhook Destination", destinations::create)
        .route(Method::GET, ONE, "Get Webhook Destination", get::<Destination>)
        .route(Method::PATCH, ONE, "Update Webhook Destination", destinations::update)
        .route(Method::DELETE, ONE, "Delete Webhook Destination", delete::<Destination>)
}

fn with_workflows(routes: Routes) -> Routes {
    const ALL: &str = "/v3/workflows/";
    const ONE: &str = "/v3/workflows/{uuid}/";
    routes
        .route(Method::GET, ALL, "List Workflows", workflows::list)
        .route(Method::POST, ALL, "Create Workflow", workflows::create)
        .route(Method::GET, ONE, "Get Workflow", get::<Workflow>)
        .route(Method::PATCH, ONE, "Update Workflow", workflows::update)
        .route(Method::DELETE, ONE, "Delete Workflow", delete::<Workflow>)
}

fn with_questionnaires(routes: Routes) -> Routes {
    const ALL: &str = "/v3/questionnaires/";
    const ONE: &str = "/v3/questionnaires/{uuid}/";
    routes
        .route(Method::GET, ALL, "List Questionnaires", questionnaires::list)
        .route(Method::POST, ALL, "Create Questionnaire", questionnaires::create)
        .route(Method::GET, ONE, "Get Questionnaire", get::<Questionnaire>)
        .route(Method::PATCH, ONE, "Update Questionnaire", questionnaires::update)
        .route(Method::DELETE, ONE, "Delete Questionnaire", delete::<Questionnaire>)
}

fn with_lists(routes: Routes) -> Routes {
    const ALL: &str = "/v3/lists/";
    const ONE: &str = "/v3/lists/{uuid}/";
    const ENTRIES: &str = "/v3/lists/{uuid}/entries/";
    routes
        .route(Method::GET, ALL, "List Lists", lists::list)
        .route(Method::POST, ALL, "Create List", lists::create)
        .route(Method::GET, ONE, "Get List", get::<List>)
        .route(Method::PATCH, ONE, "Update List", lists::update)
        .route(Method::DELETE, ONE, "Delete List", delete::<List>)
        .route(Method::GET, ENTRIES, "List Entries", entries::list)
        .route(Method::POST, ENTRIES, "Create List Entry", entries::create)
        .route(Method::DELETE, "/v3/lists/{uuid}/entries/{entry_uuid}/", "Delete List Entry", entries::delete)
}

/// Base URL, token URL and key. A client that uses the id and secret in the state does not set the key.
fn environment(handle: &Handle) -> Result<Environment, StoreError> {
    let base_url = handle.base_url();
    Ok(vec![
        ("IDV_DIDIT_BASE_URL", base_url.to_owned()),
        ("IDV_DIDIT_AUTH_URL", format!("{base_url}/auth/v2/token/")),
        ("IDV_DIDIT_API_KEY", handle.read::<State>()?.api_key.clone()),
    ])
}

/// The response to a create.
fn created(object: Value) -> (StatusCode, Json<Value>) {
    (StatusCode::CREATED, Json(object))
}
