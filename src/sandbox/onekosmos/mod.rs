//! 1Kosmos' ID Proofing API 2.0.0 as a stranger would fake it from its reference page and its published helpers.
//!
//! It may not know the client of this crate: it shares no type and no cryptography with it, so that a mistake on one
//! side fails instead of being mirrored. Paths, fields, status codes and the error body `{statusCode, error, message}`
//! are the page's; encryption and discovery follow the vendor's published helpers. Neither says, and this stand-in
//! assumes:
//! - which bodies are encrypted beyond the ones that the page says so of: `body_encryption` in the state decides;
//! - that answers are plain; with `encrypt_answers` the `data` of an answer, and the list of service keys, is ciphertext;
//! - that a bucket's secrets come back masked (`show_bucket_secrets`), and that a tenant without a bucket gets
//!   `{"data": null}`, since no 404 is documented;
//! - that a template's `dvcID` does not come back, as on the page (`show_dvc_id`); that `html` is required in every step
//!   and may be empty where the step is not HTML; that a second PUT creates a second template;
//! - that an update by dvcId takes the first template with that id, and of that documentType where one is given;
//! - that another tenant's path is a 403, an unknown session or key a 400, as those are the documented choices;
//! - that `ts` out of its window and an unknown license are a 401, a license of too low a level is a 403;
//! - that a scan session's `verification.id` is the dvcID of the templates it shows, that it is open for 15 minutes where
//!   `expireSessionInMin` does not say how long, and that the names of tenant and community must fit their ids;
//! - that a declined session may be declined again, and one that ended otherwise is a 400.

mod access;
mod bucket;
mod crypto;
mod information;
mod scan_sessions;
mod service_keys;
mod sessions;
mod state;
mod templates;

use axum::{
    Json,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use state::State;

use crate::sandbox::engine::{Environment, Routes, StandIn, StoreError, complete, edit, read};

/// The stand-in for 1Kosmos.
pub const STAND_IN: StandIn = StandIn {
    name: "onekosmos",
    routes,
    state: complete::<State>,
    environment,
    error_body,
    expire_token: None,
    rotate_key: Some(|state| edit(state, State::rotate)),
};

const ONE_TEMPLATE: &str = "/idproofingapi/proofingtemplates/tenant/{tenantId}/community/{communityId}/id/{id}";
const BUCKET: &str = "/idproofingapi/bucket/tenant/{tenantId}/community/{communityId}";

fn routes() -> Routes {
    let templates = "/idproofingapi/proofingtemplates/tenant/{tenantId}/community/{communityId}";
    let by_dvc_id = "/idproofingapi/proofingtemplates/tenant/{tenantId}/community/{communityId}/dvcId/{dvcId}";
    Routes::new()
        .route(Method::POST, "/api/r1/system/community_info/fetch", "community information", information::community)
        .route(Method::GET, "/caas/sd", "service directory of the tenant", information::directory)
        .route(Method::GET, "/idproofingapi/healthz", "Get healthz.", information::health)
        .route(Method::GET, "/idproofingapi/publickeys", "Get system's public key.", information::public_key)
        .route(Method::GET, "/idproofingapi/info", "Get connector information", information::connectors)
        .route(Method::GET, "/idproofingapi/environment", "/environment", information::environment)
        .route(Method::GET, "/idproofingapi/sd", "Get all service directories.", information::directory)
        .route(Method::PUT, templates, "Create proofing template", templates::create)
        .route(Method::PATCH, by_dvc_id, "Update proofing template by dvcID", templates::update_by_dvc_id)
        .route(Method::PATCH, ONE_TEMPLATE, "update proofing template", templates::update)
        .route(Method::DELETE, ONE_TEMPLATE, "Delete proofing template", templates::delete)
        .route(
            Method::GET,
            "/idproofingapi/proofingtemplates/{sessionId}",
            "Fetch workflow proofing templates",
            templates::list,
        )
        .route(Method::GET, BUCKET, "get bucket at community level", bucket::get)
        .route(Method::PUT, BUCKET, "Create bucket at community level", bucket::put)
        .route(Method::GET, "/idproofingapi/servicekeys", "Get service keys", service_keys::list)
        .route(Method::DELETE, "/idproofingapi/servicekey/{keyId}", "Reset Service Key", service_keys::reset)
        .route(Method::POST, "/idproofingapi/proofingsession/fetch", "Fetch session list", sessions::fetch)
        .route(
            Method::GET,
            "/idproofingapi/proofingsession/{sessionId}",
            "Get proofing session details",
            sessions::details,
        )
        .route(
            Method::GET,
            "/idproofingapi/proofingsession/{sessionId}/decline",
            "Decline proofing session",
            sessions::decline,
        )
        .route(
            Method::POST,
            "/idproofingapi/document_share_session/create",
            "Create scan session for DL | PPT | IDCARD",
            scan_sessions::create,
        )
}

fn environment(base_url: &str, state: &Value) -> Result<Environment, StoreError> {
    let state: State = read(state)?;
    let mut variables = vec![
        ("IDV_ONEKOSMOS_BASE_URL", format!("{base_url}/idproofingapi")),
        ("IDV_ONEKOSMOS_TENANT_ID", state.tenant.id.clone()),
    ];
    let license = state.licenses.iter().find(|(_, level)| **level == access::Level::System);
    variables.extend(license.map(|(key, _)| ("IDV_ONEKOSMOS_LICENSE_KEY", key.clone())));
    variables.extend(state.communities.first().map(|it| ("IDV_ONEKOSMOS_COMMUNITY_NAME", it.name.clone())));
    variables.extend(state.sessions.first().map(|it| ("IDV_ONEKOSMOS_TEMPLATE_SESSION_ID", it.id.clone())));
    Ok(variables)
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

    fn unauthorized(message: impl Into<String>) -> Self {
        Self(StatusCode::UNAUTHORIZED, message.into())
    }

    fn forbidden(message: impl Into<String>) -> Self {
        Self(StatusCode::FORBIDDEN, message.into())
    }

    fn not_found(message: impl Into<String>) -> Self {
        Self(StatusCode::NOT_FOUND, message.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.0, Json(error_body(self.0, &self.1))).into_response()
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}
