//! Finds the recorded call that a request is, and the operation of the stand-in that handles it.
//!
//! A recorded route differs from the stand-in's in two ways: before it is the path of the tenant's address, such as `/kyc/api`, or the
//! vendor has moved the call. The recording has the documented route of a moved call, which the vendor then no longer serves.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use axum::http::Method;

use super::super::Operation;
use super::call::Call;
use super::recording::Exchange;

/// A path in which `{}` or `{name}` stands for a value.
#[derive(Debug, PartialEq)]
struct Template(Vec<Part>);

/// The text between two slashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Value,
    Fixed(String),
}

impl Template {
    fn new(text: &str) -> Self {
        let is_value = |part: &str| part.starts_with('{') && part.ends_with('}');
        Self(
            text.split('/')
                .map(|part| if is_value(part) { Part::Value } else { Part::Fixed(part.to_owned()) })
                .collect(),
        )
    }

    /// The values that a path has, if it is one of this template.
    fn values<'p>(&self, path: &'p str) -> Option<Vec<&'p str>> {
        let given: Vec<_> = path.split('/').collect();
        let matches = |(part, given): (&Part, &&str)| match part {
            Part::Value => !given.is_empty(),
            Part::Fixed(text) => text == given,
        };
        let is_match = self.0.len() == given.len() && self.0.iter().zip(&given).all(matches);
        let is_value = |(part, given): (&Part, _)| (*part == Part::Value).then_some(given);
        is_match.then(|| self.0.iter().zip(given).filter_map(is_value).collect())
    }

    fn count_values(&self) -> usize {
        self.0.iter().filter(|part| **part == Part::Value).count()
    }

    /// The path with these values. Of more values than it takes, the first ones are of what precedes it, such as a tenant.
    fn path(&self, values: &[&str]) -> String {
        let mut values = values.iter().skip(values.len().saturating_sub(self.count_values()));
        let part = |part: &Part| match part {
            Part::Value => values.next().copied().unwrap_or_default().to_owned(),
            Part::Fixed(text) => text.clone(),
        };
        self.0.iter().map(part).collect::<Vec<_>>().join("/")
    }

    /// What is before the end, if this template has the end and no value before it.
    fn before(&self, end: &Self) -> Option<&[Part]> {
        // Both begin with the empty text before the first slash.
        let own = end.0.get(1..)?;
        let before = self.0.strip_suffix(own)?;
        // Every path with a slash at its end has the end `/`.
        let is_end = before.len() == 1 || own != [Part::Fixed(String::new())];
        (is_end && !before.is_empty() && !before.contains(&Part::Value)).then_some(before)
    }

    /// This template without a beginning that ends before a slash.
    fn without(&self, beginning: &[Part]) -> Option<Self> {
        let rest = self.0.strip_prefix(beginning)?;
        let first = [Part::Fixed(String::new())].into_iter();
        (beginning.len() > 1 && !rest.is_empty()).then(|| Self(first.chain(rest.iter().cloned()).collect()))
    }

    /// Which parts are fixed: of two templates, the more exact one is that whose first different part is fixed.
    fn exactness(&self) -> Vec<bool> {
        self.0.iter().map(|part| matches!(part, Part::Fixed(_))).collect()
    }
}

/// The operation of a documented route, and the path of the tenant's address before it. The longest one is the most exact one.
fn operation<'o>(operations: &'o [Operation], method: &str, route: &str) -> Option<(&'o Operation, Vec<Part>)> {
    let route = Template::new(route);
    let found = operations.iter().filter(|operation| operation.method == method).filter_map(|operation| {
        let before = route.before(&Template::new(operation.path))?;
        Some((operation, before.to_vec()))
    });
    found.min_by_key(|(_, before)| before.len())
}

/// A route with what was recorded of it.
#[derive(Debug)]
struct Route {
    method: String,
    /// The recorded path, and the same one without the path of the tenant's address.
    paths: Vec<Template>,
    /// The operation of the stand-in that handles it; `None` if it has none.
    operation: Option<Operation>,
    /// Whether the operation is documented at another route.
    is_moved: bool,
    /// Whether the vendor serves the operation at another route only.
    is_gone: bool,
    call: Call,
}

/// The routes of one vendor.
#[derive(Debug)]
pub(super) struct Routes(Vec<Route>);

/// What becomes of a request.
pub(super) enum Found<'r> {
    /// The stand-in handles it as a request to a path of its own.
    Served { call: &'r Call, method: Method, path: String },
    /// The vendor serves its operation at another route only.
    Gone { call: &'r Call },
}

impl Routes {
    /// Sorts a vendor's exchanges by route, and sets their operations.
    pub(super) fn new(operations: &[Operation], exchanges: &mut [Exchange]) -> Self {
        let mut bases = BTreeSet::new();
        for exchange in exchanges.iter_mut() {
            let documented = exchange.call.as_deref().and_then(|call| call.split_once(' '));
            let (method, route) = documented.unwrap_or((&exchange.method, &exchange.route));
            if let Some((operation, base)) = operation(operations, method, route) {
                bases.insert((base.len(), base));
                exchange.operation = Some(operation.clone());
            }
        }
        // The longest one first.
        let bases: Vec<_> = bases.into_iter().rev().map(|(_, base)| base).collect();
        let mut routes = Self(Vec::new());
        // Those that name their operation first: the same route may have been recorded without the name.
        let (named, others): (Vec<_>, Vec<_>) = exchanges.iter().partition(|exchange| exchange.call.is_some());
        for exchange in named.into_iter().chain(others) {
            routes.add(operations, &bases, exchange);
        }
        let unrecorded = |operation: &&Operation| !routes.0.iter().any(|it| !it.is_moved && it.serves(operation));
        let unrecorded: Vec<_> = operations.iter().filter(unrecorded).map(Route::unrecorded).collect();
        // Of equally exact ones the last one is found, so that a recorded one has precedence.
        routes.0.splice(0..0, unrecorded);
        let moved: Vec<_> =
            routes.0.iter().filter(|route| route.is_moved).filter_map(|route| route.operation.clone()).collect();
        for route in &mut routes.0 {
            route.is_gone = !route.is_moved
                && route.call.success.is_none()
                && moved.iter().any(|operation| route.serves(operation));
        }
        routes
    }

    fn add(&mut self, operations: &[Operation], bases: &[Vec<Part>], exchange: &Exchange) {
        let path = Template::new(&exchange.route);
        let known =
            self.0.iter_mut().find(|route| route.method == exchange.method && route.paths.first() == Some(&path));
        if let Some(route) = known {
            return route.call.add(exchange);
        }
        let own = operation(operations, &exchange.method, &exchange.route);
        let is_own = |operation: &Operation| own.as_ref().is_some_and(|(own, _)| is_same(own, operation));
        let is_moved = exchange.operation.as_ref().is_some_and(|operation| !is_own(operation));
        let served = exchange.operation.clone().filter(|operation| {
            // A value that is no longer in the path may be anywhere in the request.
            Template::new(operation.path).count_values() <= path.count_values()
        });
        let own_end = served.as_ref().filter(|_| !is_moved).map(|operation| Template::new(operation.path));
        let end = own_end.or_else(|| bases.iter().find_map(|base| path.without(base)));
        let mut route = Route {
            method: exchange.method.clone(),
            paths: [Some(path), end].into_iter().flatten().collect(),
            operation: served,
            is_moved,
            is_gone: false,
            call: Call::default(),
        };
        route.call.add(exchange);
        self.0.push(route);
    }

    /// Finds the most exact route of a request.
    pub(super) fn find(&self, method: &Method, path: &str) -> Option<Found<'_>> {
        let of_method = self.0.iter().filter(|route| route.method == method.as_str());
        let matches = of_method.flat_map(|route| {
            let paths = route.paths.iter().enumerate();
            paths.filter_map(move |(index, template)| {
                Some((template.exactness(), Reverse(index), route, template.values(path)?))
            })
        });
        let (.., route, values) = matches.max_by_key(|(exactness, index, ..)| (exactness.clone(), *index))?;
        if route.is_gone {
            return Some(Found::Gone { call: &route.call });
        }
        let (method, path) = match &route.operation {
            Some(operation) => (operation.method.clone(), Template::new(operation.path).path(&values)),
            None => (method.clone(), path.to_owned()),
        };
        Some(Found::Served { call: &route.call, method, path })
    }
}

impl Route {
    fn unrecorded(operation: &Operation) -> Self {
        Self {
            method: operation.method.to_string(),
            paths: vec![Template::new(operation.path)],
            operation: Some(operation.clone()),
            is_moved: false,
            is_gone: false,
            call: Call::default(),
        }
    }

    fn serves(&self, operation: &Operation) -> bool {
        self.operation.as_ref().is_some_and(|own| is_same(own, operation))
    }
}

/// Whether two are the same operation of a stand-in.
fn is_same(left: &Operation, right: &Operation) -> bool {
    left.method == right.method && left.path == right.path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(method: &str, route: &str, call: Option<&str>, status: u16) -> Exchange {
        Exchange {
            operation: None,
            status: Some(status),
            encrypted: false,
            encrypted_response: false,
            is_of_absent: false,
            vendor: "Library".to_owned(),
            method: method.to_owned(),
            route: route.to_owned(),
            call: call.map(str::to_owned),
            query: Vec::new(),
            sent: None,
            limits: std::collections::BTreeMap::new(),
            bytes: 0,
            body: None,
        }
    }

    fn operations() -> Vec<Operation> {
        let operation = |method, path| Operation { method, path, summary: "", section: None };
        vec![
            operation(Method::GET, "/"),
            operation(Method::POST, "/oauth/token"),
            operation(Method::GET, "/books"),
            operation(Method::GET, "/books/{id}"),
            operation(Method::DELETE, "/books/{id}/pages/{page}"),
        ]
    }

    /// Where the requests go after these exchanges: the path of the stand-in, `gone`, or `none` of the routes.
    fn check(mut exchanges: Vec<Exchange>, requests: &[(&str, &str)]) {
        let routes = Routes::new(&operations(), &mut exchanges);
        for (request, expected) in requests {
            let (method, path) = request.split_once(' ').unwrap();
            let found = match routes.find(&method.parse().unwrap(), path) {
                Some(Found::Served { method, path, .. }) => format!("{method} {path}"),
                Some(Found::Gone { .. }) => "gone".to_owned(),
                None => "none".to_owned(),
            };
            assert_eq!(found, *expected, "{request}");
        }
    }

    #[test]
    fn moved_route_takes_the_values_along_and_the_documented_one_is_gone() {
        check(
            vec![
                exchange("POST", "/realms/{}/token", Some("POST /oauth/token"), 200),
                exchange("POST", "/v2/{}/leaves/{}/delete", Some("DELETE /books/{}/pages/{}"), 200),
                exchange("DELETE", "/books/{}/pages/{}", None, 404),
            ],
            &[
                ("POST /realms/main/token", "POST /oauth/token"),
                ("POST /oauth/token", "gone"),
                ("POST /v2/a%20b/leaves/7/delete", "DELETE /books/a%20b/pages/7"),
                ("DELETE /books/a/pages/7", "gone"),
                ("GET /books/a", "GET /books/a"),
                ("GET /other", "none"),
            ],
        );
    }

    #[test]
    fn documented_route_stays_if_the_vendor_serves_it_too() {
        let exchanges =
            vec![exchange("GET", "/v2/books", Some("GET /books"), 200), exchange("GET", "/books", None, 200)];
        check(exchanges, &[("GET /v2/books", "GET /books"), ("GET /books", "GET /books")]);
    }

    #[test]
    fn most_exact_route_wins() {
        check(
            vec![
                exchange("GET", "/books/{}", None, 200),
                exchange("GET", "/books/all", Some("GET /books"), 200),
                exchange("GET", "/{}/first", Some("GET /books/{}"), 200),
            ],
            &[
                ("GET /books/all", "GET /books"),
                ("GET /books/first", "GET /books/first"),
                ("GET /novels/first", "GET /books/novels"),
                ("GET /books", "gone"),
            ],
        );
    }

    #[test]
    fn path_of_the_tenants_address_may_be_missing() {
        check(
            vec![
                exchange("GET", "/library/api/books/{}", None, 200),
                exchange("GET", "/library/api/shelf", Some("GET /books"), 200),
                exchange("GET", "/library/api/unknown/{}", None, 200),
                exchange("GET", "/{}/books", None, 404),
                exchange("GET", "/elsewhere/", None, 404),
            ],
            &[
                ("GET /books/a", "GET /books/a"),
                ("GET /library/api/books/a", "GET /books/a"),
                ("GET /shelf", "GET /books"),
                ("GET /library/api/shelf", "GET /books"),
                ("GET /books", "gone"),
                ("GET /unknown/7", "GET /unknown/7"),
                ("GET /tenant/books", "GET /tenant/books"),
                ("GET /", "GET /"),
            ],
        );
    }
}
