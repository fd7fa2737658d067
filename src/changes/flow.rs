//! Workflows of steps: what a change adds, removes and moves, and which steps a path now skips.
//!
//! An attribute is such a workflow if it is a list of objects with `name`, `type` and `actions`, and the actions have `jump_to`. The
//! workflow begins at the first step. An action continues at the step in `jump_to`; a step without actions continues at the next.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::framework::schema::{Attribute, Nesting, Shape};
use crate::framework::{Direction, Value};

use super::model::{FieldChange, FlowChange, SkippedStep, Step};

/// The attribute of a schema that is a workflow of steps.
pub(super) fn attribute(attributes: &[Attribute]) -> Option<&Attribute> {
    let has = |attributes: &[Attribute], name: &str| attributes.iter().any(|attribute| attribute.name == name);
    attributes.iter().find(|attribute| {
        let Shape::Nested(Nesting::List, step) = attribute.shape() else { return false };
        let actions = step.iter().find(|part| part.name == "actions").map(Attribute::shape);
        has(step, "name") && matches!(actions, Some(Shape::Nested(Nesting::List, action)) if has(action, "jump_to"))
    })
}

/// The steps of a workflow. Unknown names and jumps are left out.
pub(super) fn steps(workflow: &Value) -> Vec<Step> {
    let steps = workflow.as_list().unwrap_or_default();
    let text = |value: &Value, name: &str| value.get(name).as_str().unwrap_or("?").to_owned();
    let step = |(index, step): (usize, &Value)| {
        let actions = step.get("actions").as_list().unwrap_or_default();
        let mut next: Vec<String> =
            actions.iter().filter_map(|action| action.get("jump_to").as_str()).map(str::to_owned).collect();
        let following = steps.get(index + 1).map(|step| text(step, "name"));
        if actions.is_empty() {
            next.extend(following.clone());
        }
        let submits = actions.iter().any(|action| action.get("jump_to").is_null() && !action.get("call").is_null());
        let ends = next.is_empty() || submits;
        Step { name: text(step, "name"), kind: text(step, "type"), next, ends }
    };
    steps.iter().enumerate().map(step).collect()
}

/// What changes between two workflows; `None` if the steps and their order are the same.
pub(super) fn compare(before: Vec<Step>, after: Vec<Step>) -> Option<FlowChange> {
    if before == after {
        return None;
    }
    let (was, is) = (mandatory(&before), mandatory(&after));
    // A step with another name that does the same is no loss.
    let kind = |steps: &[Step], name: &str| {
        steps.iter().find(|step| step.name == name).map_or_else(String::new, |step| step.kind.clone())
    };
    let covered = |name: &str, own: &[Step], others: &BTreeSet<String>, of: &[Step]| {
        others.contains(name)
            || others.iter().any(|other| !own.iter().any(|it| it.name == *other) && kind(of, other) == kind(own, name))
    };
    let lost = was
        .iter()
        .filter(|name| !covered(name, &before, &is, &after))
        .map(|name| SkippedStep {
            step: name.clone(),
            kind: kind(&before, name),
            path: path_without(&after, name).unwrap_or_default(),
        })
        .collect();
    let gained = is.iter().filter(|name| !covered(name, &after, &was, &before)).cloned().collect();
    Some(FlowChange { before, after, lost, gained })
}

/// The lost and gained steps as changes.
pub(super) fn fields(attribute: &str, flow: &FlowChange) -> Vec<FieldChange> {
    let change = |sentence: String, after: String, direction, reason: &str| FieldChange {
        path: attribute.to_owned(),
        sentence,
        before: "every path".to_owned(),
        after,
        direction,
        reason: Some(reason.to_owned()),
        numbers: None,
    };
    let is_there = |name: &str| flow.after.iter().any(|step| step.name == name);
    let lost = flow.lost.iter().map(|lost| {
        let path = lost.path.join(" → ");
        let sentence = if is_there(&lost.step) {
            format!("a path skips the step \"{}\" ({}): {path}", lost.step, lost.kind)
        } else {
            format!("no path has the step \"{}\" ({}) any more", lost.step, lost.kind)
        };
        change(sentence, path, Direction::Looser, "people can finish without this step")
    });
    let gained = flow.gained.iter().map(|name| {
        let sentence = format!("every path has the step \"{name}\"");
        FieldChange {
            before: "not on every path".to_owned(),
            ..change(sentence, "every path".to_owned(), Direction::Stricter, "nobody can finish without this step")
        }
    });
    lost.chain(gained).collect()
}

/// The steps that are on every path from the first step to an end. None if there is no such path.
fn mandatory(steps: &[Step]) -> BTreeSet<String> {
    if path_without(steps, "").is_none() {
        return BTreeSet::new();
    }
    steps.iter().map(|step| step.name.clone()).filter(|name| path_without(steps, name).is_none()).collect()
}

/// A shortest path from the first step to an end that does not have a step.
fn path_without(steps: &[Step], skipped: &str) -> Option<Vec<String>> {
    let by_name: BTreeMap<&str, &Step> = steps.iter().rev().map(|step| (step.name.as_str(), step)).collect();
    let first = steps.first()?.name.as_str();
    let mut from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut next = VecDeque::from([first]);
    let mut seen = BTreeSet::from([first]);
    while let Some(name) = next.pop_front() {
        if name == skipped {
            continue;
        }
        let Some(step) = by_name.get(name) else { continue };
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

    fn flow(steps: &[(&str, &str, &[&str])]) -> Vec<Step> {
        let step = |(name, kind, next): &(&str, &str, &[&str])| Step {
            name: (*name).to_owned(),
            kind: (*kind).to_owned(),
            next: next.iter().map(|next| (*next).to_owned()).collect(),
            ends: next.is_empty(),
        };
        steps.iter().map(step).collect()
    }

    #[test]
    fn a_jump_over_a_step_is_a_lost_path() {
        let before = flow(&[("front", "F", &["selfie"]), ("selfie", "S", &["wait"]), ("wait", "P", &[])]);
        let after = flow(&[("front", "F", &["selfie", "wait"]), ("selfie", "S", &["wait"]), ("wait", "P", &[])]);
        let change = compare(before.clone(), after.clone()).unwrap();
        assert_eq!(change.lost.len(), 1);
        assert_eq!((change.lost[0].step.as_str(), change.lost[0].path.join(" ")), ("selfie", "front wait".to_owned()));
        assert_eq!(fields("workflow", &change)[0].direction, Direction::Looser);
        let back = compare(after, before).unwrap();
        assert_eq!((back.lost.len(), back.gained), (0, vec!["selfie".to_owned()]));
    }

    #[test]
    fn a_removed_step_is_lost_and_a_renamed_one_is_not() {
        let before = flow(&[("front", "F", &["selfie"]), ("selfie", "S", &[])]);
        let removed = compare(before.clone(), flow(&[("front", "F", &[])])).unwrap();
        assert_eq!(removed.lost[0].step, "selfie");
        let renamed = compare(before.clone(), flow(&[("front", "F", &["face"]), ("face", "S", &[])])).unwrap();
        assert!(renamed.lost.is_empty() && renamed.gained.is_empty(), "{renamed:?}");
        assert!(compare(before.clone(), before).is_none());
    }

    #[test]
    fn a_loop_without_an_end_has_no_mandatory_steps() {
        let endless = flow(&[("a", "A", &["b"]), ("b", "B", &["a"])]);
        assert!(mandatory(&endless).is_empty());
    }
}
