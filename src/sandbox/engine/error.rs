//! The error of a stand-in's handlers: a status and a message, written in the vendor's shape when it is sent.

use axum::{
    Extension, Json,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::StoreError;

/// The shape of a vendor's errors.
pub type ErrorBody = fn(&ApiError) -> Value;

/// A response other than success.
///
/// Handlers return it without knowing the vendor's shape. The port's router renders it with [`super::StandIn::error_body`].
#[derive(Clone, Debug)]
pub struct ApiError {
    /// The HTTP status.
    pub status: StatusCode,
    /// The vendor's code, where the status alone does not determine it.
    pub code: Option<&'static str>,
    /// One sentence about the whole request.
    pub message: String,
    body: Option<Value>,
    headers: Box<HeaderMap>,
}

impl ApiError {
    /// Creates an error with the usual body and no further headers.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, code: None, message: message.into(), body: None, headers: Box::default() }
    }

    /// Creates a 400.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// Creates a 401.
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    /// Creates a 403.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// Creates a 404.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// Sets the vendor's code.
    #[must_use]
    pub fn with_code(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }

    /// Sets a body that replaces the vendor's usual one.
    #[must_use]
    pub fn with_body(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Adds several headers.
    #[must_use]
    pub fn with_headers(mut self, headers: HeaderMap) -> Self {
        self.headers.extend(headers);
        self
    }

    /// Writes the response in the vendor's shape.
    pub(super) fn render(self, shape: ErrorBody) -> Response {
        let body = self.body.clone().unwrap_or_else(|| shape(&self));
        (self.status, *self.headers, Json(body)).into_response()
    }
}

/// Renders the error that a handler returned; leaves every other response alone.
pub(super) fn rendered(mut response: Response, shape: ErrorBody) -> Response {
    match response.extensions_mut().remove::<ApiError>() {
        Some(error) => error.render(shape),
        None => response,
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (self.status, Extension(self)).into_response()
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}
