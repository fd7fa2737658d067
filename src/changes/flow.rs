//! What a change of a workflow of steps adds and removes, and which steps a path now skips.

use std::collections::BTreeSet;

use crate::framework::Direction;
use crate::framework::flow::{Step, mandatory, path_without};

use super::model::{FieldChange, FlowChange, SkippedStep};

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
            path: path_without(&after, |step| step.name == *name).unwrap_or_default(),
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
}
