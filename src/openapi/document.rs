//! An OpenAPI document: reads JSON or YAML, and finds its operations, parameters, bodies and responses.
//!
//! It keeps the document as JSON and reads only what a question needs, so versions 3.0 and 3.1 differ in one place, `schema`, and
//! a mistake elsewhere in the document does no harm.

use serde_json::{Map, Value as Json};

/// The methods that a path may have, as the specification lists them.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// How many references lead to each other at most.
const MOST_REFERENCES: usize = 32;

/// An OpenAPI document of version 3.
#[derive(Debug)]
pub struct Document {
    root: Json,
}

/// One operation of a document.
#[derive(Clone, Copy)]
pub struct Operation<'d> {
    document: &'d Document,
    method: &'static str,
    path: &'d str,
    /// What all methods of the path have in common.
    item: &'d Map<String, Json>,
    node: &'d Map<String, Json>,
}

/// A parameter of an operation.
pub(super) struct Parameter<'d> {
    /// Where it is: `query`, `header`, `path` or `cookie`.
    pub(super) place: &'d str,
    /// The name.
    pub(super) name: &'d str,
    /// Whether a request must have it.
    pub(super) required: bool,
    /// Its schema.
    pub(super) schema: Option<&'d Json>,
}

impl Document {
    /// Reads a document in JSON or YAML, or returns why it cannot be read.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Err("it is not text in UTF-8; save it as UTF-8".to_owned());
        };
        let root: Json = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| format!("it is not an OpenAPI document in JSON ({error})"))?
        } else {
            serde_saphyr::from_str(text).map_err(|error| {
                // The other lines of the message quote the document.
                let error = error.to_string();
                let error = error.lines().next().unwrap_or_default().trim_start_matches("error: ");
                format!("it is not an OpenAPI document in JSON or YAML ({error})")
            })?
        };
        let version = root.get("openapi").and_then(Json::as_str);
        match (version, root.get("swagger")) {
            (Some(version), _) if version.starts_with("3.") => {}
            (Some(version), _) => return Err(format!("it is of OpenAPI {version}, and versions 3.0 and 3.1 are read")),
            (None, Some(_)) => {
                return Err("it is of Swagger 2.0, and OpenAPI 3.0 and 3.1 are read; convert it first".to_owned());
            }
            (None, None) => return Err("it is not an OpenAPI document: it has no text `openapi`".to_owned()),
        }
        if !root.get("paths").is_some_and(Json::is_object) {
            return Err("it is not an OpenAPI document: `paths` is not an object".to_owned());
        }
        Ok(Self { root })
    }

    /// The version of the specification, such as `3.0.3`.
    pub fn version(&self) -> &str {
        self.root.get("openapi").and_then(Json::as_str).unwrap_or_default()
    }

    /// A text of the document's `info`, such as its `title`.
    pub fn info(&self, name: &str) -> Option<&str> {
        self.root.get("info")?.get(name)?.as_str()
    }

    /// The addresses of the API.
    pub fn servers(&self) -> impl Iterator<Item = &str> {
        let servers = self.root.get("servers").and_then(Json::as_array).into_iter().flatten();
        servers.filter_map(|server| server.get("url")?.as_str())
    }

    /// The address of the token endpoint of its client credentials flow.
    pub fn token_url(&self) -> Option<&str> {
        let schemes = self.root.pointer("/components/securitySchemes")?.as_object()?;
        let urls = schemes.values().map(|scheme| self.resolve(scheme));
        urls.filter_map(|scheme| scheme.pointer("/flows/clientCredentials/tokenUrl")?.as_str())
            .find(|url| url.starts_with("http"))
    }

    /// Every operation, in the order of paths.
    pub fn operations(&self) -> Vec<Operation<'_>> {
        let paths = self.root.get("paths").and_then(Json::as_object).into_iter().flatten();
        let items = paths.filter_map(|(path, item)| Some((path.as_str(), self.resolve(item).as_object()?)));
        items
            .flat_map(|(path, item)| {
                METHODS.iter().filter_map(move |method| {
                    let node = item.get(*method)?.as_object()?;
                    Some(Operation { document: self, method, path, item, node })
                })
            })
            .collect()
    }

    /// Follows local references. A reference to another file, and one in a circle, stay what they are.
    pub(super) fn resolve<'d>(&'d self, node: &'d Json) -> &'d Json {
        resolve(&self.root, node)
    }

    /// The document itself, which references are relative to.
    pub(super) fn root(&self) -> &Json {
        &self.root
    }
}

/// Follows local references within a document.
pub(super) fn resolve<'d>(root: &'d Json, mut node: &'d Json) -> &'d Json {
    for _ in 0..MOST_REFERENCES {
        let Some(target) = target(root, node) else { break };
        node = target;
    }
    node
}

/// What a node refers to; `None` if it is no reference within the document.
pub(super) fn target<'d>(root: &'d Json, node: &Json) -> Option<&'d Json> {
    let pointer = node.get("$ref")?.as_str()?.strip_prefix('#')?;
    root.pointer(&decoded(pointer))
}

/// A pointer in a fragment of a URL is percent-encoded.
fn decoded(pointer: &str) -> String {
    percent_encoding::percent_decode_str(pointer).decode_utf8_lossy().into_owned()
}

impl<'d> Operation<'d> {
    /// The method in upper case.
    pub fn method(&self) -> String {
        self.method.to_uppercase()
    }

    /// The path as the document has it.
    pub fn path(&self) -> &'d str {
        self.path
    }

    /// Method and path, such as `GET /weights`.
    pub fn route(&self) -> String {
        format!("{} {}", self.method(), self.path)
    }

    /// The summary.
    pub fn summary(&self) -> Option<&'d str> {
        self.node.get("summary")?.as_str()
    }

    /// The id.
    pub fn id(&self) -> Option<&'d str> {
        self.node.get("operationId")?.as_str()
    }

    /// The sections that it belongs to.
    pub fn tags(&self) -> impl Iterator<Item = &'d str> {
        self.node.get("tags").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str)
    }

    /// The parameters, those of the path included.
    pub(super) fn parameters(&self) -> Vec<Parameter<'d>> {
        let own = [self.node, self.item].into_iter().filter_map(|node| node.get("parameters")?.as_array());
        let mut found: Vec<Parameter<'d>> = Vec::new();
        for parameter in own.flatten().map(|parameter| self.document.resolve(parameter)) {
            let text = |name| parameter.get(name).and_then(Json::as_str);
            let (Some(place), Some(name)) = (text("in"), text("name")) else { continue };
            // That of the operation replaces that of the path.
            if found.iter().all(|other| (other.place, other.name) != (place, name)) {
                let required = parameter.get("required").and_then(Json::as_bool) == Some(true);
                found.push(Parameter { place, name, required, schema: parameter.get("schema") });
            }
        }
        found
    }

    /// Whether the document describes more of it than its route.
    pub(super) fn is_described(&self) -> bool {
        let has_parameters = [self.node, self.item].iter().any(|node| node.contains_key("parameters"));
        has_parameters || !self.request().is_empty() || !self.responses().is_empty()
    }

    /// The schemas of its request body, one for each media type; empty if it describes none.
    pub(super) fn request(&self) -> Vec<&'d Json> {
        let body = self.node.get("requestBody").map(|body| self.document.resolve(body));
        body.into_iter().flat_map(schemas).collect()
    }

    /// The schemas of its successful responses.
    pub(super) fn responses(&self) -> Vec<&'d Json> {
        let responses = self.node.get("responses").and_then(Json::as_object).into_iter().flatten();
        let successes = responses.filter(|(status, _)| status.starts_with('2'));
        successes.flat_map(|(_, response)| schemas(self.document.resolve(response))).collect()
    }
}

/// The schemas of a body: those of JSON and forms, which are what an API takes and returns.
fn schemas(body: &Json) -> Vec<&Json> {
    let content = body.get("content").and_then(Json::as_object).into_iter().flatten();
    let is_read = |media: &str| media.contains("json") || media.contains("form") || media.starts_with("*/");
    content.filter(|(media, _)| is_read(media)).filter_map(|(_, body)| body.get("schema")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "openapi: 3.1.0\ninfo: {title: A, version: '1'}\npaths:\n  /a:\n    $ref: '#/components/pathItems/a'\n\
                        components:\n  pathItems:\n    a:\n      get:\n        summary: Get a\n        responses:\n          200:\n            \
                        content:\n              application/json:\n                schema: {type: object}\n";

    #[test]
    fn json_and_yaml_with_or_without_a_byte_order_mark_are_read() {
        let json = serde_json::to_string(&serde_saphyr::from_str::<Json>(YAML).unwrap()).unwrap();
        for text in [YAML, json.as_str()] {
            for mark in ["", "\u{feff}"] {
                let document = Document::parse(format!("{mark}{text}").as_bytes()).unwrap();
                let operations = document.operations();
                assert_eq!(operations.iter().map(Operation::route).collect::<Vec<_>>(), ["GET /a"]);
                assert_eq!(operations[0].responses().len(), 1, "a status may be a number in YAML");
            }
        }
    }

    #[test]
    fn what_is_no_document_is_named() {
        for (text, problem) in [
            ("{\"openapi\": \"3.0.0\"", "EOF while parsing"),
            ("{\"paths\": 3}", "no text `openapi`"),
            ("openapi: 3.0.0\npaths: 3\n", "`paths` is not an object"),
            ("openapi: 3.0.0\n paths: [", "JSON or YAML ("),
            ("swagger: '2.0'\npaths: {}\n", "Swagger 2.0"),
            ("openapi: 4.0.0\npaths: {}\n", "OpenAPI 4.0.0"),
            ("<html></html>", "OpenAPI document"),
            ("", "OpenAPI document"),
        ] {
            let found = Document::parse(text.as_bytes()).unwrap_err();
            assert!(found.contains(problem) && !found.contains('\n'), "{text}: {found}");
        }
        assert!(Document::parse(b"\xff\xfeo\0").unwrap_err().contains("UTF-8"));
    }

    #[test]
    fn references_in_a_circle_end() {
        let text = r##"{"openapi": "3.0.0", "paths": {"/a": {"$ref": "#/paths/~1b"}, "/b": {"$ref": "#/paths/~1a"}}}"##;
        assert!(Document::parse(text.as_bytes()).unwrap().operations().is_empty());
    }
}
