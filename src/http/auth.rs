//! Authentication of requests, and its two simplest forms: none, and one fixed header.
//!
//! A vendor with a scheme of its own (encrypted headers, encrypted bodies) implements [`Authenticate`] beside its client.

use async_trait::async_trait;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};

use super::error::{Error, Kind};
use super::prepared::PreparedRequest;
use crate::secret::Secret;

/// Adds credentials to requests, and renews them when the vendor rejects a request.
///
/// It has two steps because a request waits for its permit in between: `prepare` may use the network and delays no other
/// request, `apply` adds what must be fresh (a time stamp, a nonce) just before the request is sent.
#[async_trait]
pub trait Authenticate: Send + Sync {
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
    /// Held, so that the key is redacted from responses.
    _key: Secret,
}

impl StaticHeader {
    /// `Authorization: Bearer <key>`.
    pub fn bearer(vendor: &'static str, key: &Secret) -> Result<Self, Error> {
        Ok(Self {
            name: AUTHORIZATION,
            value: secret_value(vendor, "the API key", &format!("Bearer {}", key.expose()))?,
            _key: key.clone(),
        })
    }

    /// A header of the vendor's own, such as `x-api-key`.
    pub fn new(vendor: &'static str, name: HeaderName, key: &Secret) -> Result<Self, Error> {
        Ok(Self { name, value: secret_value(vendor, "the API key", key.expose())?, _key: key.clone() })
    }
}

impl Authenticate for StaticHeader {
    fn apply(&self, request: &mut PreparedRequest) -> Result<(), Error> {
        request.headers.insert(self.name.clone(), self.value.clone());
        Ok(())
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
