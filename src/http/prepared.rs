//! One attempt at a request, which an authenticator completes and the transport sends.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::Value;
use url::Url;

use super::overrides::CallOverride;
use super::redact;

/// One attempt at a request, before it is sent.
#[derive(Clone)]
pub struct PreparedRequest {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
    pub(super) extension: Option<Arc<dyn Any + Send + Sync>>,
    /// The path of the URL, with `{}` for each value.
    pub(super) route: Arc<str>,
    /// The documented method and path in the same form, if a setting names another route.
    pub(super) documented: Option<Arc<str>>,
    /// What is different at this call.
    pub(super) overrides: Option<Arc<CallOverride>>,
    /// The JSON body before an authenticator replaced it.
    pub(super) plain: Option<Value>,
}

/// The body of a request.
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

    /// Replaces the body, for example by its encrypted form.
    pub fn set_json(&mut self, value: Value) {
        if let Body::Json(plain) = std::mem::replace(&mut self.body, Body::Json(value)) {
            self.plain.get_or_insert(plain);
        }
    }

    /// The value of this type that the vendor's client attached with [`Request::extension`](super::Request::extension).
    pub fn extension<T: Any>(&self) -> Option<&T> {
        self.extension.as_deref()?.downcast_ref()
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
