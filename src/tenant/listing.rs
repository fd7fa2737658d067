//! Lists the objects of a tenant, type by type.

use indicatif::{ProgressBar, ProgressStyle};

use crate::framework::list::{self, Found};
use crate::framework::{Diagnostics, Provider, Value};

/// The objects of one type.
pub(crate) struct Listing {
    /// Such as `idv_vult_webhook`.
    pub(crate) type_name: String,
    /// The objects, in the vendor's order. After a failure they are those that were listed before it.
    pub(crate) objects: Vec<Found>,
    /// The objects of the vendor's own, which no resource can manage.
    pub(crate) built_in: Vec<Value>,
    /// Errors make the listing incomplete; warnings do not.
    pub(crate) problems: Diagnostics,
}

/// Lists these types of a configured provider, one after the other, so that they share cached responses. Shows a progress bar.
pub(crate) async fn list<'t>(provider: &Provider, types: impl IntoIterator<Item = &'t String>) -> Vec<Listing> {
    let types: Vec<_> = types.into_iter().filter_map(|name| Some((name, provider.lists.get(name)?))).collect();
    // Hidden where standard error is no terminal.
    let progress = ProgressBar::new(types.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} types  {msg}") {
        progress.set_style(style);
    }
    let clients = provider.clients();
    let mut listings = Vec::new();
    for (name, list) in types {
        let message = |count| progress.set_message(format!("{name}: {count}"));
        let (objects, mut problems) = list::all(list, &clients, message).await;
        let mut built_in = Vec::new();
        if !problems.has_errors() {
            match list.built_in(&clients).await {
                Ok(states) => built_in = states,
                Err(errors) => problems.append(errors),
            }
        }
        listings.push(Listing { type_name: name.clone(), objects, built_in, problems });
        progress.inc(1);
    }
    progress.finish_and_clear();
    listings
}
