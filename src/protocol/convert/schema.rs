//! Schemas on the wire.

use crate::framework::schema::{Attribute, Nesting, Schema, Shape};
use crate::protocol::generated::tfplugin6 as wire;
use wire::StringKind::Markdown;
use wire::schema::object::NestingMode;

/// A whole schema.
pub(crate) fn encode(schema: &Schema) -> wire::Schema {
    wire::Schema {
        version: schema.version,
        block: Some(wire::schema::Block {
            version: schema.version,
            attributes: attributes(schema.attributes()),
            description: schema.description.clone(),
            description_kind: Markdown.into(),
            deprecated: schema.deprecated.is_some(),
            deprecation_message: schema.deprecated.clone().unwrap_or_default(),
            ..wire::schema::Block::default()
        }),
    }
}

// Core requires no order, but a stable one keeps `terraform providers schema -json` comparable.
fn attributes(attributes: &[Attribute]) -> Vec<wire::schema::Attribute> {
    attributes.iter().map(attribute).collect()
}

fn attribute(attribute: &Attribute) -> wire::schema::Attribute {
    let mut encoded = wire::schema::Attribute {
        name: attribute.name.clone(),
        description: attribute.full_description(),
        description_kind: Markdown.into(),
        required: attribute.required,
        optional: attribute.optional,
        computed: attribute.computed,
        sensitive: attribute.sensitive,
        write_only: attribute.write_only,
        deprecated: attribute.deprecated.is_some(),
        deprecation_message: attribute.deprecated.clone().unwrap_or_default(),
        ..wire::schema::Attribute::default()
    };
    match attribute.shape() {
        Shape::Plain(kind) => encoded.r#type = kind.to_json().to_string().into_bytes(),
        Shape::Nested(nesting, nested) => {
            let nesting = match nesting {
                Nesting::Single => NestingMode::Single,
                Nesting::List => NestingMode::List,
            };
            encoded.nested_type = Some(wire::schema::Object {
                attributes: attributes(nested),
                nesting: nesting.into(),
                ..wire::schema::Object::default()
            });
        }
    }
    encoded
}
