//! The ephemeral resources that are open, so that the provider can close them when it ends.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::DynEphemeral;
use crate::framework::clients::Clients;
use crate::framework::private::Private;

/// What this process has opened and core has not closed.
#[derive(Default)]
pub struct OpenEphemerals(Mutex<Vec<(String, Private)>>);

impl OpenEphemerals {
    /// Keeps what a close needs, by the full type name. An open without private state has nothing to close.
    pub fn add(&self, type_name: String, private: Private) {
        if private != Private::default() {
            self.entries().push((type_name, private));
        }
    }

    /// Drops one that core closes.
    pub fn remove(&self, type_name: &str, private: &Private) {
        let mut entries = self.entries();
        if let Some(index) = entries.iter().position(|(name, kept)| name == type_name && kept == private) {
            entries.swap_remove(index);
        }
    }

    /// Closes the rest, one after the other. No call is left that could return a failure, so it is logged.
    pub(in crate::framework) async fn close_all(
        &self,
        objects: &BTreeMap<String, Arc<dyn DynEphemeral>>,
        clients: &Clients,
    ) {
        let entries = std::mem::take(&mut *self.entries());
        for (name, private) in entries {
            let Some(object) = objects.get(&name) else { continue };
            match object.close(private, clients).await {
                Ok(()) => tracing::info!(
                    ephemeral = name,
                    "closed at the end of the process, because the run did not close it"
                ),
                Err(diagnostics) => {
                    let reasons = diagnostics.iter().map(|diagnostic| diagnostic.summary.as_str());
                    let reasons = reasons.collect::<Vec<_>>().join("; ");
                    tracing::error!(ephemeral = name, reasons, "could not be closed and stays open");
                }
            }
        }
    }

    fn entries(&self) -> MutexGuard<'_, Vec<(String, Private)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
