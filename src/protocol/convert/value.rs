//! Dynamic values: `MessagePack` as core writes it, JSON from clients that prefer it.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeSeed;

use super::msgpack::{Decode, Encode};
use crate::framework::value::from_json;
use crate::framework::{Diagnostic, Diagnostics, Type, Value};
use crate::protocol::generated::tfplugin6::DynamicValue;

/// The deepest nesting of a value: that of JSON, and far less than overflows the stack.
const MAX_DEPTH: usize = 128;

/// Reads a value of a type. A message that is missing or empty is null: `provider_meta` and, from OpenTofu, a null argument
/// of a function arrive so.
pub(crate) fn decode(value: Option<DynamicValue>, kind: &Type) -> Result<Value, Diagnostics> {
    let value = value.unwrap_or_default();
    if !value.msgpack.is_empty() {
        let mut deserializer = rmp_serde::Deserializer::from_read_ref(&value.msgpack);
        deserializer.set_max_depth(MAX_DEPTH);
        let decoded = Decode(kind).deserialize(&mut deserializer).map_err(|error| unreadable(&error))?;
        decoded.conform(kind).map_err(|error| unreadable(&error))
    } else if !value.json.is_empty() {
        let parsed = serde_json::from_slice(&value.json).map_err(|error| unreadable(&error))?;
        from_json(&parsed, kind)?.conform(kind).map_err(|error| unreadable(&error))
    } else {
        Ok(Value::Null)
    }
}

fn unreadable(problem: &dyn std::error::Error) -> Diagnostics {
    let detail = format!(
        "Terraform sent a value that does not match the provider's schema: {problem}. Terraform or the provider may have \
         been replaced during the run; run `terraform init -upgrade` and try again."
    );
    Diagnostic::error("Unreadable value", detail).into()
}

/// Writes a value of a type as `MessagePack`.
pub(crate) fn encode(value: &Value, kind: &Type) -> DynamicValue {
    let mut msgpack = Vec::new();
    // Writing to memory cannot fail; an empty message would read as null.
    let written = Encode(value, kind).serialize(&mut rmp_serde::Serializer::new(&mut msgpack));
    debug_assert!(written.is_ok(), "writing to memory does not fail");
    DynamicValue { msgpack: msgpack.into(), json: Bytes::new() }
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
