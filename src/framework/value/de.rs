//! Reads a model from a [`Value`], by serde.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::StringDeserializer;
use serde::de::{
    Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::{ModelError, Value};
use crate::framework::attr::ATTR_TOKEN;
use crate::framework::number::{NUMBER_TOKEN, Number};
use crate::framework::path::Step;

/// The name by which a [`Value`] inside a model is recognised.
pub(super) const VALUE_TOKEN: &str = "$framework::Value";

/// Reads a model from a value that conforms to the model's schema.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, ModelError> {
    T::deserialize(Source(value))
}

struct Source(Value);

fn number<'de, V: Visitor<'de>>(number: &Number, visitor: V) -> Result<V::Value, ModelError> {
    match number.to_i64() {
        Some(whole) => visitor.visit_i64(whole),
        None => visitor.visit_f64(number.to_f64()),
    }
}

impl<'de> Deserializer<'de> for Source {
    type Error = ModelError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ModelError> {
        match self.0 {
            Value::Unknown => Err(ModelError::new("is not known yet")),
            Value::Null => visitor.visit_none(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(value) => number(&value, visitor),
            Value::String(value) => visitor.visit_string(value),
            Value::List(elements) => visitor.visit_seq(Elements(elements.into_iter().enumerate())),
            Value::Map(entries) => visitor.visit_map(Entries { entries: entries.into_iter(), entry: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ModelError> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ModelError> {
        match (name, self.0) {
            (ATTR_TOKEN | VALUE_TOKEN, Value::Unknown) => visitor.visit_unit(),
            (ATTR_TOKEN, Value::Null) => visitor.visit_none(),
            (ATTR_TOKEN, value) => visitor.visit_some(Self(value)),
            (NUMBER_TOKEN, Value::Number(value)) => visitor.visit_string(value.to_string()),
            (VALUE_TOKEN, Value::Number(value)) => visitor.visit_newtype_struct(Self(Value::Number(value))),
            (VALUE_TOKEN, value) => Self(value).deserialize_any(visitor),
            (_, value) => visitor.visit_newtype_struct(Self(value)),
        }
    }

    /// Reads an unknown object as one with unknown attributes, so that a model in a list needs no case for an unknown element.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ModelError> {
        if !self.0.is_unknown() {
            return self.deserialize_any(visitor);
        }
        let attributes = fields.iter().map(|name| ((*name).to_owned(), Value::Unknown));
        Self(Value::Map(attributes.collect())).deserialize_any(visitor)
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

/// Lets a model be a plain value, for objects whose attributes are a table.
impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value of Terraform")
            }

            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Unknown)
            }

            fn visit_none<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
                Ok(Value::Bool(value))
            }

            fn visit_str<E>(self, text: &str) -> Result<Value, E> {
                Ok(Value::from(text))
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
                Number::deserialize(deserializer).map(Value::Number)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
                let mut list = Vec::new();
                while let Some(element) = elements.next_element()? {
                    list.push(element);
                }
                Ok(Value::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
                let mut map = BTreeMap::new();
                while let Some((key, value)) = entries.next_entry()? {
                    map.insert(key, value);
                }
                Ok(Value::Map(map))
            }
        }
        deserializer.deserialize_newtype_struct(VALUE_TOKEN, Any)
    }
}

struct Elements(std::iter::Enumerate<std::vec::IntoIter<Value>>);

impl<'de> SeqAccess<'de> for Elements {
    type Error = ModelError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, ModelError> {
        let Some((index, element)) = self.0.next() else { return Ok(None) };
        seed.deserialize(Source(element)).map(Some).map_err(|error| error.within(Step::Index(index)))
    }
}

struct Entries {
    entries: std::collections::btree_map::IntoIter<String, Value>,
    /// The entry whose name was read last.
    entry: Option<(String, Value)>,
}

impl<'de> MapAccess<'de> for Entries {
    type Error = ModelError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ModelError> {
        let Some((name, value)) = self.entries.next() else { return Ok(None) };
        let key: StringDeserializer<ModelError> = name.clone().into_deserializer();
        self.entry = Some((name, value));
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ModelError> {
        let (name, value) = self.entry.take().unwrap_or_default();
        seed.deserialize(Source(value)).map_err(|error| error.within(Step::Attribute(name)))
    }
}
