//! The page's "Utility" section: information about the service. Public, since the page requires no authorization.

use axum::Json;
use serde_json::{Map, Value, json};

use crate::sandbox::engine::Handle;

const SERVICE: &str = "KYC API";
const VERSION: &str = "2.10.15";
const ENVIRONMENT: &str = "sandbox";

type Response = Json<Value>;

/// GET `/`.
pub(super) async fn root(handle: Handle) -> Response {
    Json(json!({
        "service": SERVICE,
        "description": "Local stand-in for the KYC API",
        "version": VERSION,
        "environment": ENVIRONMENT,
        "timestamp": handle.timestamp(),
        "documentation": "/openapi.json",
        "health": "/health",
        "status": "/status",
    }))
}

/// GET `/ping`.
pub(super) async fn ping(handle: Handle) -> Response {
    Json(json!({"pong": true, "timestamp": handle.timestamp()}))
}

/// GET `/status`. The page shows `endpoints` as an object and lists `api_spec` among its keys.
pub(super) async fn status(handle: Handle) -> Response {
    Json(json!({
        "service": SERVICE,
        "version": VERSION,
        "environment": ENVIRONMENT,
        "timestamp": handle.timestamp(),
        "uptime": handle.uptime_seconds(),
        "endpoints": {
            "root": "/", "ping": "/ping", "status": "/status", "metrics": "/metrics", "version": "/version",
            "health": "/health", "health_live": "/health/live", "health_ready": "/health/ready",
            "api_spec": "/openapi.json",
        },
    }))
}

/// GET `/metrics`.
pub(super) async fn metrics(handle: Handle) -> Response {
    Json(json!({
        "timestamp": handle.timestamp(),
        "system": {"uptime": handle.uptime_seconds(), "platform": std::env::consts::OS, "arch": std::env::consts::ARCH},
        "environment": {"name": ENVIRONMENT, "version": VERSION},
    }))
}

/// GET `/health`.
pub(super) async fn health(handle: Handle) -> Response {
    Json(json!({
        "status": "healthy",
        "timestamp": handle.timestamp(),
        "uptime": handle.uptime_seconds(),
        "version": VERSION,
        "environment": ENVIRONMENT,
        "checks": {"database": "ok"},
        "details": {},
    }))
}

/// GET `/health/live`.
pub(super) async fn alive(handle: Handle) -> Response {
    Json(json!({"status": "alive", "timestamp": handle.timestamp(), "uptime": handle.uptime_seconds()}))
}

/// GET `/health/ready`.
pub(super) async fn ready(handle: Handle) -> Response {
    Json(json!({"status": "ready", "timestamp": handle.timestamp(), "checks": {"database": "ok"}}))
}

/// GET `/version`.
pub(super) async fn version() -> Response {
    Json(json!({"version": VERSION}))
}

/// GET `/openapi.json`: the document that the page offers for download, reduced to operations, their summaries, and their
/// sections as tags. Two operations of different sections share the summary "session delete", as on the page.
pub(super) async fn openapi(handle: Handle) -> Response {
    let mut paths = Map::new();
    for operation in super::routes().operations() {
        let described = json!({
            "summary": operation.summary,
            "tags": operation.section.iter().collect::<Vec<_>>(),
            "responses": {"200": {"description": "Success"}},
        });
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method.as_str().to_ascii_lowercase()] = described;
    }
    Json(json!({
        "openapi": "3.0.3",
        "info": {"title": SERVICE, "version": VERSION},
        "servers": [{"url": handle.base_url()}],
        "paths": paths,
    }))
}
