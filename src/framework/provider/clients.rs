//! The clients of a configured provider, each found by its type.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::variables::variable;
use super::{AnyClient, Client};
use crate::framework::diagnostics::{Diagnostic, Diagnostics};

/// That there is nothing to work on for who takes every vendor that is configured.
#[derive(Clone, Debug, thiserror::Error)]
#[error(
    "no vendor is configured. Set the environment variables of at least one, as for Terraform; they begin with `IDV_` and the \
     vendor's name. The vendors are {known}."
)]
pub struct NothingConfigured {
    /// The vendors, by commas.
    pub(super) known: String,
}

/// The clients of one configured provider.
#[derive(Default)]
pub struct Clients {
    pub(super) by_vendor: BTreeMap<&'static str, Result<AnyClient, Diagnostics>>,
    pub(super) stop: CancellationToken,
}

impl Clients {
    /// Fails where the provider has no configuration for a vendor, which no later apply can mend.
    ///
    /// One that is not usable yet, because a value of it is unknown, may be by the time of the apply.
    pub fn require(&self, vendor: &str) -> Result<(), Diagnostics> {
        if self.by_vendor.contains_key(vendor) { Ok(()) } else { Err(not_configured(vendor)) }
    }

    /// The vendors that the provider has a configuration for, be it a wrong one.
    pub fn configured(&self) -> impl Iterator<Item = &'static str> {
        self.by_vendor.keys().copied()
    }

    /// The client of a vendor, whatever its type, or why there is none.
    pub fn of(&self, vendor: &str) -> Result<AnyClient, Diagnostics> {
        self.by_vendor.get(vendor).cloned().unwrap_or_else(|| Err(not_configured(vendor)))
    }

    /// The client of this type, or why there is none.
    pub fn get<C: Client>(&self) -> Result<Arc<C>, Diagnostics> {
        let client: Arc<dyn Any + Send + Sync> = self.of(C::VENDOR)?;
        client.downcast().map_err(|_| {
            let detail = "The client has another type than its objects expect. This is a bug in the provider.";
            Diagnostic::error("Provider is wired wrongly", detail).into()
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
