//! Checks whole resources: the policies of verification, and resources that manage the same settings.
//!
//! The policies name types and attributes of the vendors. The acceptance tests fail if the schemas do not have such a name.

use std::collections::BTreeMap;

use crate::framework::flow;
use crate::framework::{Number, Provider, Value};

use super::object::Object;
use super::rules::{
    DUPLICATE_SETTINGS, FACE_MATCH_WITHOUT_LIVENESS, FORGET_IN_PRODUCTION, LOW_LIVENESS, LintRule, MANY_RETRIES,
    PROOFING_WITHOUT_SELFIE, SANCTIONS_WEIGHT_ZERO,
};
use super::source::{self, Folder};
use super::{Bounds, Sink};

/// What a policy finds: the attribute, the message and the hint.
type Found = Option<(&'static str, String, &'static str)>;

/// A policy about one attribute of a type.
struct Policy {
    type_name: &'static str,
    attribute: &'static str,
    rule: &'static LintRule,
    check: fn(&Value, &Bounds) -> Option<String>,
    hint: &'static str,
}

/// The policies that need no more than the value of one attribute.
const POLICIES: &[Policy] = &[
    Policy {
        type_name: "didit_workflow",
        attribute: "features",
        rule: &FACE_MATCH_WITHOUT_LIVENESS,
        check: |features, _| lacks_liveness(features).then(|| "has `FACE_MATCH` and no `LIVENESS`".to_owned()),
        hint: "Add `{ feature = \"LIVENESS\" }` before `FACE_MATCH`.",
    },
    Policy {
        type_name: "didit_workflow",
        attribute: "max_retry_attempts",
        rule: &MANY_RETRIES,
        check: |attempts, bounds| {
            let (attempts, bound) = (number(attempts)?, bounds.max_retries?);
            (*attempts > Number::from(bound)).then(|| format!("is {attempts}, above the bound of {bound}"))
        },
        hint: "Lower it, or raise `--max-retries`.",
    },
    Policy {
        type_name: "onekosmos_proofing_template",
        attribute: "workflow",
        rule: &PROOFING_WITHOUT_SELFIE,
        check: |workflow, _| {
            let path = path_without_selfie(workflow)?;
            Some(format!("lets people finish without `CAPTURE_SELFIE`: {}", path.join(" → ")))
        },
        hint: "Put a `CAPTURE_SELFIE` step on every path to the end, and let no `jump_to` pass it.",
    },
    Policy {
        type_name: "vult_weights",
        attribute: "ofac_fuzzy_match_weight",
        rule: &SANCTIONS_WEIGHT_ZERO,
        check: |weight, _| (*number(weight)? == Number::from(0_i64)).then(|| "is 0".to_owned()),
        hint: "Set a weight above 0, or remove the attribute to keep the tenant's.",
    },
    Policy {
        type_name: "vult_weights",
        attribute: "minimum_liveness_tolerance",
        rule: &LOW_LIVENESS,
        check: |tolerance, bounds| {
            let (tolerance, bound) = (number(tolerance)?, bounds.min_liveness?);
            (tolerance.to_f64() < bound).then(|| format!("is {tolerance}, below the bound of {bound}"))
        },
        hint: "Raise it, or lower `--min-liveness`.",
    },
];

/// Checks a resource.
pub(super) fn check(folder: &Folder, object: &Object<'_>, bounds: &Bounds, sink: &mut Sink) {
    let Some(resource) = object.resource else { return };
    let value = object.value(folder);
    for policy in POLICIES.iter().filter(|policy| policy.type_name == resource.name()) {
        if let Some(problem) = (policy.check)(value.get(policy.attribute), bounds) {
            let message = format!("`{}` of `{}` {problem}.", policy.attribute, object.address);
            sink.push(policy.rule, object.file, object.span(policy.attribute), message, policy.hint.to_owned());
        }
    }
    if let Some((attribute, problem, hint)) = forgets_in_production(folder, object, &value) {
        let message = format!("`{attribute}` of `{}` {problem}.", object.address);
        sink.push(&FORGET_IN_PRODUCTION, object.file, object.span(attribute), message, hint.to_owned());
    }
}

fn number(value: &Value) -> Option<&Number> {
    if let Value::Number(number) = value { Some(number) } else { None }
}

fn lacks_liveness(features: &Value) -> bool {
    let features = features.as_list().unwrap_or_default();
    let names: Option<Vec<_>> = features.iter().map(|feature| feature.get("feature").as_str()).collect();
    names.is_some_and(|names| names.contains(&"FACE_MATCH") && !names.contains(&"LIVENESS"))
}

/// A path of a workflow without a selfie. None if there is no such path, or if what decides is unknown.
fn path_without_selfie(workflow: &Value) -> Option<Vec<String>> {
    let is_known = |step: &Value| {
        let actions = step.get("actions");
        let is_known = |action: &Value| {
            !action.is_unknown() && !action.get("jump_to").is_unknown() && !action.get("call").is_unknown()
        };
        step.get("name").as_str().is_some()
            && step.get("type").as_str().is_some()
            && !actions.is_unknown()
            && actions.as_list().unwrap_or_default().iter().all(is_known)
    };
    if !workflow.as_list()?.iter().all(is_known) {
        return None;
    }
    flow::path_without(&flow::steps(workflow), |step| step.kind == "CAPTURE_SELFIE")
}

fn forgets_in_production(folder: &Folder, object: &Object<'_>, value: &Value) -> Found {
    const NAME: &str = "on_destroy";
    let attribute = object.attributes.iter().find(|attribute| attribute.name == NAME)?;
    let written = value.get(NAME);
    let default = attribute.default.as_ref().filter(|_| written.is_null());
    let file = object.file.name.rsplit('/').next().unwrap_or_default();
    let words = source::words(&folder.path.join(file));
    let marker = ["prod", "production", "live"].into_iter().find(|marker| words.contains(*marker))?;
    (default.unwrap_or(written).as_str() == Some("forget")).then(|| {
        let by_default = if default.is_some() { ", which is the default," } else { "" };
        let problem = format!("is `forget`{by_default} in a path with `{marker}`");
        (NAME, problem, "Set `on_destroy` to the other value that the documentation of the type names.")
    })
}

/// Reports resources of a folder that manage the same settings by the same provider configuration.
pub(super) fn duplicates(provider: &Provider, folder: &Folder, objects: &[Object<'_>], sink: &mut Sink) {
    let mut first: BTreeMap<(String, &str, Vec<Value>), &Object<'_>> = BTreeMap::new();
    for object in objects {
        let Some(resource) = object.resource.filter(|resource| resource.is_singleton()) else { continue };
        let body = &object.block.body;
        // How many there are, and with which keys, is not known.
        if body.has_attribute("count") || body.has_attribute("for_each") {
            continue;
        }
        let value = object.value(folder);
        let key: Vec<_> = resource.natural_key().iter().map(|name| value.get(name).clone()).collect();
        if !key.iter().all(Value::is_wholly_known) {
            continue;
        }
        let alias = body.get_attribute("provider").map(|attribute| attribute.value.to_string().trim().to_owned());
        let alias = alias.unwrap_or_else(|| provider.name.to_owned());
        let Some(other) = first.insert((alias.clone(), resource.name(), key.clone()), object) else { continue };
        let line = other.file.position(other.head().start).line;
        let message = format!(
            "`{}` manages the same settings as `{}` ({}:{line}).",
            object.address, other.address, other.file.name
        );
        let hint = "Merge the two, or give them different keys or provider configurations.";
        sink.push(&DUPLICATE_SETTINGS, object.file, object.head(), message, hint.to_owned());
        first.insert((alias, resource.name(), key), other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value of an expression; references are unknown.
    fn value(text: &str) -> Value {
        let expression = text.parse().unwrap();
        crate::hcl::value::<()>(&expression, &mut |_| Ok(Value::Unknown)).unwrap()
    }

    #[test]
    fn steps_are_judged_only_if_all_are_known() {
        let flow = |jump: &str| {
            value(&format!(
                "[{{ name = \"front\", type = \"CAPTURE_FRONT\", actions = [{{ jump_to = {jump} }}] }},
                  {{ name = \"selfie\", type = \"CAPTURE_SELFIE\", html = var.page }},
                  {{ name = \"end\", type = \"PROCESSING\" }}]"
            ))
        };
        assert_eq!(path_without_selfie(&flow("\"selfie\"")), None);
        assert_eq!(path_without_selfie(&flow("\"end\"")).unwrap(), ["front", "end"]);
        assert_eq!(path_without_selfie(&flow("var.next")), None);
        assert_eq!(path_without_selfie(&Value::Unknown), None);
    }

    #[test]
    fn features_are_judged_only_if_all_are_known() {
        assert!(lacks_liveness(&value("[{ feature = \"OCR\" }, { feature = \"FACE_MATCH\" }]")));
        assert!(!lacks_liveness(&value("[{ feature = \"FACE_MATCH\" }, { feature = var.other }]")));
        assert!(!lacks_liveness(&value("[{ feature = \"FACE_MATCH\" }, var.other]")));
        assert!(!lacks_liveness(&value("[{ feature = \"LIVENESS\" }, { feature = \"FACE_MATCH\" }]")));
        assert!(!lacks_liveness(&value("[{ feature = \"OCR\" }]")));
    }
}
