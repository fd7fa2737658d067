//! The live tenants: everything that the configured vendors list.

use std::collections::BTreeMap;

use indicatif::{ProgressBar, ProgressStyle};

use crate::framework::list::{self, Found};
use crate::framework::{Provider, Severity, Value};

use super::Error;

/// What the configured vendors have, by type.
pub(super) struct Live {
    pub(super) by_type: BTreeMap<String, Vec<Found>>,
    /// What could not be listed, one sentence each.
    pub(super) limits: Vec<String>,
}

impl Live {
    /// Lists every type of the configured vendors. The provider is configured from its environment.
    pub(super) async fn of(provider: &Provider) -> Result<Self, Error> {
        let vendors = provider.configured_vendors()?;
        let clients = provider.clients();
        let mut live = Self { by_type: BTreeMap::new(), limits: Vec::new() };
        let types: Vec<_> = provider
            .lists
            .iter()
            .filter(|(_, list)| vendors.iter().any(|vendor| vendor.name() == list.vendor()))
            .collect();
        // Hidden where standard error is no terminal.
        let progress = ProgressBar::new(types.len() as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} types  {msg}") {
            progress.set_style(style);
        }
        for (name, list) in types {
            if let Err(reason) = list.available(&clients) {
                live.limits.extend(reason.iter().map(|it| format!("`{name}` is not listed. {}", it.detail)));
                continue;
            }
            let message = |count| progress.set_message(format!("{name}: {count}"));
            let (found, problems) = list::all(list, &clients, message).await;
            let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
            live.limits
                .extend(errors.map(|error| format!("`{name}` is not complete: {}. {}", error.summary, error.detail)));
            live.by_type.insert(name.clone(), found);
            progress.inc(1);
        }
        progress.finish_and_clear();
        Ok(live)
    }

    /// The object with an id, of any type.
    pub(super) fn related(&self, id: &str) -> Option<Value> {
        let mut objects = self.by_type.values().flatten();
        objects.find(|object| object.state.get("id").as_str() == Some(id)).map(|object| object.state.clone())
    }
}

/// Configures the provider from its environment, as by an empty provider block. Every mistake is an error.
pub(super) fn configure(provider: &Provider, caller: &str) -> Result<(), Error> {
    let mistakes = provider.configure(&Value::Null, caller);
    provider.configured_vendors()?;
    if mistakes.has_errors() { Err(Error::Diagnostics(mistakes)) } else { Ok(()) }
}
