//! The error of the transport: a coarse kind to branch on, and the details of the failure.
//!
//! It never holds a body, a header or a query value, so it can be shown whole. Each text in it is searched for secrets when
//! it is added, while whoever sent them still holds them. Its text is made in `display`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use reqwest::{Method, StatusCode};

use super::vendor_error::FieldError;
use crate::secret::redact;

mod display;

/// The kind of a failure, as far as a caller acts differently on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// No connection, or one that broke during the response to a read.
    Connect,
    /// No complete response within the timeout.
    Timeout,
    /// The TLS handshake failed, as with a certificate that is not trusted.
    Tls,
    /// The credentials were rejected: 401, or 400 and 401 of a token endpoint.
    Auth,
    /// The customer's plan does not include the call, or its quota is used up: 402.
    Payment,
    /// The credentials lack a permission: 403.
    Forbidden,
    /// There is no such object, or no such route: 404 and 410.
    NotFound,
    /// The object exists already or is in a state that forbids this: 409 and 412.
    Conflict,
    /// The vendor rejected the request: 400, 413 and 422.
    Invalid,
    /// Too many requests, for longer than the longest wait: 429.
    RateLimited,
    /// The vendor failed: 5xx.
    Server,
    /// A write may have been applied although no response confirms it: check before sending it again.
    Unconfirmed,
    /// The response was a success with a body that could not be read; a write has been applied.
    Decode,
    /// Terraform asked the provider to stop before the request was sent; nothing was applied.
    Cancelled,
    /// The request could not be built from the configuration or the arguments.
    Request,
    /// Any other response, such as a redirect.
    Other,
}

impl Kind {
    /// The kind for a response that is not a success.
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

/// The vendor and the operation of a request, which errors and logs name.
#[derive(Debug, Clone)]
pub(super) struct Context {
    pub(super) vendor: &'static str,
    /// A gerund phrase such as `reading the weights`.
    pub(super) operation: String,
    /// Method and URL, without what may not be shown.
    pub(super) route: Option<(Method, String)>,
}

impl Context {
    pub(super) fn new(vendor: &'static str, operation: impl Into<String>) -> Self {
        Self { vendor, operation: operation.into(), route: None }
    }

    /// What the request does, without the name of an object: requests of a kind take turns with those of others.
    pub(super) fn kind(&self) -> &str {
        self.operation.split(['`', '"']).next().unwrap_or(&self.operation).trim_end()
    }
}

/// The details of a failure.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own, and any of them may be true")]
pub(super) struct ErrorInner {
    pub(super) kind: Kind,
    pub(super) context: Context,
    /// What came back, as the end of a sentence: `the response was 403 Forbidden`.
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
    /// Whether a 404 is none of the vendor's own errors, so that it says nothing about an object.
    pub(super) about_route: bool,
    /// Whether the response is JSON of another form than the client expects.
    pub(super) about_form: bool,
    /// Whether the request may be sent twice without harm.
    pub(super) repeatable: bool,
    /// Whether the request was for an access token that another request needed.
    pub(super) for_token: bool,
    pub(super) needed_for: Option<String>,
    /// Why nothing was sent, where that is known from an earlier request of the run.
    pub(super) refused_before: Option<Refused>,
    /// Whether an earlier error of the run describes the cause, such as refused credentials. This one then is brief.
    pub(super) is_brief: bool,
    /// What the caller observed when it checked whether a write was applied, and what to do.
    pub(super) seen: Option<String>,
    pub(super) hint: Option<String>,
    pub(super) source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// What makes every later request of a run fail like one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The vendor refuses the credentials.
    Credentials,
    /// There is no token endpoint at the token URL.
    TokenUrl,
}

/// A failed request: the operation, what came back, and what to do.
///
/// `Display` is [`summary`](Error::summary) and [`detail`](Error::detail) together. Neither it nor `Debug` contains a
/// credential, a body or a query value.
#[derive(Clone)]
pub struct Error(Box<ErrorInner>);

impl Error {
    /// An error that a vendor's client found, such as a key that cannot encrypt a request.
    ///
    /// `operation` is a gerund phrase, `failure` the end of a sentence; neither may contain a secret.
    pub fn new(kind: Kind, vendor: &'static str, operation: impl Into<String>, failure: impl Into<String>) -> Self {
        Self::from_context(kind, Context::new(vendor, operation), failure)
    }

    pub(super) fn from_context(kind: Kind, context: Context, failure: impl Into<String>) -> Self {
        Self(Box::new(ErrorInner {
            kind,
            context,
            failure: redact(&failure.into()).into_owned(),
            status: None,
            code: None,
            message: None,
            fields: Vec::new(),
            request_id: None,
            clock_skew: None,
            retry_after: None,
            attempts: 0,
            unconfirmed: false,
            about_route: false,
            about_form: false,
            repeatable: false,
            for_token: false,
            needed_for: None,
            refused_before: None,
            is_brief: false,
            seen: None,
            hint: None,
            source: None,
        }))
    }

    /// The brief error of a request that was not sent, because signing in failed before in this run. The sender adds the
    /// operation.
    pub(super) fn refused_before(vendor: &'static str, why: Refused) -> Self {
        let failure = match why {
            Refused::Credentials => "the credentials were refused before in this run",
            Refused::TokenUrl => "there was no token endpoint before in this run",
        };
        let mut error = Self::new(Kind::Auth, vendor, "signing in", failure);
        error.0.refused_before = Some(why);
        error.0.is_brief = true;
        error
    }

    /// The brief form of an error whose cause an earlier error of the run describes.
    pub(super) fn into_brief(mut self) -> Self {
        let inner = &mut *self.0;
        (inner.hint, inner.source, inner.context.route, inner.is_brief) = (None, None, None, true);
        self
    }

    /// Whether an earlier error of the run describes the cause.
    pub(super) fn is_brief(&self) -> bool {
        self.0.is_brief
    }

    /// Adds advice that only the caller knows, such as the attribute to check; later hints follow earlier ones.
    #[must_use]
    pub fn with_hint(mut self, hint: impl AsRef<str>) -> Self {
        if self.0.is_brief {
            // The error that describes the cause has the advice.
            return self;
        }
        let hint = redact(hint.as_ref());
        self.0.hint = Some(self.0.hint.take().map_or_else(|| hint.to_string(), |earlier| format!("{earlier}\n{hint}")));
        self
    }

    /// Adds what the caller observed when it checked whether a write was applied, and what to do. It replaces the advice to
    /// check.
    #[must_use]
    pub fn with_observation(mut self, seen: impl AsRef<str>) -> Self {
        self.0.seen = Some(redact(seen.as_ref()).into_owned());
        self
    }

    /// Marks the failed request as one that another request needed, which was not sent; `operation` is that of the other one.
    #[must_use]
    pub fn needed_for_operation(mut self, operation: &str) -> Self {
        self.0.needed_for.get_or_insert_with(|| operation.to_owned());
        self
    }

    /// The error of what a request needed, such as a token, for the request itself.
    pub(super) fn needed_for(self, context: &Context) -> Self {
        let mut error = self.needed_for_operation(&context.operation);
        if error.0.is_brief {
            // No other request failed: this one was not sent.
            error.0.context.operation.clone_from(&context.operation);
        }
        error
    }

    /// Replaces the kind, for a vendor that uses a status differently from HTTP.
    #[must_use]
    pub fn with_kind(mut self, kind: Kind) -> Self {
        self.0.kind = kind;
        self
    }

    /// Sets the source error, whose text is shown.
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

    /// The operation, as a gerund phrase.
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

    /// The status of the last response, if there was one.
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The vendor's code for the error.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The vendor's message, in one line of at most about 500 characters.
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// The vendor's messages about single fields of the request body.
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

    /// The wait that the vendor requested.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How many attempts were made.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Whether the vendor says that the object does not exist. A 404 of a gateway and a missing token endpoint do not say so.
    pub fn is_not_found(&self) -> bool {
        self.is_404() && !self.0.about_route
    }

    /// Whether nothing serves the route: the 404 is none of the vendor's own errors.
    pub fn is_wrong_route(&self) -> bool {
        self.is_404() && self.0.about_route
    }

    /// Whether the response is JSON of another form than the client expects.
    pub fn is_other_form(&self) -> bool {
        self.0.about_form
    }

    fn is_404(&self) -> bool {
        self.kind() == Kind::NotFound && !self.is_before_the_request()
    }

    /// Whether the provider was asked to stop before the request was sent.
    pub fn is_cancelled(&self) -> bool {
        self.kind() == Kind::Cancelled
    }

    /// Whether a write may have been applied although it failed, in this attempt or an earlier one. A write whose response
    /// cannot be read was applied.
    pub fn may_have_applied(&self) -> bool {
        self.0.unconfirmed || (self.kind() == Kind::Decode && !self.is_before_the_request())
    }

    /// Whether the failed request was one that another needed, such as for an access token, and the other was not sent.
    fn is_before_the_request(&self) -> bool {
        self.0.needed_for.is_some()
    }

    /// Whether the failed request was for an access token, whose address may differ from that of the API.
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
