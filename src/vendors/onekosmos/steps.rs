//! The steps of a proofing flow: attributes, model, and the way to and from the wire.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use super::workflow::STEP_TYPES;
use crate::framework::{Attr, Attribute, Rule};

/// One step of the flow.
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

/// The attributes of a step as a user writes it.
pub(super) fn attributes() -> Vec<Attribute> {
    let text = |name: &str, what: &str| Attribute::string(name).optional().describe(what);
    let params = vec![
        text("name", "The name of the parameter."),
        text("field", "The field of the session that it is taken from."),
    ];
    let actions = vec![
        text("name", "The name of the action."),
        text("on", "The event that starts the action, such as `click`, `captured` or `load`."),
        text("jump_to", "The `name` of the step to go to. It must be a step of this workflow."),
        text("call", "What to call, such as `submit`."),
    ];
    vec![
        Attribute::string("name")
            .required()
            .rule(Rule::Length(1, usize::MAX))
            .describe("The name of the step, by which `jump_to` finds it. No two steps share one."),
        Attribute::string("type").required().rule(Rule::OneOf(STEP_TYPES)).describe("What the step does."),
        text(
            "html",
            "The page of an `HTML` step, as plain text. It travels as base64; Terraform shows and compares the text.",
        ),
        text(
            "html_base64",
            "The page of an `HTML` step where it is encoded already, as by `filebase64`. Excludes `html`.",
        ),
        Attribute::objects("params", params).optional().describe("Parameters that the step is given."),
        Attribute::objects("actions", actions).optional().describe("What the step does on events."),
    ]
}

/// The attributes of a step as the vendor tells it: the same names, none of which a user sets.
pub(super) fn computed_attributes() -> Vec<Attribute> {
    let text = |name: &str, what: &str| Attribute::string(name).computed().describe(what);
    let params = vec![
        text("name", "The name of the parameter."),
        text("field", "The field of the session that it is taken from."),
    ];
    let actions = vec![
        text("name", "The name of the action."),
        text("on", "The event that starts the action, such as `click`, `captured` or `load`."),
        text("jump_to", "The `name` of the step to go to; null where the action leads nowhere else."),
        text("call", "What is called, such as `submit`."),
    ];
    vec![
        text("name", "The name of the step, by which `jump_to` finds it."),
        text("type", "What the step does, such as `CAPTURE_FRONT`."),
        text("html", "The page of an `HTML` step, as plain text; null where it has none."),
        text("html_base64", "The page of an `HTML` step in base64, where what it holds is no text; else null."),
        Attribute::objects("params", params).computed().describe("Parameters that the step is given."),
        Attribute::objects("actions", actions).computed().describe("What the step does on events."),
    ]
}

impl StepModel {
    pub(super) fn to_wire(&self) -> wire::Step {
        let html = match (self.html.as_str(), self.html_base64.as_str()) {
            (Some(plain), _) => BASE64_STANDARD.encode(plain),
            (None, Some(encoded)) => encoded.to_owned(),
            (None, None) => String::new(),
        };
        let params = self.params.known().into_iter().flatten();
        let actions = self.actions.known().into_iter().flatten();
        wire::Step {
            name: self.name.as_str().map(str::to_owned),
            kind: self.kind.as_str().map(str::to_owned),
            // The vendor's page requires it of every step, also of those that show no page.
            html: Some(html),
            params: Some(
                params
                    .map(|param| wire::Param {
                        name: param.name.clone().into_known(),
                        field: param.field.clone().into_known(),
                    })
                    .collect(),
            ),
            actions: Some(
                actions
                    .map(|action| wire::Action {
                        name: action.name.clone().into_known(),
                        on: action.on.clone().into_known(),
                        jump_to: action.jump_to.clone().into_known(),
                        call: action.call.clone().into_known(),
                    })
                    .collect(),
            ),
        }
    }

    /// From the wire, in the spelling of `known`, the same step as the user wrote it, if there is one.
    pub(super) fn from_wire(step: wire::Step, known: Option<&Self>) -> Self {
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

/// A list from the wire, where nothing and an empty list are the same; null unless the user wrote `[]`.
fn listed<T>(found: Vec<T>, known: Option<&Attr<Vec<T>>>) -> Attr<Vec<T>> {
    let wrote_empty = known.is_some_and(|known| !known.is_null());
    if found.is_empty() && !wrote_empty { Attr::Null } else { found.into() }
}

pub(super) mod wire {
    //! A step of the page's "Proofing Template" group. `script` comes back in an action and is not accepted.

    use serde::{Deserialize, Serialize};

    #[derive(Clone, Serialize, Deserialize)]
    pub(in super::super) struct Step {
        pub(in super::super) name: Option<String>,
        #[serde(rename = "type")]
        pub(in super::super) kind: Option<String>,
        pub(in super::super) html: Option<String>,
        pub(in super::super) params: Option<Vec<Param>>,
        pub(in super::super) actions: Option<Vec<Action>>,
    }

    #[derive(Clone, Serialize, Deserialize)]
    pub(in super::super) struct Param {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(in super::super) name: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(in super::super) field: Option<String>,
    }

    #[derive(Clone, Serialize, Deserialize)]
    pub(in super::super) struct Action {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(in super::super) name: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(in super::super) on: Option<String>,
        #[serde(rename = "jumpTo", skip_serializing_if = "Option::is_none")]
        pub(in super::super) jump_to: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(in super::super) call: Option<String>,
    }
}
