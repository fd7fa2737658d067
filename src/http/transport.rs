//! One exchange on the wire: sends a request, reads the response, and classifies a failure.
//!
//! Redirects are not followed: a vendor's own headers, and encrypted bodies, would be sent to wherever the response points.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use rustls::AlertDescription;
use url::Url;

use super::call::Expected;
use super::connections::Connections;
use super::error::{Context, Error, Kind};
use super::prepared::{Body, PreparedRequest};
use super::response::{RawResponse, add_response_details};
use super::retry::{Delivery, Failure, named_wait};
use super::settings::Settings;
use super::{clock, record, redact, vendor_error};
use crate::secret;

/// The largest body that is read: 32 MiB, far above any page of a list.
pub(super) const MAX_BODY: usize = 32 * 1024 * 1024;

/// How long connecting may take, if the timeout is not shorter.
const MAX_CONNECT: Duration = Duration::from_secs(10);

/// Sends the request once and reads the whole response; a response that is not 2xx is a failure.
///
/// Where a report is expected, a 503 with a `status` in its body is not: a service that is not ready says so about itself.
pub(super) async fn exchange(
    connections: &Connections,
    request: &PreparedRequest,
    settings: &Settings,
    context: &Context,
    expected: Expected,
) -> Result<RawResponse, Failure> {
    let client = connections.client(&request.url, settings.timeout.min(MAX_CONNECT)).map_err(|error| {
        let failure = "the HTTPS client could not be set up";
        Failure::last(Error::from_context(Kind::Tls, context.clone(), failure).with_source(error))
    })?;
    let failed = |error: reqwest::Error| sending_failed(error, &request.url, settings.timeout, context);
    let mut response = client.execute(to_wire(request, settings.timeout)).await.map_err(failed)?;
    let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
    let body = read(&mut response, MAX_BODY).await;
    let recorded = settings.recorder.as_ref().map(|recorder| {
        record::exchange(recorder, context, request, status, &headers, body.as_ref().map_or(&[][..], |body| body))
    });
    let is_report = expected == Expected::Report
        && status == StatusCode::SERVICE_UNAVAILABLE
        && body.as_ref().is_ok_and(|body| has_status(body));
    if !status.is_success() && !is_report {
        // The status says more than why the explanation is incomplete.
        let body = body.unwrap_or_default();
        let mut failure = rejected(status, &headers, &body, settings, context, request);
        if request.url.scheme() == "http" && asks_for_tls(status, &body) {
            failure.error = failure.error.with_hint(speaks_tls(&redact::authority(&request.url)));
        }
        return Err(failure);
    }
    match body {
        Ok(body) => Ok(RawResponse { status, headers, body, recorded }),
        Err(Unread::Broken(error)) => {
            let mut failure = failed(error);
            add_response_details(&mut failure.error, status, &headers);
            Err(failure)
        }
        Err(Unread::TooLarge) => {
            let failure = format!("the response is larger than {} MiB", MAX_BODY / 1024 / 1024);
            let mut error = Error::from_context(Kind::Decode, context.clone(), failure);
            add_response_details(&mut error, status, &headers);
            Err(Failure::last(error))
        }
    }
}

fn to_wire(request: &PreparedRequest, timeout: Duration) -> reqwest::Request {
    let mut wire = reqwest::Request::new(request.method.clone(), request.url.clone());
    *wire.headers_mut() = request.headers.clone();
    *wire.timeout_mut() = Some(timeout);
    let (content_type, body) = match &request.body {
        Body::None => return wire,
        Body::Json(value) => ("application/json", value.to_string()),
        Body::Form(text) => ("application/x-www-form-urlencoded", text.clone()),
    };
    wire.headers_mut().entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(content_type));
    *wire.body_mut() = Some(body.into());
    wire
}

/// Whether a body is the report of a service about itself, and not that of a proxy before it.
fn has_status(body: &[u8]) -> bool {
    serde_json::from_slice::<serde_json::Value>(body)
        .is_ok_and(|body| body.get("status").is_some_and(serde_json::Value::is_string))
}

/// Why a body could not be read.
enum Unread {
    TooLarge,
    Broken(reqwest::Error),
}

async fn read(response: &mut reqwest::Response, limit: usize) -> Result<Bytes, Unread> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(Unread::Broken)? {
        if body.len() + chunk.len() > limit {
            return Err(Unread::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// The failure for a response that is not a success.
fn rejected(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    settings: &Settings,
    context: &Context,
    request: &PreparedRequest,
) -> Failure {
    let wait = named_wait(status, headers);
    let overrides = request.overrides.as_deref();
    let unwrapped = overrides.and_then(|overrides| overrides.envelope.as_ref()?.error_body(body));
    let body = unwrapped.as_deref().unwrap_or(body);
    let words = vendor_error::read(settings.parse_error, status, headers, body);
    let mut error = Error::from_context(Kind::of_status(status), context.clone(), format!("the response was {status}"));
    add_response_details(&mut error, status, headers);
    let inner = error.inner_mut();
    inner.code = words.code;
    inner.message = words.message;
    inner.fields = words.fields;
    inner.retry_after = wait;
    inner.about_route =
        inner.kind == Kind::NotFound && vendor_error::is_about_route(settings.is_own_error, headers, body);
    let not_found = overrides.map(|overrides| overrides.not_found.as_slice()).unwrap_or_default();
    if not_found.iter().any(|error| error.is(status, inner.code.as_deref())) {
        (inner.kind, inner.about_route) = (Kind::NotFound, false);
        return Failure::last(error);
    }
    if let (true, Some(target)) = (status.is_redirection(), clock::text(headers, &LOCATION)) {
        // Before it is parsed, which rewrites characters that a secret may have.
        let target = Url::parse(&secret::redact(target));
        let target = target.map_or_else(|_| "another path".to_owned(), |url| redact::url(&url));
        error = error
            .with_hint(format!("It points to `{target}`, which is not followed. Correct the base URL or the path."));
    }
    Failure { error, delivery: Delivery::of_status(status, wait.is_some()), wait, sent: None }
}

/// The failure for a request without a complete response.
fn sending_failed(error: reqwest::Error, url: &Url, timeout: Duration, context: &Context) -> Failure {
    // The URL is in the context, without what may not be shown.
    let error = error.without_url();
    let host = redact::authority(url);
    let tls = source_of::<rustls::Error>(&error);
    let (kind, delivery, failure) = if error.is_builder() {
        (Kind::Request, Delivery::Terminal, "the request could not be built".to_owned())
    } else if let Some(alert) = tls.and_then(refusal) {
        // In TLS 1.3 it comes after the handshake, in place of a response: the request was not read.
        (
            Kind::Tls,
            Delivery::Terminal,
            format!("`{host}` refused the secure connection with the TLS alert `{alert:?}`"),
        )
    } else if error.is_connect() && tls.is_some() {
        (Kind::Tls, Delivery::Terminal, format!("no secure connection to `{host}`"))
    } else if error.is_dns() {
        (Kind::Connect, Delivery::NotApplied, format!("the host name of `{host}` could not be resolved"))
    } else if error.is_connect() {
        (Kind::Connect, Delivery::NotApplied, format!("no connection to `{host}`"))
    } else if error.is_timeout() {
        (Kind::Timeout, Delivery::MaybeApplied, format!("`{host}` did not respond within {timeout:?}"))
    } else {
        (
            Kind::Connect,
            Delivery::MaybeApplied,
            format!("the connection to `{host}` broke before the response was complete"),
        )
    };
    let hint = wrong_scheme(&error, url);
    let mut error = Error::from_context(kind, context.clone(), failure).with_source(error);
    if let Some(hint) = hint {
        error = error.with_hint(hint);
    }
    Failure { error, delivery, wait: None, sent: None }
}

/// The alert by which a server refuses a client: for its certificate, or for want of one.
fn refusal(error: &rustls::Error) -> Option<AlertDescription> {
    use AlertDescription as Alert;
    match error {
        rustls::Error::AlertReceived(
            alert @ (Alert::AccessDenied
            | Alert::BadCertificate
            | Alert::CertificateExpired
            | Alert::CertificateRequired
            | Alert::CertificateRevoked
            | Alert::CertificateUnknown
            | Alert::DecryptError
            | Alert::HandshakeFailure
            | Alert::UnknownCA
            | Alert::UnsupportedCertificate),
        ) => Some(*alert),
        _ => None,
    }
}

/// What to change if one side speaks TLS and the other does not.
fn wrong_scheme(error: &reqwest::Error, url: &Url) -> Option<String> {
    let host = redact::authority(url);
    if url.scheme() == "http" {
        // The first bytes are a TLS alert.
        source_of::<hyper::Error>(error).filter(|error| error.is_parse()).map(|_| speaks_tls(&host))
    } else {
        source_of::<rustls::Error>(error).filter(|error| matches!(error, rustls::Error::InvalidMessage(_))).map(|_| {
            format!("`{host}` does not speak TLS. If it serves plain HTTP, such as a sandbox, write `http://{host}`.")
        })
    }
}

fn speaks_tls(host: &str) -> String {
    format!("`{host}` does not speak plain HTTP, and probably TLS: write `https://{host}`.")
}

/// Whether a response is that of a TLS port to plain HTTP, as nginx, Go and Apache send it.
fn asks_for_tls(status: StatusCode, body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&body[..body.len().min(1000)]);
    let known = ["request was sent to HTTPS port", "HTTP request to an HTTPS server", "plain HTTP to an SSL-enabled"];
    status == StatusCode::BAD_REQUEST && known.iter().any(|words| text.contains(words))
}

/// The error of this type behind another one.
fn source_of<'e, E: StdError + 'static>(error: &'e (dyn StdError + 'static)) -> Option<&'e E> {
    // An I/O error hides what it wraps from `source`.
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    let inner = wrapped.map(|inner| inner as &(dyn StdError + 'static)).or_else(|| error.source());
    error.downcast_ref().or_else(|| inner.and_then(source_of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handshake_failure_is_found_inside_an_io_error() {
        let tls = io::Error::other(io::Error::other(rustls::Error::HandshakeNotComplete));
        assert!(source_of::<rustls::Error>(&tls).is_some());
        let refused = io::Error::other(io::Error::from(io::ErrorKind::ConnectionRefused));
        assert!(source_of::<rustls::Error>(&refused).is_none());
    }
}
