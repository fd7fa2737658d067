//! Checks what the credentials may read: one object of each type that the vendor lists.

use std::sync::Arc;

use futures_util::StreamExt;

use crate::framework::health::CheckResult;
use crate::framework::list::DynList;
use crate::framework::{Diagnostics, Provider, Value};

/// Reads one object of each list of a vendor. Returns `None` if the configured generation of its API has no lists.
///
/// Credentials may be meant for some types only, so a list that they may not read is a warning. If they may read none, the check
/// fails unless the credentials are known to be `limited`. A list that fails for another reason, such as a wrong route, is a
/// failure.
pub(super) async fn of(provider: &Provider, vendor: &str, limited: bool) -> Option<CheckResult> {
    let clients = provider.clients();
    let (mut readable, mut rejected) = (Vec::new(), Vec::new());
    for (name, list) in &provider.lists {
        if list.vendor() != vendor || list.available(&clients).is_err() {
            continue;
        }
        match first(list, provider).await {
            Ok(()) => readable.push(format!("`{name}`")),
            Err(why) => rejected.push((name, why)),
        }
    }
    let can = (!readable.is_empty()).then(|| format!("Can list {}.", readable.join(", ")));
    let cannot =
        rejected.iter().flat_map(|(name, why)| why.iter().map(move |reason| format!("Cannot list `{name}`. {reason}")));
    let found = can.into_iter().chain(cannot).collect::<Vec<_>>().join("\n");
    let are_denied = rejected.iter().all(|(_, why)| why.iter().all(|reason| reason.is_denied));
    let result = if rejected.is_empty() {
        CheckResult::ok
    } else if limited || (are_denied && !readable.is_empty()) {
        CheckResult::warning
    } else {
        CheckResult::failed
    };
    (!found.is_empty()).then(|| result("permissions", found))
}

/// Reads one object of a list. Warnings are ignored: an object that cannot be imported was read.
async fn first(list: &Arc<dyn DynList>, provider: &Provider) -> Result<(), Diagnostics> {
    let first = Arc::clone(list).list(Value::Null, &provider.clients()).next().await;
    first.map_or(Ok(()), |item| item.diagnostics.into_result())
}
