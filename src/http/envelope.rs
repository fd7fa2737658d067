//! The content of a response that is in other members than the vendor documents.

use serde_json::{Map, Value};

/// Where a response has its content, and where the client reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The members on the way to the content.
    found: Vec<String>,
    /// The same in the documented form; empty if the content is the whole response.
    documented: Vec<String>,
}

/// A value with members: the JSON of a response, or what a recording has of it.
pub trait Nested: Clone {
    /// The member with this name.
    fn member(&self, name: &str) -> Option<&Self>;

    /// Whether it may be encrypted, so that it has further members inside.
    fn may_be_encrypted(&self) -> bool;

    /// The same members, with this one in place of `removed`.
    #[must_use]
    fn with_member(&self, removed: &str, name: &str, value: Self) -> Self;

    /// An object with one member.
    fn object(name: &str, value: Self) -> Self;
}

impl Envelope {
    /// The content is at `found`, and documented at `documented`: names of members with dots between them.
    pub fn new(found: &str, documented: &str) -> Self {
        let members = |path: &str| path.split('.').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Self { found: members(found), documented: members(documented) }
    }

    /// The body of an error, which may be in the same wrapper; `None` if it does not have these members.
    pub(super) fn error_body(&self, body: &[u8]) -> Option<Vec<u8>> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let inside = self.found.iter().try_fold(&body, |value, name| value.get(name))?;
        serde_json::to_vec(inside).ok()
    }

    /// The body in the documented form. Members beside the content stay beside it. A body without the content is unchanged.
    pub fn restore<T: Nested>(&self, body: &T) -> T {
        let Some((last, way)) = self.found.split_last() else { return body.clone() };
        let outer = way.iter().try_fold(body, |value, name| value.member(name));
        let found = outer.and_then(|outer| Some((outer, outer.member(last)?)));
        let Some((outer, content)) = found else { return body.clone() };
        let Some((member, ways)) = self.way_to(content).split_last() else { return content.clone() };
        let inner = outer.with_member(last, member, content.clone());
        ways.iter().rev().fold(inner, |inner, name| T::object(name, inner))
    }

    /// The documented members on the way to what was found. It may begin further outside than the content: then it has the members on
    /// the rest of the way.
    pub fn way_to<T: Nested>(&self, found: &T) -> &[String] {
        let documented = self.documented.as_slice();
        if found.may_be_encrypted() {
            // The rest of the way is inside.
            return &documented[..documented.len().min(1)];
        }
        let step = |value, name: &String| -> Option<&T> {
            if T::may_be_encrypted(value) { Some(value) } else { value.member(name) }
        };
        let has = |way: &[String]| way.iter().try_fold(found, step).is_some();
        let end = (0..documented.len()).find(|from| has(&documented[*from..]));
        &documented[..end.unwrap_or(documented.len())]
    }
}

impl Nested for Value {
    fn member(&self, name: &str) -> Option<&Self> {
        self.get(name)
    }

    fn may_be_encrypted(&self) -> bool {
        self.is_string()
    }

    fn with_member(&self, removed: &str, name: &str, value: Self) -> Self {
        let others = self.as_object().into_iter().flatten().filter(|(member, _)| *member != removed);
        let mut members: Map<_, _> = others.map(|(member, value)| (member.clone(), value.clone())).collect();
        members.insert(name.to_owned(), value);
        Self::Object(members)
    }

    fn object(name: &str, value: Self) -> Self {
        Self::Object([(name.to_owned(), value)].into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn content_is_moved_to_where_it_is_documented() {
        for (found, documented, body, expected) in [
            ("data", "", json!({"data": {"id": 1}}), json!({"id": 1})),
            ("rows", "results", json!({"rows": [1], "count": 1}), json!({"results": [1], "count": 1})),
            ("x.rows", "results", json!({"x": {"rows": [1], "count": 1}}), json!({"results": [1], "count": 1})),
            ("rows", "data.data", json!({"rows": [1], "page": 2}), json!({"data": {"data": [1], "page": 2}})),
            (
                "x.data",
                "data",
                json!({"x": {"data": "sealed", "publicKey": "k"}}),
                json!({"data": "sealed", "publicKey": "k"}),
            ),
            ("data", "results", json!({"data": {"results": [1]}}), json!({"results": [1]})),
            ("x", "data.data", json!({"x": {"data": [1], "page": 2}}), json!({"data": {"data": [1], "page": 2}})),
            ("x", "data.data", json!({"x": {"data": "sealed", "k": 1}}), json!({"data": "sealed", "k": 1})),
            ("x", "data.data", json!({"x": "sealed", "k": 1}), json!({"data": "sealed", "k": 1})),
            ("data", "", json!({"id": 1}), json!({"id": 1})),
            ("data.rows", "", json!({"data": 3}), json!({"data": 3})),
            ("data", "", json!([1]), json!([1])),
        ] {
            assert_eq!(Envelope::new(found, documented).restore(&body), expected, "{found} {documented}");
        }
    }
}
