//! The clients of a configured provider, found by their type.
//!
//! The kinds of objects are built on this; the provider, which makes the clients, is built on the kinds.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::claims::Claims;
use super::diagnostics::{Diagnostic, Diagnostics};
use super::health::HealthCheck;
use super::identity::{IdentitySchema, TenantIdentity};
use super::tenant::TenantCheck;
use super::variables::variable;

/// A vendor's client, found by its type.
#[async_trait]
pub trait Client: HealthCheck {
    /// The vendor's attribute in the provider block.
    const VENDOR: &'static str;

    /// The tenant that it is configured for, by the attributes of identities.
    fn tenant_identity(&self) -> TenantIdentity;

    /// The tenant with the attributes of an identity that have to be looked up. By default there are none.
    async fn resolve_tenant(&self, _identity: &IdentitySchema) -> Result<TenantIdentity, Diagnostics> {
        Ok(self.tenant_identity())
    }
}

/// A client of any type.
pub type AnyClient = Arc<dyn HealthCheck>;

/// Returned when no vendor is configured.
#[derive(Clone, Debug, thiserror::Error)]
#[error(
    "no vendor is configured. Set the environment variables of at least one, as for Terraform; they begin with `IDV_` and the \
     vendor's name. The vendors are {known}."
)]
pub struct NothingConfigured {
    /// The vendors, separated by commas.
    pub(super) known: String,
}

/// The clients of one configured provider.
#[derive(Default)]
pub struct Clients {
    pub(super) by_vendor: BTreeMap<&'static str, Result<AnyClient, Diagnostics>>,
    /// The vendors with an unknown value in their configuration. Their entry in `by_vendor` is an error.
    pub(super) unknown: BTreeSet<&'static str>,
    /// Whether the caller accepts deferred responses.
    pub(super) can_defer: bool,
    pub(super) stop: CancellationToken,
    pub(super) claims: Claims,
    pub(super) tenants: TenantCheck,
}

impl Clients {
    /// Fails if the provider has no configuration for a vendor.
    ///
    /// A configuration with an unknown value passes: it may be known by the time of the apply.
    pub fn require(&self, vendor: &str) -> Result<(), Diagnostics> {
        if self.by_vendor.contains_key(vendor) { Ok(()) } else { Err(not_configured(vendor)) }
    }

    /// Whether to defer a call about a vendor: an attribute of its configuration is unknown, and the caller makes the call again
    /// in a later run. `is_allowed` is the capability in the request of the call.
    pub fn defers(&self, vendor: &str, is_allowed: bool) -> bool {
        self.can_defer && is_allowed && self.unknown.contains(vendor)
    }

    /// The vendors that the provider has a configuration for, including a wrong one.
    pub fn configured(&self) -> impl Iterator<Item = &'static str> {
        self.by_vendor.keys().copied()
    }

    /// The same clients for a trial: a plan with them claims nothing for the plans of the others.
    #[must_use]
    pub fn for_trial(&self) -> Self {
        Self { by_vendor: self.by_vendor.clone(), stop: self.stop.clone(), ..Self::default() }
    }

    /// The client of a vendor, of any type, or the errors of its configuration.
    pub fn of(&self, vendor: &str) -> Result<AnyClient, Diagnostics> {
        self.by_vendor.get(vendor).cloned().unwrap_or_else(|| Err(not_configured(vendor)))
    }

    /// The client of this type, or the errors of its configuration.
    pub fn get<C: Client>(&self) -> Result<Arc<C>, Diagnostics> {
        let client: Arc<dyn Any + Send + Sync> = self.of(C::VENDOR)?;
        client.downcast().map_err(|_| {
            let detail = "The vendor's client has another type than its objects expect. This is a bug in the provider; please report it.";
            Diagnostic::error(format!("Wrong client for `{}`", C::VENDOR), detail).into()
        })
    }
}

fn not_configured(vendor: &str) -> Diagnostics {
    let detail = format!(
        "This object belongs to the vendor `{vendor}`, and the provider has no configuration for it. Add \
         `{vendor} = {{ ... }}` to the `provider \"idv\"` block, or set its attributes by environment variables that \
         begin with `{prefix}`.",
        prefix = variable(vendor, ""),
    );
    Diagnostic::error(format!("`{vendor}` is not configured"), detail).into()
}
