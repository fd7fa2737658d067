//! One exchange on the wire: sends a request, reads the answer, and says what a failure means.
//!
//! Redirects are not followed: a vendor's own headers, and encrypted bodies, would follow to wherever the answer points.

use std::error::Error as StdError;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use url::{Host, Url};

use super::auth::{Body, PreparedRequest};
use super::error::{Context, Error, Kind};
use super::response::Answer;
use super::retry::{Delivery, Failure, named_wait};
use super::settings::Settings;
use super::{clock, redact, vendor_error};

/// The largest answer that is read: 32 MiB, far above any page of a list.
pub(super) const MAX_ANSWER: usize = 32 * 1024 * 1024;

/// How long connecting may take, if the timeout is not shorter.
const MAX_CONNECT: Duration = Duration::from_secs(10);

/// Where vendors and the proxies before them put the id of a request, most specific first.
const REQUEST_ID_HEADERS: [&str; 5] = ["x-request-id", "request-id", "x-correlation-id", "x-amzn-requestid", "cf-ray"];

/// The pools of connections, built when they are first needed because that reads the machine's certificates.
#[derive(Clone, Default)]
pub(super) struct Transport {
    remote: Arc<OnceLock<Client>>,
    local: Arc<OnceLock<Client>>,
}

impl Transport {
    /// Sends the request once and reads the whole answer; an answer that is not 2xx is a failure.
    pub(super) async fn exchange(
        &self,
        request: &PreparedRequest,
        settings: &Settings,
        context: &Context,
    ) -> Result<Answer, Failure> {
        let client = self.client(&request.url, settings, context)?;
        let failed = |error: reqwest::Error| sending_failed(error, &request.url, settings.timeout, context);
        let mut response = client.execute(to_wire(request, settings.timeout)).await.map_err(failed)?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let body = read(&mut response, MAX_ANSWER).await;
        if !status.is_success() {
            // The status says more than why the explanation is incomplete.
            let body = body.unwrap_or_default();
            return Err(refused(status, &headers, &body, settings, context));
        }
        match body {
            Ok(body) => Ok(Answer { status, headers, body }),
            Err(Unread::Broken(error)) => {
                let mut failure = failed(error);
                add_answer_facts(&mut failure.error, status, &headers);
                Err(failure)
            }
            Err(Unread::TooLarge) => {
                let failure = format!("the answer is larger than {} MiB", MAX_ANSWER / 1024 / 1024);
                let mut error = Error::from_context(Kind::Decode, context.clone(), failure);
                add_answer_facts(&mut error, status, &headers);
                Err(Failure::last(error))
            }
        }
    }

    fn client(&self, url: &Url, settings: &Settings, context: &Context) -> Result<Client, Failure> {
        let local = is_local(url);
        let pool = if local { &self.local } else { &self.remote };
        if let Some(client) = pool.get() {
            return Ok(client.clone());
        }
        let builder = Client::builder().redirect(Policy::none()).connect_timeout(settings.timeout.min(MAX_CONNECT));
        // Plain HTTP on this machine needs neither a proxy nor certificates, which a small container may lack.
        let builder = if local { builder.no_proxy().tls_certs_only([]) } else { builder };
        let client = builder.build().map_err(|error| {
            let failure = "the HTTPS client could not be set up";
            Failure::last(Error::from_context(Kind::Tls, context.clone(), failure).with_source(error))
        })?;
        Ok(pool.get_or_init(|| client).clone())
    }
}

/// Plain HTTP to this machine: a sandbox, a test, a forwarded port.
pub(super) fn is_local(url: &Url) -> bool {
    url.scheme() == "http"
        && match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
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

/// Why a body is not there.
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

/// An answer that is not a success.
fn refused(status: StatusCode, headers: &HeaderMap, body: &[u8], settings: &Settings, context: &Context) -> Failure {
    let wait = named_wait(status, headers);
    let words = vendor_error::read(settings.parse_error, status, headers, body);
    let mut error = Error::from_context(Kind::of_status(status), context.clone(), format!("the answer was {status}"));
    add_answer_facts(&mut error, status, headers);
    let facts = error.facts_mut();
    facts.code = words.code;
    facts.message = words.message;
    facts.fields = words.fields;
    facts.retry_after = wait;
    if let (true, Some(target)) = (status.is_redirection(), clock::text(headers, &LOCATION)) {
        let target = Url::parse(target).map_or_else(|_| "another path".to_owned(), |url| redact::url(&url));
        error = error
            .with_hint(format!("It points to `{target}`, which is not followed. Correct the base URL or the path."));
    }
    Failure { error, delivery: Delivery::of_status(status, wait.is_some()), wait, sent: None }
}

/// What every answer says about itself, whatever became of its body.
pub(super) fn add_answer_facts(error: &mut Error, status: StatusCode, headers: &HeaderMap) {
    let facts = error.facts_mut();
    facts.status = Some(status);
    facts.clock_skew = clock::clock_skew(headers);
    facts.request_id = REQUEST_ID_HEADERS
        .iter()
        .find_map(|name| clock::text(headers, &HeaderName::from_static(name)))
        .map(|id| id.chars().take(100).collect());
}

/// No answer, or half of one.
fn sending_failed(error: reqwest::Error, url: &Url, timeout: Duration, context: &Context) -> Failure {
    // The URL is in the context, without what may not be shown.
    let error = error.without_url();
    let host = redact::authority(url);
    let (kind, delivery, failure) = if error.is_builder() {
        (Kind::Request, Delivery::Terminal, "the request could not be built".to_owned())
    } else if error.is_connect() && mentions_tls(&error) {
        (Kind::Tls, Delivery::Terminal, format!("no secure connection to `{host}`"))
    } else if error.is_dns() {
        (Kind::Connect, Delivery::NotApplied, format!("the host name of `{host}` could not be resolved"))
    } else if error.is_connect() {
        (Kind::Connect, Delivery::NotApplied, format!("no connection to `{host}`"))
    } else if error.is_timeout() {
        (Kind::Timeout, Delivery::MaybeApplied, format!("`{host}` did not answer within {timeout:?}"))
    } else {
        (
            Kind::Connect,
            Delivery::MaybeApplied,
            format!("the connection to `{host}` broke before the answer was complete"),
        )
    };
    let error = Error::from_context(kind, context.clone(), failure).with_source(error);
    Failure { error, delivery, wait: None, sent: None }
}

/// Whether the handshake failed, rather than the connection below it.
fn mentions_tls(error: &(dyn StdError + 'static)) -> bool {
    // An I/O error hides what it wraps from `source`.
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    let inner = wrapped.map(|inner| inner as &(dyn StdError + 'static)).or_else(|| error.source());
    error.is::<rustls::Error>() || inner.is_some_and(mentions_tls)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_http_to_this_machine_is_local() {
        for (url, expected) in [
            ("http://127.0.0.1:8080/x", true),
            ("http://localhost", true),
            ("http://[::1]:80", true),
            ("https://127.0.0.1", false),
            ("http://localhost.example.test", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(is_local(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }

    #[test]
    fn a_handshake_failure_is_found_inside_an_io_error() {
        assert!(mentions_tls(&io::Error::other(io::Error::other(rustls::Error::HandshakeNotComplete))));
        assert!(!mentions_tls(&io::Error::other(io::Error::from(io::ErrorKind::ConnectionRefused))));
    }
}
