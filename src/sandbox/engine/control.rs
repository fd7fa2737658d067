//! The control port: state, requests, faults and clock of the sandbox.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, Method, StatusCode},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{ApiError, Routes, StandIn, StoreError, body::parse_json, faults::Fault, intercept::Engine, log::Entry};

type Control = State<Arc<Engine>>;

/// The control port's routes.
pub(super) fn router(engine: Arc<Engine>) -> Router {
    Routes::new()
        .route(Method::GET, "/requests", "every request to a vendor since the start", requests)
        .route(Method::DELETE, "/requests", "clear the log of requests", clear_requests)
        .route(Method::GET, "/state", "the state of all vendors and tenants", state)
        .route(Method::PUT, "/state", "replace the state of all vendors and tenants", put_state)
        .route(Method::GET, "/state/{vendor}", "the state of one vendor", vendor_state)
        .route(Method::PUT, "/state/{vendor}", "replace the state of one vendor", put_vendor_state)
        .route(Method::GET, "/faults", "the faults that have not been injected", faults)
        .route(Method::POST, "/faults", "add a fault", add_fault)
        .route(Method::DELETE, "/faults", "remove all faults", clear_faults)
        .route(Method::GET, "/clock", "the sandbox's time", clock)
        .route(Method::POST, "/clock", "move the sandbox's clock", move_clock)
        .into_router(engine, |error| json!({"message": error.message}))
        // A seeded tenant may be larger than axum's default limit.
        .layer(DefaultBodyLimit::disable())
}

/// Rejects a document that does not fit as a mistake of the caller.
fn rejected(error: StoreError) -> ApiError {
    match error {
        StoreError::Shape { .. } => ApiError::bad_request(error.to_string()),
        other => other.into(),
    }
}

fn parse<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, ApiError> {
    parse_json(headers, body).map_err(ApiError::bad_request)
}

async fn requests(State(engine): Control) -> Json<Vec<Entry>> {
    Json(engine.log.list())
}

async fn clear_requests(State(engine): Control) -> StatusCode {
    engine.log.clear();
    StatusCode::NO_CONTENT
}

async fn state(State(engine): Control) -> Result<Json<Value>, ApiError> {
    Ok(Json(engine.store.document()?))
}

async fn put_state(State(engine): Control, headers: HeaderMap, body: Bytes) -> Result<Json<Value>, ApiError> {
    engine.store.replace(parse(&headers, &body)?).map_err(rejected)?;
    Ok(Json(engine.store.document()?))
}

async fn vendor_state(State(engine): Control, Path(name): Path<String>) -> Result<Json<Value>, ApiError> {
    Ok(Json(engine.store.part(find(&engine, &name)?)?))
}

async fn put_vendor_state(
    State(engine): Control,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let vendor = find(&engine, &name)?;
    engine.store.replace_part(vendor, parse(&headers, &body)?).map_err(rejected)?;
    Ok(Json(engine.store.part(vendor)?))
}

fn find(engine: &Engine, name: &str) -> Result<&'static StandIn, ApiError> {
    engine.vendors.iter().copied().find(|vendor| vendor.name == name).ok_or_else(|| {
        let names: Vec<_> = engine.vendors.iter().map(|vendor| vendor.name).collect();
        ApiError::not_found(format!("there is no vendor `{name}`; there are {}", names.join(", ")))
    })
}

async fn faults(State(engine): Control) -> Json<Vec<Fault>> {
    Json(engine.faults.list())
}

async fn add_fault(State(engine): Control, headers: HeaderMap, body: Bytes) -> Result<StatusCode, ApiError> {
    engine
        .faults
        .add(parse(&headers, &body)?, &engine.vendors, engine.store.tenants())
        .map_err(ApiError::bad_request)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn clear_faults(State(engine): Control) -> StatusCode {
    engine.faults.clear();
    StatusCode::NO_CONTENT
}

async fn clock(State(engine): Control) -> Json<Value> {
    Json(json!({"now": engine.clock.now().as_second(), "offset_seconds": engine.clock.offset_seconds()}))
}

/// One of the two fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    advance_seconds: Option<i64>,
    /// Seconds since 1970.
    set: Option<i64>,
}

async fn move_clock(engine: Control, headers: HeaderMap, body: Bytes) -> Result<Json<Value>, ApiError> {
    match parse(&headers, &body)? {
        Move { advance_seconds: Some(seconds), set: None } => engine.clock.advance(seconds),
        Move { advance_seconds: None, set: Some(epoch_seconds) } => engine.clock.set(epoch_seconds),
        _ => Err("give either `advance_seconds` or `set` (seconds since 1970)".to_owned()),
    }
    .map_err(ApiError::bad_request)?;
    Ok(clock(engine).await)
}
