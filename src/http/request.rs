//! A request before it is sent: its route and body, and what the transport may do with it.

use std::any::Any;
use std::sync::Arc;

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use url::Url;
use url::form_urlencoded;

use super::cache::CachePolicy;
use super::call::{Call, Expected, Tag};
use super::error::{Context, Error, Kind};
use super::pages::PageRequest;
use super::path::Path;
use super::prepared::{Body, PreparedRequest};
use super::redact;
use super::response::Response;
use super::retry::Semantics;
use super::sender::Sender;

/// A request to be sent by [`send`](Request::send); a mistake in it is reported then.
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    sender: Arc<Sender>,
    base_url: Url,
    method: Method,
    path: Path,
    operation: Option<String>,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Body,
    extension: Option<Arc<dyn Any + Send + Sync>>,
    semantics: Semantics,
    authenticate: bool,
    expected: Expected,
    shared: Option<Tag>,
    fresh: bool,
    settling: bool,
    invalidates: Vec<Tag>,
    documented: Option<Arc<str>>,
    problem: Option<String>,
}

impl Request {
    pub(super) fn new(sender: Arc<Sender>, base_url: Url, method: Method, path: Path) -> Self {
        let semantics = match method {
            Method::GET | Method::HEAD | Method::OPTIONS => Semantics::Safe,
            Method::PUT | Method::DELETE => Semantics::Idempotent,
            _ => Semantics::NonIdempotent,
        };
        Self {
            sender,
            base_url,
            method,
            path,
            operation: None,
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: Body::None,
            extension: None,
            semantics,
            authenticate: true,
            expected: Expected::Success,
            shared: None,
            fresh: false,
            settling: false,
            invalidates: Vec::new(),
            documented: None,
            problem: None,
        }
    }

    /// Names the operation as a gerund phrase such as `reading the weights`; errors and logs quote it.
    pub fn operation(mut self, operation: impl Into<String>) -> Self {
        self.operation = Some(operation.into());
        self
    }

    /// Says which route the vendor documents, such as `POST /webhook/list`, where a client takes another one from its settings.
    pub fn documented_as(self, method: &str, path: &Path) -> Self {
        let route = format!("{method} {}", path.template(&self.base_url));
        self.documented_route(route)
    }

    /// The same for a route whose path is not below the base URL.
    pub(super) fn documented_route(mut self, route: String) -> Self {
        self.documented = Some(route.into());
        self
    }

    /// Adds to the query: the members of a struct or map, or pairs. `None` is left out, a list repeats its key.
    pub fn query(mut self, query: &impl Serialize) -> Self {
        match pairs(query) {
            Ok(pairs) => self.query.extend(pairs),
            Err(problem) => self.fail(format!("the query {problem}")),
        }
        self
    }

    /// Carries a JSON body.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        match serde_json::to_value(body) {
            Ok(value) => self.body = Body::Json(value),
            // The text of a failed serialization could quote a value.
            Err(_) => self.fail("the body could not be written as JSON".to_owned()),
        }
        self
    }

    /// Carries a form, as `application/x-www-form-urlencoded`, from the same shapes as [`query`](Request::query).
    pub fn form(mut self, form: &impl Serialize) -> Self {
        match pairs(form) {
            Ok(pairs) => {
                let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
                self.body = Body::Form(form);
            }
            Err(problem) => self.fail(format!("the form {problem}")),
        }
        self
    }

    /// Sets a header; logs show its value only if its name is known to be harmless.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(!redact::may_show(&name));
                self.headers.insert(name, value);
            }
            (Err(_), _) => self.fail(format!("`{name}` cannot be the name of a header")),
            (_, Err(_)) => self.fail(format!("the header `{name}` contains a character that a header cannot carry")),
        }
        self
    }

    /// Attaches a value for the vendor's authenticator, such as the permission that the request needs; it is read with
    /// [`PreparedRequest::extension`]. The cache does not distinguish requests by it.
    pub fn extension<T: Any + Send + Sync>(mut self, extension: T) -> Self {
        self.extension = Some(Arc::new(extension));
        self
    }

    /// Marks a POST that only reads, such as a search: it may be repeated, and is sent although the provider was asked to stop.
    pub fn read_only(mut self) -> Self {
        self.semantics = Semantics::Safe;
        self
    }

    /// Marks a write that may be repeated, such as an update that replaces the object. PUT and DELETE are idempotent by default.
    pub fn idempotent(mut self) -> Self {
        self.semantics = Semantics::Idempotent;
        self
    }

    /// Marks a write that is not idempotent, such as a DELETE that rotates a key: it is repeated only if it certainly was not
    /// applied. POST and PATCH are not idempotent by default.
    pub fn once(mut self) -> Self {
        self.semantics = Semantics::NonIdempotent;
        self
    }

    /// Reads what a service reports about itself: a 503 with a `status` in its body is the report of one that is not ready, and
    /// neither repeated nor an error.
    pub fn report(mut self) -> Self {
        self.expected = Expected::Report;
        self
    }

    /// Sends the request without credentials, for an endpoint that is public.
    pub fn without_auth(mut self) -> Self {
        self.authenticate = false;
        self
    }

    /// Shares the response with identical reads in flight, and caches it for later ones until a write
    /// [`invalidates`](Request::invalidates) the tag. An error is shared with the reads in flight and not cached.
    pub fn shared(mut self, tag: &str) -> Self {
        self.shared = Some(tag.into());
        self
    }

    /// Invalidates the tag of the read before it is sent.
    pub fn fresh(mut self) -> Self {
        self.fresh = true;
        self
    }

    /// Marks a request that reads the result of a write. It is sent, and waits for its limits, even when the provider was asked
    /// to stop: otherwise an object that was created would be lost.
    pub fn settling(mut self) -> Self {
        self.settling = true;
        self
    }

    /// Applies a cache policy.
    pub fn cache_policy(self, policy: CachePolicy) -> Self {
        let request = if policy.is_fresh() { self.fresh() } else { self };
        if policy.is_settling() { request.settling() } else { request }
    }

    /// Applies the cache policy of a list to the request for one of its pages. The first page invalidates the others with
    /// it, so a later page is not invalidated again.
    pub fn page(self, at: &PageRequest) -> Self {
        self.cache_policy(if at.index == 0 { at.policy } else { at.policy.after_invalidation() })
    }

    /// Invalidates the reads that are shared under this tag, also those that are in flight with this request. May be repeated.
    pub fn invalidates(mut self, tag: &str) -> Self {
        self.invalidates.push(tag.into());
        self
    }

    /// Sends the request, as often as its failures allow; any response but a 2xx is an error.
    pub async fn send(mut self) -> Result<Response, Error> {
        let (shared, tags, fresh) = (self.shared.take(), std::mem::take(&mut self.invalidates), self.fresh);
        let sender = self.sender.clone();
        let call = self.into_call()?;
        let cache = sender.cache();
        let write = cache.write(tags);
        // Boxed, so that every future that sends a request stays small.
        let response = match shared {
            Some(tag) => {
                if fresh {
                    cache.invalidate(&tag);
                }
                Box::pin(cache.response(&tag, &call, sender.send(&call))).await?
            }
            None => Box::pin(sender.send(&call)).await?,
        };
        drop(write);
        let overrides = call.prepared.overrides;
        if call.semantics == Semantics::Safe {
            Ok(Response::unparsed(response, call.context, overrides))
        } else {
            Response::checked(response, call.context, overrides)
        }
    }

    /// Like [`send`](Request::send), with `None` for 404 and 410: there is no such object. A 404 that is none of the vendor's own
    /// errors is an error: the route is wrong.
    pub async fn send_opt(self) -> Result<Option<Response>, Error> {
        match self.send().await {
            Err(error) if error.is_not_found() => Ok(None),
            result => result.map(Some),
        }
    }

    fn fail(&mut self, problem: String) {
        self.problem.get_or_insert(problem);
    }

    fn into_call(self) -> Result<Call, Error> {
        let mut context = Context::new(
            self.sender.settings().vendor,
            self.operation.unwrap_or_else(|| "sending a request".to_owned()),
        );
        if let Some(problem) = self.problem {
            return Err(Error::from_context(Kind::Request, context, problem));
        }
        let overrides = self.sender.settings().overrides.of(&self.method, &self.path).cloned();
        let documented = format!("{} {}", self.method, self.path.template(&self.base_url));
        let (method, path, documented) = match overrides.as_ref().and_then(|overrides| overrides.route.as_ref()) {
            Some(moved) => {
                let (method, path) = moved.apply(&self.path);
                (method, path, Some(documented.into()))
            }
            None => (self.method, self.path, self.documented.filter(|other| **other != *documented)),
        };
        let (mut url, mut shown) = match path.on(&self.base_url) {
            Ok(urls) => urls,
            Err(problem) => return Err(Error::from_context(Kind::Request, context, problem)),
        };
        add_query(&mut url, &self.query);
        add_query(&mut shown, &self.query);
        context.route = Some((method.clone(), redact::url(&shown)));
        let prepared = PreparedRequest {
            method,
            url,
            headers: self.headers,
            body: self.body,
            extension: self.extension,
            route: path.template(&self.base_url).into(),
            documented,
            overrides,
            plain: None,
        };
        let stop = if self.settling { CancellationToken::new() } else { self.sender.stop().clone() };
        let (semantics, authenticate, expected) = (self.semantics, self.authenticate, self.expected);
        let base_path = self.base_url.path().to_owned();
        Ok(Call { context, prepared, semantics, authenticate, expected, base_path, stop })
    }
}

fn add_query(url: &mut Url, query: &[(String, String)]) {
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
}

/// The pairs of a query or a form; the error is the end of a sentence and shows no value.
fn pairs(input: &impl Serialize) -> Result<Vec<(String, String)>, String> {
    let value = serde_json::to_value(input).map_err(|_| "could not be written as text".to_owned())?;
    let members: Vec<(String, Value)> = match value {
        Value::Null => Vec::new(),
        Value::Object(members) => members.into_iter().collect(),
        Value::Array(items) => items
            .into_iter()
            .map(|item| serde_json::from_value(item).map_err(|_| "is a list of something else than pairs".to_owned()))
            .collect::<Result<_, _>>()?,
        _ => return Err("is neither a struct, a map nor a list of pairs".to_owned()),
    };
    let mut pairs = Vec::new();
    for (key, value) in members {
        let values = if let Value::Array(values) = value { values } else { vec![value] };
        for value in values {
            match value {
                Value::Null => {}
                Value::String(text) => pairs.push((key.clone(), text)),
                Value::Bool(_) | Value::Number(_) => pairs.push((key.clone(), value.to_string())),
                Value::Array(_) | Value::Object(_) => return Err(format!("has a nested value at `{key}`")),
            }
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pairs_leave_out_what_is_absent_and_repeat_lists() {
        let text =
            |value: Value| pairs(&value).map(|pairs| pairs.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>());
        assert_eq!(
            text(json!({"take": 10, "on": true, "none": null, "id": ["a", "b"]})).unwrap(),
            ["id=a", "id=b", "on=true", "take=10"]
        );
        assert_eq!(text(json!([["z", "1"], ["a", 2]])).unwrap(), ["z=1", "a=2"]);
        assert!(text(json!({"filter": {"secret": "hunter2"}})).unwrap_err().contains("`filter`"));
        assert!(text(json!("hunter2")).is_err());
    }
}
