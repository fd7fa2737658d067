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
    let can = if readable.is_empty() { String::new() } else { format!("Can list {}.\n", readable.join(", ")) };
    let cannot =
        rejected.iter().flat_map(|(name, why)| why.iter().map(move |reason| format!("Cannot list `{name}`. {reason}")));
    let cannot = cannot.collect::<Vec<_>>().join("\n");
    let are_denied = rejected.iter().all(|(_, why)| why.iter().all(|reason| reason.is_denied));
    match (readable.is_empty(), rejected.is_empty()) {
        (true, true) => None,
        (_, false) if !are_denied && !limited => Some(CheckResult::failed("permissions", format!("{can}{cannot}"))),
        (false, true) => Some(CheckResult::ok("permissions", can.trim_end())),
        (false, false) => Some(CheckResult::warning("permissions", format!("{can}{cannot}"))),
        (true, false) if limited => Some(CheckResult::warning("permissions", cannot)),
        (true, false) => Some(CheckResult::failed("permissions", cannot)),
    }
}

/// Reads one object of a list. Warnings are ignored: an object that cannot be imported was read.
async fn first(list: &Arc<dyn DynList>, provider: &Provider) -> Result<(), Diagnostics> {
    let first = Arc::clone(list).list(Value::Null, &provider.clients()).next().await;
    first.map_or(Ok(()), |item| item.diagnostics.into_result())
}
