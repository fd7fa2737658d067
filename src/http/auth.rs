//! What goes on a request so that the vendor answers it, and the two simplest ways: nothing, and one fixed header.
//!
//! A vendor with a scheme of its own (encrypted headers, encrypted bodies) implements [`Authenticate`] beside its client.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::error::{Error, Kind};
use super::redact;

/// Puts credentials on requests, and renews them when the vendor refuses a request.
///
/// It is split in two because a request waits for its turn in between: what needs the network happens in `prepare`, where
/// waiting holds nobody up, and what must be fresh (a time stamp, a nonce) happens in `apply`, just before the request
/// leaves.
#[async_trait]
pub trait Authenticate: Send + Sync {
    /// Makes sure that credentials are at hand, as by asking for a token. Called before every attempt.
    async fn prepare(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Puts the credentials on one attempt; may replace its headers and its JSON body, which are the originals each time.
    fn apply(&self, request: &mut PreparedRequest) -> Result<(), Error>;

    /// Called at most once per request, after a 400, 401 or 403, with the request as it was sent.
    ///
    /// `true` means that the credentials differ from those in `refused`, and the request is sent once more. That is safe
    /// for a write too, since the vendor refused the first one.
    async fn renew(&self, refused: &PreparedRequest, error: &Error) -> Result<bool, Error> {
        let _ = (refused, error);
        Ok(false)
    }
}

/// One attempt at a request, before it is sent.
#[derive(Clone)]
pub struct PreparedRequest {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
    pub(super) note: Option<Arc<dyn Any + Send + Sync>>,
}

/// What a request carries.
#[derive(Clone)]
pub(super) enum Body {
    None,
    Json(Value),
    Form(String),
}

impl PreparedRequest {
    /// The method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The URL on the wire.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The headers so far.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The headers, to add to or to replace.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    /// The JSON body, if there is one.
    pub fn json(&self) -> Option<&Value> {
        match &self.body {
            Body::Json(value) => Some(value),
            Body::None | Body::Form(_) => None,
        }
    }

    /// Replaces the body, as by its encrypted form.
    pub fn set_json(&mut self, value: Value) {
        self.body = Body::Json(value);
    }

    /// What the vendor's client told its authenticator about this request, by [`Request::note`](super::Request::note).
    pub fn note<T: Any>(&self) -> Option<&T> {
        self.note.as_deref()?.downcast_ref()
    }
}

impl fmt::Debug for PreparedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedRequest")
            .field("method", &self.method)
            .field("headers", &redact::headers(&self.headers))
            .finish_non_exhaustive()
    }
}

/// Sends requests as they are, for an API or an endpoint without authentication.
#[derive(Debug, Clone, Copy)]
pub struct Anonymous;

impl Authenticate for Anonymous {
    fn apply(&self, _request: &mut PreparedRequest) -> Result<(), Error> {
        Ok(())
    }
}

/// The same header on every request: an API key.
pub struct StaticHeader {
    name: HeaderName,
    value: HeaderValue,
}

impl StaticHeader {
    /// `Authorization: Bearer <key>`.
    pub fn bearer(vendor: &'static str, key: &SecretString) -> Result<Self, Error> {
        Ok(Self {
            name: AUTHORIZATION,
            value: secret_value(vendor, "the API key", &format!("Bearer {}", key.expose_secret()))?,
        })
    }

    /// A header of the vendor's own, such as `x-api-key`.
    pub fn new(vendor: &'static str, name: HeaderName, key: &SecretString) -> Result<Self, Error> {
        Ok(Self { name, value: secret_value(vendor, "the API key", key.expose_secret())? })
    }
}

impl Authenticate for StaticHeader {
    fn apply(&self, request: &mut PreparedRequest) -> Result<(), Error> {
        request.headers.insert(self.name.clone(), self.value.clone());
        Ok(())
    }
}

/// A header value that no log of the HTTP library shows; `what` names it where it has a character that a header cannot
/// carry, which is most often the line break at the end of a file.
pub(super) fn secret_value(vendor: &'static str, what: &str, text: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        Error::new(
            Kind::Request,
            vendor,
            "putting the credentials on the request",
            format!("{what} contains a character that a header cannot carry, such as a line break"),
        )
        .with_hint("If the value was read from a file or a variable, trim it.")
    })?;
    value.set_sensitive(true);
    Ok(value)
}
