//! Workflows of steps as graphs: the steps of a value, those that every person goes through, and the paths that skip some.
//!
//! An attribute is such a workflow if it is a list of objects with `name`, `type` and `actions`, and the actions have `jump_to`. The
//! workflow begins at the first step. An action continues at the step in `jump_to`; a step without actions continues at the next.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::Serialize;

use super::schema::{Attribute, Nesting, Shape};
use super::value::Value;

/// A step of a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// What it does, such as `CAPTURE_SELFIE`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The names of the steps that can follow.
    pub next: Vec<String>,
    /// Whether the workflow can end here.
    pub ends: bool,
}

/// The attribute of a schema that is a workflow of steps.
pub fn attribute(attributes: &[Attribute]) -> Option<&Attribute> {
    let has = |attributes: &[Attribute], name: &str| attributes.iter().any(|attribute| attribute.name == name);
    attributes.iter().find(|attribute| {
        let Shape::Nested(Nesting::List, step) = attribute.shape() else { return false };
        let actions = step.iter().find(|part| part.name == "actions").map(Attribute::shape);
        has(step, "name") && matches!(actions, Some(Shape::Nested(Nesting::List, action)) if has(action, "jump_to"))
    })
}

/// The steps of a workflow. Unknown names and jumps are left out.
pub fn steps(workflow: &Value) -> Vec<Step> {
    let steps = workflow.as_list().unwrap_or_default();
    let text = |value: &Value, name: &str| value.get(name).as_str().unwrap_or("?").to_owned();
    let step = |(index, step): (usize, &Value)| {
        let actions = step.get("actions").as_list().unwrap_or_default();
        let mut next: Vec<String> =
            actions.iter().filter_map(|action| action.get("jump_to").as_str()).map(str::to_owned).collect();
        if actions.is_empty() {
            next.extend(steps.get(index + 1).map(|step| text(step, "name")));
        }
        let submits = actions.iter().any(|action| action.get("jump_to").is_null() && !action.get("call").is_null());
        let ends = next.is_empty() || submits;
        Step { name: text(step, "name"), kind: text(step, "type"), next, ends }
    };
    steps.iter().enumerate().map(step).collect()
}

/// The steps that are on every path from the first step to an end. None if there is no such path.
pub fn mandatory(steps: &[Step]) -> BTreeSet<String> {
    if path_without(steps, |_| false).is_none() {
        return BTreeSet::new();
    }
    let is_mandatory = |name: &String| path_without(steps, |step| step.name == *name).is_none();
    steps.iter().map(|step| step.name.clone()).filter(is_mandatory).collect()
}

/// A shortest path from the first step to an end that has none of the skipped steps.
pub fn path_without(steps: &[Step], is_skipped: impl Fn(&Step) -> bool) -> Option<Vec<String>> {
    let by_name: BTreeMap<&str, &Step> = steps.iter().rev().map(|step| (step.name.as_str(), step)).collect();
    let first = steps.first()?.name.as_str();
    let mut from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut next = VecDeque::from([first]);
    let mut seen = BTreeSet::from([first]);
    while let Some(name) = next.pop_front() {
        let Some(step) = by_name.get(name).filter(|step| !is_skipped(step)) else { continue };
        if step.ends {
            let mut path = vec![name.to_owned()];
            let mut at = name;
            while let Some(before) = from.get(at) {
                path.push((*before).to_owned());
                at = before;
            }
            path.reverse();
            return Some(path);
        }
        for following in step.next.iter().map(String::as_str) {
            if seen.insert(following) {
                from.insert(following, name);
                next.push_back(following);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str, next: &[&str]) -> Step {
        let next: Vec<_> = next.iter().map(|next| (*next).to_owned()).collect();
        Step { name: name.to_owned(), kind: name.to_uppercase(), ends: next.is_empty(), next }
    }

    #[test]
    fn a_loop_without_an_end_has_no_mandatory_steps() {
        assert!(mandatory(&[step("a", &["b"]), step("b", &["a"])]).is_empty());
    }

    #[test]
    fn a_step_that_a_jump_skips_is_not_mandatory() {
        let steps = [step("front", &["selfie", "wait"]), step("selfie", &["wait"]), step("wait", &[])];
        assert_eq!(mandatory(&steps), BTreeSet::from(["front".to_owned(), "wait".to_owned()]));
        let path = path_without(&steps, |step| step.kind == "SELFIE");
        assert_eq!(path, Some(vec!["front".to_owned(), "wait".to_owned()]));
        assert_eq!(path_without(&steps, |step| step.name == "wait"), None);
    }
}
