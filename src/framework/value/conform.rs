//! Converts a value to the shape of a type, or reports where it does not match.

use std::collections::BTreeMap;

use super::Value;
use crate::framework::path::Path;
use crate::framework::types::Type;

/// A value that does not match its type. The message names types and paths, never the value, which may be secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` should be {expected} but is {found}")]
pub struct TypeError {
    /// The path of the value.
    pub path: Path,
    /// The expected type, in words.
    pub expected: String,
    /// What was found, in words.
    pub found: String,
}

impl Value {
    /// The value in the shape of `kind`: objects with every attribute, sets sorted and without known duplicates.
    ///
    /// An attribute that the type does not have is a [`TypeError`], because core rejects the whole response for it.
    pub fn conform(self, kind: &Type) -> Result<Self, TypeError> {
        shape(self, kind, &Path::root())
    }
}

fn shape(value: Value, kind: &Type, path: &Path) -> Result<Value, TypeError> {
    match (value, kind) {
        (value @ (Value::Unknown | Value::Null), _)
        | (value, Type::Dynamic)
        | (value @ Value::String(_), Type::String)
        | (value @ Value::Number(_), Type::Number)
        | (value @ Value::Bool(_), Type::Bool) => Ok(value),
        (Value::List(elements), Type::List(element)) => list(elements, element, path),
        (Value::List(elements), Type::Set(element)) => match list(elements, element, path)? {
            Value::List(mut elements) => {
                elements.sort();
                // Two unknown elements may become different values, and core counts them as two.
                elements.dedup_by(|a, b| a == b && a.is_wholly_known());
                Ok(Value::List(elements))
            }
            other => Ok(other),
        },
        (Value::List(elements), Type::Tuple(kinds)) if elements.len() == kinds.len() => elements
            .into_iter()
            .zip(kinds)
            .enumerate()
            .map(|(index, (element, kind))| shape(element, kind, &path.index(index)))
            .collect::<Result<_, _>>()
            .map(Value::List),
        (Value::Map(entries), Type::Map(element)) => entries
            .into_iter()
            .map(|(key, entry)| Ok((key.clone(), shape(entry, element, &path.key(key))?)))
            .collect::<Result<_, _>>()
            .map(Value::Map),
        (Value::Map(entries), Type::Object(attributes)) => object(entries, attributes, path),
        (value, kind) => {
            Err(TypeError { path: path.clone(), expected: kind.describe(), found: value.describe().to_owned() })
        }
    }
}

fn list(elements: Vec<Value>, kind: &Type, path: &Path) -> Result<Value, TypeError> {
    elements
        .into_iter()
        .enumerate()
        .map(|(index, element)| shape(element, kind, &path.index(index)))
        .collect::<Result<_, _>>()
        .map(Value::List)
}

fn object(
    mut entries: BTreeMap<String, Value>,
    attributes: &BTreeMap<String, Type>,
    path: &Path,
) -> Result<Value, TypeError> {
    let shaped = attributes
        .iter()
        .map(|(name, kind)| {
            let value = entries.remove(name).unwrap_or_default();
            Ok((name.clone(), shape(value, kind, &path.attribute(name))?))
        })
        .collect::<Result<_, _>>()?;
    match entries.into_keys().next() {
        None => Ok(Value::Map(shaped)),
        Some(extra) => Err(TypeError {
            path: path.attribute(extra),
            expected: "absent, because the schema has no such attribute,".to_owned(),
            found: "present".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_sorted_and_objects_completed() {
        let kind = Type::Object([("s".into(), Type::set(Type::String)), ("n".into(), Type::Number)].into());
        let value = Value::Map([("s".into(), Value::List(vec!["b".into(), "a".into(), "b".into()]))].into());
        let shaped = value.conform(&kind).unwrap();
        assert_eq!(shaped.get("s"), &Value::List(vec!["a".into(), "b".into()]));
        assert!(shaped.as_map().unwrap().contains_key("n"));
    }

    #[test]
    fn unknown_elements_of_a_set_are_all_kept() {
        let half = Value::List(vec![Value::Unknown, true.into()]);
        for elements in [vec![Value::Unknown, Value::Unknown], vec![half.clone(), half]] {
            let kind = Type::set(Type::Dynamic);
            assert_eq!(Value::List(elements.clone()).conform(&kind).unwrap(), Value::List(elements));
        }
    }

    #[test]
    fn an_error_names_the_path_and_not_the_value() {
        let kind = Type::Object([("l".into(), Type::list(Type::Bool))].into());
        let value = Value::Map([("l".into(), Value::List(vec![true.into(), "hush".into()]))].into());
        let mismatch = value.conform(&kind).unwrap_err().to_string();
        assert_eq!(mismatch, "`l[1]` should be true or false but is a string");
        let extra = Value::Map([("x".into(), true.into())].into()).conform(&kind).unwrap_err();
        assert_eq!(extra.path.to_string(), "x");
    }
}
