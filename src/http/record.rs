//! Records an exchange, with what the transport knows of it.

use std::sync::Arc;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::error::Context;
use super::prepared::{Body, PreparedRequest};
use crate::recording::{Recorded, Recorder, Request, Response};

/// Records a request with its response. A form, such as that of a token request, is recorded as an object of texts.
pub(super) fn exchange(
    recorder: &Arc<Recorder>,
    context: &Context,
    request: &PreparedRequest,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> Recorded {
    let form = match &request.body {
        Body::Form(text) => {
            let pairs = url::form_urlencoded::parse(text.as_bytes());
            Some(pairs.map(|(key, value)| (key.into_owned(), Value::String(value.into_owned()))).collect())
        }
        Body::None | Body::Json(_) => None,
    };
    let sent = Request {
        method: request.method.as_str(),
        route: &request.route,
        documented: request.documented.as_deref(),
        query: request.url.query_pairs().map(|(key, value)| (key.into_owned(), value.into_owned())).collect(),
        headers: request.headers.keys().map(reqwest::header::HeaderName::as_str).collect(),
        encrypted: request.plain.is_some(),
        body: request.plain.as_ref().or_else(|| request.json()).or(form.as_ref()),
    };
    let received = headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()));
    let response = Response { status: status.as_u16(), headers: received.collect(), body };
    recorder.exchange(context.vendor, context.kind(), &sent, Some(&response))
}
