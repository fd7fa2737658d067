//! Terraform's types, as schemas and dynamic values name them.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

/// A type of Terraform's language. Its JSON form is that of `cty`, which the protocol carries in schemas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Text.
    String,
    /// A decimal number.
    Number,
    /// True or false.
    Bool,
    /// Any type, sent with each value.
    Dynamic,
    /// Elements of one type, in order.
    List(Box<Type>),
    /// Distinct elements of one type, without an order.
    Set(Box<Type>),
    /// Values of one type by text keys.
    Map(Box<Type>),
    /// Named attributes, each with a type of its own.
    Object(BTreeMap<String, Type>),
    /// A fixed number of elements, each with a type of its own.
    Tuple(Vec<Type>),
}

impl Type {
    /// A list of these.
    pub fn list(element: Self) -> Self {
        Self::List(Box::new(element))
    }

    /// A set of these.
    pub fn set(element: Self) -> Self {
        Self::Set(Box::new(element))
    }

    /// A map to these.
    pub fn map(element: Self) -> Self {
        Self::Map(Box::new(element))
    }

    /// The JSON form of `cty`: `"string"`, `["list","string"]`, `["object",{...}]`.
    pub fn to_json(&self) -> Json {
        match self {
            Self::String => json!("string"),
            Self::Number => json!("number"),
            Self::Bool => json!("bool"),
            Self::Dynamic => json!("dynamic"),
            Self::List(element) => json!(["list", element.to_json()]),
            Self::Set(element) => json!(["set", element.to_json()]),
            Self::Map(element) => json!(["map", element.to_json()]),
            Self::Object(attributes) => {
                let attributes: serde_json::Map<_, _> =
                    attributes.iter().map(|(name, kind)| (name.clone(), kind.to_json())).collect();
                json!(["object", attributes])
            }
            Self::Tuple(elements) => json!(["tuple", elements.iter().map(Self::to_json).collect::<Vec<_>>()]),
        }
    }

    /// Reads the JSON form of `cty`; `None` for anything else.
    pub fn from_json(json: &Json) -> Option<Self> {
        match json {
            Json::String(name) => match name.as_str() {
                "string" => Some(Self::String),
                "number" => Some(Self::Number),
                "bool" => Some(Self::Bool),
                "dynamic" => Some(Self::Dynamic),
                _ => None,
            },
            Json::Array(parts) => {
                let (name, argument) = (parts.first()?.as_str()?, parts.get(1)?);
                match name {
                    "list" => Self::from_json(argument).map(Self::list),
                    "set" => Self::from_json(argument).map(Self::set),
                    "map" => Self::from_json(argument).map(Self::map),
                    "tuple" => argument.as_array()?.iter().map(Self::from_json).collect::<Option<_>>().map(Self::Tuple),
                    "object" => argument
                        .as_object()?
                        .iter()
                        .map(|(name, kind)| Some((name.clone(), Self::from_json(kind)?)))
                        .collect::<Option<_>>()
                        .map(Self::Object),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The type in words: "a list, each element a string".
    pub fn describe(&self) -> String {
        match self {
            Self::String => "a string".into(),
            Self::Number => "a number".into(),
            Self::Bool => "true or false".into(),
            Self::Dynamic => "a value".into(),
            Self::List(element) => format!("a list, each element {}", element.describe()),
            Self::Set(element) => format!("a set, each element {}", element.describe()),
            Self::Map(element) => format!("a map, each value {}", element.describe()),
            Self::Object(_) => "an object".into(),
            Self::Tuple(elements) => format!("a tuple of {} elements", elements.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Type;

    #[test]
    fn json_form_round_trips() {
        let object = Type::Object([("a".to_owned(), Type::set(Type::Number))].into());
        for kind in [Type::Dynamic, Type::list(Type::map(Type::Bool)), Type::Tuple(vec![Type::String, object])] {
            assert_eq!(Type::from_json(&kind.to_json()), Some(kind));
        }
        assert_eq!(Type::from_json(&serde_json::json!(["list"])), None);
    }
}
