//! Which types an export captures.

use std::collections::BTreeSet;

use super::Error;
use crate::framework::clients::Clients;
use crate::framework::{Diagnostics, Provider};

/// The vendors and types that a user selects. The default selects everything.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// The vendors; if empty, those that are configured.
    pub vendors: Vec<String>,
    /// Only these types, with or without the provider's prefix.
    pub include: Vec<String>,
    /// Not these types.
    pub exclude: Vec<String>,
}

/// The types that are captured, and those that are not.
pub(super) struct Chosen {
    /// The vendors, each of them configured.
    pub(super) vendors: Vec<&'static str>,
    /// The types, by full name.
    pub(super) types: Vec<String>,
    /// Types of these vendors that have no list.
    pub(super) unlistable: Vec<String>,
    /// Types that only another generation of the vendor's API can list, and that were not included by name, each with the
    /// reason.
    pub(super) unavailable: Vec<(String, Diagnostics)>,
}

impl Selection {
    /// Resolves the selection for a configured provider. `mistakes` are those of its configuration.
    pub(super) fn choose(
        &self,
        provider: &Provider,
        clients: &Clients,
        mistakes: Diagnostics,
    ) -> Result<Chosen, Error> {
        let include = full_names(provider, &self.include)?;
        let exclude = full_names(provider, &self.exclude)?;
        let vendors = self.vendors(provider, clients, &include)?;
        let concerned: Diagnostics =
            mistakes.into_iter().filter(|mistake| provider.concerns(&vendors, mistake)).collect();
        concerned.into_result().map_err(Error::Configuration)?;
        let wanted = |name: &&String| {
            let of_vendor = provider.resources.get(*name).is_some_and(|object| vendors.contains(&object.vendor()));
            of_vendor && (include.is_empty() || include.contains(*name)) && !exclude.contains(*name)
        };
        let (mut types, mut unlistable, mut unavailable) = (Vec::new(), Vec::new(), Vec::new());
        for name in provider.resources.keys().filter(wanted).cloned() {
            match provider.lists.get(&name).map(|list| list.available(clients)) {
                None => unlistable.push(name),
                Some(Err(why)) if include.is_empty() => unavailable.push((name, why)),
                Some(_) => types.push(name),
            }
        }
        Ok(Chosen { vendors, types, unlistable, unavailable })
    }

    fn vendors(
        &self,
        provider: &Provider,
        clients: &Clients,
        include: &BTreeSet<String>,
    ) -> Result<Vec<&'static str>, Error> {
        let names: Vec<_> = provider.vendors().iter().map(|vendor| vendor.name()).collect();
        if let Some(unknown) = self.vendors.iter().find(|vendor| !names.contains(&vendor.as_str())) {
            return Err(Error::Unknown { what: "vendor", name: unknown.clone(), known: names.join(", ") });
        }
        let of_types: BTreeSet<_> =
            include.iter().filter_map(|name| provider.resources.get(name)).map(|object| object.vendor()).collect();
        let configured: BTreeSet<_> = clients.configured().collect();
        let wanted = |name: &&'static str| match (self.vendors.is_empty(), include.is_empty()) {
            (true, true) => configured.contains(name),
            (true, false) => of_types.contains(name),
            (false, _) => self.vendors.iter().any(|vendor| vendor == name),
        };
        let vendors: Vec<_> = names.iter().copied().filter(wanted).collect();
        if vendors.is_empty() {
            return Err(provider.nothing_configured().into());
        }
        for vendor in &vendors {
            clients.require(vendor).map_err(Error::Configuration)?;
        }
        Ok(vendors)
    }
}

/// The full names of types, or an error that names the one that does not exist.
fn full_names(provider: &Provider, names: &[String]) -> Result<BTreeSet<String>, Error> {
    let full = |name: &String| {
        let candidates = [name.clone(), format!("{}_{name}", provider.name)];
        candidates.into_iter().find(|name| provider.resources.contains_key(name)).ok_or_else(|| Error::Unknown {
            what: "type",
            name: name.clone(),
            known: provider.resources.keys().cloned().collect::<Vec<_>>().join(", "),
        })
    };
    names.iter().map(full).collect()
}
