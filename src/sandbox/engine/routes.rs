//! A router that lists what it serves, so that the response to an unknown path can show what exists.

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request},
    handler::Handler,
    http::{Method, StatusCode},
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::{MethodFilter, on},
};
use serde_json::{Map, Value};

use super::{
    ApiError,
    error::{ErrorBody, rendered},
};

/// One operation of a vendor's stand-in.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The method in capitals.
    pub method: Method,
    /// The path with its parameters in braces.
    pub path: &'static str,
    /// Its name on the vendor's page.
    pub summary: &'static str,
    /// Its section of that page, if the page has sections: two sections can have the same summary.
    pub section: Option<&'static str>,
}

/// The operations of one port, in the order in which they were added; `S` is the handlers' state.
pub struct Routes<S = super::Handle> {
    operations: Vec<Operation>,
    section: Option<&'static str>,
    router: Router<S>,
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// Creates a router without operations.
    pub fn new() -> Self {
        Self { operations: Vec::new(), section: None, router: Router::new() }
    }

    /// Begins a section of the vendor's page, which holds the operations that are added from here on.
    #[must_use]
    pub fn section(mut self, name: &'static str) -> Self {
        self.section = Some(name);
        self
    }

    /// Adds an operation.
    #[must_use]
    pub fn route<H, T>(mut self, method: Method, path: &'static str, summary: &'static str, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        // Every standard method has a filter; another method would serve nothing, which its first test shows.
        if let Ok(filter) = MethodFilter::try_from(method.clone()) {
            self.router = self.router.route(path, on(filter, handler));
        }
        self.operations.push(Operation { method, path, summary, section: self.section });
        self
    }

    /// Sets how many bytes a request's body may have.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.router = self.router.layer(DefaultBodyLimit::max(bytes));
        self
    }

    /// The operations that were added so far.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// Builds the router, which renders errors with `shape` and lists what exists in the response to an unknown path.
    pub(super) fn into_router(self, state: S, shape: ErrorBody) -> Router {
        let exists: Map<_, _> = self
            .operations
            .iter()
            .map(|operation| (format!("{} {}", operation.method, operation.path), Value::from(operation.summary)))
            .collect();
        let reject = move |status: StatusCode| {
            let exists = exists.clone();
            move |request: Request| async move { unknown(&request, status, shape, exists) }
        };
        self.router
            .fallback(reject(StatusCode::NOT_FOUND))
            .method_not_allowed_fallback(reject(StatusCode::METHOD_NOT_ALLOWED))
            .layer(map_response(move |response: Response| async move { rendered(response, shape) }))
            .with_state(state)
    }
}

fn unknown(request: &Request, status: StatusCode, shape: ErrorBody, exists: Map<String, Value>) -> Response {
    let message = format!("the sandbox does not serve {} {}", request.method(), request.uri().path());
    let mut body = shape(&ApiError::new(status, message));
    if let Value::Object(fields) = &mut body {
        fields.insert("exists".to_owned(), Value::Object(exists));
    }
    (status, Json(body)).into_response()
}
