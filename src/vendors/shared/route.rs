//! A route with parameters, which the client fills in and the list of its calls shows.

use crate::http::{Method, Path};
use crate::openapi::Call;

/// A method, and a path whose parameters are in braces: `/lists/{id}`.
#[derive(Clone)]
pub(in crate::vendors) struct Route {
    /// The method.
    pub(in crate::vendors) method: Method,
    /// The path below the address of the API.
    pub(in crate::vendors) path: &'static str,
}

impl Route {
    /// A route.
    pub(in crate::vendors) const fn new(method: Method, path: &'static str) -> Self {
        Self { method, path }
    }

    /// The call of the route, which sends and reads nothing yet.
    pub(in crate::vendors) fn call(&self) -> Call {
        Call::new(self.method.as_str(), self.path)
    }
}

/// The path of a template, with its parameters replaced in order. Those without a value stay.
pub(in crate::vendors) fn fill(template: &str, values: &[&str]) -> Path {
    let mut rest = template;
    let mut path = Path::new("");
    for value in values {
        let Some((before, (_, after))) = rest.split_once('{').and_then(|(a, b)| Some((a, b.split_once('}')?))) else {
            break;
        };
        path = path.then(before).segment(value);
        rest = after;
    }
    if rest.is_empty() { path } else { path.then(rest) }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn values_of_parameters_cannot_change_a_route() {
        for (template, values, expected) in [
            ("/a", &[][..], "/a"),
            ("/", &[], "/"),
            ("/a/", &[], "/a/"),
            ("/a", &["1"], "/a"),
            ("/a/{id}", &["x/y"], "/a/x%2Fy"),
            ("/a/{id}/", &["1"], "/a/1/"),
            ("/a/{id}/b/{other}/c/", &["1", "2"], "/a/1/b/2/c/"),
        ] {
            let base = Url::parse("https://h.test").unwrap();
            assert_eq!(fill(template, values).on(&base).unwrap().0.path(), expected, "{template}");
        }
    }
}
