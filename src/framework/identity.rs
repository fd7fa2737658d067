//! Resource identity: the attributes that identify one object of a type.
//!
//! Each is text. Most are attributes of the object; the others come from the client, such as the address of the tenant, so that
//! objects of two tenants differ. An object can be imported by its identity, which is returned with every state.

use std::collections::BTreeMap;

use super::diagnostics::{Diagnostic, Diagnostics};
use super::spelling::same_url;
use super::types::Type;
use super::value::Value;

/// One attribute of an identity.
#[derive(Clone, Debug)]
pub struct IdentityAttribute {
    /// An attribute of the object, or of the client's tenant.
    pub name: &'static str,
    /// A full sentence.
    pub description: &'static str,
    /// Whether an import has to name it.
    pub required: bool,
}

/// An attribute that an import has to name.
pub fn required(name: &'static str, description: &'static str) -> IdentityAttribute {
    IdentityAttribute { name, description, required: true }
}

/// An attribute that an import may omit.
pub fn optional(name: &'static str, description: &'static str) -> IdentityAttribute {
    IdentityAttribute { name, description, required: false }
}

/// The tenant that a client is configured for, by the attributes of identities.
pub type TenantIdentity = BTreeMap<&'static str, String>;

/// The attributes of an identity, and its type.
#[derive(Clone, Debug)]
pub struct IdentitySchema {
    attributes: Vec<IdentityAttribute>,
    value_type: Type,
}

impl IdentitySchema {
    /// An identity with these attributes.
    pub fn new(attributes: Vec<IdentityAttribute>) -> Self {
        let entries = attributes.iter().map(|attribute| (attribute.name.to_owned(), Type::String));
        Self { value_type: Type::Object(entries.collect()), attributes }
    }

    /// Its attributes.
    pub fn attributes(&self) -> &[IdentityAttribute] {
        &self.attributes
    }

    /// Its type.
    pub fn value_type(&self) -> &Type {
        &self.value_type
    }

    /// The identity of a state. An attribute that neither the state nor the tenant has is null; without a tenant it is unknown.
    pub fn of_state(&self, state: &Value, tenant: Option<&TenantIdentity>) -> Value {
        let entries = self.attributes.iter().map(|attribute| {
            let own = state.as_map().and_then(|entries| entries.get(attribute.name));
            let value = match (own, tenant) {
                (Some(value), _) => value.clone(),
                (None, Some(tenant)) => tenant.get(attribute.name).map_or(Value::Null, |text| text.as_str().into()),
                (None, None) => Value::Unknown,
            };
            (attribute.name.to_owned(), value)
        });
        Value::Map(entries.collect())
    }

    /// Whether every attribute is known, and every required one is set.
    pub fn is_complete(&self, identity: &Value) -> bool {
        let is_set = |attribute: &IdentityAttribute| !attribute.required || !identity.get(attribute.name).is_null();
        identity.is_wholly_known() && self.attributes.iter().all(is_set)
    }

    /// Sets the attributes of an object that an identity names, to import it; an error if the identity is of another tenant.
    pub fn to_attributes(
        &self,
        identity: &Value,
        attributes: &BTreeMap<String, Value>,
        tenant: &TenantIdentity,
    ) -> Result<BTreeMap<String, Value>, Diagnostics> {
        let mut found = attributes.clone();
        for IdentityAttribute { name, .. } in &self.attributes {
            let value = identity.get(name);
            if let Some(slot) = found.get_mut(*name) {
                slot.clone_from(value);
            } else if let (Some(named), Some(here)) = (value.as_str(), tenant.get(name))
                && !same_url(named, here)
            {
                let detail = format!(
                    "The identity has `{name} = \"{named}\"`, and the provider is configured for `{here}`. Use a provider block for \
                     the former, or omit the attribute."
                );
                return Err(Diagnostic::error("The identity is of another tenant", detail).into());
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> IdentitySchema {
        let attributes = [required("name", "."), optional("client_id", "."), optional("base_url", ".")];
        IdentitySchema::new(attributes.to_vec())
    }

    fn map(entries: &[(&str, Value)]) -> Value {
        Value::Map(entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    }

    #[test]
    fn attributes_come_from_state_and_tenant() {
        let state = map(&[("name", "a".into()), ("client_id", Value::Null), ("url", "u".into())]);
        let tenant: TenantIdentity = [("base_url", "https://x".to_owned())].into();
        let identity = schema().of_state(&state, Some(&tenant));
        assert_eq!(
            identity,
            map(&[("name", "a".into()), ("client_id", Value::Null), ("base_url", "https://x".into())])
        );
        assert!(schema().is_complete(&identity));
        assert!(!schema().is_complete(&schema().of_state(&state, None)));
    }

    #[test]
    fn an_identity_of_another_tenant_is_refused() {
        let tenant: TenantIdentity = [("base_url", "https://x".to_owned())].into();
        let empty: BTreeMap<String, Value> =
            ["name", "client_id", "url"].map(|name| (name.to_owned(), Value::Null)).into();
        let other = map(&[("name", "a".into()), ("base_url", "https://y".into())]);
        assert!(schema().to_attributes(&other, &empty, &tenant).is_err());
        let ours = map(&[("name", "a".into()), ("base_url", Value::Null)]);
        assert_eq!(schema().to_attributes(&ours, &empty, &tenant).unwrap()["name"], "a".into());
    }
}
