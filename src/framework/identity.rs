//! Resource identity: what tells one object from every other, in parts that a person can read.
//!
//! Each part is text. Most are attributes of the object; the others come from the client, such as the address of the
//! tenant, so that two tenants' objects are told apart. An identity can be imported by, and is returned with every state.

use std::collections::BTreeMap;

use super::diagnostics::{Diagnostic, Diagnostics};
use super::types::Type;
use super::value::Value;

/// One part of an identity.
#[derive(Clone, Debug)]
pub struct IdentityAttribute {
    /// An attribute of the object, or one of the client's own parts.
    pub name: &'static str,
    /// A full sentence.
    pub description: &'static str,
    /// Whether an import has to name it.
    pub required: bool,
}

/// A part that an import has to name.
pub fn required(name: &'static str, description: &'static str) -> IdentityAttribute {
    IdentityAttribute { name, description, required: true }
}

/// A part that an import may leave out.
pub fn optional(name: &'static str, description: &'static str) -> IdentityAttribute {
    IdentityAttribute { name, description, required: false }
}

/// The client's own parts: which tenant it is for.
pub type TenantIdentity = BTreeMap<&'static str, String>;

/// The type of an identity with these parts.
pub fn value_type(parts: &[IdentityAttribute]) -> Type {
    Type::Object(parts.iter().map(|part| (part.name.to_owned(), Type::String)).collect())
}

/// The identity of a state. A part that neither the state nor the client knows is null, or unknown in a plan.
pub fn of_state(parts: &[IdentityAttribute], state: &Value, place: Option<&TenantIdentity>) -> Value {
    let entries = parts.iter().map(|part| {
        let own = state.as_map().and_then(|entries| entries.get(part.name));
        let value = match (own, place) {
            (Some(value), _) => value.clone(),
            (None, Some(place)) => place.get(part.name).map_or(Value::Null, |text| text.as_str().into()),
            (None, None) => Value::Unknown,
        };
        (part.name.to_owned(), value)
    });
    Value::Map(entries.collect())
}

/// Whether every required part is known and set.
pub fn is_complete(parts: &[IdentityAttribute], identity: &Value) -> bool {
    identity.is_wholly_known() && parts.iter().all(|part| !part.required || !identity.get(part.name).is_null())
}

/// The attributes that an identity names, to begin an import with; an error if it is of another tenant.
pub fn to_attributes(
    parts: &[IdentityAttribute],
    identity: &Value,
    attributes: &BTreeMap<String, Value>,
    place: &TenantIdentity,
) -> Result<BTreeMap<String, Value>, Diagnostics> {
    let mut found = attributes.clone();
    for part in parts {
        let value = identity.get(part.name);
        if let Some(slot) = found.get_mut(part.name) {
            slot.clone_from(value);
        } else if let (Some(named), Some(here)) = (value.as_str(), place.get(part.name))
            && named != here
        {
            let detail = format!(
                "The identity has `{} = \"{named}\"`, and the provider is configured for `{here}`. Use a provider block for the \
                 former, or leave the attribute out.",
                part.name
            );
            return Err(Diagnostic::error("The identity is of another tenant", detail).into());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Vec<IdentityAttribute> {
        vec![required("name", "."), optional("client_id", "."), optional("base_url", ".")]
    }

    fn map(entries: &[(&str, Value)]) -> Value {
        Value::Map(entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    }

    #[test]
    fn parts_come_from_state_and_client() {
        let state = map(&[("name", "a".into()), ("client_id", Value::Null), ("url", "u".into())]);
        let place: TenantIdentity = [("base_url", "https://x".to_owned())].into();
        let identity = of_state(&parts(), &state, Some(&place));
        assert_eq!(
            identity,
            map(&[("name", "a".into()), ("client_id", Value::Null), ("base_url", "https://x".into())])
        );
        assert!(is_complete(&parts(), &identity));
        assert!(!is_complete(&parts(), &of_state(&parts(), &state, None)));
    }

    #[test]
    fn an_identity_of_another_tenant_is_refused() {
        let place: TenantIdentity = [("base_url", "https://x".to_owned())].into();
        let empty: BTreeMap<String, Value> =
            ["name", "client_id", "url"].map(|name| (name.to_owned(), Value::Null)).into();
        let other = map(&[("name", "a".into()), ("base_url", "https://y".into())]);
        assert!(to_attributes(&parts(), &other, &empty, &place).is_err());
        let ours = map(&[("name", "a".into()), ("base_url", Value::Null)]);
        assert_eq!(to_attributes(&parts(), &ours, &empty, &place).unwrap()["name"], "a".into());
    }
}
