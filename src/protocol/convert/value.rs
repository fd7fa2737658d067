//! Dynamic values: MessagePack as core writes it, JSON from clients that prefer it.

use std::collections::BTreeMap;

use bytes::Bytes;
use rmpv::Value as Pack;

use super::json;
use crate::framework::{Diagnostic, Diagnostics, Number, Type, Value};
use crate::protocol::generated::tfplugin6::DynamicValue;

/// How deep values may lie in one another: as deep as in JSON, and far from what the stack holds.
const MAX_DEPTH: usize = 128;

/// Reads a value of a type. A message that is missing or empty is null, which is how `provider_meta` and, from OpenTofu, a
/// null function argument arrive.
pub(crate) fn decode(value: Option<DynamicValue>, kind: &Type) -> Result<Value, Diagnostics> {
    let value = value.unwrap_or_default();
    if !value.msgpack.is_empty() {
        let pack = rmpv::decode::read_value_with_max_depth(&mut &value.msgpack[..], MAX_DEPTH)
            .map_err(|error| unreadable(&error.to_string()))?;
        unpack(pack, kind)
            .map_err(|problem| unreadable(&problem))?
            .conform(kind)
            .map_err(|it| unreadable(&it.to_string()))
    } else if !value.json.is_empty() {
        let parsed = serde_json::from_slice(&value.json).map_err(|error| unreadable(&error.to_string()))?;
        json::decode(&parsed, kind)?.conform(kind).map_err(|it| unreadable(&it.to_string()))
    } else {
        Ok(Value::Null)
    }
}

fn unreadable(problem: &str) -> Diagnostics {
    let detail = format!(
        "Terraform sent a value that does not fit the provider's schema: {problem}. Terraform and the provider may have \
         been replaced during the run; run `terraform init -upgrade` and try again."
    );
    Diagnostic::error("Unreadable value", detail).into()
}

/// Writes a value of a type as MessagePack.
pub(crate) fn encode(value: &Value, kind: &Type) -> DynamicValue {
    let mut msgpack = Vec::new();
    // Writing to memory cannot fail; an empty message would read as null.
    let written = rmpv::encode::write_value(&mut msgpack, &pack(value, kind));
    debug_assert!(written.is_ok(), "memory does not refuse bytes");
    DynamicValue { msgpack: msgpack.into(), json: Bytes::new() }
}

fn unpack(pack: Pack, kind: &Type) -> Result<Value, String> {
    Ok(match (pack, kind) {
        // Any extension is an unknown value; type 12 carries refinements, which promise nothing that is needed here.
        (Pack::Ext(..), _) => Value::Unknown,
        (Pack::Nil, _) => Value::Null,
        (Pack::Array(mut parts), Type::Dynamic) if parts.len() == 2 => {
            let inner = parts.pop().unwrap_or(Pack::Nil);
            let named = match parts.pop() {
                Some(Pack::Binary(bytes)) => serde_json::from_slice(&bytes).ok(),
                Some(Pack::String(text)) => serde_json::from_slice(text.as_bytes()).ok(),
                _ => None,
            };
            let kind = named.as_ref().and_then(Type::from_json).ok_or("a dynamic value does not name its type")?;
            unpack(inner, &kind)?.conform(&kind).map_err(|mismatch| mismatch.to_string())?
        }
        (Pack::Boolean(value), _) => Value::Bool(value),
        (Pack::Integer(value), _) => Value::Number(match (value.as_i64(), value.as_u64()) {
            (Some(value), _) => value.into(),
            (None, Some(value)) => value.into(),
            (None, None) => return Err("a whole number is out of range".to_owned()),
        }),
        (Pack::F64(value), _) => float(value)?,
        (Pack::F32(value), _) => float(value.into())?,
        // Numbers that neither an integer nor a double holds exactly travel as decimal text.
        (Pack::String(text), Type::Number) => {
            let text = text.as_str().ok_or("a number is not text")?;
            Value::Number(text.parse().map_err(|_| "a number is not decimal text")?)
        }
        (Pack::String(text), _) => Value::String(text.into_str().ok_or("a string is not UTF-8")?),
        (Pack::Binary(_), _) => return Err("binary data where Terraform has no such type".to_owned()),
        (Pack::Array(elements), kind) => Value::List(
            elements
                .into_iter()
                .enumerate()
                .map(|(index, element)| unpack(element, element_type(kind, index)))
                .collect::<Result<_, _>>()?,
        ),
        (Pack::Map(entries), kind) => Value::Map(
            entries
                .into_iter()
                .map(|(key, entry)| {
                    let key = key.as_str().ok_or("a key is not text")?.to_owned();
                    let entry = unpack(entry, entry_type(kind, &key))?;
                    Ok((key, entry))
                })
                .collect::<Result<BTreeMap<_, _>, String>>()?,
        ),
    })
}

fn float(value: f64) -> Result<Value, String> {
    Number::from_f64_exact(value).map(Value::Number).ok_or_else(|| "a number is infinite".to_owned())
}

// Where a value does not fit its type, `conform` says so afterwards; any type serves until then.
fn element_type(kind: &Type, index: usize) -> &Type {
    match kind {
        Type::List(element) | Type::Set(element) => element,
        Type::Tuple(kinds) => kinds.get(index).unwrap_or(&Type::Dynamic),
        _ => &Type::Dynamic,
    }
}

fn entry_type<'k>(kind: &'k Type, key: &str) -> &'k Type {
    match kind {
        Type::Map(element) => element,
        Type::Object(attributes) => attributes.get(key).unwrap_or(&Type::Dynamic),
        _ => &Type::Dynamic,
    }
}

fn pack(value: &Value, kind: &Type) -> Pack {
    match (value, kind) {
        (Value::Unknown, _) => Pack::Ext(0, vec![0]),
        (Value::Null, _) => Pack::Nil,
        (value, Type::Dynamic) => {
            let kind = infer(value);
            Pack::Array(vec![Pack::Binary(kind.to_json().to_string().into_bytes()), pack(value, &kind)])
        }
        (Value::Bool(value), _) => Pack::Boolean(*value),
        (Value::Number(number), _) => match (number.to_i64(), number.to_f64_exact()) {
            (Some(whole), _) => Pack::from(whole),
            (None, Some(double)) => Pack::F64(double),
            (None, None) => Pack::from(number.to_string()),
        },
        (Value::String(text), _) => Pack::from(text.as_str()),
        (Value::List(elements), kind) => Pack::Array(
            elements.iter().enumerate().map(|(index, element)| pack(element, element_type(kind, index))).collect(),
        ),
        (Value::Map(entries), kind) => Pack::Map(
            entries.iter().map(|(key, entry)| (Pack::from(key.as_str()), pack(entry, entry_type(kind, key)))).collect(),
        ),
    }
}

/// The type that a value has by itself, for a place that takes any.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode_bytes(bytes: &[u8], kind: &Type) -> Result<Value, Diagnostics> {
        decode(Some(DynamicValue { msgpack: bytes.to_vec().into(), json: Bytes::new() }), kind)
    }

    #[test]
    fn nothing_is_null() {
        assert_eq!(decode(None, &Type::String).unwrap(), Value::Null);
        assert_eq!(decode(Some(DynamicValue::default()), &Type::String).unwrap(), Value::Null);
    }

    #[test]
    fn every_extension_is_unknown() {
        assert_eq!(decode_bytes(&[0xd4, 0, 0], &Type::Bool).unwrap(), Value::Unknown);
        // Type 12, a map of refinements with a key of the future.
        assert_eq!(decode_bytes(&[0xc7, 3, 12, 0x81, 99, 0xc2], &Type::String).unwrap(), Value::Unknown);
    }

    #[test]
    fn numbers_keep_their_digits() {
        for text in ["0.55", "0.5", "-7", "9007199254740993", "123456789012345678901234567890.5"] {
            let value = Value::Number(text.parse().unwrap());
            assert_eq!(decode(Some(encode(&value, &Type::Number)), &Type::Number).unwrap(), value, "{text}");
        }
        // 0.55 is no exact double: as one, core would read 0.55000000000000004441.
        assert_eq!(&encode(&Value::Number("0.55".parse().unwrap()), &Type::Number).msgpack[..], b"\xa40.55");
        assert_eq!(decode_bytes(&[0xcb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0], &Type::Number).unwrap(), {
            Value::Number("0.5".parse().unwrap())
        });
    }

    #[test]
    fn json_is_read_where_there_is_no_msgpack() {
        let value = DynamicValue { msgpack: Bytes::new(), json: Bytes::from_static(br#"{"a":[true]}"#) };
        let kind = Type::Object([("a".into(), Type::list(Type::Bool))].into());
        assert_eq!(decode(Some(value), &kind).unwrap().get("a"), &Value::List(vec![true.into()]));
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            Just(Value::Unknown),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(|number| Value::Number(number.into())),
            "[0-9]{1,20}\\.[0-9]{1,25}".prop_map(|text| Value::Number(text.parse().unwrap())),
            ".{0,12}".prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
                prop::collection::btree_map("[a-z]{1,4}", inner, 0..5).prop_map(Value::Map),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_back(value in any_value()) {
            prop_assert_eq!(decode(Some(encode(&value, &Type::Dynamic)), &Type::Dynamic).unwrap(), value);
        }

        #[test]
        fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            for kind in [Type::Dynamic, Type::Number, Type::list(Type::String), Type::map(Type::Dynamic)] {
                let _ = decode_bytes(&bytes, &kind);
            }
        }
    }
}
