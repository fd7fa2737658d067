//! Every operation and every field that a client uses is removed, renamed and changed, and each change is named.

use idv::openapi::{Call, Comparison, Difference, Impact, Kind};
use serde_json::{Value as Json, json};

use super::forms::FORMS;
use super::used::{self, Field};
use super::{SUBJECTS, compared};

/// The differences of a call that are about a field, or about the call itself.
fn about<'c>(comparison: &'c Comparison, call: &Call, field: Option<&str>) -> Vec<&'c Difference> {
    let is_about = |found: &&Difference| found.operation == call.route() && found.field.as_deref() == field;
    comparison.differences.iter().filter(is_about).collect()
}

/// Changes a field at each of its places.
fn changed(document: &Json, places: &[String], change: impl Fn(&mut Json, &str)) -> Json {
    let mut document = document.clone();
    for place in places {
        let (parent, name) = place.rsplit_once('/').unwrap();
        change(document.pointer_mut(parent).unwrap(), name);
    }
    document
}

fn remove(parent: &mut Json, name: &str) {
    match parent {
        Json::Array(parameters) => {
            parameters[name.parse::<usize>().unwrap()] = json!({"name": "other", "in": "cookie"});
        }
        // A parameter that is referred to.
        parent if parent[name]["in"].is_string() => parent[name] = json!({"name": "other", "in": "cookie"}),
        parent => drop(parent.as_object_mut().unwrap().remove(name)),
    }
}

fn member<'m>(parent: &'m mut Json, name: &str) -> &'m mut Json {
    match parent {
        Json::Array(parameters) => &mut parameters[name.parse::<usize>().unwrap()],
        parent => &mut parent[name],
    }
}

fn rename(parent: &mut Json, name: &str) {
    let node = member(parent, name);
    if node["in"].is_string() {
        node["name"] = json!(format!("{}_v2", node["name"].as_str().unwrap()));
    } else {
        let node = node.take();
        parent.as_object_mut().unwrap().remove(name);
        parent[format!("{name}_v2")] = node;
    }
}

/// A type that a client does not know for the field.
fn other_type(field: &Field) -> &'static str {
    if field.types.contains("boolean") { "string" } else { "boolean" }
}

fn retype(parent: &mut Json, name: &str, to: &str) {
    let node = member(parent, name);
    if node["in"].is_string() {
        node["schema"] = json!({"type": to});
    } else {
        *node = json!({"type": to});
    }
}

/// Calls a check for each call of each document, with a number that selects the form of the document.
fn each_call(mut check: impl FnMut(&idv::openapi::Api, &Call, &Json, &str, usize) -> usize) {
    let mut checked = 0;
    for subject in &SUBJECTS {
        let (api, document) = (subject.api(), subject.document());
        for call in &api.calls {
            let operation = used::operation(&document, &api.base, call);
            checked += check(&api, call, &document, &operation, checked);
        }
    }
    assert!(checked >= 54, "only {checked} changes were checked");
}

/// Calls a check for each field of each call.
fn each_field(check: impl Fn(&idv::openapi::Api, &Call, &Field, &Json, &[String], usize)) {
    let mut fields = 0;
    each_call(|api, call, document, operation, number| {
        let mut found = 0;
        for field in used::fields(call) {
            let places = used::places(document, operation, &field);
            if places.is_empty() && field.has_forms {
                continue;
            }
            assert!(!places.is_empty(), "the document has no {} of {}", field.name(), call.route());
            check(api, call, &field, document, &places, (number + found) % FORMS);
            found += 1;
        }
        assert!(found > 0 || used::fields(call).is_empty(), "{}", call.route());
        fields += found;
        1
    });
    assert!(fields > 400, "only {fields} fields were checked");
}

fn matters(field: &Field, found: &[&Difference]) -> bool {
    field.is_lenient || found.iter().any(|found| found.impact != Impact::None)
}

#[test]
fn a_field_that_is_removed_is_named() {
    each_field(|api, call, field, document, places, form| {
        let comparison = compared(api, &changed(document, places, remove), form);
        let found = about(&comparison, call, Some(&field.name()));
        let is_named = found.iter().any(|found| matches!(found.kind, Kind::Removed | Kind::Renamed));
        assert!(is_named && matters(field, &found), "{} {}: {found:#?}", call.route(), field.name());
    });
}

#[test]
fn a_field_that_is_renamed_is_named_with_its_new_name() {
    each_field(|api, call, field, document, places, form| {
        let comparison = compared(api, &changed(document, places, rename), form);
        let found = about(&comparison, call, Some(&field.name()));
        let to = format!("{}_v2", field.path.last().unwrap());
        let is_named = found.iter().any(|found| found.kind == Kind::Renamed && found.to.as_deref() == Some(&to));
        assert!(is_named && matters(field, &found), "{} {}: {found:#?}", call.route(), field.name());
    });
}

#[test]
fn a_field_whose_type_changed_is_named() {
    each_field(|api, call, field, document, places, form| {
        if field.types.is_empty() {
            return; // it is read in any form
        }
        let to = other_type(field);
        let comparison = compared(api, &changed(document, places, |parent, name| retype(parent, name, to)), form);
        let found = about(&comparison, call, Some(&field.name()));
        let is_named = found.iter().any(|found| found.kind == Kind::TypeChanged && found.detail.contains(to));
        assert!(is_named && matters(field, &found), "{} {}: {found:#?}", call.route(), field.name());
    });
}

#[test]
fn an_operation_that_is_removed_is_named() {
    each_call(|api, call, document, operation, number| {
        let comparison = compared(api, &changed(document, &[operation.to_owned()], remove), number % FORMS);
        let found = about(&comparison, call, None);
        assert!(matches!(found[..], [only] if only.kind == Kind::Removed), "{}: {found:#?}", call.route());
        assert_ne!(found[0].impact, Impact::None);
        1
    });
}

/// Moves an operation to another path or method.
fn moved(document: &Json, operation: &str, path: &str, method: &str) -> Json {
    let mut document = document.clone();
    let node = document.pointer(operation).unwrap().clone();
    let (item, old) = operation.rsplit_once('/').unwrap();
    document.pointer_mut(item).unwrap().as_object_mut().unwrap().remove(old);
    let parameters = document.pointer(item).unwrap().get("parameters").cloned();
    let target = &mut document["paths"][path];
    if target.is_null() {
        *target = json!({});
    }
    target[method] = node;
    if let Some(parameters) = parameters {
        target["parameters"] = parameters;
    }
    document
}

#[test]
fn an_operation_with_another_path_is_named_with_it() {
    each_call(|api, call, document, operation, number| {
        let path = operation.split('/').nth(2).unwrap().replace("~1", "/");
        let path = match path.len() {
            1 => "/root".to_owned(),
            // A short path is not like one with something before it.
            2..5 => path + "/v9",
            _ => path.replacen('/', "/v9/", 1),
        };
        let moved = moved(document, operation, &path, &call.method.to_lowercase());
        let comparison = compared(api, &moved, number % FORMS);
        let to = format!("{} {path}", call.method);
        let found = about(&comparison, call, None);
        let is_named = |found: &&Difference| found.kind == Kind::Renamed && found.to.as_deref() == Some(&to);
        assert!(found.iter().any(|found| is_named(found) && found.impact != Impact::None), "{to}: {found:#?}");
        if let Some(key) = call.key {
            let expected = format!("{} {}", call.method, path.replace("{idv_weights_id}", "{id}"));
            assert_eq!(comparison.paths.get(key), Some(&expected));
        }
        1
    });
}

#[test]
fn an_operation_with_another_method_is_named_with_it() {
    each_call(|api, call, document, operation, number| {
        let path = operation.split('/').nth(2).unwrap().replace("~1", "/");
        let is_free = |method: &&&str| document["paths"][&path][**method].is_null();
        let method = ["put", "post", "trace"].iter().find(is_free).unwrap();
        let comparison = compared(api, &moved(document, operation, &path, method), number % FORMS);
        let to = format!("{} {path}", method.to_uppercase());
        let found = about(&comparison, call, None);
        let is_named = |found: &&Difference| found.kind == Kind::Renamed && found.to.as_deref() == Some(&to);
        assert!(found.iter().any(|found| is_named(found) && found.impact != Impact::None), "{to}: {found:#?}");
        1
    });
}

#[test]
fn an_operation_with_another_summary_is_named_where_the_summary_matters() {
    each_call(|api, call, document, operation, number| {
        let Some(key) = call.key else { return 1 };
        let mut document = document.clone();
        document.pointer_mut(operation).unwrap()["summary"] = json!("Something else");
        let comparison = compared(api, &document, number % FORMS);
        let found = about(&comparison, call, None);
        assert!(found.iter().any(|found| found.to.as_deref() == Some("\"something else\"")), "{found:#?}");
        assert!(comparison.paths.contains_key(key) && !comparison.openapi_file_adapts);
        1
    });
}

#[test]
fn a_request_that_must_have_something_new_is_named() {
    each_call(|api, call, document, operation, number| {
        let add = |place: &str| {
            let mut document = document.clone();
            let operation = document.pointer_mut(operation).unwrap();
            if operation["parameters"].is_null() {
                operation["parameters"] = json!([]);
            }
            let parameter = json!({"name": "X-New", "in": place, "required": true, "schema": {"type": "string"}});
            operation["parameters"].as_array_mut().unwrap().push(parameter);
            document
        };
        for place in ["query", "header", "cookie"] {
            let comparison = compared(api, &add(place), number % FORMS);
            let at = if (place, call.method.as_str()) == ("query", "GET") { "request" } else { place };
            let found = about(&comparison, call, Some(&format!("{at}.X-New")));
            assert!(matches!(found[..], [only] if only.kind == Kind::NewlyRequired), "{place}: {found:#?}");
            assert_ne!(found[0].impact, Impact::None);
        }
        if call.method == "GET" {
            return 1;
        }
        let mut document = document.clone();
        let body = json!({"type": "object", "required": ["x_new"], "properties": {"x_new": {"type": "string"}}});
        let schema = document.pointer(&format!("{operation}/requestBody/content/application~1json/schema")).cloned();
        let schema = schema.map_or_else(|| body.clone(), |schema| json!({"allOf": [schema, body]}));
        document.pointer_mut(operation).unwrap()["requestBody"] =
            json!({"content": {"application/json": {"schema": schema}}});
        let comparison = compared(api, &document, number % FORMS);
        let found = about(&comparison, call, Some("request.x_new"));
        assert!(matches!(found[..], [only] if only.kind == Kind::NewlyRequired), "{found:#?}");
        1
    });
}

#[test]
fn what_is_new_is_named_and_does_not_matter() {
    each_call(|api, call, document, operation, number| {
        let mut document = document.clone();
        document["paths"]["/new"] = json!({"get": {"summary": "Something new"}});
        let members = json!({"type": "object", "properties": {"x_new": {"type": "string"}}});
        let place = format!("{operation}/responses/200/content/application~1json/schema/type");
        let is_array = document.pointer(&place).is_some_and(|name| name == "array");
        let schema = if is_array { json!({"type": "array", "items": members}) } else { members };
        let content = json!({"description": "Accepted", "content": {"application/json": {"schema": schema}}});
        document.pointer_mut(operation).unwrap()["responses"]["202"] = content;
        let comparison = compared(api, &document, number % FORMS);
        assert_eq!(comparison.unused, ["GET /new"]);
        let is_object = call.response.as_ref().is_some_and(|schema| schema["properties"].is_object());
        let found = about(&comparison, call, Some("response"));
        let is_named = |found: &&Difference| found.kind == Kind::New && found.detail.contains("`x_new`");
        assert!(!is_object || found.iter().any(is_named), "{}: {found:#?}", call.route());
        assert!(comparison.differences.iter().all(|found| found.impact == Impact::None), "{}", call.route());
        1
    });
}
