//! The fields of a kind of settings: their names, their types, and the conversion to and from the wire.

use schemars::{Schema, json_schema};
use serde_json::{Map, json};

use crate::framework::{Attribute, Diagnostic, Effect, Number, Value};
use crate::openapi::MAY_BE_TEXT;
use crate::vendors::shared::singleton::Fields;

/// The fields of a set: their names, and a description of each.
#[derive(Clone, Copy)]
pub(super) struct Table {
    /// Name and description.
    pub fields: &'static [(&'static str, &'static str)],
    /// Numbers or booleans.
    pub kind: Kind,
    /// What a higher value of a field does to the verification of people.
    pub effect: fn(&str) -> Option<Effect>,
}

/// The type of all fields of a table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Numbers, which the vendor stores as doubles.
    Numbers,
    /// Booleans.
    Booleans,
}

impl Table {
    /// The attributes of the fields: settable, or only computed for a data source.
    pub(super) fn attributes(self, settable: bool) -> impl Iterator<Item = Attribute> {
        self.fields.iter().map(move |(name, description)| {
            let attribute = match self.kind {
                Kind::Numbers => Attribute::number(name),
                Kind::Booleans => Attribute::bool(name),
            };
            let mut attribute = attribute.computed().describe(*description);
            attribute.effect = (self.effect)(name);
            if settable { attribute.optional().use_state_for_unknown() } else { attribute }
        })
    }

    /// Reads a set from a row of the vendor. The error names the field that is missing or of another type.
    pub(super) fn read(self, row: &Map<String, serde_json::Value>, operation: &str) -> Result<Fields, Diagnostic> {
        let wrong = |name: &str, problem: &str| {
            let detail = format!(
                "While {operation}, VULT returned no usable `{name}`: {problem}. The response differs from the vendor's \
                 documentation. Check `base_url` and the routes, then report it."
            );
            Diagnostic::error("VULT returned a response that cannot be used", detail)
        };
        let read = |(name, _): &(&str, &str)| {
            let value = match (row.get(*name), self.kind) {
                (Some(serde_json::Value::Number(number)), Kind::Numbers) => {
                    Number::try_from(number).map(Value::Number).map_err(|_| wrong(name, "its number is out of range"))
                }
                (Some(serde_json::Value::String(text)), Kind::Numbers) => {
                    text.parse().map(Value::Number).map_err(|_| wrong(name, "it is not a number"))
                }
                (Some(serde_json::Value::Bool(value)), Kind::Booleans) => Ok(Value::Bool(*value)),
                (None, _) => Err(wrong(name, "it is missing")),
                (Some(_), Kind::Numbers) => Err(wrong(name, "it is not a number")),
                (Some(_), Kind::Booleans) => Err(wrong(name, "it is neither true nor false")),
            };
            value.map(|value| ((*name).to_owned(), value))
        };
        self.fields.iter().map(read).collect()
    }

    /// The schema of the fields, each of which is required.
    pub(super) fn schema(self) -> Schema {
        let schema = match self.kind {
            Kind::Numbers => json!({"type": "number", (MAY_BE_TEXT): true}),
            Kind::Booleans => json!({"type": "boolean"}),
        };
        let members: Map<_, _> = self.fields.iter().map(|(name, _)| ((*name).to_owned(), schema.clone())).collect();
        let required: Vec<_> = members.keys().cloned().collect();
        json_schema!({"type": "object", "properties": members, "required": required})
    }

    /// A set for a scope that has none: all zero, or nothing required.
    pub(super) fn blank(self) -> Fields {
        let blank = match self.kind {
            Kind::Numbers => Value::from(0),
            Kind::Booleans => Value::from(false),
        };
        self.fields.iter().map(|(name, _)| ((*name).to_owned(), blank.clone())).collect()
    }

    /// The body of an update: the key and every field.
    pub(super) fn body(self, key: &[(&str, &Value)], fields: &Fields) -> serde_json::Value {
        let fields = self.fields.iter().filter_map(|(name, _)| Some((*name, fields.get(*name)?)));
        let entries = key.iter().copied().chain(fields).filter_map(|(name, value)| {
            let json = match value {
                Value::Bool(value) => (*value).into(),
                Value::Number(number) => serde_json::Value::Number(number.into()),
                Value::String(text) => text.as_str().into(),
                _ => return None,
            };
            Some((name.to_owned(), json))
        });
        serde_json::Value::Object(entries.collect())
    }
}
