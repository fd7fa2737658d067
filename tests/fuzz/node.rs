//! Values of messages: msgpack that need not match any schema, and how they are damaged.

use std::fmt;

use hcl_edit::expr::{Expression, ObjectKey};
use hcl_edit::structure::Body;
use idv::protocol::generated::tfplugin6::DynamicValue;
use proptest::prelude::RngExt;
use proptest::test_runner::TestRng;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// A value as msgpack has it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Null,
    /// Terraform's unknown value: an extension of msgpack.
    Unknown,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Unknown => {
                serializer.serialize_newtype_struct(rmp_serde::MSGPACK_EXT_STRUCT_NAME, &(0_i8, Bytes(&[0])))
            }
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => serializer.serialize_i64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(elements) => elements.serialize(serializer),
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

/// Bytes that serde writes as such, and not as a list of numbers.
struct Bytes(&'static [u8]);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Nodes;
        impl<'de> Visitor<'de> for Nodes {
            type Value = Node;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_unit<E>(self) -> Result<Node, E> {
                Ok(Node::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
                Ok(Node::Bool(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
                Ok(Node::Integer(value))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
                Ok(i64::try_from(value).map_or(Node::Null, Node::Integer))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
                Ok(Node::Float(value))
            }

            fn visit_str<E>(self, text: &str) -> Result<Node, E> {
                Ok(Node::Text(text.to_owned()))
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
                serde::de::IgnoredAny::deserialize(deserializer).map(|_| Node::Unknown)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Node, A::Error> {
                let mut list = Vec::new();
                while let Some(element) = elements.next_element()? {
                    list.push(element);
                }
                Ok(Node::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
                let mut map = Vec::new();
                while let Some(entry) = entries.next_entry()? {
                    map.push(entry);
                }
                Ok(Node::Map(map))
            }
        }
        deserializer.deserialize_any(Nodes)
    }
}

impl Node {
    /// The attributes of a block of HCL; what needs an evaluation is unknown.
    pub(super) fn of_body(body: &Body) -> Self {
        let entries =
            body.attributes().map(|attribute| (attribute.key.as_str().into(), of_expression(&attribute.value)));
        Self::Map(entries.collect())
    }

    /// Reads a value from a response.
    pub(super) fn read(value: &DynamicValue) -> Option<Self> {
        rmp_serde::from_slice(&value.msgpack).ok()
    }

    /// The bytes in msgpack.
    pub(super) fn pack(&self) -> Vec<u8> {
        rmp_serde::to_vec(self).unwrap()
    }

    /// The same value in JSON. An unknown value, which JSON has not, is null.
    pub(super) fn json(&self) -> serde_json::Value {
        match self {
            Self::Null | Self::Unknown => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Integer(value) => (*value).into(),
            Self::Float(value) => (*value).into(),
            Self::Text(text) => text.as_str().into(),
            Self::List(elements) => elements.iter().map(Self::json).collect(),
            Self::Map(entries) => {
                let key = |key: &Self| if let Self::Text(text) = key { text.clone() } else { String::new() };
                entries.iter().map(|(name, value)| (key(name), value.json())).collect()
            }
        }
    }

    /// The value of an attribute; null if it is absent.
    pub(super) fn get(&self, name: &str) -> &Self {
        const NULL: &Node = &Node::Null;
        let Self::Map(entries) = self else { return NULL };
        entries.iter().find(|(key, _)| *key == name.into()).map_or(NULL, |(_, value)| value)
    }

    /// Replaces a part, chosen at random, by another value or another shape.
    pub(super) fn damage(&mut self, rng: &mut TestRng) {
        let deeper = match self {
            Self::List(elements) if !elements.is_empty() && rng.random_bool(0.8) => {
                let at = rng.random_range(0..elements.len());
                match rng.random_range(0..8) {
                    0 => elements.push(elements[at].clone()),
                    1 => drop(elements.remove(at)),
                    _ => elements[at].damage(rng),
                }
                true
            }
            Self::Map(entries) if !entries.is_empty() && rng.random_bool(0.9) => {
                let at = rng.random_range(0..entries.len());
                match rng.random_range(0..12) {
                    0 => drop(entries.remove(at)),
                    1 => entries.push(entries[at].clone()),
                    2 => entries[at].0 = any(rng),
                    3 => entries.push((any(rng), any(rng))),
                    _ => entries[at].1.damage(rng),
                }
                true
            }
            _ => false,
        };
        if !deeper {
            *self = any(rng);
        }
    }
}

impl From<&str> for Node {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

fn of_expression(expression: &Expression) -> Node {
    match expression {
        Expression::Null(_) => Node::Null,
        Expression::Bool(value) => Node::Bool(**value),
        Expression::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Node::Integer(integer),
            (None, Some(float)) => Node::Float(float),
            (None, None) => Node::Unknown,
        },
        Expression::String(text) => text.as_str().into(),
        Expression::Array(elements) => Node::List(elements.iter().map(of_expression).collect()),
        Expression::Object(entries) => {
            let key = |key: &ObjectKey| match key {
                ObjectKey::Ident(name) => name.as_str().into(),
                ObjectKey::Expression(expression) => of_expression(expression),
            };
            Node::Map(entries.iter().map(|(name, value)| (key(name), of_expression(value.expr()))).collect())
        }
        Expression::Parenthesis(inner) => of_expression(inner.inner()),
        Expression::FuncCall(call) if call.name.name.as_str() == "jsonencode" => {
            let argument = call.args.iter().next().map_or(Node::Null, of_expression);
            Node::Text(argument.json().to_string())
        }
        _ => Node::Unknown,
    }
}

/// A value that is likely to be wrong where it is put.
fn any(rng: &mut TestRng) -> Node {
    match rng.random_range(0..20) {
        0..=2 => Node::Null,
        3..=5 => Node::Unknown,
        6 => Node::Bool(rng.random()),
        7 => Node::Integer(rng.random_range(-3..3)),
        8 => Node::Integer(rng.random()),
        9 => Node::Float([f64::NAN, f64::INFINITY, -0.0, 1e308, 0.1, 5e-324][rng.random_range(0..6)]),
        10 => Node::Text("1e9999".to_owned()),
        11 => Node::Text(text(rng)),
        // One in a hundred messages has 256 KB.
        12 => Node::Text("x".repeat([0, 1, 100, 5000, 262_144][rng.random_range(0..5)])),
        13 => Node::List(vec![]),
        14 => Node::Map(vec![]),
        15 => Node::List((0..rng.random_range(1..5)).map(|_| any(rng)).collect()),
        16 => Node::Map((0..rng.random_range(1..5)).map(|_| (Node::Text(text(rng)), any(rng))).collect()),
        17 => {
            let depth = [3, 50, 200, 2000][rng.random_range(0..4)];
            (0..depth).fold(Node::Null, |inner, level| {
                if level % 2 == 0 { Node::List(vec![inner]) } else { Node::Map(vec![("a".into(), inner)]) }
            })
        }
        // A dynamic value: its type, and the value.
        18 => Node::List(vec![
            Node::Text(["\"string\"", "[\"list\",\"number\"]", "{"][rng.random_range(0..3)].into()),
            any(rng),
        ]),
        _ => Node::Text(
            ["https://127.0.0.1:1/x", "2026-01-01", "a/b?c#d", "../..", "%00", "\0"][rng.random_range(0..6)].into(),
        ),
    }
}

/// A few characters of all kinds.
pub(super) fn text(rng: &mut TestRng) -> String {
    let length = rng.random_range(0..12);
    (0..length).map(|_| if rng.random_bool(0.8) { rng.random_range(' '..='~') } else { rng.random() }).collect()
}

/// Cuts, overwrites, repeats or replaces some bytes.
pub(super) fn damage_bytes(bytes: &mut Vec<u8>, rng: &mut TestRng) {
    let at = rng.random_range(0..=bytes.len());
    match rng.random_range(0..4) {
        0 => bytes.truncate(at),
        1 => *bytes = (0..rng.random_range(0..64)).map(|_| rng.random()).collect(),
        2 => bytes.insert(at, rng.random()),
        _ => {
            for byte in bytes.iter_mut().skip(at).take(rng.random_range(1..4)) {
                *byte = rng.random();
            }
        }
    }
}
