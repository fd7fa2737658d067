//! Reads the JSON of a plan, as `terraform show -json` prints it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

use crate::framework::resource::DynResource;
use crate::framework::{Provider, Type, Value, value};

use super::Error;
use super::marks::Marks;
use super::model::{Action, Changes};
use super::object::Pair;
use crate::tenant::read as read_file;

/// The parts of the document that are read. Source: the documentation of Terraform's JSON output format, version 1.
#[derive(Deserialize)]
struct Plan {
    format_version: String,
    #[serde(default)]
    resource_changes: Vec<ResourceChange>,
    #[serde(default)]
    deferred_changes: Vec<Json>,
    prior_state: Option<Json>,
    planned_values: Option<Json>,
    #[serde(default)]
    errored: bool,
}

#[derive(Deserialize)]
struct ResourceChange {
    address: String,
    mode: String,
    #[serde(rename = "type")]
    type_name: String,
    provider_name: Option<String>,
    change: Change,
}

#[derive(Deserialize)]
struct Change {
    actions: Vec<String>,
    #[serde(default)]
    before: Json,
    #[serde(default)]
    after: Json,
    #[serde(default)]
    after_unknown: Json,
    #[serde(default)]
    before_sensitive: Json,
    #[serde(default)]
    after_sensitive: Json,
    importing: Option<Json>,
}

/// Reads what a plan changes. `path` is a file, or `-` for standard input.
pub fn report(provider: &Provider, path: &str) -> Result<Changes, Error> {
    let plan: Plan = serde_json::from_str(&read_file(path)?).map_err(|error| {
        Error::content(
            path,
            format!(
                "is not the JSON of a plan ({error}). Write it with `terraform plan -out=saved.tfplan` and `terraform show -json \
                 saved.tfplan > plan.json`."
            ),
        )
    })?;
    if !plan.format_version.starts_with("1.") {
        let problem = format!("has the format version {}, and this command reads version 1.", plan.format_version);
        return Err(Error::content(path, problem));
    }
    let mut changes = Changes::new("report", "today", "plan");
    let objects = objects_by_id(&[plan.prior_state.as_ref(), plan.planned_values.as_ref()]);
    let related = |id: &str| objects.get(id).cloned();
    let mut foreign = 0;
    for change in plan.resource_changes.iter().filter(|change| change.mode == "managed") {
        let Some(action) = action(&change.change) else {
            changes.unchanged += usize::from(provider.resources.contains_key(&change.type_name));
            continue;
        };
        let Some(resource) = provider.resources.get(&change.type_name) else {
            foreign += 1;
            continue;
        };
        let of_this_provider = change.provider_name.as_deref().is_none_or(|name| name.ends_with("/idv"));
        if !of_this_provider {
            foreign += 1;
            continue;
        }
        match pair(provider, resource.as_ref(), change, action, &related) {
            Ok(Some(object)) => changes.objects.push(object),
            Ok(None) => changes.unchanged += 1,
            Err(error) => changes.limits.push(format!("`{}` cannot be read: {}", change.address, error.details())),
        }
    }
    if foreign > 0 {
        changes.limits.push(format!("The plan changes {foreign} more objects, of other providers."));
    }
    if !plan.deferred_changes.is_empty() {
        changes.limits.push(format!("Terraform has deferred {} changes to a later plan.", plan.deferred_changes.len()));
    }
    if plan.errored {
        changes.limits.push("The plan ended with an error, so it may change more than is shown.".to_owned());
    }
    Ok(changes.sorted())
}

fn action(change: &Change) -> Option<Action> {
    let actions: Vec<&str> = change.actions.iter().map(String::as_str).collect();
    match (&actions[..], change.importing.is_some()) {
        (["no-op" | "update"], true) => Some(Action::Import),
        (["create"], _) => Some(Action::Create),
        (["update"], _) => Some(Action::Update),
        (["delete"], _) => Some(Action::Destroy),
        (["delete", "create"] | ["create", "delete"], _) => Some(Action::Replace),
        // A replacement of a resource with `destroy = false` in its `lifecycle`, from Terraform 1.16 on.
        (["create", "forget"], _) => Some(Action::CreateAndForget),
        (["forget"], _) => Some(Action::Forget),
        _ => None,
    }
}

fn pair(
    provider: &Provider,
    resource: &dyn DynResource,
    planned: &ResourceChange,
    action: Action,
    related: &dyn Fn(&str) -> Option<Value>,
) -> Result<Option<super::ObjectChange>, crate::framework::Diagnostics> {
    let Change { before, after, after_unknown, before_sensitive, after_sensitive, .. } = &planned.change;
    let schema = resource.schema();
    let read = |json: &Json| value::from_json(json, schema.value_type());
    let (before, mut after) = (read(before)?, read(after)?);
    make_unknown(&mut after, after_unknown, schema.value_type());
    let marks = Marks::of_documents(schema.attributes(), &[before_sensitive, after_sensitive]);
    let action = match action {
        Action::Create if resource.is_adopted() => Action::Adopt,
        Action::Destroy if resource.is_adopted() => Action::Release,
        other => other,
    };
    let pair = Pair {
        address: Some(planned.address.clone()),
        type_name: &planned.type_name,
        action,
        before: &before,
        after: &after,
        is_hidden: &|path| marks.hides(path),
        related,
    };
    Ok(pair.change(provider))
}

/// Puts unknown values where `after_unknown` says so.
fn make_unknown(value: &mut Value, unknown: &Json, kind: &Type) {
    match (unknown, kind) {
        (Json::Bool(true), _) => *value = Value::Unknown,
        (Json::Object(marks), Type::Object(attributes)) => {
            let Value::Map(entries) = value else { return };
            for (name, kind) in attributes {
                if let (Some(mark), Some(entry)) = (marks.get(name), entries.get_mut(name)) {
                    make_unknown(entry, mark, kind);
                }
            }
        }
        (Json::Object(marks), Type::Map(element)) => {
            let Value::Map(entries) = value else { return };
            for (key, mark) in marks {
                make_unknown(entries.entry(key.clone()).or_default(), mark, element);
            }
        }
        (Json::Array(marks), Type::List(element) | Type::Set(element)) => {
            let Value::List(elements) = value else { return };
            for (mark, value) in marks.iter().zip(elements) {
                make_unknown(value, mark, element);
            }
        }
        _ => {}
    }
}

/// The objects with an id anywhere in a state or in planned values, data sources and what they list included.
pub(super) fn objects_by_id(documents: &[Option<&Json>]) -> BTreeMap<String, Value> {
    fn collect(json: &Json, found: &mut BTreeMap<String, Value>) {
        match json {
            Json::Object(entries) => {
                if let Some(Json::String(id)) = entries.get("id") {
                    let texts = entries.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.into())));
                    found.entry(id.clone()).or_insert_with(|| Value::Map(texts.collect()));
                }
                entries.values().for_each(|value| collect(value, found));
            }
            Json::Array(elements) => elements.iter().for_each(|element| collect(element, found)),
            _ => {}
        }
    }
    let mut found = BTreeMap::new();
    documents.iter().flatten().for_each(|document| collect(document, &mut found));
    found
}
