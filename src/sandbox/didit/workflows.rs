//! Workflows: each has a stable id; publishing a published workflow again creates a new version.

use axum::{Json, extract::Path, http::StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    access::Authorized,
    created,
    features::{self, Feature},
    fields::{self, Fields},
    page::PageQuery,
    state::{Kind, State, before_any_test},
    stored::{Stored, position},
};
use crate::sandbox::engine::{ApiError, Body, Handle, Reply};

const MOST_WORKFLOWS: usize = 50;
const ROWS_OF_A_PAGE: usize = 50;

/// One version of a workflow.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Workflow {
    /// The id of this version.
    pub(super) uuid: String,
    /// The id of all versions.
    pub(super) workflow_id: String,
    version: u64,
    status: Status,
    #[serde(default = "before_any_test")]
    created_at: String,
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

/// Reads the status, if the body has one.
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
    /// The workflow as a row of the list.
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

    /// The workflow as a read returns it: the features' settings are flattened beside its own fields, which win. The list does
    /// not have the creation time.
    fn detail(&self, has_draft: bool) -> Value {
        let mut fields = features::flattened(&self.settings.features);
        fields.insert("created_at".to_owned(), json!(self.created_at));
        if let Value::Object(own) = self.row(has_draft) {
            fields.extend(own);
        }
        Value::Object(fields)
    }
}

impl Stored for Workflow {
    fn all(state: &State) -> &[Self] {
        &state.workflows
    }

    fn all_mut(state: &mut State) -> &mut Vec<Self> {
        &mut state.workflows
    }

    fn uuid(&self) -> &str {
        &self.uuid
    }

    fn response(&self, state: &State) -> Value {
        self.detail(state.has_draft(&self.workflow_id))
    }
}

impl State {
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

    /// Stores a version. A new default replaces the previous default workflow.
    fn store_workflow(&mut self, workflow: &Workflow) -> Value {
        if workflow.settings.is_default {
            for other in self.workflows.iter_mut().filter(|it| it.workflow_id != workflow.workflow_id) {
                other.settings.is_default = false;
            }
        }
        match self.workflows.iter_mut().find(|it| it.uuid == workflow.uuid) {
            Some(known) => *known = workflow.clone(),
            None => self.workflows.push(workflow.clone()),
        }
        workflow.response(self)
    }
}

/// GET `/v3/workflows/`.
pub(super) async fn list(_: Authorized, handle: Handle, page: PageQuery) -> Reply {
    page.allow(&[])?;
    let state = handle.read::<State>()?;
    let current = state.current_workflows().into_iter().rev().collect();
    Ok(page.response(&handle, ROWS_OF_A_PAGE, state.page_cap, current, |it| it.row(state.has_draft(&it.workflow_id))))
}

/// POST `/v3/workflows/`.
pub(super) async fn create(
    _: Authorized,
    handle: Handle,
    Body(mut fields): Body<Fields>,
) -> Reply<(StatusCode, Json<Value>)> {
    let created_at = handle.timestamp();
    handle.update(|state: &mut State| {
        fields.require(&["workflow_label", "features"]);
        let mut settings = Settings::default();
        settings.change(&mut fields);
        let status = status(&mut fields).unwrap_or(Status::Published);
        fields.finish()?;
        if state.current_workflows().len() >= MOST_WORKFLOWS {
            return Err(ApiError::bad_request("An application can have at most 50 workflows."));
        }
        let (uuid, workflow_id) = (state.new_id(Kind::WorkflowVersion), state.new_id(Kind::Workflow));
        let updated_at = created_at.clone();
        let workflow = Workflow { uuid, workflow_id, version: 1, status, created_at, updated_at, settings };
        Ok(created(state.store_workflow(&workflow)))
    })
}

/// PATCH `/v3/workflows/{uuid}/`.
///
/// Without a status it changes a published version in place and publishes a draft. With status `published` it leaves a
/// published version unchanged, adds a new one after the latest and removes the drafts of the workflow.
pub(super) async fn update(
    _: Authorized,
    handle: Handle,
    Path(uuid): Path<String>,
    Body(mut fields): Body<Fields>,
) -> Reply {
    let updated_at = handle.timestamp();
    handle.update(|state: &mut State| {
        let mut workflow = state.workflows[position::<Workflow>(state, &uuid)?].clone();
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
                workflow.uuid = state.new_id(Kind::WorkflowVersion);
            }
            (Status::Published, None) => {}
            (Status::Draft, wanted) => workflow.status = wanted.unwrap_or(Status::Published),
        }
        workflow.updated_at = updated_at;
        Ok(Json(state.store_workflow(&workflow)))
    })
}
