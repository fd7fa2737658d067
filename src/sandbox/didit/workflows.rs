//! Workflows: a stable id for each, and a version each time a published one is published again.

use axum::{
    Json,
    extract::{Path, State as Extract},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    ApiError, Body,
    access::Authorized,
    created,
    features::{self, Feature},
    fields::{self, Fields},
    page::Page,
    state::{Kind, State, before_any_test},
};
use crate::sandbox::engine::Handle;

const MOST_WORKFLOWS: usize = 50;
const ROWS_OF_A_PAGE: usize = 50;

/// One version of a workflow.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Workflow {
    /// Of this version.
    pub(super) uuid: String,
    /// Of all versions.
    pub(super) workflow_id: String,
    version: u64,
    status: Status,
    #[serde(default = "before_any_test")]
    updated_at: String,
    settings: Settings,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Draft,
    Published,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    workflow_label: String,
    is_default: bool,
    is_white_label_enabled: bool,
    is_desktop_allowed: bool,
    max_retry_attempts: u64,
    retry_window_days: Option<u64>,
    face_liveness_max_attempts: u64,
    face_match_max_attempts: u64,
    session_expiration_time: u64,
    features: Vec<Feature>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            workflow_label: String::new(),
            is_default: false,
            is_white_label_enabled: false,
            is_desktop_allowed: true,
            max_retry_attempts: 3,
            retry_window_days: Some(7),
            face_liveness_max_attempts: 3,
            face_match_max_attempts: 3,
            session_expiration_time: 604_800,
            features: Vec::new(),
        }
    }
}

impl Settings {
    fn change(&mut self, fields: &mut Fields) {
        fields.set("workflow_label", &mut self.workflow_label, fields::text(50));
        fields.set("is_default", &mut self.is_default, fields::flag);
        fields.set("is_white_label_enabled", &mut self.is_white_label_enabled, fields::flag);
        fields.set("is_desktop_allowed", &mut self.is_desktop_allowed, fields::flag);
        fields.set("max_retry_attempts", &mut self.max_retry_attempts, fields::whole(0..=10));
        fields.set("retry_window_days", &mut self.retry_window_days, fields::nullable(fields::whole(1..=365)));
        fields.set("face_liveness_max_attempts", &mut self.face_liveness_max_attempts, fields::whole(1..=3));
        fields.set("face_match_max_attempts", &mut self.face_match_max_attempts, fields::whole(1..=3));
        fields.set("session_expiration_time", &mut self.session_expiration_time, fields::whole(3600..=2_419_200));
        fields.set("features", &mut self.features, features::read);
    }
}

/// What a body says of the status, if anything.
fn status(fields: &mut Fields) -> Option<Status> {
    let mut word = String::new();
    fields.set("status", &mut word, fields::choice(&["draft", "published"]));
    match word.as_str() {
        "draft" => Some(Status::Draft),
        "published" => Some(Status::Published),
        _ => None,
    }
}

impl Workflow {
    /// What the list shows of it.
    fn row(&self, has_draft: bool) -> Value {
        let settings = &self.settings;
        json!({
            "uuid": self.uuid,
            "workflow_id": self.workflow_id,
            "workflow_label": settings.workflow_label,
            "workflow_type": null,
            "is_default": settings.is_default,
            "is_archived": false,
            "is_white_label_enabled": settings.is_white_label_enabled,
            "is_desktop_allowed": settings.is_desktop_allowed,
            "total_price": "0.15",
            "min_price": "0.15",
            "max_price": "0.15",
            "features": features::line(&settings.features),
            "is_simple_workflow": true,
            "is_editable": true,
            "workflow_url": format!("https://verify.didit.me/u/{}", self.uuid),
            "max_retry_attempts": settings.max_retry_attempts,
            "retry_window_days": settings.retry_window_days,
            "face_liveness_max_attempts": settings.face_liveness_max_attempts,
            "face_match_max_attempts": settings.face_match_max_attempts,
            "session_expiration_time": settings.session_expiration_time,
            "version": self.version,
            "status": self.status,
            "has_draft": has_draft,
            "updated_at": self.updated_at,
        })
    }

    /// What it shows alone: the features' configurations lie flat beside its own fields, which come first.
    fn answer(&self, has_draft: bool) -> Value {
        let mut answer = features::flattened(&self.settings.features);
        if let Value::Object(own) = self.row(has_draft) {
            answer.extend(own);
        }
        Value::Object(answer)
    }
}

impl State {
    fn workflow(&self, uuid: &str) -> Result<usize, ApiError> {
        self.workflows.iter().position(|it| it.uuid == uuid).ok_or_else(ApiError::not_found)
    }

    fn has_draft(&self, workflow_id: &str) -> bool {
        self.workflows.iter().any(|it| it.workflow_id == workflow_id && it.status == Status::Draft)
    }

    /// The latest version of each workflow.
    fn current_workflows(&self) -> Vec<&Workflow> {
        let newer = |it: &Workflow| {
            self.workflows.iter().any(|other| other.workflow_id == it.workflow_id && other.version > it.version)
        };
        self.workflows.iter().filter(|it| !newer(it)).collect()
    }

    fn answer_of(&self, workflow: &Workflow) -> Value {
        workflow.answer(self.has_draft(&workflow.workflow_id))
    }

    /// Keeps a version, and lets no other workflow be the default beside a new default.
    fn keep_workflow(&mut self, workflow: &Workflow) -> Value {
        if workflow.settings.is_default {
            for other in self.workflows.iter_mut().filter(|it| it.workflow_id != workflow.workflow_id) {
                other.settings.is_default = false;
            }
        }
        match self.workflows.iter_mut().find(|it| it.uuid == workflow.uuid) {
            Some(known) => *known = workflow.clone(),
            None => self.workflows.push(workflow.clone()),
        }
        self.answer_of(workflow)
    }
}

/// GET `/v3/workflows/`.
pub(super) async fn list(_: Authorized, Extract(handle): Extract<Handle>, page: Page) -> Result<Json<Value>, ApiError> {
    page.refuse_but(&[])?;
    let state: State = handle.read()?;
    let current = state.current_workflows().into_iter().rev();
    let rows = current.map(|it| it.row(state.has_draft(&it.workflow_id))).collect();
    Ok(page.of(&handle, ROWS_OF_A_PAGE, state.page_cap, rows))
}

/// POST `/v3/workflows/`.
pub(super) async fn create(
    _: Authorized,
    Extract(handle): Extract<Handle>,
    Body(body): Body,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let updated_at = handle.now().to_string();
    handle.update(|state: &mut State| {
        let mut fields = Fields::of(body);
        fields.require(&["workflow_label", "features"]);
        let mut settings = Settings::default();
        settings.change(&mut fields);
        let status = status(&mut fields).unwrap_or(Status::Published);
        fields.finish()?;
        if state.current_workflows().len() >= MOST_WORKFLOWS {
            return Err(ApiError::bad_request("An application can have at most 50 workflows."));
        }
        let (uuid, workflow_id) = (state.next_id(Kind::WorkflowVersion), state.next_id(Kind::Workflow));
        let workflow = Workflow { uuid, workflow_id, version: 1, status, updated_at, settings };
        Ok(created(state.keep_workflow(&workflow)))
    })
}

/// GET `/v3/workflows/{uuid}/`, of a version that is current or of one that was.
pub(super) async fn get(
    _: Authorized,
    Extract(handle): Extract<Handle>,
    Path(uuid): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let state: State = handle.read()?;
    let workflow = &state.workflows[state.workflow(&uuid)?];
    Ok(Json(state.answer_of(workflow)))
}

/// PATCH `/v3/workflows/{uuid}/`.
///
/// Without a status a published version changes in place, and a draft is published as it changes. Published again, a
/// published version stays as it is, and a new one comes after the latest; drafts of the workflow go.
pub(super) async fn update(
    _: Authorized,
    Extract(handle): Extract<Handle>,
    Path(uuid): Path<String>,
    Body(body): Body,
) -> Result<Json<Value>, ApiError> {
    let updated_at = handle.now().to_string();
    handle.update(|state: &mut State| {
        let mut workflow = state.workflows[state.workflow(&uuid)?].clone();
        let mut fields = Fields::of(body);
        workflow.settings.change(&mut fields);
        let wanted = status(&mut fields);
        fields.finish()?;
        match (workflow.status, wanted) {
            (Status::Published, Some(Status::Draft)) => {
                return Err(ApiError::bad_request("Cannot revert a published version to draft."));
            }
            (Status::Published, Some(Status::Published)) => {
                let id = workflow.workflow_id.clone();
                state.workflows.retain(|it| it.workflow_id != id || it.status == Status::Published);
                let versions = state.workflows.iter().filter(|it| it.workflow_id == id).map(|it| it.version);
                workflow.version = versions.max().unwrap_or_default() + 1;
                workflow.uuid = state.next_id(Kind::WorkflowVersion);
            }
            (Status::Published, None) => {}
            (Status::Draft, wanted) => workflow.status = wanted.unwrap_or(Status::Published),
        }
        workflow.updated_at = updated_at;
        Ok(Json(state.keep_workflow(&workflow)))
    })
}

/// DELETE `/v3/workflows/{uuid}/`: one version; the one before it is then the current one.
pub(super) async fn delete(
    _: Authorized,
    Extract(handle): Extract<Handle>,
    Path(uuid): Path<String>,
) -> Result<StatusCode, ApiError> {
    handle.update(|state: &mut State| {
        let index = state.workflow(&uuid)?;
        state.workflows.remove(index);
        Ok(StatusCode::NO_CONTENT)
    })
}
