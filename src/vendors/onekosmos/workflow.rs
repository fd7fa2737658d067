//! Checks the workflow of a proofing template, without a request.
//!
//! The workflow begins at the first step. An action continues at the step that `jump_to` names; a step without actions continues
//! at the next step.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::steps::StepModel;
use crate::framework::{Attr, Diagnostics, Path, summary};

/// The kinds of steps that the vendor's page names.
pub(super) const STEP_TYPES: &[&str] = &["HTML", "CAPTURE_FRONT", "CAPTURE_BACK", "CAPTURE_SELFIE", "PROCESSING"];

/// Checks a workflow. Unknown values count as valid.
pub(super) fn check(workflow: &[StepModel], diagnostics: &mut Diagnostics) {
    if workflow.is_empty() {
        let detail = "A template needs at least one step. Add a step to `workflow`.";
        diagnostics.error(Path::to("workflow"), "The workflow is empty", detail);
    }
    let names = names(workflow, diagnostics);
    for (index, step) in workflow.iter().enumerate() {
        html(step, &at(index), diagnostics);
        jumps(step, &at(index), names.as_ref(), diagnostics);
    }
    if let Some(names) = names {
        unreachable(workflow, &names, diagnostics);
    }
}

fn at(index: usize) -> Path {
    Path::to("workflow").index(index)
}

/// The position of each step by its name; `None` if a name is unknown, since every step may then be reachable.
fn names<'w>(workflow: &'w [StepModel], diagnostics: &mut Diagnostics) -> Option<BTreeMap<&'w str, usize>> {
    let mut names = BTreeMap::new();
    let mut complete = true;
    for (index, step) in workflow.iter().enumerate() {
        let Some(name) = step.name.as_str() else {
            complete = false;
            continue;
        };
        if let Some(first) = names.get(name) {
            let detail = format!(
                "`workflow[{first}]` and `workflow[{index}]` are both named `{name}`, so `jump_to` is ambiguous. Rename one of them."
            );
            diagnostics.error(at(index).attribute("name"), summary("Two steps are named", name, ""), detail);
        } else {
            names.insert(name, index);
        }
    }
    complete.then_some(names)
}

fn html(step: &StepModel, path: &Path, diagnostics: &mut Diagnostics) {
    let name = step.name.as_str().unwrap_or("?");
    if step.html.known().is_some() && step.html_base64.known().is_some() {
        let detail = format!("Step `{name}` sets both. Keep `html` for plain text, or `html_base64` for base64.");
        diagnostics.error(path.attribute("html_base64"), "`html` conflicts with `html_base64`", detail);
    }
    if step.kind.as_str() == Some("HTML") && step.html.is_null() && step.html_base64.is_null() {
        let detail = format!(
            "Step `{name}` is of type `HTML` and has no page, so people see an empty one. Set `html`, such as \
             `file(\"welcome.html\")`."
        );
        diagnostics.warn(path.attribute("html"), summary("The HTML step", name, "has no HTML"), detail);
    }
    if let Some(text) = step.html_base64.as_str()
        && let Err(error) = BASE64_STANDARD.decode(text)
    {
        let detail = format!(
            "`html_base64` of step `{name}` is not standard base64 ({}). If it is plain text, use `html`; else encode it with \
             `base64encode` or `filebase64`.",
            error.to_string().trim_end_matches('.')
        );
        diagnostics.error(path.attribute("html_base64"), "`html_base64` is not base64", detail);
    }
}

fn jumps(step: &StepModel, path: &Path, names: Option<&BTreeMap<&str, usize>>, diagnostics: &mut Diagnostics) {
    let Some(names) = names else { return };
    for (index, action) in step.actions.known().into_iter().flatten().enumerate() {
        let path = path.attribute("actions").index(index);
        if let Some(target) = action.jump_to.as_str()
            && !names.contains_key(target)
        {
            let known = names.keys().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let detail = format!(
                "Step `{}` jumps to `{target}`, but no step has that name. The steps are {known}.",
                step.name.as_str().unwrap_or("?")
            );
            diagnostics.error(path.attribute("jump_to"), summary("No step is named", target, ""), detail);
        }
    }
}

fn unreachable(workflow: &[StepModel], names: &BTreeMap<&str, usize>, diagnostics: &mut Diagnostics) {
    let Some(reached) = reached(workflow, names) else { return };
    for (index, step) in workflow.iter().enumerate().filter(|(index, _)| !reached.contains(index)) {
        let detail = format!(
            "No action of a reachable step jumps to `{}`, so the step is never shown. Set a `jump_to` to it, or remove it.",
            step.name.as_str().unwrap_or("?")
        );
        let summary = summary("The step", step.name.as_str().unwrap_or("?"), "cannot be reached");
        diagnostics.warn(at(index).attribute("name"), summary, detail);
    }
}

/// The reachable steps; `None` if an unknown value may lead to any step.
fn reached(workflow: &[StepModel], names: &BTreeMap<&str, usize>) -> Option<BTreeSet<usize>> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<usize> = if workflow.is_empty() { Vec::new() } else { vec![0] };
    while let Some(index) = next.pop() {
        if !reached.insert(index) {
            continue;
        }
        let step = workflow.get(index)?;
        match &step.actions {
            Attr::Unknown => return None,
            Attr::Known(actions) if !actions.is_empty() => {
                for action in actions {
                    match &action.jump_to {
                        Attr::Unknown => return None,
                        Attr::Known(target) => next.extend(names.get(target.as_str())),
                        Attr::Null => {}
                    }
                }
            }
            Attr::Null | Attr::Known(_) => next.extend((index + 1 < workflow.len()).then_some(index + 1)),
        }
    }
    Some(reached)
}

#[cfg(test)]
mod tests {
    use super::super::steps::ActionModel;
    use super::*;

    fn step(name: &str, jumps: &[&str]) -> StepModel {
        let action = |target: &&str| ActionModel { jump_to: (*target).into(), ..ActionModel::default() };
        let actions = jumps.iter().map(action).collect::<Vec<_>>();
        let actions = if actions.is_empty() { Attr::Null } else { actions.into() };
        StepModel { name: name.into(), kind: "CAPTURE_FRONT".into(), actions, ..StepModel::default() }
    }

    fn found(workflow: &[StepModel]) -> Vec<String> {
        let mut diagnostics = Diagnostics::new();
        check(workflow, &mut diagnostics);
        diagnostics.iter().map(|diagnostic| format!("{}: {}", diagnostic.path, diagnostic.summary)).collect()
    }

    #[test]
    fn each_mistake_is_reported_at_its_attribute() {
        let page = |html: Attr<String>, html_base64: Attr<String>| StepModel {
            kind: "HTML".into(),
            html,
            html_base64,
            ..step("a", &[])
        };
        for (workflow, expected) in [
            (vec![], vec!["workflow: The workflow is empty"]),
            (vec![step("a", &["b"]), step("b", &["a"])], vec![]),
            (vec![step("a", &[]), step("b", &[])], vec![]),
            (vec![step("a", &["c"])], vec!["workflow[0].actions[0].jump_to: No step is named \"c\""]),
            (
                vec![step("a", &["c"]), step("b", &[]), step("c", &[])],
                vec!["workflow[1].name: The step \"b\" cannot be reached"],
            ),
            (vec![step("a", &[]), step("a", &[])], vec!["workflow[1].name: Two steps are named \"a\""]),
            (vec![page(Attr::Null, Attr::Null)], vec!["workflow[0].html: The HTML step \"a\" has no HTML"]),
            (vec![page(Attr::Null, "<p>".into())], vec!["workflow[0].html_base64: `html_base64` is not base64"]),
            (
                vec![page("<p>".into(), "PHA+".into())],
                vec!["workflow[0].html_base64: `html` conflicts with `html_base64`"],
            ),
            (vec![page(Attr::Unknown, Attr::Null)], vec![]),
        ] {
            assert_eq!(found(&workflow), expected);
        }
    }

    #[test]
    fn unknown_values_may_reach_every_step() {
        let unknown = StepModel { actions: Attr::Unknown, ..step("a", &[]) };
        assert!(found(&[unknown, step("b", &["b"]), step("c", &[])]).is_empty());
        let nameless = StepModel { name: Attr::Unknown, ..step("a", &[]) };
        assert!(found(&[step("a", &["later"]), nameless]).is_empty());
    }
}
