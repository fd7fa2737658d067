//! What a tenant's API does in another way than the vendor documents: routes, errors, envelopes and the size of pages.
//!
//! The settings of a vendor name a call by the route that its client uses. They are applied here for all vendors, so no client knows
//! of them.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use super::envelope::Envelope;
use super::path::Path;
use reqwest::{Method, StatusCode};

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
    pub status: u16,
    /// The vendor's code; any code counts without it.
    pub code: Option<String>,
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
        self.status == status.as_u16() && self.code.as_deref().is_none_or(|wanted| code == Some(wanted))
    }
}

/// The names in braces of a path.
fn parameters(path: &str) -> Vec<&str> {
    path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn code_counts_only_where_it_is_named() {
        let any = NotFound { status: 400, code: None };
        let one = NotFound { code: Some("NO_BUCKET".to_owned()), ..any.clone() };
        assert!(any.is(StatusCode::BAD_REQUEST, Some("x")) && !any.is(StatusCode::CONFLICT, Some("x")));
        assert!(one.is(StatusCode::BAD_REQUEST, Some("NO_BUCKET")) && !one.is(StatusCode::BAD_REQUEST, None));
    }
}
