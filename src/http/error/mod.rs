//! The one error of the transport: a coarse kind to branch on, and the facts of what happened to explain it with.
//!
//! It never holds a body, a header or a query value, so it can be shown whole. How it reads is in `explain`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use reqwest::{Method, StatusCode};

use super::vendor_error::FieldError;

mod display;

/// What kind of failure it is, as far as a caller acts differently on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// No connection, or one that broke while a read was answered.
    Connect,
    /// No complete answer within the timeout.
    Timeout,
    /// The TLS handshake failed, as with a certificate that is not trusted.
    Tls,
    /// The credentials were refused: 401, or 400 and 401 of a token endpoint.
    Auth,
    /// The plan or the allowance that the credentials belong to does not cover it: 402.
    Payment,
    /// The credentials are known and do not suffice: 403.
    Forbidden,
    /// There is no such object, or no such route: 404 and 410.
    NotFound,
    /// The object exists already or is in a state that forbids this: 409 and 412.
    Conflict,
    /// The vendor did not accept what was sent: 400, 413 and 422.
    Invalid,
    /// Too many requests, for longer than is waited: 429.
    RateLimited,
    /// The vendor failed: 5xx.
    Server,
    /// A write may have been carried out although no answer confirms it: look before sending it again.
    Unconfirmed,
    /// The answer was a success, and not of the form that is expected; a write has been carried out.
    Decode,
    /// Terraform asked the provider to stop before the request was sent; nothing was carried out.
    Cancelled,
    /// The request could not be made from what was configured or given.
    Request,
    /// Any other answer, such as a redirect.
    Other,
}

impl Kind {
    /// The kind of an answer that is not a success.
    pub(super) fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            400 | 413 | 422 => Self::Invalid,
            401 => Self::Auth,
            402 => Self::Payment,
            403 => Self::Forbidden,
            404 | 410 => Self::NotFound,
            408 => Self::Timeout,
            409 | 412 => Self::Conflict,
            429 => Self::RateLimited,
            500..=599 => Self::Server,
            _ => Self::Other,
        }
    }
}

/// Whose request it was and what it was for; errors and logs are named after it.
#[derive(Debug, Clone)]
pub(super) struct Context {
    pub(super) vendor: &'static str,
    /// A gerund phrase such as `reading the weights`.
    pub(super) operation: String,
    /// Method and URL, the latter as it may be shown.
    pub(super) route: Option<(Method, String)>,
}

impl Context {
    pub(super) fn new(vendor: &'static str, operation: impl Into<String>) -> Self {
        Self { vendor, operation: operation.into(), route: None }
    }
}

/// What is known about a failure.
#[derive(Debug, Clone)]
pub(super) struct ErrorInner {
    pub(super) kind: Kind,
    pub(super) context: Context,
    /// What came back, as the end of a sentence: `the answer was 403 Forbidden`.
    pub(super) failure: String,
    pub(super) status: Option<StatusCode>,
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) fields: Vec<FieldError>,
    pub(super) request_id: Option<String>,
    pub(super) clock_skew: Option<SignedDuration>,
    pub(super) retry_after: Option<Duration>,
    pub(super) attempts: u32,
    pub(super) unconfirmed: bool,
    /// Whether sending the request twice is as sending it once.
    pub(super) repeatable: bool,
    /// Whether it is a request for an access token, which another request needed.
    pub(super) for_token: bool,
    pub(super) needed_for: Option<String>,
    /// What the caller saw when it looked what became of a write, and what to do then.
    pub(super) seen: Option<String>,
    pub(super) hint: Option<String>,
    pub(super) source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// A failed request: what was being done, what came back, whose move it is and the way out.
///
/// `Display` is [`summary`](Error::summary) and [`detail`](Error::detail) together. Neither it nor `Debug` contains a
/// credential, a body or a query value.
#[derive(Clone)]
pub struct Error(Box<ErrorInner>);

impl Error {
    /// A failure that a vendor's own code found, such as a key that cannot encrypt a request.
    ///
    /// `operation` is a gerund phrase, `failure` the end of a sentence; neither may contain a secret.
    pub fn new(kind: Kind, vendor: &'static str, operation: impl Into<String>, failure: impl Into<String>) -> Self {
        Self::from_context(kind, Context::new(vendor, operation), failure)
    }

    pub(super) fn from_context(kind: Kind, context: Context, failure: impl Into<String>) -> Self {
        Self(Box::new(ErrorInner {
            kind,
            context,
            failure: failure.into(),
            status: None,
            code: None,
            message: None,
            fields: Vec::new(),
            request_id: None,
            clock_skew: None,
            retry_after: None,
            attempts: 0,
            unconfirmed: false,
            repeatable: false,
            for_token: false,
            needed_for: None,
            seen: None,
            hint: None,
            source: None,
        }))
    }

    /// Adds the way out that only the caller knows, such as the attribute to check; later hints follow earlier ones.
    #[must_use]
    pub fn with_hint(mut self, hint: impl AsRef<str>) -> Self {
        let hint = hint.as_ref();
        self.0.hint = Some(self.0.hint.take().map_or_else(|| hint.to_owned(), |earlier| format!("{earlier}\n{hint}")));
        self
    }

    /// The same for a caller that has looked what became of a write without a clear answer: says what it saw and what to do,
    /// in place of the advice to look.
    #[must_use]
    pub fn with_observation(mut self, seen: impl AsRef<str>) -> Self {
        self.0.seen = Some(seen.as_ref().to_owned());
        self
    }

    /// Says that this was asked on the way to another request, which was not sent; `operation` is what that was for.
    #[must_use]
    pub fn needed_for_operation(mut self, operation: &str) -> Self {
        self.0.needed_for.get_or_insert_with(|| operation.to_owned());
        self
    }

    /// Gives the failure another kind, where a vendor means something else by a status than HTTP does.
    #[must_use]
    pub fn with_kind(mut self, kind: Kind) -> Self {
        self.0.kind = kind;
        self
    }

    /// Keeps the failure underneath; its text is shown, so it may not contain a secret.
    #[must_use]
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    pub(super) fn inner(&self) -> &ErrorInner {
        &self.0
    }

    pub(super) fn inner_mut(&mut self) -> &mut ErrorInner {
        &mut self.0
    }

    /// The kind to branch on.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The vendor's name.
    pub fn vendor(&self) -> &'static str {
        self.0.context.vendor
    }

    /// What was being done, as a gerund phrase.
    pub fn operation(&self) -> &str {
        &self.0.context.operation
    }

    /// The method, if a request had been formed.
    pub fn method(&self) -> Option<&Method> {
        self.0.context.route.as_ref().map(|(method, _)| method)
    }

    /// The URL without user information and without query values, if a request had been formed.
    pub fn url(&self) -> Option<&str> {
        self.0.context.route.as_ref().map(|(_, url)| url.as_str())
    }

    /// The status of the last answer, if one came.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The vendor's code for the error.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The vendor's sentence, in one line of at most about 500 characters.
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// What the vendor says about single members of the body that it was sent.
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }

    /// The id under which the vendor can find the request.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How far this machine's clock is ahead of the vendor's `Date` header; negative if it is behind.
    pub fn clock_skew(&self) -> Option<SignedDuration> {
        self.0.clock_skew
    }

    /// How long the vendor asked to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How often the request was begun.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether the object or the route does not exist. An address that gives out no tokens says nothing about either.
    pub fn is_not_found(&self) -> bool {
        self.kind() == Kind::NotFound && !self.is_before_the_request()
    }

    /// Whether the provider was asked to stop before the request was sent.
    pub fn is_cancelled(&self) -> bool {
        self.kind() == Kind::Cancelled
    }

    /// Whether a write may have been carried out although it failed, in this attempt or an earlier one. One whose answer
    /// cannot be read was.
    pub fn may_have_applied(&self) -> bool {
        self.0.unconfirmed || (self.kind() == Kind::Decode && !self.is_before_the_request())
    }

    /// Whether it is the answer to what was asked on the way, such as an access token, and the request itself was not sent.
    fn is_before_the_request(&self) -> bool {
        self.0.needed_for.is_some()
    }

    /// Whether an access token was asked for, the address of which may be another than that of the API.
    pub fn is_token_request(&self) -> bool {
        self.0.for_token
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.summary(), self.detail())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}
