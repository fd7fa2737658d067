//! Finds the content of a response that is not where the client expects it.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::http::{Envelope, Nested};
use crate::openapi::{ALSO_NAMED, ANY_FORM, MAY_BE_ABSENT};
use crate::recording::{Members, Shape, TextForm};

/// The name of a member whose name is not recorded.
pub(super) const NAME: &str = "NAME";

/// The member beside encrypted content that has the key for it.
const PUBLIC_KEY: &str = "publicKey";

/// How many members the content may be behind.
const DEEPEST: usize = 5;

/// What a response has elsewhere.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The members on the way to it, with dots between them.
    pub(super) path: String,
    /// The same in the documented form; empty for the whole response.
    pub(super) documented: String,
}

/// Finds the content of a response, or a wrapper around it; `None` if the response has the expected form, or if nothing in it is like
/// that.
///
/// `expected` is the schema of the whole response, in which `documented` leads to the content.
/// `may_be_sealed` says whether the vendor encrypts contents.
pub(super) fn find(shape: &Shape, expected: &Json, documented: &str, may_be_sealed: bool) -> Option<Found> {
    let content = member(expected, documented).filter(|_| !documented.is_empty());
    if is_documented(expected, documented, shape) {
        return None;
    }
    let mut parts = Vec::new();
    walk(shape, "", DEEPEST, &mut parts);
    // Shorter ways first: what is further inside may be like the content by chance.
    parts.sort_by_key(|(path, _)| path.matches('.').count());
    // Such as `{"result": null}` for an object that there is not yet.
    if let ([(path, Shape::Null)], Some(content)) = (&parts[..], content)
        && fits(content, &Shape::Null)
    {
        return Some(Found { path: path.clone(), documented: documented.to_owned() });
    }
    // Such as `{"cipher": "...", "publicKey": "..."}`.
    let is_text =
        |(path, part): &&(String, &Shape)| part.may_be_encrypted() && !path.contains('.') && path != PUBLIC_KEY;
    let sealed: Vec<_> = parts.iter().filter(is_text).collect();
    if let ([(path, _)], Some(_), true) = (&sealed[..], content, may_be_sealed) {
        return Some(Found {
            path: path.clone(),
            documented: documented.split('.').next().unwrap_or_default().to_owned(),
        });
    }
    parts.retain(|(_, part)| matches!(part, Shape::Object(_) | Shape::Array(_)));
    let is_whole = |part: &Shape| is_documented(expected, documented, part);
    let is_like = |part: &Shape| is_whole(part) || content.is_some_and(|content| fits(content, part));
    let like: Vec<_> = parts.iter().filter(|(_, part)| is_like(part)).collect();
    let is_empty = |part: &Shape| matches!(part, Shape::Array(items) if items.length == 0);
    // The whole before the content, and of several empty lists none is certainly the content.
    let wrapped = like.iter().find(|(_, part)| !is_empty(part) && is_whole(part));
    let found = wrapped.or_else(|| like.iter().find(|(_, part)| !is_empty(part)));
    let (path, part) = found.or_else(|| like.first().filter(|_| like.len() == 1))?;
    Some(Found { path: path.clone(), documented: Envelope::new("", documented).way_to(*part).join(".") })
}

/// Whether a response has the documented form, and in it something like the content.
fn is_documented(expected: &Json, documented: &str, shape: &Shape) -> bool {
    if !fits(expected, shape) {
        return false;
    }
    let way = documented.split('.').filter(|name| !name.is_empty());
    let found = way.clone().try_fold(shape, Shape::member);
    match (found, member(expected, documented)) {
        (Some(found), Some(content)) if way.count() > 0 => fits(content, found),
        _ => true,
    }
}

/// Whether a response that has the expected form has it also where the content is elsewhere, so that it does not contradict that.
pub(super) fn allows(shape: &Shape, expected: &Json, found: &str, documented: &str) -> bool {
    is_documented(expected, documented, &restore(shape, found, documented))
}

/// Whether the content is a list without an element, which says nothing about its fields.
pub(super) fn is_empty_list(shape: &Shape, documented: &str) -> bool {
    let found = documented.split('.').filter(|name| !name.is_empty()).try_fold(shape, Shape::member).unwrap_or(shape);
    matches!(found, Shape::Array(items) if items.length == 0)
}

/// Whether a schema can tell a response from another one: it has members or elements.
pub(super) fn tells(expected: &Json) -> bool {
    forms(expected).into_iter().any(|form| !properties(form).is_empty() || form.get("items").is_some())
}

/// The shape of the response in the documented form, as a client has it after the setting was applied.
pub(super) fn restore(shape: &Shape, found: &str, documented: &str) -> Shape {
    Envelope::new(found, documented).restore(shape)
}

impl Nested for Shape {
    fn member(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        if name == NAME { unnamed(members) } else { members.members.get(name) }
    }

    fn may_be_encrypted(&self) -> bool {
        matches!(self, Self::Text { form: TextForm::Base64, .. })
    }

    fn with_member(&self, removed: &str, name: &str, value: Self) -> Self {
        let mut members = match self {
            Self::Object(members) => members.clone(),
            _ => Members::default(),
        };
        members.members.remove(removed);
        members.members.insert(name.to_owned(), value);
        Self::Object(members)
    }

    fn object(name: &str, value: Self) -> Self {
        Self::Object(Members { members: [(name.to_owned(), value)].into(), ..Members::default() })
    }
}

/// The member without a name that may have the content.
fn unnamed(members: &Members) -> Option<&Shape> {
    let rest = members.rest.as_deref()?;
    match rest {
        Shape::OneOf { shapes } => shapes.iter().find(|shape| matches!(shape, Shape::Object(_))),
        rest => Some(rest),
    }
}

fn walk<'s>(shape: &'s Shape, path: &str, depth: usize, parts: &mut Vec<(String, &'s Shape)>) {
    let Shape::Object(members) = shape else { return };
    let unnamed = unnamed(members).map(|rest| (NAME, rest));
    for (name, part) in members.members.iter().map(|(name, part)| (name.as_str(), part)).chain(unnamed) {
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        parts.push((path.clone(), part));
        if depth > 1 {
            walk(part, &path, depth - 1, parts);
        }
    }
}

/// The schema of a member, in any of the forms that a schema allows.
fn member<'e>(expected: &'e Json, path: &str) -> Option<&'e Json> {
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    let found = forms(expected).into_iter().find_map(|form| properties(form).remove(name))?;
    if rest.is_empty() { Some(found) } else { member(found, rest) }
}

fn forms(expected: &Json) -> Vec<&Json> {
    let several = ["anyOf", "oneOf"].iter().filter_map(|name| expected.get(*name)?.as_array());
    let several: Vec<_> = several.flatten().flat_map(forms).collect();
    if several.is_empty() { vec![expected] } else { several }
}

/// The schemas that describe one value together.
fn parts(form: &Json) -> Vec<&Json> {
    let further = form["allOf"].as_array().into_iter().flatten().flat_map(parts);
    [form].into_iter().chain(further).collect()
}

fn properties(form: &Json) -> BTreeMap<&str, &Json> {
    let members = parts(form).into_iter().filter_map(|part| part["properties"].as_object()).flatten();
    members.map(|(name, schema)| (name.as_str(), schema)).collect()
}

/// Whether a value has the members that a client needs, each an object, a list, or neither, as it expects. What is inside of a member
/// is not compared, but for the elements of a list that is the whole.
fn fits(expected: &Json, shape: &Shape) -> bool {
    forms(expected).into_iter().any(|form| match shape {
        Shape::Object(members) => {
            let properties = properties(form);
            let has = |name: &str, schema: &Json| {
                let also = schema[ALSO_NAMED].as_array().into_iter().flatten().filter_map(Json::as_str);
                let found = std::iter::once(name).chain(also).find_map(|name| members.members.get(name));
                found.is_some_and(|found| is_of_kind(schema, found))
            };
            let needed = parts(form).into_iter().filter_map(|part| part["required"].as_array()).flatten();
            let needed: Vec<_> = needed
                .filter_map(|name| properties.get_key_value(name.as_str()?))
                .filter(|(_, schema)| schema[MAY_BE_ABSENT] != true)
                .collect();
            if properties.is_empty() {
                is_of_kind(form, shape)
            } else if needed.is_empty() {
                properties.iter().any(|(name, schema)| has(name, schema))
            } else {
                needed.into_iter().all(|(name, schema)| has(name, schema))
            }
        }
        Shape::Array(items) => {
            let first = items.items.first();
            is_of_kind(form, shape)
                && first.is_none_or(|first| form.get("items").is_none_or(|items| fits(items, first)))
        }
        _ => is_of_kind(form, shape),
    })
}

fn is_of_kind(expected: &Json, shape: &Shape) -> bool {
    let wanted = match shape {
        Shape::Null | Shape::Deeper => return true,
        Shape::OneOf { shapes } => return shapes.iter().any(|shape| is_of_kind(expected, shape)),
        Shape::Object(_) => "object",
        Shape::Array(_) => "array",
        _ => "",
    };
    forms(expected).into_iter().any(|form| {
        let types: Vec<_> = match &form["type"] {
            Json::String(name) => vec![name.as_str()],
            Json::Array(names) => names.iter().filter_map(Json::as_str).collect(),
            _ => Vec::new(),
        };
        let is_scalar = |name: &&str| !["object", "array", "null"].contains(name);
        let is_wanted = if wanted.is_empty() { types.iter().any(is_scalar) } else { types.contains(&wanted) };
        types.is_empty() || form[ANY_FORM] == true || is_wanted
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shape(value: &Json) -> Shape {
        match value {
            Json::Null => Shape::Null,
            Json::Bool(_) => Shape::Boolean,
            Json::Number(_) => Shape::Number { integer: true, value: None },
            Json::String(_) => serde_json::from_value(json!({"type": "text", "length": 1, "form": "other"})).unwrap(),
            Json::Array(items) => {
                let items: Vec<_> = items.iter().map(shape).collect();
                Shape::Array(crate::recording::Items { length: items.len(), items, rest: None })
            }
            Json::Object(members) => {
                let members = members.iter().map(|(name, value)| (name.clone(), shape(value))).collect();
                Shape::Object(Members { members, ..Members::default() })
            }
        }
    }

    fn list() -> Json {
        let row = json!({"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]});
        let page = json!({
            "type": "object",
            "properties": {"results": {"type": "array", "items": row}, "count": {"type": ["integer", "null"]}},
            "required": ["results"],
        });
        json!({"anyOf": [page, {"type": "array", "items": row}]})
    }

    #[test]
    fn content_is_found_behind_a_wrapper_and_under_another_name() {
        for (body, expected) in [
            (json!({"results": [{"id": "a"}]}), None),
            (json!([{"id": "a"}]), None),
            (json!({"data": {"results": [{"id": "a"}], "count": 1}}), Some("data")),
            (json!({"rows": [{"id": "a"}], "errors": [], "count": 1}), Some("rows")),
            (json!({"payload": {"rows": [{"id": "a"}]}}), Some("payload.rows")),
            (json!({"rows": [], "errors": []}), None),
            (json!({"rows": []}), Some("rows")),
            (json!({"message": "no"}), None),
            (json!({"results": [{"uuid": "a"}]}), None),
        ] {
            let found = find(&shape(&body), &list(), "results", false);
            assert_eq!(found.as_ref().map(|found| found.path.as_str()), expected, "{body}");
            if let Some(found) = found {
                assert!(fits(&list(), &restore(&shape(&body), &found.path, "results")), "{body}");
            }
        }
    }

    #[test]
    fn name_that_is_not_recorded_is_a_placeholder() {
        let inner = shape(&json!({"results": [{"id": "a"}]}));
        let wrapped = Shape::Object(Members { unnamed: 1, rest: Some(Box::new(inner.clone())), ..Members::default() });
        assert_eq!(find(&wrapped, &list(), "results", false).unwrap().path, NAME);
        assert_eq!(restore(&wrapped, NAME, "results"), inner);
    }

    #[test]
    fn list_in_a_documented_envelope_is_restored_to_it() {
        let body = shape(&json!({"items": [1], "page": 1}));
        assert_eq!(restore(&body, "items", "data.data"), shape(&json!({"data": {"data": [1], "page": 1}})));
    }
}
