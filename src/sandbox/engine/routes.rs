//! A router that knows what it serves, so that an unknown path can be answered with what exists.

use axum::{
    Json, Router,
    extract::Request,
    handler::Handler,
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
    routing::{MethodFilter, on},
};
use serde_json::{Map, Value};

/// One operation of a vendor's stand-in.
#[derive(Clone)]
pub struct Operation {
    /// The method in capitals.
    pub method: Method,
    /// The path with its parameters in braces.
    pub path: &'static str,
    /// What the vendor's page calls it.
    pub summary: &'static str,
    /// The section of that page which has it, where the page has sections: two sections can have the same summary.
    pub section: Option<&'static str>,
}

/// The operations of one port, in the order they were added, with `S` as the handlers' state.
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
    /// No operation yet.
    pub fn new() -> Self {
        Self { operations: Vec::new(), section: None, router: Router::new() }
    }

    /// Begins a section of the vendor's page: the operations that are added from here on are in it.
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
        // Every method that HTTP names has a filter; one that is made up serves nothing, which its first test shows.
        if let Ok(filter) = MethodFilter::try_from(method.clone()) {
            self.router = self.router.route(path, on(filter, handler));
        }
        self.operations.push(Operation { method, path, summary, section: self.section });
        self
    }

    /// What was added so far.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The router; `error_body` makes the answer for what it does not serve, to which a list of what exists is added.
    pub(super) fn into_router(self, state: S, error_body: fn(StatusCode, &str) -> Value) -> Router {
        let exists: Map<_, _> = self
            .operations
            .iter()
            .map(|operation| (format!("{} {}", operation.method, operation.path), Value::from(operation.summary)))
            .collect();
        let refuse = move |status: StatusCode| {
            let exists = exists.clone();
            move |request: Request| async move { unknown(&request, status, error_body, exists) }
        };
        self.router
            .fallback(refuse(StatusCode::NOT_FOUND))
            .method_not_allowed_fallback(refuse(StatusCode::METHOD_NOT_ALLOWED))
            .with_state(state)
    }
}

fn unknown(
    request: &Request,
    status: StatusCode,
    error_body: fn(StatusCode, &str) -> Value,
    exists: Map<String, Value>,
) -> Response {
    let message = format!("the sandbox does not serve {} {}", request.method(), request.uri().path());
    let mut body = error_body(status, &message);
    if let Value::Object(fields) = &mut body {
        fields.insert("exists".to_owned(), Value::Object(exists));
    }
    (status, Json(body)).into_response()
}
