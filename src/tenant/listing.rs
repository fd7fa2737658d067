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

/// How finely the progress bar shows how much of one type is listed.
const STEPS: u64 = 1000;

/// Lists these types of a configured provider, one after the other, so that they share cached responses. Shows a progress bar.
pub(crate) async fn list<'t>(provider: &Provider, types: impl IntoIterator<Item = &'t String>) -> Vec<Listing> {
    let types: Vec<_> = types.into_iter().filter_map(|name| Some((name, provider.lists.get(name)?))).collect();
    // Hidden where standard error is no terminal.
    let progress = ProgressBar::new(types.len() as u64 * STEPS);
    if let Ok(style) = ProgressStyle::with_template("{bar:24}  {msg}") {
        progress.set_style(style);
    }
    let clients = provider.clients();
    let mut listings = Vec::new();
    let count_of_types = types.len();
    for (done, (name, list)) in types.into_iter().enumerate() {
        let message = |count: usize, expected: usize| {
            let of = if expected < count { String::new() } else { format!(" of {expected}") };
            progress.set_message(format!("{done} of {count_of_types} types, {name}: {count}{of}"));
            let part = if expected < count { 0 } else { count as u64 * STEPS / expected as u64 };
            progress.set_position(done as u64 * STEPS + part);
        };
        let (objects, mut problems) = list::all(list, &clients, message).await;
        let mut built_in = Vec::new();
        if !problems.has_errors() {
            match list.built_in(&clients).await {
                Ok(states) => built_in = states,
                Err(errors) => problems.append(errors),
            }
        }
        listings.push(Listing { type_name: name.clone(), objects, built_in, problems });
        progress.set_position((done as u64 + 1) * STEPS);
    }
    progress.finish_and_clear();
    listings
}
