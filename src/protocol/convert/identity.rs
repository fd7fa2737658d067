//! Resource identities on the wire.

use super::value;
use crate::framework::identity::{IdentityAttribute, IdentitySchema};
use crate::framework::{Diagnostics, Type, Value};
use crate::protocol::generated::tfplugin6::{ResourceIdentityData, ResourceIdentitySchema, resource_identity_schema};

/// Reads an identity; a missing one is null.
pub(crate) fn decode(data: Option<ResourceIdentityData>, schema: &IdentitySchema) -> Result<Value, Diagnostics> {
    value::decode(data.and_then(|data| data.identity_data), schema.value_type())
}

/// Writes an identity; null is a missing one.
pub(crate) fn encode(identity: &Value, schema: &IdentitySchema) -> Option<ResourceIdentityData> {
    let data = || ResourceIdentityData { identity_data: Some(value::encode(identity, schema.value_type())) };
    (!identity.is_null()).then(data)
}

/// The schema of an identity.
pub(crate) fn schema(schema: &IdentitySchema) -> ResourceIdentitySchema {
    let attribute = |attribute: &IdentityAttribute| resource_identity_schema::IdentityAttribute {
        name: attribute.name.to_owned(),
        r#type: Type::String.to_json().to_string().into_bytes(),
        required_for_import: attribute.required,
        optional_for_import: !attribute.required,
        description: attribute.description.to_owned(),
    };
    ResourceIdentitySchema { version: 0, identity_attributes: schema.attributes().iter().map(attribute).collect() }
}
