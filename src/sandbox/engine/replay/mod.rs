//! Replays a recording: the sandbox's own responses in the form that a vendor's had.
//!
//! The stand-in handles each request, with its own state. Its response then gets the form of the recorded one to the same call:
//! names of fields, wrappers, types, statuses and sizes of pages. Values come from the stand-in, or are made up where it has none. A
//! call that the recording does not have is answered as without it. A call that the vendor has moved is served at its new route only.
//!
//! What only a stand-in can replay, such as the encryption of bodies, it takes from the exchanges when the sandbox starts
//! ([`super::StandIn::replay`]).

mod call;
mod fit;
mod pages;
mod recording;
mod routes;

use std::collections::BTreeMap;
use std::path::Path;

use axum::{
    extract::Request,
    http::{Method, Uri},
    response::Response,
};

use super::{ApiError, StandIn};
use call::Call;
use pages::limited;
use routes::{Found, Routes};

pub use call::ResponseForm;
pub use recording::{Exchange, Unreadable};

/// A recording, by the name of the vendor.
#[derive(Debug, Default)]
pub(super) struct Replay(BTreeMap<&'static str, Recorded>);

/// What was recorded of a vendor.
#[derive(Debug)]
struct Recorded {
    exchanges: Vec<Exchange>,
    routes: Routes,
}

impl Replay {
    /// Reads a recording.
    pub(super) fn read(path: &Path, vendors: &[&'static StandIn]) -> Result<Self, Unreadable> {
        let mut by_title: BTreeMap<String, Vec<Exchange>> = BTreeMap::new();
        for exchange in recording::read(path)? {
            by_title.entry(exchange.vendor.clone()).or_default().push(exchange);
        }
        let recorded = vendors.iter().filter_map(|vendor| {
            let mut exchanges = by_title.remove(vendor.title)?;
            let routes = Routes::new((vendor.routes)().operations(), &mut exchanges);
            Some((vendor.name, Recorded { exchanges, routes }))
        });
        Ok(Self(recorded.collect()))
    }

    /// The exchanges of a vendor, in the order in which they were recorded.
    pub(super) fn exchanges(&self, vendor: &str) -> &[Exchange] {
        self.0.get(vendor).map_or(&[], |recorded| &recorded.exchanges)
    }

    /// Has the stand-in handle a request, and returns its response in the recorded form.
    pub(super) async fn respond<F: Future<Output = Response>>(
        &self,
        vendor: &StandIn,
        request: Request,
        handle: impl FnOnce(Request) -> F,
    ) -> Response {
        let routes = self.0.get(vendor.name).map(|recorded| &recorded.routes);
        let (call, request) = match routes.and_then(|it| it.find(request.method(), request.uri().path())) {
            None => return handle(request).await,
            Some(Found::Served { call, method, path }) => (call, prepared(call, request, method, &path).await),
            Some(Found::Gone { call }) => (call, Err(gone(&request))),
        };
        let response = match request {
            Ok(request) => handle(request).await,
            Err(error) => error.render(vendor.error_body),
        };
        call.reform(response).await
    }
}

/// The request with the stand-in's own route, and a page no larger than the vendor's.
async fn prepared(call: &Call, mut request: Request, method: Method, path: &str) -> Result<Request, ApiError> {
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let uri = format!("{path}{query}").parse::<Uri>();
    *request.uri_mut() = uri.map_err(|error| ApiError::bad_request(error.to_string()))?;
    *request.method_mut() = method;
    request.extensions_mut().insert(call.response_form());
    match call.page_cap {
        Some(cap) => limited(request, cap).await,
        None => Ok(request),
    }
}

fn gone(request: &Request) -> ApiError {
    let (method, path) = (request.method(), request.uri().path());
    ApiError::not_found(format!("there is no {method} {path}: the recording has it at another route"))
}
