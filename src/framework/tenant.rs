//! Checks that an object belongs to the tenant that the provider is configured for.
//!
//! A run with the variables of another tenant finds none of the objects of its state. They would be planned for creation there,
//! as if somebody had deleted them. So a read, a plan and an apply compare the tenant of the object with that of the client.
//!
//! Two places say which tenant an object belongs to: private state, which every version keeps, and the identity, which
//! Terraform and OpenTofu keep from 1.12. State from before this check has neither, and passes once: the read records it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use super::diagnostics::{Diagnostic, Diagnostics, summary};
use super::identity::{IdentitySchema, TenantIdentity};
use super::private::Private;
use super::spelling::same_url;
use super::value::Value;

/// The key in private state of the tenant that an object belongs to.
const TENANT: &str = "tenant";

/// The attribute of the provider block for addresses that a tenant had before.
pub(super) const FORMER_ADDRESSES: &str = "former_addresses";

type Recorded = BTreeMap<String, String>;

/// Records the tenant that an object belongs to, as far as it is known here.
pub(super) fn record(private: &mut Private, tenant: &TenantIdentity) -> Result<(), Diagnostics> {
    let mut recorded: Recorded = private.get(TENANT).unwrap_or_default();
    recorded.extend(tenant.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    private.set(TENANT, &recorded)
}

/// What the objects of one configured provider are compared with, beside the tenant.
#[derive(Default)]
pub(super) struct TenantCheck {
    /// Addresses that a tenant had before. Objects from there belong to the tenant that has moved.
    pub(super) former_addresses: Vec<String>,
    /// Whether an object of another tenant was reported: the first error says what to do.
    is_reported: AtomicBool,
}

impl TenantCheck {
    /// Fails if an object belongs to another tenant. `object` names it: the type, and the import id.
    pub(super) fn check(
        &self,
        schema: &IdentitySchema,
        identity: &Value,
        private: &Private,
        tenant: &TenantIdentity,
        object: impl FnOnce() -> (String, String),
    ) -> Result<(), Diagnostics> {
        let recorded: Recorded = private.get(TENANT).unwrap_or_default();
        let differing = schema.attributes().iter().find_map(|attribute| {
            let here = tenant.get(attribute.name)?;
            let stored = recorded.get(attribute.name).map(String::as_str);
            let stored = stored.or_else(|| identity.get(attribute.name).as_str())?;
            (!self.is_same(stored, here)).then(|| (attribute.name, stored.to_owned(), here))
        });
        let Some((name, stored, here)) = differing else { return Ok(()) };
        let (type_name, id) = object();
        let mut detail = format!(
            "State has `{name} = \"{stored}\"` for this `{type_name}`, and the provider is configured for `{here}`. Nothing was read \
             or changed."
        );
        if self.is_reported.swap(true, Ordering::Relaxed) {
            detail += " Another error about the tenant says what to do.";
        } else {
            detail += &advice(name, &stored);
        }
        let summary = summary("The object", &id, "is of another tenant");
        Err(Diagnostic::error(summary, detail).into())
    }

    /// Whether two values of a tenant's attribute mean the same.
    pub(super) fn is_same(&self, stored: &str, here: &str) -> bool {
        same_url(stored, here) || self.former_addresses.iter().any(|former| same_url(former, stored))
    }
}

fn advice(name: &str, stored: &str) -> String {
    let moved = if name == "base_url" {
        format!(
            "If the tenant itself has moved to the new address, set `{FORMER_ADDRESSES} = [\"{stored}\"]` in the provider block, or \
             IDV_{}, and run `terraform apply -refresh-only` once, which records the new address.",
            FORMER_ADDRESSES.to_uppercase()
        )
    } else {
        "If the vendor has moved the object, remove it from state with `terraform state rm`, and import it again."
            .to_owned()
    };
    format!(
        "\n\nIf this run has the variables or the provider block of another tenant, use those of the tenant in state. To manage both, \
         use a state for each, such as a workspace, or a provider block with an `alias`.\n\n{moved}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::identity::required;

    #[test]
    fn another_address_is_refused_and_another_spelling_is_not() {
        let schema = IdentitySchema::new(vec![required("base_url", ".")]);
        let tenant: TenantIdentity = [("base_url", "https://kyc.example.com".to_owned())].into();
        let identity = |address: &str| Value::Map([("base_url".to_owned(), address.into())].into());
        let check =
            TenantCheck { former_addresses: vec!["https://old.example.com".to_owned()], ..TenantCheck::default() };
        let result = |identity: &Value, private: &Private| {
            check.check(&schema, identity, private, &tenant, || ("idv_a".to_owned(), "1".to_owned()))
        };
        let none = Private::default();
        for address in ["https://kyc.example.com/", "https://KYC.example.com:443", "https://old.example.com/"] {
            assert_eq!(result(&identity(address), &none), Ok(()), "{address}");
        }
        assert_eq!(result(&Value::Null, &none), Ok(()), "state from before");
        let first = result(&identity("https://other.example.com"), &none).unwrap_err().details();
        assert!(first.contains("`former_addresses = [\"https://other.example.com\"]`"), "{first}");
        let mut private = Private::default();
        record(&mut private, &[("base_url", "https://other.example.com".to_owned())].into()).unwrap();
        let second = result(&Value::Null, &private).unwrap_err().details();
        assert!(second.contains("Another error") && second.contains("https://kyc.example.com"), "{second}");
    }
}
