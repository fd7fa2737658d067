//! A route with parameters, which the client fills in and the list of its calls shows.

use crate::http::{Method, Path};
use crate::openapi::Call;

/// Reads `METHOD /path`, as a setting has it. The error is the end of a sentence.
pub(in crate::vendors) fn parse(text: &str) -> Result<(Method, String), String> {
    let problem = || format!("`{text}` is not a method and a path, such as \"GET /v2/objects\"");
    let (method, path) = text.trim().split_once(' ').ok_or_else(problem)?;
    let (method, path) = (method.to_uppercase(), path.trim());
    let known = ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str());
    if !known || !path.starts_with('/') || path.contains(char::is_whitespace) {
        return Err(problem());
    }
    let method = Method::from_bytes(method.as_bytes()).map_err(|_| problem())?;
    Ok((method, path.to_owned()))
}

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

    /// The path with its parameters replaced.
    pub(in crate::vendors) fn at(&self, values: &[&str]) -> Path {
        Path::filled(self.path, values)
    }

    /// The path with its only parameter, which is its end, replaced by a secret that no message shows.
    pub(in crate::vendors) fn at_secret(&self, secret: &str) -> Path {
        Path::new(self.path.split('{').next().unwrap_or_default()).secret_segment(secret)
    }

    /// The call of the route, which sends and reads nothing yet.
    pub(in crate::vendors) fn call(&self) -> Call {
        Call::new(self.method.as_str(), self.path)
    }

    /// The same, for a call without which the vendor's objects can be managed.
    pub(in crate::vendors) fn optional_call(&self) -> Call {
        Call { is_optional: true, ..self.call() }
    }
}
