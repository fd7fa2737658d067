//! Reads what the provider may read at a vendor, so that a recording has each of these calls.

use std::sync::Arc;

use futures_util::StreamExt;

use super::openapi::apis;
use crate::framework::health::CheckResult;
use crate::framework::kinds::list::{DynList, Item};
use crate::framework::{Diagnostics, Private, Provider, Value, Vendor};

/// How many objects of a list are recorded: more than the pages of any vendor have.
const LISTED: usize = 250;

/// How many objects of each type are read one by one.
const READ: usize = 3;

/// Makes every call that reads, and nothing else. A call that fails is recorded too, and is a warning.
pub(super) async fn read_everything(provider: &Provider, vendor: &'static dyn Vendor) -> CheckResult {
    let clients = provider.clients();
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    let mut note = |name: &str, result: Result<(), Diagnostics>| match result {
        Ok(()) => done.push(format!("`{name}`")),
        Err(errors) => failed.extend(errors.iter().map(|error| format!("`{name}`: {error}"))),
    };
    for (name, list) in &provider.lists {
        if list.vendor() == vendor.name() && list.available(&clients).is_ok() {
            note(name, read_list(provider, name, list).await);
        }
    }
    for (name, source) in &provider.data_sources {
        let needs_values = source.schema().attributes().iter().any(|attribute| attribute.required);
        if source.vendor() == vendor.name() && !needs_values {
            let config = Value::Map(source.schema().empty());
            if source.validate(config.clone()).has_errors() {
                continue; // it needs one of several attributes
            }
            note(&format!("data.{name}"), source.read(config, &clients).await.1.into_result());
        }
    }
    for problem in read_absent(provider, vendor).await {
        failed.push(problem);
    }
    let mut lines = vec![format!("Read {}.", if done.is_empty() { "nothing".to_owned() } else { done.join(", ") })];
    let result = if failed.is_empty() { CheckResult::ok } else { CheckResult::warning };
    lines.append(&mut failed);
    result("recording", lines.join("\n"))
}

/// Reads objects that do not exist, each by another call, and returns the calls that do not say so by 404.
async fn read_absent(provider: &Provider, vendor: &'static dyn Vendor) -> Vec<String> {
    let (Ok(client), Ok(apis)) = (provider.clients().of(vendor.name()), apis(provider, vendor)) else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    // The first generation of an API is the one that is used by default.
    for call in apis.first().into_iter().flat_map(|api| &api.calls) {
        let Some(id) = call.absent_id else { continue };
        let route = call.documented.clone().unwrap_or_else(|| call.route());
        if let Some((method, path)) = route.split_once(' ')
            && let Err(problem) = client.read_absent(method, path, id).await
        {
            problems.push(problem);
        }
    }
    problems
}

/// Lists objects, and reads the first ones again, each by itself.
async fn read_list(provider: &Provider, name: &str, list: &Arc<dyn DynList>) -> Result<(), Diagnostics> {
    let clients = provider.clients();
    let mut problems = Diagnostics::new();
    let listed: Vec<Item> = Arc::clone(list).list(Value::Null, &clients).take(LISTED).collect().await;
    let resource = provider.resources.get(name);
    let mut left = READ;
    for item in listed {
        problems.append(item.diagnostics);
        if let Some(resource) = resource.filter(|_| left > 0 && !item.state.is_null()) {
            left -= 1;
            problems.append(resource.read(item.state, item.identity, Private::default(), &clients).await.diagnostics);
        }
    }
    if let Err(errors) = list.built_in(&clients).await {
        problems.append(errors);
    }
    problems.into_result()
}
