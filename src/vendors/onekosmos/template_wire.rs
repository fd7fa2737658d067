//! Requests and responses of the vendor's group "Proofing Template".

use serde::{Deserialize, Serialize};

/// The body of a create.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreateTemplate<'t> {
    pub(super) document_type: Option<&'t str>,
    #[serde(rename = "dvcID")]
    pub(super) dvc_id: Option<&'t str>,
    pub(super) workflow: Vec<Step>,
}

/// The body of an update.
#[derive(Serialize)]
pub(super) struct UpdateTemplate {
    pub(super) workflow: Vec<Step>,
}

/// The templates that a session shows.
#[derive(Deserialize)]
pub(super) struct TemplateList {
    pub(super) list: Vec<Template>,
}

/// A template. The page shows no `dvcID` and no creation time in it.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Template {
    #[serde(rename = "_id")]
    pub(super) id: String,
    pub(super) tenant_id: Option<String>,
    pub(super) community_id: Option<String>,
    pub(super) document_type: Option<String>,
    #[serde(rename = "dvcID")]
    pub(super) dvc_id: Option<String>,
    #[serde(default)]
    pub(super) workflow: Vec<Step>,
}

/// A step of a template's workflow.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Step {
    pub(super) name: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) html: Option<String>,
    pub(super) params: Option<Vec<Param>>,
    pub(super) actions: Option<Vec<Action>>,
}

/// A parameter of a step.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Param {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) field: Option<String>,
}

/// An action of a step. The vendor returns a `script` in it and does not accept one.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Action {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) jump_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) call: Option<String>,
}
