//! Turns a pair of values of one object into what a person reads about it.

use crate::framework::flow as workflow;
use crate::framework::schema::Attribute;
use crate::framework::{Direction, Provider, Value};

use super::diff::{Diff, direction, settings};
use super::flow;
use super::model::{Action, ObjectChange};
use crate::tenant::words;

/// One object on both sides. A side that does not have it is null.
pub(super) struct Pair<'p> {
    pub(super) address: Option<String>,
    pub(super) type_name: &'p str,
    pub(super) action: Action,
    pub(super) before: &'p Value,
    pub(super) after: &'p Value,
    /// Whether the user marked the value at a path as sensitive.
    pub(super) is_hidden: &'p dyn Fn(&str) -> bool,
    /// Finds the attributes of another object by its id.
    pub(super) related: &'p dyn Fn(&str) -> Option<Value>,
}

impl Pair<'_> {
    /// What differs; `None` if nothing does that a user could configure, or the type is not of this provider.
    pub(super) fn change(&self, provider: &Provider) -> Option<ObjectChange> {
        let resource = provider.resources.get(self.type_name)?.as_ref();
        let attributes = resource.schema().attributes();
        let (mut fields, mut flow_change) = (Vec::new(), None);
        let (one, exists) = match self.action {
            Action::Destroy | Action::Release | Action::Gone | Action::OnlyLeft | Action::Forget => {
                (self.before, Some(false))
            }
            Action::Create | Action::CreateAndForget | Action::Adopt | Action::Unmanaged | Action::OnlyRight => {
                (self.after, Some(true))
            }
            Action::Replace | Action::Update | Action::Differs | Action::Import => (self.after, None),
        };
        if exists.is_some() {
            fields = settings(attributes, &self.with_related_names(one), self.is_hidden);
        } else {
            let compares_unknown = matches!(self.action, Action::Replace | Action::Update);
            fields.extend(Diff { is_hidden: self.is_hidden, compares_unknown }.object(
                attributes,
                self.before,
                self.after,
            ));
            if let Some(attribute) = workflow::attribute(attributes) {
                let steps = |side: &Value| workflow::steps(side.get(&attribute.name));
                flow_change = flow::compare(steps(self.before), steps(self.after));
                fields.extend(flow_change.iter().flat_map(|change| flow::fields(&attribute.name, change)));
                fields.sort_by_key(|field| field.direction);
            }
            if fields.is_empty() && matches!(self.action, Action::Update | Action::Differs) {
                return None;
            }
        }
        // An object that Terraform only stops managing goes on to exist.
        let existence = exists.filter(|_| self.action != Action::Forget).and_then(|exists| {
            let effect = resource.existence(one, self.related)?;
            Some(effect.of(exists))
        });
        let shown = self.without_hidden(attributes, &self.with_related_names(one));
        Some(ObjectChange {
            address: self.address.clone(),
            type_name: self.type_name.to_owned(),
            vendor: provider.vendor(resource.vendor()).map_or_else(String::new, |vendor| vendor.title().to_owned()),
            kind: words::kind(resource),
            name: words::name(resource, &shown),
            action: self.action,
            direction: direction(&fields, existence.map(|(direction, _)| direction)),
            reason: existence.map(|(_, reason)| reason.to_owned()).or_else(|| self.release()),
            audience: words::audience(&shown),
            fields,
            flow: flow_change,
            impact: None,
            object: self.without_hidden(attributes, if self.before.is_null() { self.after } else { self.before }),
        })
    }

    /// The attributes that may be shown.
    fn without_hidden(&self, attributes: &[Attribute], state: &Value) -> Value {
        let Value::Map(entries) = state else { return state.clone() };
        let is_shown = |name: &str| {
            let is_secret = attributes.iter().any(|attribute| attribute.name == name && attribute.is_secret());
            !is_secret && !(self.is_hidden)(name)
        };
        Value::Map(
            entries
                .iter()
                .filter(|(name, _)| is_shown(name))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        )
    }

    /// What a destroy does to settings that cannot be deleted.
    fn release(&self) -> Option<String> {
        let restores = self.before.get("on_destroy").as_str() == Some("restore");
        (self.action == Action::Release).then(|| {
            if restores { "the values from before Terraform are written back" } else { "the values stay as they are" }
                .to_owned()
        })
    }

    /// The attributes with the name of a related object in place of its id: an id says nothing to a person.
    fn with_related_names(&self, state: &Value) -> Value {
        let Value::Map(entries) = state else { return state.clone() };
        let named = entries.iter().map(|(attribute, value)| {
            let related =
                attribute.ends_with("_id").then(|| value.as_str()).flatten().and_then(|id| (self.related)(id));
            let name = related.and_then(|object| object.get("name").as_str().map(|name| format!("\"{name}\"")));
            (attribute.clone(), name.map_or_else(|| value.clone(), Value::from))
        });
        Value::Map(named.collect())
    }
}

/// Whether nothing is hidden.
pub(super) fn nothing_is_hidden(_: &str) -> bool {
    false
}

/// Raises the severity of a change.
pub(super) fn mark_looser(change: &mut ObjectChange, reason: String) {
    change.direction = Direction::Looser;
    change.reason = Some(reason);
}
