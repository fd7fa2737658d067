//! Who manages settings that a vendor has once, and cannot delete.
//!
//! A destroy switches them off or puts back what was there before. Where another resource took the same settings over in
//! the same run, as after a rename without a `moved` block or by `create_before_destroy`, that would undo its create, in
//! whichever order Terraform came to the two. So both hold the settings while they work, and the destroy leaves alone
//! what was taken over.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::framework::{Context, Model};

/// The settings that were taken over in this run, by what tells them apart.
#[derive(Default)]
pub(in crate::vendors) struct Adoptions(Mutex<HashMap<String, Arc<tokio::sync::Mutex<bool>>>>);

impl Adoptions {
    /// Whether these settings were taken over in this run. Whoever holds the lock is alone at them.
    pub(in crate::vendors) fn of(&self, key: &str) -> Arc<tokio::sync::Mutex<bool>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(key.to_owned()).or_default())
    }
}

/// Warns that a destroy did nothing. `what` is such as "the weights".
pub(in crate::vendors) fn warn_left_alone<M: Model>(ctx: &mut Context<M>, what: &str) {
    let detail = format!(
        "Another resource took over {what} in this run, so that the destroy of the former one changes nothing. Where `on_destroy` \
         puts back what was there before, the new one takes what the former one had set for that. To rename a resource, use a \
         `moved` block."
    );
    ctx.warn(format!("Another resource manages {what} now"), detail);
}
