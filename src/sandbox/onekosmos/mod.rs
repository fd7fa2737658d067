//! 1Kosmos' ID Proofing API 2.0.0, from its reference page and its published helpers.
//!
//! It shares no type and no cryptography with the client of this crate, so that a mistake on one side fails instead of being
//! mirrored. Paths, fields, status codes and the error body `{statusCode, error, message}` are the page's; encryption and
//! discovery follow the vendor's published helpers. They leave these points open, and this stand-in assumes:
//! - which bodies are encrypted beyond those that the page names: `body_encryption` in the state decides;
//! - responses are plain; with `encrypt_responses` the `data` of a response is ciphertext, also that of service keys and of a new
//!   scan session, whose plain form has no `data`;
//! - a bucket's secrets are returned masked (`show_bucket_secrets`), and a tenant without a bucket gets `{"data": null}`,
//!   since no 404 is documented;
//! - a template's `dvcID` is not returned, as on the page (`show_dvc_id`); `html` is required in every step and may be empty
//!   where the step is not HTML; a second PUT creates a second template;
//! - an update by dvcId changes the first template with that id, and of that documentType if one is given;
//! - another tenant's path is a 403, an unknown session or key a 400, as those are the documented choices;
//! - `ts` outside its window and an unknown license are a 401, a license of too low a level is a 403;
//! - a scan session's `verification.id` is the dvcID of the templates it shows, it is open for 15 minutes unless
//!   `expireSessionInMin` is set, and the names of tenant and community must match their ids;
//! - the tenants of one deployment share the key pairs of its services, which discovery and `/publickeys` show to everybody;
//! - a declined session can be declined again, and one that ended otherwise is a 400.

mod access;
mod bucket;
mod crypto;
mod information;
mod replay;
mod scan_sessions;
mod service_keys;
mod sessions;
mod state;
mod templates;

use axum::http::Method;
use serde_json::{Value, json};
use state::State;

use crate::sandbox::engine::{ApiError, Environment, Handle, Routes, StandIn, StateType, StoreError};

/// The stand-in for 1Kosmos.
pub const STAND_IN: StandIn = StandIn {
    name: "onekosmos",
    title: "1Kosmos",
    routes,
    state: StateType::of::<State>(),
    account: access::account,
    environment,
    error_body,
    expire_token: None,
    rotate_key: Some(|handle| handle.edit(State::rotate)),
    replay: Some(|handle, exchanges| handle.edit(|state: &mut State| state.adopt(exchanges))),
};

const TEMPLATES: &str = "/idproofingapi/proofingtemplates/tenant/{tenantId}/community/{communityId}";
const BY_DVC_ID: &str = "/idproofingapi/proofingtemplates/tenant/{tenantId}/community/{communityId}/dvcId/{dvcId}";
const ONE_TEMPLATE: &str = "/idproofingapi/proofingtemplates/tenant/{tenantId}/community/{communityId}/id/{id}";
const BUCKET: &str = "/idproofingapi/bucket/tenant/{tenantId}/community/{communityId}";
const SESSIONS: &str = "/idproofingapi/proofingsession/fetch";
const NEW_SCAN_SESSION: &str = "/idproofingapi/document_share_session/create";

fn routes() -> Routes {
    Routes::new()
        .route(Method::POST, "/api/r1/system/community_info/fetch", "community information", information::community)
        .route(Method::GET, "/caas/sd", "service directory of the tenant", information::directory)
        .route(Method::GET, "/idproofingapi/healthz", "Get healthz.", information::health)
        .route(Method::GET, "/idproofingapi/publickeys", "Get system's public key.", information::public_key)
        .route(Method::GET, "/idproofingapi/info", "Get connector information", information::connectors)
        .route(Method::GET, "/idproofingapi/environment", "/environment", information::environment)
        .route(Method::GET, "/idproofingapi/sd", "Get all service directories.", information::directory)
        .route(Method::PUT, TEMPLATES, "Create proofing template", templates::create)
        .route(Method::PATCH, BY_DVC_ID, "Update proofing template by dvcID", templates::update_by_dvc_id)
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
        .route(Method::POST, SESSIONS, "Fetch session list", sessions::fetch)
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
        .route(Method::POST, NEW_SCAN_SESSION, "Create scan session for DL | PPT | IDCARD", scan_sessions::create)
}

fn environment(handle: &Handle) -> Result<Environment, StoreError> {
    let state = handle.read::<State>()?;
    let mut variables = vec![
        ("IDV_ONEKOSMOS_BASE_URL", format!("{}/idproofingapi", handle.base_url())),
        ("IDV_ONEKOSMOS_TENANT_ID", state.tenant.id.clone()),
    ];
    let license = state.licenses.iter().find(|(_, level)| **level == access::Level::System);
    variables.extend(license.map(|(key, _)| ("IDV_ONEKOSMOS_LICENSE_KEY", key.clone())));
    variables.extend(state.communities.first().map(|it| ("IDV_ONEKOSMOS_COMMUNITY_NAME", it.name.clone())));
    variables.extend(state.sessions.first().map(|it| ("IDV_ONEKOSMOS_TEMPLATE_SESSION_ID", it.id.clone())));
    Ok(variables)
}

fn error_body(error: &ApiError) -> Value {
    let name = error.status.canonical_reason().unwrap_or("Error");
    json!({"statusCode": error.status.as_u16(), "error": name, "message": error.message})
}
