//! Data sources of workflows: `idv_didit_workflows` has all of an application, `idv_didit_workflow` one by its id or its name.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::{Client, Collection};
use super::features;
use super::lookup::Lookup;
use super::versions::{self, Version};
use super::workflow::{retry_window, wire};
use crate::framework::{Attr, Attribute, DataSource, Diagnostics, Number, Schema, Type};
use crate::http::{CachePolicy, Error};

/// The workflows.
pub(super) struct Workflows;

/// The attributes of the list.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct WorkflowsModel {
    workflows: Attr<Vec<WorkflowRow>>,
}

/// One workflow.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct WorkflowRow {
    workflow_id: Attr<String>,
    uuid: Attr<String>,
    version: Attr<i64>,
    workflow_label: Attr<String>,
    status: Attr<String>,
    is_default: Attr<bool>,
    features: Attr<Vec<Attr<String>>>,
}

/// The names of the checks of a version.
fn feature_names(version: &Version) -> Attr<Vec<Attr<String>>> {
    Attr::from(features::names(&version.fields).map(|names| names.into_iter().map(Attr::Known).collect::<Vec<_>>()))
}

/// What a workflow is, beside its id and its name.
fn columns() -> Vec<Attribute> {
    let text = |name: &str, what: &str| Attribute::string(name).computed().describe(what);
    vec![
        text("uuid", "The id of the current version."),
        Attribute::number("version").computed().describe("The number of that version, if Didit returns it."),
        text("status", "Whether it is a `draft` or `published`."),
        Attribute::bool("is_default")
            .computed()
            .describe("Whether it is the default, for sessions without a workflow."),
        Attribute::of("features", Type::list(Type::String)).computed().describe("The names of its checks in order."),
    ]
}

impl WorkflowRow {
    fn of(version: &Version) -> Result<Self, Error> {
        let fields: wire::WorkflowResponse = version.parse()?;
        Ok(Self {
            workflow_id: version.group.as_str().into(),
            uuid: version.id.as_str().into(),
            version: fields.version.into_value().into(),
            workflow_label: fields.workflow_label.into_value().into(),
            status: fields.status.into_value().into(),
            is_default: fields.is_default.into_value().into(),
            features: feature_names(version),
        })
    }
}

#[async_trait]
impl DataSource for Workflows {
    type Client = Client;
    type Model = WorkflowsModel;

    const NAME: &'static str = "didit_workflows";

    fn schema(&self) -> Schema {
        let text = |name: &str, what: &str| Attribute::string(name).computed().describe(what);
        let names = [
            text("workflow_id", "The id that all versions of the workflow share. Sessions are created with it."),
            text("workflow_label", "The name of the workflow in the Business Console."),
        ];
        let row = names.into_iter().chain(columns()).collect();
        Schema::new(
            "Lists all workflows of an application.",
            vec![
                Attribute::objects("workflows", row)
                    .computed()
                    .describe("The workflows in the vendor's order, each once."),
            ],
        )
    }

    async fn read(
        &self,
        client: &Client,
        _: WorkflowsModel,
        _: &mut Diagnostics,
    ) -> Result<WorkflowsModel, Diagnostics> {
        let versions = client.list::<Version>(&Collection::workflows(), CachePolicy::UseCached).await?;
        let rows = versions::all_current(&versions).into_iter().map(WorkflowRow::of).collect::<Result<Vec<_>, _>>()?;
        Ok(WorkflowsModel { workflows: rows.into() })
    }
}

/// One workflow of the application.
pub(super) struct OneWorkflow;

/// The attributes of one workflow.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct OneWorkflowModel {
    workflow_id: Attr<String>,
    workflow_label: Attr<String>,
    uuid: Attr<String>,
    version: Attr<i64>,
    status: Attr<String>,
    is_default: Attr<bool>,
    features: Attr<Vec<Attr<String>>>,
    is_white_label_enabled: Attr<bool>,
    is_desktop_allowed: Attr<bool>,
    max_retry_attempts: Attr<Number>,
    retry_window_days: Attr<Number>,
    face_liveness_max_attempts: Attr<Number>,
    face_match_max_attempts: Attr<Number>,
    session_expiration_time: Attr<Number>,
}

impl OneWorkflowModel {
    fn lookup(&self) -> Lookup<'_> {
        Lookup {
            collection: Collection::workflows(),
            id: ("workflow_id", &self.workflow_id),
            name: ("workflow_label", &self.workflow_label),
        }
    }

    fn of(version: &Version, configured_label: Attr<String>) -> Result<Self, Error> {
        let fields: wire::WorkflowResponse = version.parse()?;
        Ok(Self {
            workflow_id: version.group.as_str().into(),
            // The configured spelling of the name stays.
            workflow_label: configured_label.into_known().or_else(|| fields.workflow_label.into_value()).into(),
            uuid: version.id.as_str().into(),
            version: fields.version.into_value().into(),
            status: fields.status.into_value().into(),
            is_default: fields.is_default.into_value().into(),
            features: feature_names(version),
            is_white_label_enabled: fields.is_white_label_enabled.into_value().into(),
            is_desktop_allowed: fields.is_desktop_allowed.into_value().into(),
            max_retry_attempts: fields.max_retry_attempts.into_value().into(),
            retry_window_days: retry_window(fields.retry_window_days, &Attr::Null),
            face_liveness_max_attempts: fields.face_liveness_max_attempts.into_value().into(),
            face_match_max_attempts: fields.face_match_max_attempts.into_value().into(),
            session_expiration_time: fields.session_expiration_time.into_value().into(),
        })
    }
}

#[async_trait]
impl DataSource for OneWorkflow {
    type Client = Client;
    type Model = OneWorkflowModel;

    const NAME: &'static str = "didit_workflow";

    fn schema(&self) -> Schema {
        let choice = |name: &str, what: &str| Attribute::string(name).optional().computed().describe(what);
        let flag = |name: &str, what: &str| Attribute::bool(name).computed().describe(what);
        let number = |name: &str, what: &str| Attribute::number(name).computed().describe(what);
        let choices = [
            choice(
                "workflow_id",
                "The id that all versions of the workflow share. Set either this or `workflow_label`.",
            ),
            choice(
                "workflow_label",
                "The name of the workflow in the Business Console. Set either this or `workflow_id`.",
            ),
        ];
        let settings = [
            flag("is_white_label_enabled", "Whether the customization of the application is used."),
            flag("is_desktop_allowed", "Whether the checks may be done on a desktop computer."),
            number("max_retry_attempts", "How often a person who was declined may try again."),
            number("retry_window_days", "For how many days retries are counted; `0` for no limit."),
            number("face_liveness_max_attempts", "How many attempts at a liveness check a session has."),
            number("face_match_max_attempts", "How many attempts at a face match a session has."),
            number("session_expiration_time", "After how many seconds an unfinished session ends."),
        ];
        Schema::new(
            "Reads one workflow of an application by its id or its name: the published version, or the draft if none is published. A \
             setting that Didit does not return is null.",
            choices.into_iter().chain(columns()).chain(settings).collect(),
        )
    }

    fn validate(&self, config: &OneWorkflowModel, diagnostics: &mut Diagnostics) {
        config.lookup().check(diagnostics);
    }

    async fn read(
        &self,
        client: &Client,
        config: OneWorkflowModel,
        _: &mut Diagnostics,
    ) -> Result<OneWorkflowModel, Diagnostics> {
        let version = versions::read_one(client, &config.lookup(), "workflow_label").await?;
        Ok(OneWorkflowModel::of(&version, config.workflow_label)?)
    }
}
