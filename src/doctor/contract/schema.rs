//! Writes the shape of a response as the schema of an OpenAPI document.

use serde_json::{Map, Value as Json, json};

use crate::recording::Shape;

/// The schema of values of a shape. What the recording has not seen is not described.
pub(super) fn schema(shape: &Shape) -> Json {
    match shape {
        Shape::Null | Shape::Deeper => json!({}),
        Shape::Boolean => json!({"type": "boolean"}),
        Shape::Number { integer: true, .. } => json!({"type": "integer"}),
        Shape::Number { .. } => json!({"type": "number"}),
        Shape::Text { .. } => json!({"type": "string"}),
        Shape::Array(items) => {
            let shapes: Vec<_> = items.items.iter().chain(items.rest.as_deref()).map(schema).collect();
            if shapes.is_empty() {
                json!({"type": "array"})
            } else {
                json!({"type": "array", "items": {"anyOf": shapes}})
            }
        }
        // One whose members have no known name lacks those that the client reads.
        Shape::Object(object) if object.members.is_empty() && object.unnamed == 0 => json!({"type": "object"}),
        Shape::Object(object) => {
            let members: Map<_, _> = object.members.iter().map(|(name, shape)| (name.clone(), schema(shape))).collect();
            let always: Vec<_> = object.members.keys().filter(|name| !object.sometimes.contains(name)).collect();
            json!({"type": "object", "properties": members, "required": always})
        }
        Shape::OneOf { shapes } => json!({"anyOf": shapes.iter().map(schema).collect::<Vec<_>>()}),
    }
}
