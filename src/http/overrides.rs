//! What a tenant's API does in another way than the vendor documents: routes, errors, envelopes and the size of pages.
//!
//! The settings of a vendor name a call by the route that its client uses. They are applied here for all vendors, so no client knows
//! of them.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use reqwest::{Method, StatusCode};
use serde_json::{Map, Value};

use super::path::Path;

/// What is different at one tenant.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// By method and path, with `{}` for each value.
    calls: BTreeMap<String, Arc<CallOverride>>,
    /// The most rows that a request for a page asks for.
    pub page_size: Option<NonZeroUsize>,
}

/// What is different at one call.
#[derive(Clone, Debug, Default)]
pub struct CallOverride {
    /// Its route.
    pub route: Option<Move>,
    /// The errors that mean that there is no such object, in addition to 404 and 410.
    pub not_found: Vec<NotFound>,
    /// Where the response has its content.
    pub envelope: Option<Envelope>,
}

/// Another route of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    method: Method,
    path: String,
    /// The position that each parameter of the path has in the documented one.
    order: Vec<usize>,
}

/// An error that means that there is no such object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotFound {
    /// The status of the response.
    pub status: StatusCode,
    /// The vendor's code; any code counts without it.
    pub code: Option<String>,
}

/// Where a response has its content, and where the client reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The members on the way to the content.
    found: Vec<String>,
    /// The same in the documented form; empty if the content is the whole response.
    documented: Vec<String>,
}

impl Overrides {
    /// What is different at the call of a route, whose path has parameters in braces.
    pub fn call(&mut self, method: &str, path: &str) -> &mut CallOverride {
        let route = format!("{method} {}", Path::filled(path, &vec!["_"; parameters(path).len()]).pattern());
        Arc::make_mut(self.calls.entry(route).or_default())
    }

    /// What is different at the call that the client makes.
    pub(super) fn of(&self, method: &Method, path: &Path) -> Option<&Arc<CallOverride>> {
        if self.calls.is_empty() { None } else { self.calls.get(&format!("{method} {}", path.pattern())) }
    }
}

impl Move {
    /// A route for a call with a documented path. The error is the end of a sentence.
    ///
    /// Both paths must have the same parameters, so that no value is lost.
    pub fn new(documented: &str, method: Method, path: &str) -> Result<Self, String> {
        let (before, after) = (parameters(documented), parameters(path));
        let shown = || before.iter().map(|name| format!("`{{{name}}}`")).collect::<Vec<_>>().join(" and ");
        let order = after.iter().map(|name| before.iter().position(|other| other == name));
        match order.collect::<Option<Vec<_>>>() {
            Some(order) if after.len() == before.len() && (0..before.len()).all(|index| order.contains(&index)) => {
                Ok(Self { method, path: path.to_owned(), order })
            }
            _ if before.is_empty() => Err("the path of this call has no parameter in braces".to_owned()),
            _ => Err(format!("the path needs {}, and no other parameter", shown())),
        }
    }

    pub(super) fn apply(&self, path: &Path) -> (Method, Path) {
        (self.method.clone(), path.moved(&self.path, &self.order))
    }
}

impl NotFound {
    /// Whether an error is this one.
    pub(super) fn is(&self, status: StatusCode, code: Option<&str>) -> bool {
        self.status == status && self.code.as_deref().is_none_or(|wanted| code == Some(wanted))
    }
}

impl Envelope {
    /// The content is at `found`, and documented at `documented`: names of members with dots between them.
    pub fn new(found: &str, documented: &str) -> Self {
        let members = |path: &str| path.split('.').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Self { found: members(found), documented: members(documented) }
    }

    /// The body of an error, which may be in the same wrapper. A body without these members is unchanged.
    pub(super) fn error_body(&self, body: &[u8]) -> Option<Vec<u8>> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let inside = self.found.iter().try_fold(&body, |value, name| value.get(name))?;
        serde_json::to_vec(inside).ok()
    }

    /// The body in the documented form. Members beside the content stay beside it. A body without the content is unchanged.
    pub fn restore(&self, mut body: Value) -> Value {
        let Some((last, way)) = self.found.split_last() else { return body };
        let at = |body: &Value| {
            way.iter().try_fold(body, |value, name| value.get(name)).is_some_and(|it| it.get(last).is_some())
        };
        if !at(&body) {
            return body;
        }
        for name in way {
            body = body[name].take();
        }
        let content = body[last].take();
        // What was found may begin further outside than the content: with the members on the rest of the documented way. What is
        // encrypted has the rest of the way inside.
        let has = |way: &[String]| {
            let end = way
                .iter()
                .try_fold(&content, |value, name| if value.is_string() { Some(value) } else { value.get(name) });
            end.is_some()
        };
        let outside = if content.is_string() {
            Some(self.documented.len().min(1))
        } else {
            (0..self.documented.len()).find(|from| has(&self.documented[*from..]))
        };
        let documented = &self.documented[..outside.unwrap_or(self.documented.len())];
        let Some((member, outer)) = documented.split_last() else { return content };
        let mut members = match body {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        members.remove(last);
        members.insert(member.clone(), content);
        outer
            .iter()
            .rev()
            .fold(Value::Object(members), |inner, name| Value::Object([(name.clone(), inner)].into_iter().collect()))
    }
}

/// The names in braces of a path.
fn parameters(path: &str) -> Vec<&str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn another_route_has_the_same_values() {
        let path = Path::filled("/a/{x}/b/{y}/", &["1", "2"]);
        let mut overrides = Overrides::default();
        overrides.call("GET", "/a/{x}/b/{y}/").route =
            Some(Move::new("/a/{x}/b/{y}/", Method::POST, "/v2/{y}/of/{x}").unwrap());
        let found = overrides.of(&Method::GET, &path).unwrap();
        let (method, path) = found.route.as_ref().unwrap().apply(&path);
        let (wire, _) = path.on(&url::Url::parse("https://h.test").unwrap()).unwrap();
        assert_eq!((method, wire.path()), (Method::POST, "/v2/2/of/1"));
        assert!(overrides.of(&Method::GET, &Path::new("/a")).is_none());
    }

    #[test]
    fn another_route_must_have_the_same_parameters() {
        for (documented, path) in
            [("/a/{x}", "/b"), ("/a", "/b/{x}"), ("/a/{x}", "/b/{z}"), ("/a/{x}/{y}", "/b/{x}/{x}")]
        {
            assert!(Move::new(documented, Method::GET, path).is_err(), "{documented} {path}");
        }
    }

    #[test]
    fn content_is_moved_to_where_it_is_documented() {
        for (found, documented, body, expected) in [
            ("data", "", json!({"data": {"id": 1}}), json!({"id": 1})),
            ("rows", "results", json!({"rows": [1], "count": 1}), json!({"results": [1], "count": 1})),
            ("x.rows", "results", json!({"x": {"rows": [1], "count": 1}}), json!({"results": [1], "count": 1})),
            ("rows", "data.data", json!({"rows": [1], "page": 2}), json!({"data": {"data": [1], "page": 2}})),
            (
                "x.data",
                "data",
                json!({"x": {"data": "sealed", "publicKey": "k"}}),
                json!({"data": "sealed", "publicKey": "k"}),
            ),
            ("data", "results", json!({"data": {"results": [1]}}), json!({"results": [1]})),
            ("x", "data.data", json!({"x": {"data": [1], "page": 2}}), json!({"data": {"data": [1], "page": 2}})),
            ("x", "data.data", json!({"x": {"data": "sealed", "k": 1}}), json!({"data": "sealed", "k": 1})),
            ("x", "data.data", json!({"x": "sealed", "k": 1}), json!({"data": "sealed", "k": 1})),
            ("data", "", json!({"id": 1}), json!({"id": 1})),
            ("data.rows", "", json!({"data": 3}), json!({"data": 3})),
            ("data", "", json!([1]), json!([1])),
        ] {
            assert_eq!(Envelope::new(found, documented).restore(body), expected, "{found} {documented}");
        }
    }

    #[test]
    fn code_counts_only_where_it_is_named() {
        let any = NotFound { status: StatusCode::BAD_REQUEST, code: None };
        let one = NotFound { code: Some("NO_BUCKET".to_owned()), ..any.clone() };
        assert!(any.is(StatusCode::BAD_REQUEST, Some("x")) && !any.is(StatusCode::CONFLICT, Some("x")));
        assert!(one.is(StatusCode::BAD_REQUEST, Some("NO_BUCKET")) && !one.is(StatusCode::BAD_REQUEST, None));
    }
}
