//! The live tenants: everything that the configured vendors list.

use std::collections::BTreeMap;

use crate::framework::provider::Caller;
use crate::framework::{Provider, Severity, Value};
use crate::tenant::{self, Listing};

use super::Error;

/// What the configured vendors have.
#[derive(Default)]
pub(super) struct Live {
    pub(super) listings: Vec<Listing>,
    /// What could not be listed, one sentence each.
    pub(super) limits: Vec<String>,
}

impl Live {
    /// Lists every type of the configured vendors. The provider is configured from its environment.
    pub(super) async fn of(provider: &Provider) -> Result<Self, Error> {
        let vendors = provider.configured_vendors()?;
        let clients = provider.clients();
        let (mut types, mut limits) = (Vec::new(), Vec::new());
        let concerned =
            provider.lists.iter().filter(|(_, list)| vendors.iter().any(|vendor| vendor.name() == list.vendor()));
        for (name, list) in concerned {
            match list.available(&clients) {
                Ok(()) => types.push(name),
                Err(reason) => limits.extend(reason.iter().map(|it| format!("`{name}` is not listed. {}", it.detail))),
            }
        }
        let listings = tenant::list(provider, types).await;
        for listing in &listings {
            let errors = listing.problems.iter().filter(|problem| problem.severity == Severity::Error);
            let sentence = |error: &crate::framework::Diagnostic| {
                format!("`{}` is not complete: {}. {}", listing.type_name, error.summary, error.detail)
            };
            limits.extend(errors.map(sentence));
        }
        Ok(Self { listings, limits })
    }

    /// The objects of all types by their ids, those of the vendors' own included.
    pub(super) fn by_id(&self) -> BTreeMap<&str, &Value> {
        let states = self
            .listings
            .iter()
            .flat_map(|listing| listing.objects.iter().map(|object| &object.state).chain(&listing.built_in));
        states.filter_map(|state| Some((state.get("id").as_str()?, state))).collect()
    }
}

/// Configures the provider from its environment, as by an empty provider block. Every mistake is an error.
pub(super) fn configure(provider: &Provider, caller: &str) -> Result<(), Error> {
    let mistakes = provider.configure(&Value::Null, Caller::command(caller));
    provider.configured_vendors()?;
    if mistakes.has_errors() { Err(Error::Diagnostics(mistakes)) } else { Ok(()) }
}
