//! The route of each operation of the KYC API.
//!
//! The vendor's reference has the operations without methods and paths, so there are three sources, in order of precedence:
//! the user's `paths`, the OpenAPI document that the vendor offers for download, and the defaults below. The defaults are
//! assumptions, since the routes are not public.

use std::collections::BTreeMap;
use std::fmt;

use super::client::{Scope, WebhookRow};
use super::document_requirements::DocumentRequirements;
use super::erasure::{AnonymizeIdentity, AnonymizeSession, DeleteSession};
use super::sessions::{SessionList, SessionQuery};
use super::weights::Weights;
use super::{service, wire};
use crate::http::Method;
use crate::openapi::{self, Api, Call, Document, NO_OBJECT};
use crate::vendors::shared::route;

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

impl Operation {
    /// The method and the path of the assumed route.
    pub(super) fn default_route(self) -> (&'static str, &'static str) {
        let row = TABLE.iter().find(|(operation, ..)| *operation == self);
        row.and_then(|(.., route)| route.split_once(' ')).unwrap_or_default()
    }

    /// Adds what the client sends and reads; `None` if it does not call the operation.
    fn with_fields(self, call: Call) -> Option<Call> {
        let by_id = |mut call: Call| {
            call.takes_id = true;
            call
        };
        Some(match self {
            Self::GetWeights => call.sends::<Scope>().reads::<Weights>(),
            Self::UpdateWeights => call.sends::<Weights>(),
            Self::GetWeightsById => by_id(call).reads::<Weights>().reads_one(NO_OBJECT),
            Self::GetRequirements => {
                call.sends::<Scope>().reads::<wire::Requirements<DocumentRequirements>>().with_content("requirements")
            }
            Self::UpdateRequirements => call.sends::<DocumentRequirements>(),
            Self::WebhookCreate => call.sends::<wire::NewWebhook<'_>>(),
            Self::WebhookList => {
                call.sends::<wire::WebhookQuery<'_>>().reads::<wire::WebhookList<WebhookRow>>().with_content("webhooks")
            }
            Self::WebhookDelete => by_id(call).sends::<wire::WebhookId<'_>>(),
            Self::SessionList => call.sends::<SessionQuery<'_>>().reads::<SessionList>().with_content("sessions"),
            Self::AnonymizeIdentity => by_id(call).sends::<wire::ErasedId<AnonymizeIdentity>>(),
            Self::SessionAnonymize => by_id(call).sends::<wire::ErasedId<AnonymizeSession>>(),
            Self::SessionDelete => by_id(call).sends::<wire::ErasedId<DeleteSession>>(),
            Self::Root => call.reads::<service::wire::Root>(),
            Self::Status => call.reads::<service::wire::Status>(),
            Self::Health | Self::Readiness => call.reads::<service::wire::Probe>(),
            Self::Ping | Self::Metrics | Self::Liveness | Self::Version => return None,
        })
    }
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
    pub(super) fn new(paths: &BTreeMap<String, String>, document: Option<&[u8]>) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = unknown_keys(paths);
        let mut operations = Self { routes: BTreeMap::new(), token_url: None };
        let mut found = None;
        if let Some(bytes) = document {
            match Document::parse(bytes) {
                Ok(document) => {
                    operations.token_url = document.token_url().map(str::to_owned);
                    found = Some(routes(&document, &mut mistakes));
                }
                Err(problem) => mistakes.push(Mistake::Document(problem)),
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

    /// The API as the client calls it at these routes.
    pub(super) fn api(&self) -> Api {
        let calls = TABLE.iter().enumerate().filter_map(|(position, (operation, key, summary, default))| {
            let route = self.routes.get(operation).cloned().or_else(|| parse_route(default).ok())?;
            let mut call = operation.with_fields(Call::new(route.method.as_str(), route.path))?;
            (call.summary, call.key, call.is_optional) = (Some(*summary), Some(*key), position >= REQUIRED);
            Some(call)
        });
        Api { ignores: is_of_authentication, ..Api::new(&[], calls.collect()) }
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
    let (method, path) = route::parse(text)?;
    Ok(Route { method, path })
}

/// Whether an operation is of the group IDA, which is about authentication and has a "session list" and a "session delete" too.
fn is_of_authentication(operation: &openapi::Operation<'_>) -> bool {
    operation.tags().any(|tag| tag.starts_with("IDA"))
}

/// The routes of a document by normalised summary. Two operations with the summary of a needed one are a mistake.
fn routes(document: &Document, mistakes: &mut Vec<Mistake>) -> BTreeMap<String, Route> {
    let mut routes: BTreeMap<String, Route> = BTreeMap::new();
    for operation in document.operations().into_iter().filter(|operation| !is_of_authentication(operation)) {
        let Some(summary) = operation.summary().map(openapi::normalized) else { continue };
        let path = openapi::with_id(operation.path());
        let Ok(route) = parse_route(&format!("{} {path}", operation.method())) else { continue };
        let needed = TABLE.iter().any(|(_, _, name, _)| *name == summary);
        if let Some(other) = routes.get(&summary).filter(|_| needed) {
            mistakes.push(Mistake::Document(format!(
                "two operations have the summary \"{summary}\": {other} and {route}; say which with `paths`"
            )));
        }
        routes.insert(summary, route);
    }
    routes
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

    fn with_document(paths: &BTreeMap<String, String>, text: &str) -> Result<Operations, Vec<Mistake>> {
        Operations::new(paths, Some(text.as_bytes()))
    }

    fn route(operations: &Operations, operation: Operation) -> String {
        operations.route(operation).unwrap().to_string()
    }

    #[test]
    fn paths_take_precedence_over_the_document_and_the_defaults() {
        let defaults = Operations::new(&BTreeMap::new(), None).unwrap();
        assert_eq!(route(&defaults, Operation::WebhookList), "POST /webhook/list");
        let paths = [("webhook_list".to_owned(), "get /hooks".to_owned())].into();
        let merged = with_document(&paths, &document("")).unwrap();
        assert_eq!(route(&merged, Operation::WebhookList), "GET /hooks");
        assert_eq!(route(&merged, Operation::GetWeights), "PUT /v9/get_weights");
        assert_eq!(merged.token_url.as_deref(), Some("https://id.example.com/t"));
    }

    #[test]
    fn a_document_without_a_required_operation_is_a_mistake_that_names_the_fix() {
        let mistakes = with_document(&BTreeMap::new(), &document("update_weights")).unwrap_err();
        let [Mistake::Document(problem)] = &mistakes[..] else { panic!("{mistakes:?}") };
        assert!(problem.contains("\"update weights\"") && problem.contains("paths = { update_weights"), "{problem}");
        // A "Utility" operation may be absent, and `paths` may add any operation.
        assert!(with_document(&BTreeMap::new(), &document("metrics")).unwrap().route(Operation::Metrics).is_none());
        let paths = [("update_weights".to_owned(), "POST /w".to_owned())].into();
        assert!(with_document(&paths, &document("update_weights")).is_ok());
    }

    #[test]
    fn all_mistakes_in_paths_are_returned_at_once() {
        let paths = [("get_wieghts", "GET /x"), ("ping", "/ping"), ("health", "FETCH /h"), ("version", "GET version")];
        let paths = paths.iter().map(|(key, route)| ((*key).to_owned(), (*route).to_owned())).collect();
        assert_eq!(Operations::new(&paths, None).unwrap_err().len(), 4);
    }

    #[test]
    fn a_file_that_is_no_document_is_a_mistake_with_the_reason() {
        for text in ["{\"paths\": 3}", ""] {
            let mistakes = with_document(&BTreeMap::new(), text).unwrap_err();
            assert!(matches!(&mistakes[0], Mistake::Document(problem) if problem.contains("OpenAPI")), "{mistakes:?}");
        }
    }

    #[test]
    fn a_document_may_be_yaml() {
        let text = "\u{feff}openapi: 3.1.0\npaths:\n".to_owned();
        let entry = |(_, key, summary, _): &Row| format!("  /{key}:\n    patch:\n      summary: {summary}\n");
        let text = TABLE.iter().map(entry).fold(text, |text, entry| text + &entry);
        let operations = with_document(&BTreeMap::new(), &text).unwrap();
        assert_eq!(route(&operations, Operation::WebhookList), "PATCH /webhook_list");
    }

    #[test]
    fn the_parameter_of_a_route_may_have_any_name() {
        let text = document("").replace("/v9/get_weights_by_id", "/v9/weights/{idv_weights_id}");
        let operations = with_document(&BTreeMap::new(), &text).unwrap();
        assert_eq!(route(&operations, Operation::GetWeightsById), "PUT /v9/weights/{id}");
    }
}
