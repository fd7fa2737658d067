//! Public information: discovery, the public key, health, connectors.

use axum::Json;
use serde::Deserialize;
use serde_json::{Value, json};

use super::state::State;
use crate::sandbox::engine::{ApiError, Body, Handle, Reply, present};

/// The body of discovery: one of the first two fields and one of the last two.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Which {
    #[serde(default, deserialize_with = "present")]
    dns: Option<String>,
    #[serde(default, deserialize_with = "present")]
    tenant_id: Option<String>,
    #[serde(default, deserialize_with = "present")]
    community_name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    community_id: Option<String>,
}

/// Writes an error in the shape of the discovery call, which is another service: `{code, message}`.
fn discovery_error(error: ApiError) -> ApiError {
    let body = json!({"code": error.status.as_u16(), "message": error.message});
    error.with_body(body)
}

/// POST `/api/r1/system/community_info/fetch`: ids and names of a tenant and one of its communities.
pub(super) async fn community(handle: Handle, which: Result<Body<Which>, ApiError>) -> Reply {
    which.and_then(|Body(which)| find_community(&handle, &which)).map_err(discovery_error)
}

fn find_community(handle: &Handle, which: &Which) -> Reply {
    let state = handle.read::<State>()?;
    let is_tenant = match (&which.dns, &which.tenant_id) {
        (Some(dns), None) => is_tenants_host(handle, &state, dns),
        (None, Some(id)) => *id == state.tenant.id,
        _ => return Err(ApiError::bad_request("give either dns or tenantId")),
    };
    if !is_tenant {
        return Err(ApiError::not_found("tenant not found"));
    }
    let community = match (&which.community_name, &which.community_id) {
        (Some(name), None) => state.communities.iter().find(|community| community.name == *name),
        (None, Some(id)) => state.communities.iter().find(|community| community.id == *id),
        _ => return Err(ApiError::bad_request("give either communityName or communityId")),
    };
    let community = community.ok_or_else(|| ApiError::not_found("community not found"))?;
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

/// Returns whether a host is the tenant's. The sandbox does not run at that host, so its own, with or without port, counts.
pub(super) fn is_tenants_host(handle: &Handle, state: &State, dns: &str) -> bool {
    let host = handle.base_url().trim_start_matches("http://");
    dns == state.tenant.dns || dns == host || host.rsplit_once(':').is_some_and(|(name, _)| name == dns)
}

/// GET `/caas/sd` and GET `/idproofingapi/sd`. As at the vendor, the entry of the service can be an address in the cluster.
pub(super) async fn directory(handle: Handle) -> Json<Value> {
    let base_url = handle.base_url();
    Json(json!({
        "adminconsole": format!("{base_url}/adminapi"),
        "caas": format!("{base_url}/caas"),
        "idproofingapi": "http://idproofingapi.cluster.internal/idproofingapi",
    }))
}

/// GET `/idproofingapi/healthz`.
pub(super) async fn health(handle: Handle) -> Reply {
    let state = handle.read::<State>()?;
    Ok(Json(json!({
        "status": "all services operational",
        "publicKey": state.public_key()?,
        "code": "200",
        "version": "2.0.0.5a0db0c5.1700000000",
    })))
}

/// GET `/idproofingapi/publickeys`.
pub(super) async fn public_key(handle: Handle) -> Reply {
    let state = handle.read::<State>()?;
    Ok(Json(json!({"publicKey": state.public_key()?})))
}

/// GET `/idproofingapi/info`.
pub(super) async fn connectors(handle: Handle) -> Reply {
    let state = handle.read::<State>()?;
    Ok(Json(json!(state.connectors)))
}

/// GET `/idproofingapi/environment`. The page shows no fields; the one that it mentions elsewhere is returned.
pub(super) async fn environment(handle: Handle) -> Reply {
    let state = handle.read::<State>()?;
    Ok(Json(json!({"allowed_time_span": state.allowed_time_span})))
}
