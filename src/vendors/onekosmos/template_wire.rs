//! Requests and responses of the vendor's group "Proofing Template".

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// The body of a create.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateTemplate<'t> {
    pub(super) document_type: Option<&'t str>,
    #[serde(rename = "dvcID")]
    pub(super) dvc_id: Option<&'t str>,
    pub(super) workflow: Vec<Step>,
}

/// The body of an update.
#[derive(Serialize, JsonSchema)]
pub(super) struct UpdateTemplate {
    pub(super) workflow: Vec<Step>,
}

/// The templates that a session shows.
#[derive(Deserialize, JsonSchema)]
pub(super) struct TemplateList {
    pub(super) list: Vec<Template>,
}

/// A template. The page shows no `dvcID` and no creation time in it.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Template {
    #[serde(rename = "_id")]
    pub(super) id: String,
    pub(super) tenant_id: Option<String>,
    pub(super) community_id: Option<String>,
    pub(super) document_type: Option<String>,
    #[serde(rename = "dvcID")]
    #[schemars(extend("x-may-be-absent" = true))]
    pub(super) dvc_id: Option<String>,
    #[serde(default)]
    pub(super) workflow: Vec<Step>,
}

/// A step of a template's workflow.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(super) struct Step {
    pub(super) name: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) html: Option<String>,
    pub(super) params: Option<Vec<Param>>,
    pub(super) actions: Option<Vec<Action>>,
}

/// A parameter of a step.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(super) struct Param {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-may-be-absent" = true))]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-may-be-absent" = true))]
    pub(super) field: Option<String>,
}

/// An action of a step. The vendor returns a `script` in it and does not accept one.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Action {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-may-be-absent" = true))]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-may-be-absent" = true))]
    pub(super) on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-may-be-absent" = true))]
    pub(super) jump_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-may-be-absent" = true))]
    pub(super) call: Option<String>,
    /// Only in responses.
    #[serde(default, skip_serializing)]
    #[schemars(extend("x-may-be-absent" = true))]
    pub(super) script: Option<Json>,
}

impl Template {
    /// The steps that have an action with a script. A change of the workflow cannot send it, so it is lost.
    pub(super) fn scripted_steps(&self) -> Vec<&str> {
        let is_set = |script: &Json| !script.is_null() && script.as_str() != Some("");
        let has_script =
            |step: &&Step| step.actions.iter().flatten().any(|action| action.script.as_ref().is_some_and(is_set));
        let steps = self.workflow.iter().filter(has_script);
        steps.map(|step| step.name.as_deref().unwrap_or_default()).collect()
    }
}
