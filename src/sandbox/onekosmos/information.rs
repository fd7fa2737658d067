//! What anybody may ask: discovery, the public key, health, connectors.

use axum::{
    Json,
    body::Bytes,
    extract::State as Extract,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ApiError, state::State};
use crate::sandbox::engine::{Handle, StoreError, parse_json, present};

/// POST `/api/r1/system/community_info/fetch` takes one of the first two and one of the last two.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Which {
    #[serde(default, deserialize_with = "present")]
    dns: Option<String>,
    #[serde(default, deserialize_with = "present")]
    tenant_id: Option<String>,
    #[serde(default, deserialize_with = "present")]
    community_name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    community_id: Option<String>,
}

/// An error of the discovery call, which is another service with another shape of error: `{code, message}`.
pub(super) struct DiscoveryError(StatusCode, String);

impl IntoResponse for DiscoveryError {
    fn into_response(self) -> Response {
        (self.0, Json(json!({"code": self.0.as_u16(), "message": self.1}))).into_response()
    }
}

impl From<StoreError> for DiscoveryError {
    fn from(error: StoreError) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

/// POST `/api/r1/system/community_info/fetch`: ids and names of a tenant and one of its communities.
pub(super) async fn community(
    Extract(handle): Extract<Handle>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, DiscoveryError> {
    let bad_request = |message: String| DiscoveryError(StatusCode::BAD_REQUEST, message);
    let not_found = |message: &str| DiscoveryError(StatusCode::NOT_FOUND, message.to_owned());
    let which: Which = parse_json(&headers, &body).map_err(bad_request)?;
    let state: State = handle.read()?;
    let is_tenant = match (&which.dns, &which.tenant_id) {
        (Some(dns), None) => is_tenants_host(&handle, &state, dns),
        (None, Some(id)) => *id == state.tenant.id,
        _ => return Err(bad_request("give either dns or tenantId".to_owned())),
    };
    if !is_tenant {
        return Err(not_found("tenant not found"));
    }
    let community = match (&which.community_name, &which.community_id) {
        (Some(name), None) => state.communities.iter().find(|community| community.name == *name),
        (None, Some(id)) => state.communities.iter().find(|community| community.id == *id),
        _ => return Err(bad_request("give either communityName or communityId".to_owned())),
    };
    let community = community.ok_or_else(|| not_found("community not found"))?;
    Ok(Json(json!({
        "tenant": {"id": state.tenant.id, "name": state.tenant.name, "tenanttag": state.tenant.tenanttag},
        "community": {
            "id": community.id,
            "tenantid": state.tenant.id,
            "name": community.name,
            "publicKey": state.community_public_key()?,
            "otpSeed": community.otp_seed,
        },
    })))
}

/// The sandbox is not at the tenant's host name, so its own host, with or without the port, names the tenant as well.
pub(super) fn is_tenants_host(handle: &Handle, state: &State, dns: &str) -> bool {
    let host = handle.base_url().trim_start_matches("http://");
    dns == state.tenant.dns || dns == host || host.rsplit_once(':').is_some_and(|(name, _)| name == dns)
}

/// GET `/caas/sd` and GET `/idproofingapi/sd`. The entry of the service itself is an address inside the cluster, as it can be at the vendor.
pub(super) async fn directory(Extract(handle): Extract<Handle>) -> Json<Value> {
    let base_url = handle.base_url();
    Json(json!({
        "adminconsole": format!("{base_url}/adminapi"),
        "caas": format!("{base_url}/caas"),
        "idproofingapi": "http://idproofingapi.cluster.internal/idproofingapi",
    }))
}

/// GET `/idproofingapi/healthz`.
pub(super) async fn health(Extract(handle): Extract<Handle>) -> Result<Json<Value>, ApiError> {
    let state: State = handle.read()?;
    Ok(Json(json!({
        "status": "all services operational",
        "publicKey": state.public_key()?,
        "code": "200",
        "version": "2.0.0.5a0db0c5.1700000000",
    })))
}

/// GET `/idproofingapi/publickeys`.
pub(super) async fn public_key(Extract(handle): Extract<Handle>) -> Result<Json<Value>, ApiError> {
    let state: State = handle.read()?;
    Ok(Json(json!({"publicKey": state.public_key()?})))
}

/// GET `/idproofingapi/info`.
pub(super) async fn connectors(Extract(handle): Extract<Handle>) -> Result<Json<Value>, ApiError> {
    let state: State = handle.read()?;
    Ok(Json(json!(state.connectors)))
}

/// GET `/idproofingapi/environment`, whose fields the page does not show; the one it names elsewhere is here.
pub(super) async fn environment(Extract(handle): Extract<Handle>) -> Result<Json<Value>, ApiError> {
    let state: State = handle.read()?;
    Ok(Json(json!({"allowed_time_span": state.allowed_time_span})))
}
