//! Which singletons a run adopted.
//!
//! A destroy switches a singleton off or restores its original. If another resource adopts the same singleton in the same
//! run, as after a rename without a `moved` block or with `create_before_destroy`, this would undo its create, in
//! whichever order Terraform applies the two. So both hold a lock while they work, and the destroy changes nothing after an
//! adoption.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use super::{messages, warn};
use crate::framework::{Context, Diagnostic, Model};

/// The singletons of a tenant, by key, and whether this run adopted them.
#[derive(Default)]
pub(in crate::vendors) struct Adoptions(Mutex<HashMap<String, Arc<AsyncMutex<bool>>>>);

impl Adoptions {
    /// Locks a singleton until the value is dropped.
    pub(in crate::vendors) async fn lock(&self, key: &str) -> Adoption {
        let lock = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(key.to_owned()).or_default())
        };
        Adoption(lock.lock_owned().await)
    }
}

/// The lock of one singleton.
pub(in crate::vendors) struct Adoption(OwnedMutexGuard<bool>);

impl Adoption {
    /// Whether a resource adopted the singleton in this run.
    pub(in crate::vendors) fn is_adopted(&self) -> bool {
        *self.0
    }

    /// Records that a resource adopted the singleton.
    pub(in crate::vendors) fn adopt(&mut self) {
        *self.0 = true;
    }
}

/// Warns that a destroy changed nothing because another resource adopted the settings, such as "the weights".
pub(in crate::vendors) fn warn_adopted_elsewhere<M: Model>(
    ctx: &mut Context<M>,
    settings: &str,
    label: Option<String>,
) {
    let detail = format!(
        "Another resource adopted {settings} in this run, so the destroy of this one changes nothing. If the new resource has \
         `on_destroy = \"restore\"`, it restores the values that this one had set. To rename a resource, use a `moved` block."
    );
    let summary = messages::summary("Another resource has", settings, label, "");
    warn(ctx, Diagnostic::warning(summary, detail));
}
