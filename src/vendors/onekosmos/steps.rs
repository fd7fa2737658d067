//! The steps of a proofing workflow: attributes, model, and conversion to and from the wire.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use super::template_wire::{Action, Param, Step};
use super::workflow::STEP_TYPES;
use crate::framework::{Attr, Attribute, Rule};

/// One step of the workflow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct StepModel {
    pub(super) name: Attr<String>,
    #[serde(rename = "type")]
    pub(super) kind: Attr<String>,
    pub(super) html: Attr<String>,
    pub(super) html_base64: Attr<String>,
    pub(super) params: Attr<Vec<ParamModel>>,
    pub(super) actions: Attr<Vec<ActionModel>>,
}

/// One parameter of a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ParamModel {
    pub(super) name: Attr<String>,
    pub(super) field: Attr<String>,
}

/// What a step does on an event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ActionModel {
    pub(super) name: Attr<String>,
    pub(super) on: Attr<String>,
    pub(super) jump_to: Attr<String>,
    pub(super) call: Attr<String>,
}

/// The attributes of a step in a resource.
pub(super) fn attributes() -> Vec<Attribute> {
    let text = |name: &str, what: &str| Attribute::string(name).optional().describe(what);
    let params = vec![
        text("name", "The name of the parameter."),
        text("field", "The field of the session that the value is taken from."),
    ];
    let actions = vec![
        text("name", "The name of the action."),
        text("on", "The event that starts the action, such as `click`, `captured` or `load`."),
        text("jump_to", "The `name` of the next step. It must be a step of this workflow."),
        text("call", "What the action calls, such as `submit`."),
    ];
    vec![
        Attribute::string("name")
            .required()
            .rule(Rule::Length(1, usize::MAX))
            .describe("The name of the step, which `jump_to` refers to. It is unique in the workflow."),
        Attribute::string("type").required().rule(Rule::Known(STEP_TYPES)).describe("What the step does."),
        text(
            "html",
            "The page of an `HTML` step, as plain text. It is sent as base64; Terraform shows and compares the text.",
        ),
        text("html_base64", "The page of an `HTML` step in base64, as from `filebase64`. Conflicts with `html`."),
        Attribute::objects("params", params).optional().describe("The parameters of the step."),
        Attribute::objects("actions", actions).optional().describe("The actions of the step on events."),
    ]
}

/// The attributes of a step in a data source: the same names, all computed.
pub(super) fn computed_attributes() -> Vec<Attribute> {
    let text = |name: &str, what: &str| Attribute::string(name).computed().describe(what);
    let params = vec![
        text("name", "The name of the parameter."),
        text("field", "The field of the session that the value is taken from."),
    ];
    let actions = vec![
        text("name", "The name of the action."),
        text("on", "The event that starts the action, such as `click`, `captured` or `load`."),
        text("jump_to", "The `name` of the next step; null if the action does not change the step."),
        text("call", "What the action calls, such as `submit`."),
    ];
    vec![
        text("name", "The name of the step, which `jump_to` refers to."),
        text("type", "What the step does, such as `CAPTURE_FRONT`."),
        text("html", "The page of an `HTML` step, as plain text; null if the step has none."),
        text("html_base64", "The page of an `HTML` step in base64, if it is not text; else null."),
        Attribute::objects("params", params).computed().describe("The parameters of the step."),
        Attribute::objects("actions", actions).computed().describe("The actions of the step on events."),
    ]
}

impl StepModel {
    /// The step as the vendor expects it.
    pub(super) fn to_wire(&self) -> Step {
        let html = match (self.html.as_str(), self.html_base64.as_str()) {
            (Some(plain), _) => BASE64_STANDARD.encode(plain),
            (None, Some(encoded)) => encoded.to_owned(),
            (None, None) => String::new(),
        };
        let params = self.params.known().into_iter().flatten();
        let actions = self.actions.known().into_iter().flatten();
        Step {
            name: self.name.as_str().map(str::to_owned),
            kind: self.kind.as_str().map(str::to_owned),
            // The vendor requires `html` in every step, also in a step without a page.
            html: Some(html),
            params: Some(
                params
                    .map(|param| Param {
                        name: param.name.clone().into_known(),
                        field: param.field.clone().into_known(),
                    })
                    .collect(),
            ),
            actions: Some(
                actions
                    .map(|action| Action {
                        name: action.name.clone().into_known(),
                        on: action.on.clone().into_known(),
                        jump_to: action.jump_to.clone().into_known(),
                        call: action.call.clone().into_known(),
                        script: None,
                    })
                    .collect(),
            ),
        }
    }

    /// The step from the wire, in the spelling of `known`, the same step in the configuration or state.
    pub(super) fn from_wire(step: Step, known: Option<&Self>) -> Self {
        let encoded = step.html.unwrap_or_default();
        let plain = BASE64_STANDARD.decode(&encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let keeps_encoded = known.is_some_and(|known| !known.html_base64.is_null());
        let (html, html_base64) = match plain {
            _ if encoded.is_empty() && known.is_none_or(|known| known.html.is_null()) => (Attr::Null, Attr::Null),
            Some(plain) if !keeps_encoded => (plain.into(), Attr::Null),
            _ => (Attr::Null, encoded.into()),
        };
        let params = step.params.unwrap_or_default().into_iter();
        let params = params.map(|param| ParamModel { name: param.name.into(), field: param.field.into() }).collect();
        let actions = step.actions.unwrap_or_default().into_iter().map(|action| ActionModel {
            name: action.name.into(),
            on: action.on.into(),
            jump_to: action.jump_to.into(),
            call: action.call.into(),
        });
        Self {
            name: step.name.into(),
            kind: step.kind.into(),
            html,
            html_base64,
            params: listed(params, known.map(|known| &known.params)),
            actions: listed(actions.collect(), known.map(|known| &known.actions)),
        }
    }
}

/// A list from the wire, which does not distinguish null from empty: null unless `known` has a list.
fn listed<T>(found: Vec<T>, known: Option<&Attr<Vec<T>>>) -> Attr<Vec<T>> {
    let has_list = known.is_some_and(|known| !known.is_null());
    if found.is_empty() && !has_list { Attr::Null } else { found.into() }
}
