//! Replays a recording: the sandbox's own responses in the form that a vendor's had.
//!
//! The stand-in handles each request, with its own state. Its response then gets the form of the recorded one to the same call:
//! names of fields, wrappers, types, statuses and sizes of pages. Values come from the stand-in, or are made up where it has none. A
//! call that the recording does not have is answered as without it.

mod fit;
mod recording;

use std::collections::BTreeMap;
use std::path::Path;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{
        HeaderName, HeaderValue, Method, StatusCode, Uri,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
    response::Response,
};
use serde_json::Value;

use fit::{fit, made_up};
use recording::{Exchange, Shape};

pub use recording::Unreadable;

/// The largest response of a stand-in.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// Keys by which vendors limit the size of a page.
const PAGE_SIZES: [&str; 5] = ["limit", "page_size", "per_page", "take", "pSize"];

/// Members that count the elements of a whole list.
const TOTALS: [&str; 4] = ["count", "total", "total_count", "totalCount"];

/// The recorded exchanges, by vendor, method and route.
#[derive(Debug, Default)]
pub(super) struct Replay {
    calls: BTreeMap<(String, String, String), Call>,
}

/// What was recorded of one call.
#[derive(Debug, Default)]
struct Call {
    /// The success with the largest body, and the largest error.
    success: Option<Exchange>,
    error: Option<Exchange>,
    /// The most elements that a page had, if that was less than what the request asked for and the list had more.
    page_cap: Option<usize>,
}

impl Replay {
    /// Reads a recording.
    pub(super) fn read(path: &Path) -> Result<Self, Unreadable> {
        let mut replay = Self::default();
        for exchange in recording::read(path)? {
            let Some(status) = exchange.status else { continue };
            let key = (exchange.vendor.clone(), exchange.method.clone(), exchange.route.clone());
            let call = replay.calls.entry(key).or_default();
            call.page_cap = call.page_cap.max(page_cap(&exchange));
            let kept = if status < 400 { &mut call.success } else { &mut call.error };
            if kept.as_ref().is_none_or(|kept| kept.bytes <= exchange.bytes) {
                *kept = Some(exchange);
            }
        }
        Ok(replay)
    }

    fn call(&self, vendor: &str, method: &Method, path: &str) -> Option<&Call> {
        let matches = |template: &str| {
            let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
            template.len() == path.len()
                && template.iter().zip(&path).all(|(part, given)| *part == "{}" || part == given)
        };
        let is_it = |(recorded, verb, route): &(String, String, String)| {
            recorded == vendor && verb == method.as_str() && matches(route)
        };
        self.calls.iter().find(|(key, _)| is_it(key)).map(|(_, call)| call)
    }

    /// The request with a page no larger than the vendor's.
    pub(super) fn limited(&self, vendor: &str, mut request: Request) -> Request {
        let Some(cap) = self.call(vendor, request.method(), request.uri().path()).and_then(|call| call.page_cap) else {
            return request;
        };
        let Some(query) = request.uri().query() else { return request };
        let limited = |pair: &str| match pair.split_once('=') {
            Some((key, value)) if PAGE_SIZES.contains(&key) => {
                format!("{key}={}", value.parse().map_or(cap, |size: usize| size.min(cap)))
            }
            _ => pair.to_owned(),
        };
        let query: Vec<_> = query.split('&').map(limited).collect();
        if let Ok(uri) = format!("{}?{}", request.uri().path(), query.join("&")).parse::<Uri>() {
            *request.uri_mut() = uri;
        }
        request
    }

    /// The stand-in's response in the recorded form.
    pub(super) async fn reform(&self, vendor: &str, method: &Method, path: &str, genuine: Response) -> Response {
        let Some(call) = self.call(vendor, method, path) else { return genuine };
        let recorded = if genuine.status().is_success() {
            call.success.as_ref().or(call.error.as_ref())
        } else {
            call.error.as_ref()
        };
        let Some(recorded) = recorded else { return genuine };
        let is_same_kind = recorded.status.is_some_and(|status| (status < 400) == genuine.status().is_success());
        let (mut parts, body) = genuine.into_parts();
        let Ok(bytes) = to_bytes(body, MAX_BODY).await else { return Response::from_parts(parts, Body::empty()) };
        let own: Option<Value> = serde_json::from_slice(&bytes).ok().filter(|_| is_same_kind);
        if let Some(status) = recorded.status.and_then(|status| StatusCode::from_u16(status).ok())
            && !(is_same_kind && parts.status.is_success())
        {
            parts.status = status;
        }
        for (name, value) in &recorded.limits {
            if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
                parts.headers.insert(name, HeaderValue::from(*value));
            }
        }
        let body = match (&recorded.body, own) {
            (Some(shape), Some(own)) => Bytes::from(fit(shape, own).to_string()),
            (Some(shape), None) if !is_same_kind => Bytes::from(made_up(shape).to_string()),
            _ => bytes,
        };
        if serde_json::from_slice::<Value>(&body).is_ok() {
            parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        parts.headers.remove(CONTENT_LENGTH);
        Response::from_parts(parts, Body::from(body))
    }
}

/// The size of a full page, if it is smaller than what the request asked for.
fn page_cap(exchange: &Exchange) -> Option<usize> {
    let asked = exchange.query.iter().find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        value.parse::<usize>().ok().filter(|_| PAGE_SIZES.contains(&key))
    })?;
    let (rows, total) = exchange.body.as_ref().map(|body| (longest(body), largest_count(body)))?;
    (rows > 0 && rows < asked && total > rows).then_some(rows)
}

/// The length of the longest array.
fn longest(shape: &Shape) -> usize {
    match shape {
        Shape::Array { length, .. } => *length,
        Shape::Object { members, .. } => members.values().map(longest).max().unwrap_or_default(),
        _ => 0,
    }
}

/// How many elements the whole list has, if a member says so.
fn largest_count(shape: &Shape) -> usize {
    let Shape::Object { members, .. } = shape else { return 0 };
    let count = |(name, shape): (&String, &Shape)| match shape {
        Shape::Number { value: Some(value), .. } if TOTALS.contains(&name.as_str()) => {
            usize::try_from(*value).unwrap_or_default()
        }
        shape => largest_count(shape),
    };
    members.iter().map(count).max().unwrap_or_default()
}
