//! Values as `MessagePack`, read and written by serde along their type.
//!
//! The type decides what the bytes alone do not: text is a number where the type is one, and a dynamic value is a pair of its
//! type and itself. A value that does not match its type is read as it is; `conform` rejects it afterwards.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::framework::{Number, Type, Value};

/// The name under which `rmp-serde` writes an extension type.
const EXTENSION: &str = rmp_serde::MSGPACK_EXT_STRUCT_NAME;

/// Reads a value of a type.
#[derive(Clone, Copy)]
pub(super) struct Decode<'k>(pub(super) &'k Type);

impl<'de> DeserializeSeed<'de> for Decode<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Decode<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.describe())
    }

    /// Nil.
    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64_exact(value).map(Value::Number).ok_or_else(|| E::custom("a number is infinite"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        match self.0 {
            // A number that neither an integer nor a double holds exactly travels as decimal text.
            Type::Number => text.parse().map(Value::Number).map_err(|_| E::custom("a number is not decimal text")),
            _ => Ok(Value::from(text)),
        }
    }

    fn visit_bytes<E: Error>(self, _: &[u8]) -> Result<Value, E> {
        Err(E::custom("binary data or text that is not UTF-8, neither of which Terraform has"))
    }

    /// Any extension is an unknown value. Type 12 carries refinements, which promise nothing that is needed here.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(Extension)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        if *self.0 == Type::Dynamic && elements.size_hint() == Some(2) {
            return dynamic(elements);
        }
        let mut list = Vec::new();
        while let Some(element) = elements.next_element_seed(Decode(element_type(self.0, list.len())))? {
            list.push(element);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = BTreeMap::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(Decode(entry_type(self.0, &key)))?;
            map.insert(key, value);
        }
        Ok(Value::Map(map))
    }
}

/// A value after its type.
fn dynamic<'de, A: SeqAccess<'de>>(mut parts: A) -> Result<Value, A::Error> {
    let kind = parts.next_element_seed(DecodeType)?.flatten();
    let kind = kind.ok_or_else(|| A::Error::custom("a dynamic value does not name its type"))?;
    let value = parts.next_element_seed(Decode(&kind))?.unwrap_or_default();
    value.conform(&kind).map_err(A::Error::custom)
}

/// Reads the type of a dynamic value: JSON, as text or as bytes; none for JSON that is no type.
struct DecodeType;

impl<'de> DeserializeSeed<'de> for DecodeType {
    type Value = Option<Type>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Type>, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl Visitor<'_> for DecodeType {
    type Value = Option<Type>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the type of a dynamic value")
    }

    fn visit_bytes<E: Error>(self, json: &[u8]) -> Result<Option<Type>, E> {
        Ok(serde_json::from_slice(json).ok().as_ref().and_then(Type::from_json))
    }

    fn visit_str<E: Error>(self, json: &str) -> Result<Option<Type>, E> {
        self.visit_bytes(json.as_bytes())
    }
}

/// Skips the number and the bytes of an extension.
struct Extension;

impl<'de> Visitor<'de> for Extension {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an extension type")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Value, A::Error> {
        while parts.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Unknown)
    }
}

/// Writes a value of a type.
pub(super) struct Encode<'v>(pub(super) &'v Value, pub(super) &'v Type);

impl Serialize for Encode<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.0, self.1) {
            (Value::Unknown, _) => serializer.serialize_newtype_struct(EXTENSION, &(0_i8, Binary(&[0]))),
            (Value::Null, _) => serializer.serialize_unit(),
            (value, Type::Dynamic) => {
                let kind = infer(value);
                let json = kind.to_json().to_string();
                (Binary(json.as_bytes()), Encode(value, &kind)).serialize(serializer)
            }
            (Value::Bool(value), _) => serializer.serialize_bool(*value),
            (Value::Number(number), _) => match (number.to_i64(), number.to_f64_exact()) {
                (Some(whole), _) => serializer.serialize_i64(whole),
                (None, Some(double)) => serializer.serialize_f64(double),
                (None, None) => serializer.serialize_str(&number.to_string()),
            },
            (Value::String(text), _) => serializer.serialize_str(text),
            (Value::List(elements), kind) => {
                let mut list = serializer.serialize_seq(Some(elements.len()))?;
                for (index, element) in elements.iter().enumerate() {
                    list.serialize_element(&Encode(element, element_type(kind, index)))?;
                }
                list.end()
            }
            (Value::Map(entries), kind) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, entry) in entries {
                    map.serialize_entry(key, &Encode(entry, entry_type(kind, key)))?;
                }
                map.end()
            }
        }
    }
}

/// Bytes, which serde would write as a list of numbers.
struct Binary<'b>(&'b [u8]);

impl Serialize for Binary<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// The type of an element. For a value that does not match its type any type serves.
fn element_type(kind: &Type, index: usize) -> &Type {
    match kind {
        Type::List(element) | Type::Set(element) => element,
        Type::Tuple(kinds) => kinds.get(index).unwrap_or(&Type::Dynamic),
        _ => &Type::Dynamic,
    }
}

/// The type of an entry. For a value that does not match its type any type serves.
fn entry_type<'k>(kind: &'k Type, key: &str) -> &'k Type {
    match kind {
        Type::Map(element) => element,
        Type::Object(attributes) => attributes.get(key).unwrap_or(&Type::Dynamic),
        _ => &Type::Dynamic,
    }
}

/// The type that a value has by itself, where its type is dynamic.
fn infer(value: &Value) -> Type {
    match value {
        Value::Unknown | Value::Null => Type::Dynamic,
        Value::Bool(_) => Type::Bool,
        Value::Number(_) => Type::Number,
        Value::String(_) => Type::String,
        Value::List(elements) => Type::Tuple(elements.iter().map(infer).collect()),
        Value::Map(entries) => Type::Object(entries.iter().map(|(key, value)| (key.clone(), infer(value))).collect()),
    }
}
