//! Proofing templates: created, changed and deleted by tenant and community, read only through a live session.

use axum::{Json, body::Bytes, extract::Path, http::StatusCode};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    access::{Caller, Level},
    sessions::DocumentType,
    state::State,
};
use crate::sandbox::engine::{ApiError, Handle, Reply, present};

/// A template as it is stored.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Template {
    #[serde(rename = "_id")]
    pub(super) id: String,
    tenant_id: String,
    community_id: String,
    document_type: DocumentType,
    #[serde(rename = "dvcID")]
    dvc_id: String,
    workflow: Vec<Step>,
}

/// The page's enumeration for a step's `type`.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum StepType {
    Html,
    CaptureFront,
    CaptureBack,
    CaptureSelfie,
    Processing,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    name: String,
    #[serde(rename = "type")]
    kind: StepType,
    /// Base64 of the page that the step shows.
    html: String,
    #[serde(default)]
    params: Vec<Parameter>,
    #[serde(default)]
    actions: Vec<Action>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct Parameter {
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

/// An action of a step; `script` is returned but not accepted.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Action {
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    on: Option<String>,
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    jump_to: Option<String>,
    #[serde(deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    call: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Create {
    document_type: DocumentType,
    #[serde(rename = "dvcID")]
    dvc_id: String,
    workflow: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Update {
    workflow: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct UpdateByDvcId {
    #[serde(default, deserialize_with = "present")]
    document_type: Option<DocumentType>,
    workflow: Vec<Step>,
}

impl Template {
    /// The template as a read returns it: with a `script` in every action, and `dvcID` only if the state requires it.
    fn response(&self, state: &State) -> Value {
        let mut response = json!(self);
        if let Some(fields) = response.as_object_mut().filter(|_| !state.show_dvc_id) {
            fields.remove("dvcID");
        }
        for step in response["workflow"].as_array_mut().into_iter().flatten() {
            for action in step["actions"].as_array_mut().into_iter().flatten() {
                action["script"] = Value::Null;
            }
        }
        response
    }

    fn is_in(&self, tenant_id: &str, community_id: &str) -> bool {
        self.tenant_id == tenant_id && self.community_id == community_id
    }
}

fn check_workflow(workflow: &[Step]) -> Result<(), ApiError> {
    for (index, step) in workflow.iter().enumerate() {
        let reject = |reason: &str| Err(ApiError::bad_request(format!("workflow[{index}].{reason}")));
        if step.name.is_empty() {
            return reject("name is not allowed to be empty");
        }
        if step.html.is_empty() && step.kind == StepType::Html {
            return reject("html is not allowed to be empty");
        }
        if BASE64_STANDARD.decode(&step.html).is_err() {
            return reject("html must be a valid base64 string");
        }
    }
    Ok(())
}

/// PUT `.../tenant/{tenantId}/community/{communityId}`.
pub(super) async fn create(
    caller: Caller,
    handle: Handle,
    Path((tenant_id, community_id)): Path<(String, String)>,
    body: Bytes,
) -> Reply {
    caller.state.check_place(&tenant_id, &community_id)?;
    let create: Create = caller.bare(caller.state.body_encryption.template_create, &body)?;
    let Create { document_type, dvc_id, workflow } = create;
    if dvc_id.is_empty() {
        return Err(ApiError::bad_request("dvcID is not allowed to be empty"));
    }
    check_workflow(&workflow)?;
    handle.update(|state: &mut State| {
        let template = Template { id: state.new_id(), tenant_id, community_id, document_type, dvc_id, workflow };
        let response = template.response(state);
        state.templates.push(template);
        Ok(Json(response))
    })
}

/// PATCH `.../id/{id}`.
pub(super) async fn update(
    caller: Caller,
    handle: Handle,
    Path((tenant_id, community_id, id)): Path<(String, String, String)>,
    body: Bytes,
) -> Reply {
    caller.state.check_place(&tenant_id, &community_id)?;
    let Update { workflow } = caller.bare(caller.state.body_encryption.template_update, &body)?;
    change(&handle, workflow, |template| template.id == id && template.is_in(&tenant_id, &community_id))
}

/// PATCH `.../dvcId/{dvcId}`.
pub(super) async fn update_by_dvc_id(
    caller: Caller,
    handle: Handle,
    Path((tenant_id, community_id, dvc_id)): Path<(String, String, String)>,
    body: Bytes,
) -> Reply {
    caller.at_least(Level::ServiceExt)?;
    caller.state.check_place(&tenant_id, &community_id)?;
    let update: UpdateByDvcId = caller.enveloped(caller.state.body_encryption.template_update_by_dvc_id, &body)?;
    change(&handle, update.workflow, |template| {
        template.dvc_id == dvc_id
            && update.document_type.is_none_or(|wanted| wanted == template.document_type)
            && template.is_in(&tenant_id, &community_id)
    })
}

fn change(handle: &Handle, workflow: Vec<Step>, is_it: impl Fn(&Template) -> bool) -> Reply {
    check_workflow(&workflow)?;
    handle.update(|state: &mut State| {
        let index = state.templates.iter().position(is_it).ok_or_else(template_not_found)?;
        state.templates[index].workflow = workflow;
        Ok(Json(state.templates[index].response(state)))
    })
}

/// DELETE `.../id/{id}`.
pub(super) async fn delete(
    caller: Caller,
    handle: Handle,
    Path((tenant_id, community_id, id)): Path<(String, String, String)>,
) -> Reply<StatusCode> {
    caller.state.check_place(&tenant_id, &community_id)?;
    handle.update(|state: &mut State| {
        let is_it = |template: &Template| template.id == id && template.is_in(&tenant_id, &community_id);
        let index = state.templates.iter().position(is_it).ok_or_else(template_not_found)?;
        state.templates.remove(index);
        Ok(StatusCode::NO_CONTENT)
    })
}

fn template_not_found() -> ApiError {
    ApiError::not_found("Proofing template not found")
}

/// GET `/proofingtemplates/{sessionId}`: requires no header; the session's id is sufficient.
pub(super) async fn list(handle: Handle, Path(session_id): Path<String>) -> Reply {
    let state = handle.read::<State>()?;
    let session = state.live_session(&session_id, handle.now())?;
    let of_session = |template: &&Template| template.is_in(&session.tenant_id, &session.community_id);
    let list: Vec<_> = state.templates.iter().filter(of_session).map(|template| template.response(&state)).collect();
    Ok(Json(json!({"list": list})))
}
