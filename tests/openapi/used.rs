//! What a client uses, and where a document has it. This does not share code with the comparison, which it checks.

use std::collections::BTreeSet;

use idv::openapi::Call;
use serde_json::Value as Json;

/// A field that a client sends or reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Field {
    /// Whether it is sent.
    pub is_sent: bool,
    /// The names that lead to it; `[]` for the elements of an array.
    pub path: Vec<String>,
    /// The types that the client knows.
    pub types: BTreeSet<String>,
    /// Whether the client accepts its absence, or any type of it, without a loss.
    pub is_lenient: bool,
    /// Whether it is of a value that the client sends or reads in two forms, of which a document has one.
    pub has_forms: bool,
}

impl Field {
    /// The field as a difference names it, such as `response.webhooks[].id`.
    pub(crate) fn name(&self) -> String {
        let side = if self.is_sent { "request" } else { "response" };
        format!("{side}.{}", self.path.join(".")).replace(".[]", "[]")
    }
}

/// Every field of a call.
pub(crate) fn fields(call: &Call) -> BTreeSet<Field> {
    let mut found = BTreeSet::new();
    for (schema, is_sent) in [(&call.request, true), (&call.response, false)] {
        if let Some(schema) = schema {
            walk(schema, is_sent, &mut Vec::new(), &mut found);
        }
    }
    let has_forms = |schema: &Option<Json>| schema.as_ref().is_some_and(|schema| schema["anyOf"].is_array());
    let (sent, read) = (has_forms(&call.request), has_forms(&call.response));
    found.into_iter().map(|field| Field { has_forms: if field.is_sent { sent } else { read }, ..field }).collect()
}

fn branches(schema: &Json) -> Vec<&Json> {
    ["allOf", "anyOf", "oneOf"].iter().filter_map(|name| schema[*name].as_array()).flatten().collect()
}

fn walk(schema: &Json, is_sent: bool, path: &mut Vec<String>, found: &mut BTreeSet<Field>) {
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        path.push(name.clone());
        let flags = ["x-may-be-absent", "x-any-form"];
        // A flag is also read from a text, which is the type that a test gives it.
        let is_read_as_text = member["x-may-be-text"] == true && types(member).contains("boolean");
        let is_lenient = is_read_as_text || flags.iter().any(|flag| member[*flag] == true);
        found.insert(Field { is_sent, path: path.clone(), types: types(member), is_lenient, has_forms: false });
        walk(member, is_sent, path, found);
        path.pop();
    }
    if schema["items"].is_object() {
        path.push("[]".to_owned());
        walk(&schema["items"], is_sent, path, found);
        path.pop();
    }
    for branch in branches(schema) {
        walk(branch, is_sent, path, found);
    }
}

fn types(schema: &Json) -> BTreeSet<String> {
    let own = match &schema["type"] {
        Json::String(name) => vec![name.clone()],
        Json::Array(names) => names.iter().map(|name| name.as_str().unwrap().to_owned()).collect(),
        _ => Vec::new(),
    };
    own.into_iter().chain(branches(schema).into_iter().flat_map(types)).collect()
}

/// The pointer to an operation of a document, whose path may have other names of parameters.
pub(super) fn operation(document: &Json, base: &str, call: &Call) -> String {
    let shape =
        |path: &str| path.split('{').map(|part| part.rsplit('}').next().unwrap()).collect::<Vec<_>>().join("{}");
    let wanted = [shape(&call.path), shape(&format!("{base}{}", call.path))];
    let paths = document["paths"].as_object().unwrap();
    let path = paths.keys().find(|path| wanted.contains(&shape(path)));
    let path = path.unwrap_or_else(|| panic!("no path for {}", call.route()));
    format!("/paths/{}/{}", escaped(path), call.method.to_lowercase())
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The pointers to each description of a field in an operation: members of schemas, or parameters of the query.
pub(super) fn places(document: &Json, operation: &str, field: &Field) -> Vec<String> {
    let node = document.pointer(operation).unwrap();
    if field.is_sent && operation.ends_with("/get") {
        let list = format!("{operation}/parameters");
        let parameters = document.pointer(&list).and_then(Json::as_array).into_iter().flatten().enumerate();
        let places = parameters.map(|(index, _)| resolved(document, &format!("{list}/{index}")));
        return places.filter(|place| document.pointer(place).unwrap()["name"] == field.path[0].as_str()).collect();
    }
    let starts: Vec<String> = if field.is_sent {
        vec![format!("{operation}/requestBody/content/application~1json/schema")]
    } else {
        let statuses = node["responses"].as_object().unwrap().keys();
        let responses = statuses.map(|status| resolved(document, &format!("{operation}/responses/{status}")));
        responses.map(|response| format!("{response}/content/application~1json/schema")).collect()
    };
    let starts = starts.into_iter().filter(|start| document.pointer(start).is_some()).collect();
    let mut schemas = expanded(document, starts);
    let (last, path) = field.path.split_last().unwrap();
    for name in path {
        let step = if name == "[]" { "/items".to_owned() } else { format!("/properties/{}", escaped(name)) };
        schemas = expanded(document, schemas.iter().map(|schema| schema.clone() + &step).collect());
    }
    let members = schemas.iter().map(|schema| format!("{schema}/properties/{}", escaped(last)));
    members.filter(|member| document.pointer(member).is_some()).collect()
}

/// The pointer behind a reference.
fn resolved(document: &Json, pointer: &str) -> String {
    let target = document.pointer(pointer).and_then(|node| node["$ref"].as_str());
    target.map_or_else(|| pointer.to_owned(), |target| resolved(document, target.trim_start_matches('#')))
}

/// The schemas at these pointers that exist, and those that they are combined of.
fn expanded(document: &Json, pointers: Vec<String>) -> Vec<String> {
    let mut found = Vec::new();
    for pointer in pointers {
        let pointer = resolved(document, &pointer);
        let Some(schema) = document.pointer(&pointer) else { continue };
        for name in ["allOf", "anyOf", "oneOf"] {
            let count = schema[name].as_array().map_or(0, Vec::len);
            found.extend(expanded(document, (0..count).map(|index| format!("{pointer}/{name}/{index}")).collect()));
        }
        found.push(pointer);
    }
    found
}
