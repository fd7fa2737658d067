//! What was recorded of a call, and responses in its form.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{
        Extensions, HeaderName, HeaderValue, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
    response::Response,
};
use serde_json::Value;

use super::fit::{fit, made_up};
use super::recording::Exchange;

/// The largest response of a stand-in.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// What was recorded of one call.
#[derive(Debug, Default)]
pub(super) struct Call {
    /// The success with the largest body, and the largest error.
    pub(super) success: Option<Arc<Exchange>>,
    error: Option<Arc<Exchange>>,
    /// The response about an object that does not exist.
    absent: Option<Arc<Exchange>>,
    /// The most elements that a page had, if that was less than what the request asked for and the list had more.
    pub(super) page_cap: Option<usize>,
}

/// The recorded form of the response to a request, for a stand-in that encrypts responses: what is encrypted has no form.
#[derive(Clone, Default)]
pub struct ResponseForm(Option<Arc<Exchange>>);

impl ResponseForm {
    /// The form for a request with these extensions.
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get().cloned().unwrap_or_default()
    }

    /// Whether the recorded response was encrypted; `None` if there is none.
    pub fn is_encrypted(&self) -> Option<bool> {
        self.0.as_ref().map(|recorded| recorded.encrypted_response)
    }

    /// The content in the recorded form, before it is encrypted.
    pub fn fit(&self, content: Value) -> Value {
        let recorded = self.0.as_ref().filter(|recorded| recorded.encrypted_response);
        match recorded.and_then(|recorded| recorded.body.as_ref()) {
            Some(shape) => fit(shape, content),
            None => content,
        }
    }
}

impl Call {
    /// Adds an exchange of the call.
    pub(super) fn add(&mut self, exchange: &Exchange) {
        if exchange.status.is_none() {
            return;
        }
        self.page_cap = self.page_cap.max(exchange.page_cap());
        let kept = match exchange.has_succeeded() {
            true if !exchange.is_of_absent => &mut self.success,
            false if !exchange.is_of_absent => &mut self.error,
            _ => &mut self.absent,
        };
        if kept.as_ref().is_none_or(|kept| kept.bytes <= exchange.bytes) {
            *kept = Some(Arc::new(exchange.clone()));
        }
    }

    /// The form of the response to a request that succeeds.
    pub(super) fn response_form(&self) -> ResponseForm {
        ResponseForm(self.success.clone())
    }

    /// The stand-in's response in the recorded form.
    pub(super) async fn reform(&self, genuine: Response) -> Response {
        let recorded = if genuine.status().is_success() {
            // The stand-in rejects an encrypted body as the vendor did, so that what it accepts is a plain one.
            let error = self.error.as_ref().filter(|error| !error.is_encryption_rejected());
            self.success.as_ref().or(error)
        } else if genuine.status() == StatusCode::NOT_FOUND {
            self.absent.as_ref().or(self.error.as_ref())
        } else {
            self.error.as_ref()
        };
        let Some(recorded) = recorded else { return genuine };
        let is_same_kind = recorded.status.is_some_and(|status| (status < 400) == genuine.status().is_success());
        let (mut parts, body) = genuine.into_parts();
        let Ok(bytes) = to_bytes(body, MAX_BODY).await else { return Response::from_parts(parts, Body::empty()) };
        let own: Option<Value> = serde_json::from_slice(&bytes).ok().filter(|_| is_same_kind);
        if let Some(status) = recorded.status.and_then(|status| StatusCode::from_u16(status).ok())
            && !(is_same_kind && parts.status.is_success())
        {
            parts.status = status;
        }
        for (name, value) in &recorded.limits {
            if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
                parts.headers.insert(name, HeaderValue::from(*value));
            }
        }
        let body = match (&recorded.body, own) {
            // The stand-in has fitted the content before it encrypted it.
            (Some(_), Some(_)) if recorded.encrypted_response => bytes,
            (Some(shape), Some(own)) => Bytes::from(fit(shape, own).to_string()),
            (Some(shape), None) if !is_same_kind => Bytes::from(made_up(shape).to_string()),
            _ => bytes,
        };
        if serde_json::from_slice::<Value>(&body).is_ok() {
            parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        parts.headers.remove(CONTENT_LENGTH);
        Response::from_parts(parts, Body::from(body))
    }
}
