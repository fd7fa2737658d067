//! Authentication of requests, and its two simplest forms: none, and one fixed header.
//!
//! A vendor with a scheme of its own (encrypted headers, encrypted bodies) implements [`Authenticate`] beside its client.

use std::sync::OnceLock;

use async_trait::async_trait;
use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};

use super::error::{Error, Kind, Refused};
use super::prepared::PreparedRequest;
use crate::secret::Secret;

/// Adds credentials to requests, and renews them when the vendor rejects a request.
///
/// It has two steps because a request waits for its permit in between: `prepare` may use the network and delays no other
/// request, `apply` adds what must be fresh (a time stamp, a nonce) just before the request is sent.
#[async_trait]
pub trait Authenticate: Send + Sync {
    /// The credential whose requests the vendor counts together. Processes of this machine that have the same share its limits;
    /// by default there is none.
    fn credential(&self) -> Option<Secret> {
        None
    }

    /// Fails if the credentials for this request cannot be used, such as after a [`Refusal`]. Sends nothing.
    fn check(&self, request: &PreparedRequest) -> Result<(), Error> {
        let _ = request;
        Ok(())
    }

    /// Makes sure that there are credentials, for example by requesting a token. Called before every attempt.
    async fn prepare(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Adds the credentials to one attempt. It may replace the headers and the JSON body, which are the originals each time.
    fn apply(&self, request: &mut PreparedRequest) -> Result<(), Error>;

    /// Renews the credentials. Called at most once per request, after a 400, 401 or 403, with the request as it was sent.
    ///
    /// Returns `true` if the credentials differ from those in `refused`; the request is then sent once more. That is safe for
    /// a write too, since the vendor rejected the first attempt.
    async fn renew(&self, refused: &PreparedRequest, error: &Error) -> Result<bool, Error> {
        let _ = (refused, error);
        Ok(false)
    }

    /// Called with each request whose response was a success, which proves its credentials.
    fn accepted(&self, request: &PreparedRequest) {
        let _ = request;
    }
}

/// Whether the vendor refused these credentials in this run, or has no token endpoint for them. They are not sent again: each
/// of a hundred objects would have the same refusal, and some vendors lock a client out after a few.
pub struct Refusal {
    vendor: &'static str,
    known: OnceLock<Refused>,
}

impl Refusal {
    /// Nothing is refused yet.
    pub fn new(vendor: &'static str) -> Self {
        Self { vendor, known: OnceLock::new() }
    }

    /// Fails with a brief error if the credentials were refused before.
    pub fn check(&self) -> Result<(), Error> {
        self.known.get().map_or(Ok(()), |why| Err(Error::refused_before(self.vendor, *why)))
    }

    /// Remembers a refusal. The first caller reports it in full; every other has the brief error in place of its own.
    pub fn record(&self) -> Result<(), Error> {
        self.record_as(Refused::Credentials)
    }

    /// Remembers what every later request would meet too.
    pub(super) fn record_as(&self, why: Refused) -> Result<(), Error> {
        self.known.set(why).or_else(|_| self.check())
    }
}

/// No authentication, for a public API or endpoint.
#[derive(Debug, Clone, Copy)]
pub struct Anonymous;

impl Authenticate for Anonymous {
    fn apply(&self, _request: &mut PreparedRequest) -> Result<(), Error> {
        Ok(())
    }
}

/// A fixed header on every request, such as an API key.
pub struct StaticHeader {
    name: HeaderName,
    value: HeaderValue,
    /// Held also so that the key is redacted from responses.
    key: Secret,
    refusal: Refusal,
}

impl StaticHeader {
    /// `Authorization: Bearer <key>`.
    pub fn bearer(vendor: &'static str, key: &Secret) -> Result<Self, Error> {
        Self::with_value(vendor, AUTHORIZATION, &format!("Bearer {}", key.expose()), key)
    }

    /// A header of the vendor's own, such as `x-api-key`.
    pub fn new(vendor: &'static str, name: HeaderName, key: &Secret) -> Result<Self, Error> {
        Self::with_value(vendor, name, key.expose(), key)
    }

    fn with_value(vendor: &'static str, name: HeaderName, value: &str, key: &Secret) -> Result<Self, Error> {
        let value = secret_value(vendor, "the API key", value)?;
        Ok(Self { name, value, key: key.clone(), refusal: Refusal::new(vendor) })
    }
}

#[async_trait]
impl Authenticate for StaticHeader {
    fn credential(&self) -> Option<Secret> {
        Some(self.key.clone())
    }

    fn check(&self, _: &PreparedRequest) -> Result<(), Error> {
        self.refusal.check()
    }

    fn apply(&self, request: &mut PreparedRequest) -> Result<(), Error> {
        request.headers.insert(self.name.clone(), self.value.clone());
        Ok(())
    }

    /// A 401 means that the key is wrong, which the next request would not change. A 403 may be about one permission.
    async fn renew(&self, _: &PreparedRequest, error: &Error) -> Result<bool, Error> {
        if error.status() == Some(StatusCode::UNAUTHORIZED) {
            self.refusal.record()?;
        }
        Ok(false)
    }
}

/// A header value that the HTTP library does not log. `what` names it in the error for a character that a header cannot
/// carry, most often the line break at the end of a file.
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
