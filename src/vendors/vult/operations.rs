//! The route of each operation of the KYC API.
//!
//! The vendor's reference has the operations without methods and paths, so there are three sources, in order of precedence:
//! the user's `paths`, the OpenAPI document that the vendor offers for download, and the defaults below. The defaults are
//! assumptions, since the routes are not public.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use crate::http::Method;

/// One operation of the vendor's reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operation {
    GetWeights,
    UpdateWeights,
    GetWeightsById,
    GetRequirements,
    UpdateRequirements,
    WebhookCreate,
    WebhookList,
    WebhookDelete,
    SessionList,
    AnonymizeIdentity,
    SessionAnonymize,
    SessionDelete,
    Root,
    Ping,
    Status,
    Metrics,
    Health,
    Liveness,
    Readiness,
    Version,
}

/// One row: the operation, its key in `paths`, its summary in the vendor's reference, its assumed route.
type Row = (Operation, &'static str, &'static str, &'static str);

const TABLE: &[Row] = &[
    (Operation::GetWeights, "get_weights", "get weights", "GET /idv/weights"),
    (Operation::UpdateWeights, "update_weights", "update weights", "POST /idv/weights"),
    (Operation::GetWeightsById, "get_weights_by_id", "get weights by id", "GET /idv/weights/{id}"),
    (Operation::GetRequirements, "get_requirements", "get requirements", "GET /idv/requirements"),
    (Operation::UpdateRequirements, "update_requirements", "update requirements", "POST /idv/requirements"),
    (Operation::WebhookCreate, "webhook_create", "webhook create", "POST /webhook/create"),
    (Operation::WebhookList, "webhook_list", "webhook list", "POST /webhook/list"),
    (Operation::WebhookDelete, "webhook_delete", "webhook delete", "POST /webhook/delete"),
    (Operation::SessionList, "session_list", "session list", "POST /idv/session/list"),
    (Operation::AnonymizeIdentity, "anonymize_identity", "anonymize identity", "POST /identity/anonymize"),
    (Operation::SessionAnonymize, "session_anonymize", "session anonymize", "POST /idv/session/anonymize"),
    (Operation::SessionDelete, "session_delete", "session delete", "POST /idv/session/delete"),
    (Operation::Root, "root", "root endpoint", "GET /"),
    (Operation::Ping, "ping", "ping", "GET /ping"),
    (Operation::Status, "status", "api status", "GET /status"),
    (Operation::Metrics, "metrics", "system metrics", "GET /metrics"),
    (Operation::Health, "health", "health check", "GET /health"),
    (Operation::Liveness, "liveness", "liveness probe", "GET /health/live"),
    (Operation::Readiness, "readiness", "readiness probe", "GET /health/ready"),
    (Operation::Version, "version", "get api version", "GET /version"),
];

/// How many operations a document must have: those that read and change settings. Another one that is missing is an error when
/// it is used.
const REQUIRED: usize = 8;

/// A method and a path. The caller replaces `{id}`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Route {
    /// The method.
    pub method: Method,
    /// The path from the base URL, beginning with a slash.
    pub path: String,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// A mistake in one of the sources.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mistake {
    /// In `paths`, under this key.
    Paths(String, String),
    /// In the OpenAPI document.
    Document(String),
}

/// The route of every operation, and the token URL of the document.
#[derive(Debug)]
pub(super) struct Operations {
    routes: BTreeMap<Operation, Route>,
    /// The token URL of the document's client credentials flow.
    pub token_url: Option<String>,
}

impl Operations {
    /// Merges the sources, or returns every mistake.
    pub(super) fn new(paths: &BTreeMap<String, String>, document: Option<&str>) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = unknown_keys(paths);
        let mut operations = Self { routes: BTreeMap::new(), token_url: None };
        let mut found = None;
        if let Some(text) = document {
            match Document::parse(text) {
                Ok(document) => {
                    operations.token_url = document.token_url();
                    found = Some(document.routes(&mut mistakes));
                }
                Err(mistake) => mistakes.push(mistake),
            }
        }
        for (position, (operation, key, summary, default)) in TABLE.iter().enumerate() {
            let route = match (paths.get(*key), &found) {
                (Some(text), _) => parse_route(text).map_err(|problem| Mistake::Paths((*key).to_owned(), problem)),
                (None, Some(routes)) => match routes.get(*summary) {
                    Some(route) => Ok(route.clone()),
                    None if position < REQUIRED => Err(absent(key, summary)),
                    None => continue,
                },
                (None, None) => parse_route(default).map_err(Mistake::Document),
            };
            match route {
                Ok(route) => drop(operations.routes.insert(*operation, route)),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        if mistakes.is_empty() { Ok(operations) } else { Err(mistakes) }
    }

    /// The route of an operation; `None` if the document does not have it.
    pub(super) fn route(&self, operation: Operation) -> Option<&Route> {
        self.routes.get(&operation)
    }
}

/// The keys that `paths` takes.
fn keys() -> Vec<&'static str> {
    TABLE.iter().map(|(_, key, ..)| *key).collect()
}

/// The assumed routes, as the documentation lists them.
pub(super) fn defaults() -> String {
    TABLE.iter().map(|(_, key, _, route)| format!("`{key}` = `{route}`")).collect::<Vec<_>>().join(", ")
}

fn unknown_keys(paths: &BTreeMap<String, String>) -> Vec<Mistake> {
    let known = keys();
    let unknown = paths.keys().filter(|key| !known.contains(&key.as_str()));
    unknown
        .map(|key| {
            let problem = format!("there is no such operation; the operations are {}", known.join(", "));
            Mistake::Paths(key.clone(), problem)
        })
        .collect()
}

fn absent(key: &str, summary: &str) -> Mistake {
    Mistake::Document(format!(
        "no operation in it has the summary \"{summary}\"; download the document again, or name the route with \
         `paths = {{ {key} = \"METHOD /path\" }}`"
    ))
}

fn parse_route(text: &str) -> Result<Route, String> {
    let problem = || format!("`{text}` is not of the form \"METHOD /path\", such as \"GET /idv/weights\"");
    let (method, path) = text.trim().split_once(' ').ok_or_else(problem)?;
    let (method, path) = (method.to_uppercase(), path.trim());
    let known = ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str());
    if !known || !path.starts_with('/') || path.contains(char::is_whitespace) {
        return Err(problem());
    }
    let method = Method::from_bytes(method.as_bytes()).map_err(|_| problem())?;
    Ok(Route { method, path: path.to_owned() })
}

/// The part of an OpenAPI document that is needed here. Everything else is ignored.
#[derive(Deserialize)]
struct Document {
    paths: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
    #[serde(default)]
    components: Components,
}

#[derive(Deserialize, Default)]
struct Components {
    #[serde(default, rename = "securitySchemes")]
    security_schemes: BTreeMap<String, serde_json::Value>,
}

impl Document {
    fn parse(text: &str) -> Result<Self, Mistake> {
        serde_json::from_str(text).map_err(|error| {
            let yaml = text.trim_start().starts_with("openapi:") || text.trim_start().starts_with("swagger:");
            let what = if yaml {
                "it is YAML, and only JSON is read; convert it first, as with `yq -o json`".to_owned()
            } else {
                format!("it is not an OpenAPI document in JSON ({error})")
            };
            Mistake::Document(what)
        })
    }

    /// The routes by normalised summary. Two operations with the summary of a needed one are a mistake.
    fn routes(&self, mistakes: &mut Vec<Mistake>) -> BTreeMap<String, Route> {
        let mut routes: BTreeMap<String, Route> = BTreeMap::new();
        for (path, operations) in &self.paths {
            for (method, operation) in operations {
                let Some(summary) = operation.get("summary").and_then(serde_json::Value::as_str) else { continue };
                let Ok(route) = parse_route(&format!("{method} {path}")) else { continue };
                let summary = normalise(summary);
                // The group IDA, which is about authentication, has a "session list" and a "session delete" too.
                let tags = operation.get("tags").and_then(serde_json::Value::as_array).into_iter().flatten();
                if tags.filter_map(serde_json::Value::as_str).any(|tag| tag.starts_with("IDA")) {
                    continue;
                }
                let needed = TABLE.iter().any(|(_, _, name, _)| *name == summary);
                if let Some(other) = routes.get(&summary).filter(|_| needed) {
                    mistakes.push(Mistake::Document(format!(
                        "two operations have the summary \"{summary}\": {other} and {route}; say which with `paths`"
                    )));
                }
                routes.insert(summary, route);
            }
        }
        routes
    }

    fn token_url(&self) -> Option<String> {
        let urls = self.components.security_schemes.values();
        urls.filter_map(|scheme| scheme.pointer("/flows/clientCredentials/tokenUrl")?.as_str())
            .find(|url| url.starts_with("http"))
            .map(str::to_owned)
    }
}

/// Lower case, single spaces, no full stop: "Get Weights." is "get weights".
fn normalise(summary: &str) -> String {
    summary.trim_end_matches('.').split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(skip: &str) -> String {
        let mut paths = serde_json::Map::new();
        for (_, key, summary, _) in TABLE {
            if *key != skip {
                let operation = serde_json::json!({"put": {"summary": summary.to_uppercase() + "."}, "parameters": []});
                paths.insert(format!("/v9/{key}"), operation);
            }
        }
        let flows = serde_json::json!({"flows": {"clientCredentials": {"tokenUrl": "https://id.example.com/t"}}});
        serde_json::json!({"openapi": "3.0.1", "paths": paths, "components": {"securitySchemes": {"oauth2": flows}}})
            .to_string()
    }

    fn route(operations: &Operations, operation: Operation) -> String {
        operations.route(operation).unwrap().to_string()
    }

    #[test]
    fn paths_take_precedence_over_the_document_and_the_defaults() {
        let defaults = Operations::new(&BTreeMap::new(), None).unwrap();
        assert_eq!(route(&defaults, Operation::WebhookList), "POST /webhook/list");
        let paths = [("webhook_list".to_owned(), "get /hooks".to_owned())].into();
        let merged = Operations::new(&paths, Some(&document(""))).unwrap();
        assert_eq!(route(&merged, Operation::WebhookList), "GET /hooks");
        assert_eq!(route(&merged, Operation::GetWeights), "PUT /v9/get_weights");
        assert_eq!(merged.token_url.as_deref(), Some("https://id.example.com/t"));
    }

    #[test]
    fn a_document_without_a_required_operation_is_a_mistake_that_names_the_fix() {
        let mistakes = Operations::new(&BTreeMap::new(), Some(&document("update_weights"))).unwrap_err();
        let [Mistake::Document(problem)] = &mistakes[..] else { panic!("{mistakes:?}") };
        assert!(problem.contains("\"update weights\"") && problem.contains("paths = { update_weights"), "{problem}");
        // A "Utility" operation may be absent, and `paths` may add any operation.
        assert!(
            Operations::new(&BTreeMap::new(), Some(&document("metrics"))).unwrap().route(Operation::Metrics).is_none()
        );
        let paths = [("update_weights".to_owned(), "POST /w".to_owned())].into();
        assert!(Operations::new(&paths, Some(&document("update_weights"))).is_ok());
    }

    #[test]
    fn all_mistakes_in_paths_are_returned_at_once() {
        let paths = [("get_wieghts", "GET /x"), ("ping", "/ping"), ("health", "FETCH /h"), ("version", "GET version")];
        let paths = paths.iter().map(|(key, route)| ((*key).to_owned(), (*route).to_owned())).collect();
        assert_eq!(Operations::new(&paths, None).unwrap_err().len(), 4);
    }

    #[test]
    fn a_file_that_is_no_document_is_a_mistake_with_the_reason() {
        for (text, word) in [("openapi: 3.0.0\npaths: {}", "YAML"), ("{\"paths\": 3}", "OpenAPI"), ("", "OpenAPI")] {
            let mistakes = Operations::new(&BTreeMap::new(), Some(text)).unwrap_err();
            assert!(matches!(&mistakes[0], Mistake::Document(problem) if problem.contains(word)), "{mistakes:?}");
        }
    }
}
