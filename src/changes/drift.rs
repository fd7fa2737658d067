//! Compares a state with the live tenant, without a plan: what differs, what is gone, and what nobody manages.
//!
//! It only lists and reads.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt;
use futures_util::stream;

use crate::framework::list::Found;
use crate::framework::{Provider, Severity, Value};

use super::Error;
use super::live::{self, Live};
use super::model::{Action, Changes, ObjectChange};
use super::object::{Pair, mark_looser, nothing_is_hidden};
use super::state::{self, Stored};
use crate::tenant::{Listing, words};

/// How many objects are read at a time, as many as Terraform reads.
pub(super) const AT_A_TIME: usize = 10;

/// Which objects are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those in the state, and those that nobody manages.
    Everything,
    /// Those in the state.
    Managed,
}

/// Compares a state with the vendors that the environment configures. `path` is a file, or `-` for standard input.
pub async fn drift(provider: &Provider, path: &str, scope: Scope) -> Result<Changes, Error> {
    let stored = state::read(provider, path)?;
    live::configure(provider, "drift")?;
    let mut changes = Changes::new("drift", "state", "vendor");
    let live = match scope {
        Scope::Everything => Live::of(provider).await?,
        Scope::Managed => Live::default(),
    };
    let mut by_id = live.by_id();
    by_id.extend(stored.iter().filter_map(|object| Some((object.state.get("id").as_str()?, &object.state))));
    let related = |id: &str| by_id.get(id).copied().cloned();

    let clients = provider.clients();
    let read = |object: &Stored| {
        let resource = provider.resources.get(&object.type_name).cloned();
        let (state, identity, private) = (object.state.clone(), object.identity.clone(), object.private.clone());
        let clients = &clients;
        async move { Some(resource?.read(state, identity, private, clients).await) }
    };
    let responses: Vec<_> = stream::iter(stored.iter().map(read)).buffered(AT_A_TIME).collect().await;
    for (object, response) in stored.iter().zip(responses) {
        let Some(response) = response else { continue };
        let errors: Vec<_> = response.diagnostics.iter().filter(|it| it.severity == Severity::Error).collect();
        if let Some(error) = errors.first() {
            changes.limits.push(format!("`{}` was not read: {}. {}", object.address, error.summary, error.detail));
            continue;
        }
        let action = if response.state.is_null() { Action::Gone } else { Action::Differs };
        let pair = Pair {
            address: Some(object.address.clone()),
            type_name: &object.type_name,
            action,
            before: &object.state,
            after: &response.state,
            is_hidden: &|path| object.marks.hides(path),
            related: &related,
        };
        match pair.change(provider) {
            Some(change) => changes.objects.push(change),
            None => changes.unchanged += 1,
        }
    }
    let mut unmanaged = unmanaged(provider, &stored, &live, &related);
    changes.limits.extend(live.limits.iter().cloned());
    changes.limits.extend(settings_of_every_tenant(provider, &mut unmanaged));
    changes.objects.append(&mut unmanaged);
    Ok(changes.sorted())
}

/// The objects that the vendors have and that are not in state.
fn unmanaged(
    provider: &Provider,
    stored: &[Stored],
    live: &Live,
    related: &dyn Fn(&str) -> Option<Value>,
) -> Vec<ObjectChange> {
    let hosts: BTreeSet<String> = stored.iter().filter_map(|object| host(&object.state)).collect();
    let mut found = Vec::new();
    for Listing { type_name, objects, .. } in &live.listings {
        let Some(list) = provider.lists.get(type_name) else { continue };
        let managed: BTreeSet<String> = stored
            .iter()
            .filter(|object| object.type_name == *type_name)
            .filter_map(|object| list.import_id(&object.state).ok())
            .collect();
        for Found { import_id, state, .. } in objects.iter().filter(|object| !managed.contains(&object.import_id)) {
            let pair = Pair {
                address: None,
                type_name,
                action: Action::Unmanaged,
                before: &Value::Null,
                after: state,
                is_hidden: &nothing_is_hidden,
                related,
            };
            let Some(mut change) = pair.change(provider) else { continue };
            if let Some(host) = host(state).filter(|host| !hosts.contains(host)) {
                let reason = format!("data about people is sent to `{host}`, which no managed object names");
                mark_looser(&mut change, reason);
            }
            if change.name.is_empty() {
                change.name = words::short(import_id);
            }
            found.push(change);
        }
    }
    found
}

/// Takes settings that every tenant has out of the objects that nobody manages: they say nothing about a tenant. Returns a sentence
/// with their number.
fn settings_of_every_tenant(provider: &Provider, unmanaged: &mut Vec<ObjectChange>) -> Option<String> {
    let is_adopted =
        |object: &ObjectChange| provider.resources.get(&object.type_name).is_some_and(|resource| resource.is_adopted());
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for object in unmanaged.iter().filter(|object| is_adopted(object)) {
        *counts.entry(format!("{} {}", object.vendor, object.kind)).or_default() += 1;
    }
    unmanaged.retain(|object| !is_adopted(object));
    let counts: Vec<_> = counts.into_iter().map(|(kind, count)| format!("{kind} ({count})")).collect();
    (!counts.is_empty()).then(|| format!("Not in state are settings that every tenant has: {}.", counts.join(", ")))
}

/// The host to which an object sends data.
fn host(state: &Value) -> Option<String> {
    let url = url::Url::parse(state.get("url").as_str()?).ok()?;
    url.host_str().map(str::to_owned)
}
