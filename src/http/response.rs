//! A successful answer.

use std::fmt;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde::de::{DeserializeOwned, IgnoredAny};

use super::error::{Context, Error, Kind};
use super::{decode, transport, vendor_error};

/// An answer as it came, cheap to clone but for its headers.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// A 2xx answer, read to its end.
pub struct Response {
    pub(super) answer: Answer,
    pub(super) context: Context,
}

impl Response {
    /// The status, which is 2xx.
    pub fn status(&self) -> StatusCode {
        self.answer.status
    }

    /// A header's value, where it is text; the name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.answer.headers.get(name)?.to_str().ok()
    }

    /// The body as it came.
    pub fn bytes(&self) -> &Bytes {
        &self.answer.body
    }

    /// The body as text; bytes that are not UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.answer.body).into_owned()
    }

    /// The body as JSON of the given shape; the error ([`Kind::Decode`]) names the field and shows no value.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        decode::from_json(&self.answer.body).map_err(|problem| {
            let Answer { status, headers, body } = &self.answer;
            if body.is_empty() {
                self.error(format!("the answer {status} has no body where JSON is expected"))
            } else if vendor_error::is_html(headers, body) {
                self.error("the answer is a web page where JSON is expected")
                    .with_hint("A proxy's or a portal's page often looks like this.")
            } else {
                self.error(problem)
            }
        })
    }

    /// Whether the answer is of the form of an API's: a web page is not, nor JSON that is none. Empty ones are, and text.
    pub(super) fn check_form(&self) -> Result<(), Error> {
        let Answer { headers, body, .. } = &self.answer;
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let claims = content_type.contains("json") || vendor_error::is_html(headers, body);
        if body.is_empty() || !claims { Ok(()) } else { self.json::<IgnoredAny>().map(drop) }
    }

    /// A failure about this answer that the vendor's client found, such as a member that contradicts another
    /// ([`Kind::Decode`]). `failure` is the end of a sentence and may not contain a secret.
    pub fn error(&self, failure: impl Into<String>) -> Error {
        let mut error = Error::from_context(Kind::Decode, self.context.clone(), failure);
        transport::add_answer_facts(&mut error, self.answer.status, &self.answer.headers);
        error
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("context", &self.context)
            .field("status", &self.answer.status)
            .field("bytes", &self.answer.body.len())
            .finish_non_exhaustive()
    }
}
