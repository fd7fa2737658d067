//! The control port: what a test or a person looks at and turns, beside the vendors' own ports.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Routes, body::parse_json, faults::Fault, intercept::Engine, log::Entry, store::StoreError};

type Control = State<Arc<Engine>>;

/// The control port's routes.
pub(super) fn router(engine: Arc<Engine>) -> Router {
    Routes::new()
        .route(Method::GET, "/requests", "every request to a vendor since the start", requests)
        .route(Method::DELETE, "/requests", "forget the requests", forget_requests)
        .route(Method::GET, "/state", "the state of all vendors", state)
        .route(Method::PUT, "/state", "replace the state of all vendors", put_state)
        .route(Method::GET, "/state/{vendor}", "the state of one vendor", vendor_state)
        .route(Method::PUT, "/state/{vendor}", "replace the state of one vendor", put_vendor_state)
        .route(Method::GET, "/faults", "the faults that wait for a request", faults)
        .route(Method::POST, "/faults", "add a fault", add_fault)
        .route(Method::DELETE, "/faults", "forget the faults", forget_faults)
        .route(Method::GET, "/clock", "the sandbox's time", clock)
        .route(Method::POST, "/clock", "move the sandbox's clock", move_clock)
        .into_router(engine, error_body)
        // A seeded tenant may be larger than what axum takes for reasonable from a stranger.
        .layer(DefaultBodyLimit::disable())
}

fn error_body(_status: StatusCode, message: &str) -> Value {
    json!({"message": message})
}

/// A refusal of the control port.
struct ApiError(StatusCode, String);

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.0, Json(error_body(self.0, &self.1))).into_response()
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let status = match error {
            StoreError::Shape { .. } => StatusCode::BAD_REQUEST,
            StoreError::File { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self(status, error.to_string())
    }
}

fn bad_request(message: String) -> ApiError {
    ApiError(StatusCode::BAD_REQUEST, message)
}

fn parse<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, ApiError> {
    parse_json(headers, body).map_err(bad_request)
}

async fn requests(State(engine): Control) -> Json<Vec<Entry>> {
    Json(engine.log.list())
}

async fn forget_requests(State(engine): Control) -> StatusCode {
    engine.log.clear();
    StatusCode::NO_CONTENT
}

async fn state(State(engine): Control) -> Json<Value> {
    Json(engine.store.document())
}

async fn put_state(State(engine): Control, headers: HeaderMap, body: Bytes) -> Result<Json<Value>, ApiError> {
    engine.store.replace(parse(&headers, &body)?)?;
    Ok(Json(engine.store.document()))
}

async fn vendor_state(State(engine): Control, Path(name): Path<String>) -> Result<Json<Value>, ApiError> {
    let vendor = find(&engine, &name)?;
    Ok(Json(engine.store.part(vendor.name)))
}

async fn put_vendor_state(
    State(engine): Control,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let vendor = find(&engine, &name)?;
    let next = (vendor.state)(parse(&headers, &body)?)?;
    engine
        .store
        .change(vendor.name, |part| {
            *part = next;
            Ok::<_, StoreError>(Json(part.clone()))
        })
        .map_err(ApiError::from)
}

fn find<'engine>(engine: &'engine Engine, name: &str) -> Result<&'engine super::StandIn, ApiError> {
    engine.vendors.iter().copied().find(|vendor| vendor.name == name).ok_or_else(|| {
        let names: Vec<_> = engine.vendors.iter().map(|vendor| vendor.name).collect();
        ApiError(StatusCode::NOT_FOUND, format!("there is no vendor `{name}`; there are {}", names.join(", ")))
    })
}

async fn faults(State(engine): Control) -> Json<Vec<Fault>> {
    Json(engine.faults.list())
}

async fn add_fault(State(engine): Control, headers: HeaderMap, body: Bytes) -> Result<StatusCode, ApiError> {
    engine.faults.add(parse(&headers, &body)?, &engine.vendors).map_err(bad_request)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn forget_faults(State(engine): Control) -> StatusCode {
    engine.faults.clear();
    StatusCode::NO_CONTENT
}

async fn clock(State(engine): Control) -> Json<Value> {
    Json(json!({"now": engine.clock.now().as_second(), "offset_seconds": engine.clock.offset_seconds()}))
}

/// One of the two.
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
    .map_err(bad_request)?;
    Ok(clock(engine).await)
}
