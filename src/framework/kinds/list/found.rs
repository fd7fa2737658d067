//! Everything that a list has, with the id by which each object is imported.

use std::sync::Arc;

use futures_util::StreamExt;

use super::DynList;
use crate::framework::clients::Clients;
use crate::framework::diagnostics::Diagnostics;
use crate::framework::value::Value;

/// An object of a list.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its name for people.
    pub display_name: String,
    /// The id by which it is imported.
    pub import_id: String,
    /// Its state, as a read after an import would return it.
    pub state: Value,
}

/// Lists every object without filters. After a failure the objects that were listed before it are returned with the error.
/// `progress` is called with the count, and with how many objects the vendor has counted, or 0.
pub async fn all(
    list: &Arc<dyn DynList>,
    clients: &Clients,
    progress: impl Fn(usize, usize),
) -> (Vec<Found>, Diagnostics) {
    let mut items = Arc::clone(list).list(Value::Map(list.filters().empty()), clients);
    let (mut found, mut problems) = (Vec::new(), Diagnostics::new());
    while let Some(item) = items.next().await {
        problems.append(item.diagnostics);
        if item.state.is_null() {
            continue;
        }
        match list.import_id(&item.state) {
            Ok(import_id) => found.push(Found { display_name: item.display_name, import_id, state: item.state }),
            Err(diagnostics) => problems.append(diagnostics),
        }
        progress(found.len(), item.expected);
    }
    (found, problems)
}
