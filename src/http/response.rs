//! A response, as the transport reads it and as a vendor's client receives it.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use super::envelope::Envelope;
use super::error::{Context, Error, Kind};
use super::overrides::CallOverride;
use super::{clock, decode, vendor_error};
use crate::recording::Recorded;
use crate::secret::redact;

/// Where vendors and the proxies before them put the id of a request, most specific first.
const REQUEST_ID_HEADERS: [&str; 5] = ["x-request-id", "request-id", "x-correlation-id", "x-amzn-requestid", "cf-ray"];

/// A 2xx response as it was received; only its headers are expensive to clone.
#[derive(Clone)]
pub(super) struct RawResponse {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// The line of this exchange, if the run is recorded.
    pub(super) recorded: Option<Recorded>,
}

/// A 2xx response with its whole body.
pub struct Response {
    raw: RawResponse,
    /// The body, if it was parsed already.
    parsed: Option<Value>,
    overrides: Option<Arc<CallOverride>>,
    pub(super) context: Context,
}

impl Response {
    /// The response to a read, whose body is parsed by whoever reads it.
    pub(super) fn unparsed(raw: RawResponse, context: Context, overrides: Option<Arc<CallOverride>>) -> Self {
        Self { raw, parsed: None, overrides, context }
    }

    /// The response to a write, whose body must be an API's whether anybody reads it or not: a portal that responds in the
    /// vendor's place has applied nothing. An empty body and plain text are an API's, a web page and broken JSON are not.
    pub(super) fn checked(
        raw: RawResponse,
        context: Context,
        overrides: Option<Arc<CallOverride>>,
    ) -> Result<Self, Error> {
        let content_type = raw.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let claims = content_type.contains("json") || vendor_error::is_html(&raw.headers, &raw.body);
        let mut response = Self::unparsed(raw, context, overrides);
        if claims && !response.raw.body.is_empty() {
            response.parsed = Some(response.json()?);
        }
        Ok(response)
    }

    /// The status, which is 2xx.
    pub fn status(&self) -> StatusCode {
        self.raw.status
    }

    /// A header's value, where it is text; the name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.raw.headers.get(name)?.to_str().ok()
    }

    /// Records what the encrypted body contains, if the run is recorded.
    pub fn record_decrypted(&self, plain: &str) {
        if let Some(recorded) = &self.raw.recorded {
            recorded.decrypted(plain);
        }
    }

    /// The body as it was received.
    pub fn bytes(&self) -> &Bytes {
        &self.raw.body
    }

    /// The body as text; bytes that are not UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.raw.body).into_owned()
    }

    /// The body as JSON of the given shape; the error ([`Kind::Decode`]) names the field and shows no value.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let result = match (&self.parsed, self.envelope()) {
            (Some(value), _) => decode::from_value(value),
            (None, Some(envelope)) => {
                decode::from_json(&self.raw.body).and_then(|body| decode::from_value(&envelope.restore::<Value>(&body)))
            }
            (None, None) => decode::from_json(&self.raw.body),
        };
        result.map_err(|problem| {
            let RawResponse { status, headers, body, .. } = &self.raw;
            if body.is_empty() {
                self.error(format!("the response {status} has no body where JSON is expected"))
            } else if vendor_error::is_html(headers, body) {
                self.error("the response is a web page where JSON is expected")
                    .with_hint("A proxy's or a portal's page often looks like this.")
            } else if serde_json::from_slice::<IgnoredAny>(body).is_ok() {
                self.other_form(problem)
            } else {
                self.error(problem)
            }
        })
    }

    /// Whether the body is a JSON array.
    pub fn is_array(&self) -> bool {
        match (&self.parsed, self.envelope()) {
            (Some(value), _) => value.is_array(),
            (None, Some(envelope)) => {
                decode::from_json(&self.raw.body).is_ok_and(|body| envelope.restore::<Value>(&body).is_array())
            }
            (None, None) => self.raw.body.trim_ascii_start().starts_with(b"["),
        }
    }

    fn envelope(&self) -> Option<&Envelope> {
        self.overrides.as_ref()?.envelope.as_ref()
    }

    /// An error about this response that the vendor's client found, such as a member that contradicts another
    /// ([`Kind::Decode`]). `failure` is the end of a sentence and may not contain a secret.
    pub fn error(&self, failure: impl Into<String>) -> Error {
        let mut error = Error::from_context(Kind::Decode, self.context.clone(), failure);
        add_response_details(&mut error, self.raw.status, &self.raw.headers);
        error
    }

    /// The same for JSON of another form than the client expects.
    pub fn other_form(&self, failure: impl Into<String>) -> Error {
        let mut error = self.error(failure);
        error.inner_mut().about_form = true;
        error
    }
}

/// Records in an error what every response has, whatever its body is.
pub(super) fn add_response_details(error: &mut Error, status: StatusCode, headers: &HeaderMap) {
    let inner = error.inner_mut();
    inner.status = Some(status);
    inner.clock_skew = clock::clock_skew(headers);
    inner.request_id = REQUEST_ID_HEADERS
        .iter()
        .find_map(|name| clock::text(headers, &HeaderName::from_static(name)))
        .map(|id| redact(id).chars().take(100).collect());
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("context", &self.context)
            .field("status", &self.raw.status)
            .field("bytes", &self.raw.body.len())
            .finish_non_exhaustive()
    }
}
