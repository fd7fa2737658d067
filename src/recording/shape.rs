//! The shape of a JSON value: what a program needs to know of it, without its data.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Sha256;

use super::words::{Vocabulary, is_count, is_id, is_name};

/// How many elements of an array have a shape of their own; the others are merged into one.
const SEPARATE_ITEMS: usize = 20;

/// How deep a shape goes. What is below has the type alone.
const DEEPEST: usize = 20;

/// The shape of a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Shape {
    /// `null`.
    Null,
    /// `true` or `false`; which one is not recorded.
    Boolean,
    /// A number.
    Number {
        /// Whether it has no fraction.
        integer: bool,
        /// The value, if the field counts objects or pages.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<u64>,
    },
    /// A text.
    Text {
        /// How many characters it has.
        length: usize,
        /// Its form.
        form: TextForm,
        /// The text itself, if it is a constant of this provider.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<String>,
        /// Equal within a recording for equal ids, if the field is an id. Its key is random and is not kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hash: Option<String>,
    },
    /// An array.
    Array(Items),
    /// An object.
    Object(Members),
    /// Several of these: the merged shape of the elements of an array.
    OneOf {
        /// The shapes, each of another type.
        shapes: Vec<Shape>,
    },
    /// A value below the deepest level that is recorded.
    Deeper,
}

/// The elements of an array.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Items {
    /// How many there are.
    pub length: usize,
    /// The shapes of the first ones.
    pub items: Vec<Shape>,
    /// The merged shape of the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<Box<Shape>>,
}

/// The members of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Members {
    /// Those whose names are recorded.
    pub members: BTreeMap<String, Shape>,
    /// How many further members there are, whose names may be data.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unnamed: usize,
    /// The merged shape of those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<Box<Shape>>,
    /// The names that not every merged object has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sometimes: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// The form of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextForm {
    /// The empty text.
    Empty,
    /// A date and time of RFC 3339.
    DateTime,
    /// A UUID.
    Uuid,
    /// Digits alone.
    Digits,
    /// An address that begins with `http://` or `https://`.
    Url,
    /// A JSON Web Token.
    Jwt,
    /// Hexadecimal digits, at least 16.
    Hex,
    /// Base64, at least 16 characters.
    Base64,
    /// JSON in a text.
    Json,
    /// Any other text.
    Other,
}

impl TextForm {
    /// The form of a text.
    pub fn of(text: &str) -> Self {
        let all = |is: fn(&u8) -> bool| text.bytes().all(|byte| is(&byte));
        match text {
            "" => Self::Empty,
            _ if all(u8::is_ascii_digit) => Self::Digits,
            _ if text.len() == 36 && uuid::Uuid::try_parse(text).is_ok() => Self::Uuid,
            _ if text.starts_with("http://") || text.starts_with("https://") => Self::Url,
            _ if text.starts_with("eyJ") && text.split('.').count() == 3 => Self::Jwt,
            _ if text.len() >= 16 && all(u8::is_ascii_hexdigit) => Self::Hex,
            _ if text.parse::<jiff::Timestamp>().is_ok() => Self::DateTime,
            _ if text.len() >= 16 && BASE64_STANDARD.decode(text).is_ok() => Self::Base64,
            _ if text.starts_with(['{', '[']) && serde_json::from_str::<Value>(text).is_ok() => Self::Json,
            _ => Self::Other,
        }
    }
}

/// Makes the shapes of one recording.
pub(super) struct Shaper<'w> {
    pub(super) words: &'w Vocabulary,
    /// The key of the hashes.
    pub(super) key: [u8; 32],
}

impl Shaper<'_> {
    /// The shape of a whole body.
    pub(super) fn shape(&self, value: &Value) -> Shape {
        self.at("", value, 0)
    }

    /// Equal texts have equal hashes, which say nothing about the text without the key.
    pub(super) fn hash(&self, text: &str) -> String {
        // A key of any length is accepted.
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return String::new() };
        let bytes = mac.chain_update(text).finalize().into_bytes();
        let number = bytes.iter().take(6).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        format!("{number:012x}")
    }

    fn at(&self, field: &str, value: &Value, depth: usize) -> Shape {
        match value {
            Value::Null => Shape::Null,
            Value::Bool(_) => Shape::Boolean,
            Value::Number(number) => Shape::Number {
                integer: number.is_i64() || number.is_u64(),
                value: number.as_u64().filter(|_| is_count(field)),
            },
            Value::String(text) => self.text(field, text),
            Value::Array(_) | Value::Object(_) if depth == DEEPEST => Shape::Deeper,
            Value::Array(values) => {
                let mut shapes = values.iter().map(|value| self.at(field, value, depth + 1));
                let items = shapes.by_ref().take(SEPARATE_ITEMS).collect();
                let rest = shapes.reduce(merged).map(Box::new);
                Shape::Array(Items { length: values.len(), items, rest })
            }
            Value::Object(members) => {
                // Where most names are unknown, they may be data: the keys of a map.
                let known = members.keys().filter(|name| self.words.has_field(name)).count();
                let unknown = members.keys().filter(|name| !self.words.has_field(name) && is_name(name)).count();
                let are_fields = known > 0 && known >= unknown;
                let is_named = |name: &str| self.words.has_field(name) || (are_fields && is_name(name));
                let (named, unnamed): (Vec<_>, Vec<_>) = members.iter().partition(|(name, _)| is_named(name));
                let shape = |(name, value): (&String, &Value)| (name.clone(), self.at(name, value, depth + 1));
                let rest = unnamed.iter().map(|(_, value)| self.at("", value, depth + 1)).reduce(merged);
                Shape::Object(Members {
                    unnamed: unnamed.len(),
                    members: named.into_iter().map(shape).collect(),
                    rest: rest.map(Box::new),
                    sometimes: Vec::new(),
                })
            }
        }
    }

    fn text(&self, field: &str, text: &str) -> Shape {
        let value = self.words.has_value(text).then(|| text.to_owned());
        let hash = (value.is_none() && !text.is_empty() && is_id(field)).then(|| self.hash(text));
        Shape::Text { length: text.chars().count(), form: TextForm::of(text), value, hash }
    }
}

/// What both shapes have in common, and the shapes of both where they are of different types.
fn merged(left: Shape, right: Shape) -> Shape {
    match (left, right) {
        (left, right) if left == right => left,
        (Shape::Number { integer: left, .. }, Shape::Number { integer: right, .. }) => {
            Shape::Number { integer: left && right, value: None }
        }
        (Shape::Text { length: left, form: one, .. }, Shape::Text { length: right, form: other, .. }) => {
            let form = if one == other { one } else { TextForm::Other };
            Shape::Text { length: left.max(right), form, value: None, hash: None }
        }
        (Shape::Array(left), Shape::Array(right)) => {
            let length = left.length.max(right.length);
            let shapes =
                [left, right].into_iter().flat_map(|items| items.items.into_iter().chain(items.rest.map(|rest| *rest)));
            Shape::Array(Items { length, items: Vec::new(), rest: shapes.reduce(merged).map(Box::new) })
        }
        (Shape::Object(left), Shape::Object(right)) => Shape::Object(merged_members(left, right)),
        (left, right) => one_of(left, right),
    }
}

fn merged_members(mut left: Members, right: Members) -> Members {
    let unnamed = left.unnamed.max(right.unnamed);
    let mut sometimes = left.sometimes;
    sometimes.extend(right.sometimes);
    sometimes.extend(left.members.keys().filter(|name| !right.members.contains_key(*name)).cloned());
    sometimes.extend(right.members.keys().filter(|name| !left.members.contains_key(*name)).cloned());
    sometimes.sort();
    sometimes.dedup();
    for (name, shape) in right.members {
        let shape = match left.members.remove(&name) {
            Some(other) => merged(other, shape),
            None => shape,
        };
        left.members.insert(name, shape);
    }
    let rest = [left.rest, right.rest].into_iter().flatten().map(|shape| *shape).reduce(merged).map(Box::new);
    Members { members: left.members, unnamed, rest, sometimes }
}

fn one_of(left: Shape, right: Shape) -> Shape {
    let parts = |shape| match shape {
        Shape::OneOf { shapes } => shapes,
        shape => vec![shape],
    };
    let mut shapes = parts(left);
    for shape in parts(right) {
        let same = shapes.iter().position(|known| std::mem::discriminant(known) == std::mem::discriminant(&shape));
        match same {
            Some(index) => {
                let known = shapes.swap_remove(index);
                shapes.push(merged(known, shape));
            }
            None => shapes.push(shape),
        }
    }
    Shape::OneOf { shapes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shape(value: &Value) -> Value {
        let words = Vocabulary::new(["passport".to_owned()], ["document_type".to_owned()]);
        serde_json::to_value(Shaper { words: &words, key: [7; 32] }.shape(value)).unwrap()
    }

    #[test]
    fn constants_and_counts_are_kept_and_data_is_not() {
        let shape = shape(&json!({
            "total": 3, "documentType": "passport", "name": "Ada Lovelace", "id": "usr_1", "score": 0.5, "verified": true,
        }));
        assert_eq!(shape["members"]["total"], json!({"type": "number", "integer": true, "value": 3}));
        assert_eq!(shape["members"]["documentType"]["value"], "passport");
        assert_eq!(shape["members"]["name"], json!({"type": "text", "length": 12, "form": "other"}));
        assert_eq!(shape["members"]["score"], json!({"type": "number", "integer": false}));
        let text = shape.to_string();
        assert!(!text.contains("Ada") && !text.contains("usr_1"), "{text}");
    }

    #[test]
    fn equal_ids_have_equal_hashes() {
        let shape = shape(&json!([{"id": "one"}, {"id": "two"}, {"id": "two", "list_id": "one"}]));
        let hash = |row: usize, name: &str| shape["items"][row]["members"][name]["hash"].clone();
        assert_eq!(hash(0, "id"), hash(2, "list_id"));
        assert_ne!(hash(0, "id"), hash(1, "id"));
        assert!(hash(0, "id").is_string());
    }

    #[test]
    fn names_of_members_that_may_be_data_are_counted() {
        let by_person = shape(&json!({"Ada": {"status": "approved"}, "Grace": {"status": "declined"}}));
        assert_eq!(by_person["unnamed"], 2);
        assert_eq!(by_person["rest"]["members"]["status"], json!({"type": "text", "length": 8, "form": "other"}));
        let mostly_unknown = shape(&json!({"id": "x", "mustermann_erika": 1, "doe_jane": 2}));
        assert_eq!(mostly_unknown["unnamed"], 2);
        let mixed = shape(&json!({"id": "x", "new_field": 1, "ada@example.com": 2}));
        assert_eq!(mixed["unnamed"], 1);
        assert!(mixed["members"]["new_field"].is_object() && !mixed.to_string().contains("ada"));
    }

    #[test]
    fn a_long_array_has_a_merged_rest() {
        let rows: Vec<_> =
            (0..30).map(|row| if row == 29 { json!({"id": null, "title": "x"}) } else { json!({"id": "a"}) }).collect();
        let shape = shape(&Value::Array(rows));
        assert_eq!((shape["length"].clone(), shape["items"].as_array().unwrap().len()), (json!(30), 20));
        assert_eq!(shape["rest"]["sometimes"], json!(["title"]));
        assert_eq!(shape["rest"]["members"]["id"]["type"], "one_of");
    }

    #[test]
    fn forms_of_texts_are_recognized() {
        for (text, form) in [
            ("", TextForm::Empty),
            ("2026-11-30T12:00:00Z", TextForm::DateTime),
            ("65f1a0c0-5eed-4000-8000-000000000001", TextForm::Uuid),
            ("0049", TextForm::Digits),
            ("https://example.com", TextForm::Url),
            ("eyJhbGciOiJub25lIn0.e30.", TextForm::Jwt),
            ("65f1a0c05eed000000000001", TextForm::Hex),
            ("aGVsbG8gd29ybGQhIQ==", TextForm::Base64),
            ("{\"a\":1}", TextForm::Json),
            ("Ada Lovelace", TextForm::Other),
        ] {
            assert_eq!(TextForm::of(text), form, "{text}");
        }
    }
}
