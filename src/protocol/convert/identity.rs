//! Resource identities on the wire.

use super::value;
use crate::framework::identity::{IdentityAttribute, value_type};
use crate::framework::{Diagnostics, Type, Value};
use crate::protocol::generated::tfplugin6::{ResourceIdentityData, ResourceIdentitySchema, resource_identity_schema};

/// Reads an identity; a missing one is null.
pub(crate) fn decode(data: Option<ResourceIdentityData>, parts: &[IdentityAttribute]) -> Result<Value, Diagnostics> {
    value::decode(data.and_then(|data| data.identity_data), &value_type(parts))
}

/// Writes an identity; null is a missing one.
pub(crate) fn encode(identity: &Value, parts: &[IdentityAttribute]) -> Option<ResourceIdentityData> {
    let data = || ResourceIdentityData { identity_data: Some(value::encode(identity, &value_type(parts))) };
    (!identity.is_null()).then(data)
}

/// The schema of an identity.
pub(crate) fn schema(parts: &[IdentityAttribute]) -> ResourceIdentitySchema {
    let attribute = |part: &IdentityAttribute| resource_identity_schema::IdentityAttribute {
        name: part.name.to_owned(),
        r#type: Type::String.to_json().to_string().into_bytes(),
        required_for_import: part.required,
        optional_for_import: !part.required,
        description: part.description.to_owned(),
    };
    ResourceIdentitySchema { version: 0, identity_attributes: parts.iter().map(attribute).collect() }
}
