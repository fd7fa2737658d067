//! The sizes of pages: what a recording shows of them, and requests for pages that are no larger.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{Uri, header::CONTENT_LENGTH},
};
use serde_json::Value;

use super::super::ApiError;
use super::recording::{Exchange, Shape};

/// The largest body of a request.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// Keys by which vendors limit the size of a page, in a query or in a body.
const SIZES: [&str; 5] = ["limit", "page_size", "per_page", "take", "pSize"];

/// Members that count the elements of a whole list.
const TOTALS: [&str; 4] = ["count", "total", "total_count", "totalCount"];

impl Exchange {
    /// The size of a full page, if it is smaller than what the request asked for and the list has more.
    pub fn page_cap(&self) -> Option<usize> {
        let in_query = self.query.iter().find_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            value.parse::<usize>().ok().filter(|_| SIZES.contains(&key))
        });
        let asked = in_query.or_else(|| self.sent.as_ref().and_then(|sent| number(sent, &SIZES)))?;
        let body = self.body.as_ref()?;
        let (rows, total) = (longest(body), number(body, &TOTALS)?);
        (rows > 0 && rows < asked && total > rows).then_some(rows)
    }
}

/// The length of the longest array.
fn longest(shape: &Shape) -> usize {
    match shape {
        Shape::Array { length, .. } => *length,
        Shape::Object { members, .. } => members.values().map(longest).max().unwrap_or_default(),
        _ => 0,
    }
}

/// The largest number of the members with one of these names.
fn number(shape: &Shape, names: &[&str]) -> Option<usize> {
    let Shape::Object { members, .. } = shape else { return None };
    let of_member = |(name, shape): (&String, &Shape)| match shape {
        Shape::Number { value: Some(value), .. } if names.contains(&name.as_str()) => usize::try_from(*value).ok(),
        shape => number(shape, names),
    };
    members.iter().filter_map(of_member).max()
}

/// The request with a page no larger than the vendor's, whether its size is in the query or in the body. A size in an encrypted
/// body is not seen here.
pub(super) async fn limited(request: Request, cap: usize) -> Result<Request, ApiError> {
    let (mut parts, body) = request.into_parts();
    if let Some(query) = parts.uri.query() {
        let limited = |pair: &str| match pair.split_once('=') {
            Some((key, value)) if SIZES.contains(&key) => {
                format!("{key}={}", value.parse().map_or(cap, |size: usize| size.min(cap)))
            }
            _ => pair.to_owned(),
        };
        let query: Vec<_> = query.split('&').map(limited).collect();
        if let Ok(uri) = format!("{}?{}", parts.uri.path(), query.join("&")).parse::<Uri>() {
            parts.uri = uri;
        }
    }
    let bytes = to_bytes(body, MAX_BODY).await.map_err(|error| ApiError::bad_request(error.to_string()))?;
    let body = match serde_json::from_slice::<Value>(&bytes) {
        Ok(mut value) => {
            limit(&mut value, cap);
            parts.headers.remove(CONTENT_LENGTH);
            Body::from(value.to_string())
        }
        Err(_) => Body::from(bytes),
    };
    Ok(Request::from_parts(parts, body))
}

fn limit(value: &mut Value, cap: usize) {
    let Value::Object(members) = value else { return };
    for (name, member) in members {
        match member.as_u64() {
            Some(size) if SIZES.contains(&name.as_str()) => {
                *member = usize::try_from(size).map_or(cap, |size| size.min(cap)).into();
            }
            _ => limit(member, cap),
        }
    }
}
