//! `idv_didit_workflows`: the data source of the workflows of an application.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::{Client, Collection};
use super::features;
use super::versions::{self, Version};
use super::workflow::wire;
use crate::framework::{Attr, Attribute, DataSource, Diagnostics, Schema, Type};
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

impl WorkflowRow {
    fn of(version: &Version) -> Result<Self, Error> {
        let names = features::names(&version.fields).map(|names| names.into_iter().map(Attr::Known).collect());
        let fields: wire::WorkflowResponse = version.parse()?;
        Ok(Self {
            workflow_id: version.group.as_str().into(),
            uuid: version.id.as_str().into(),
            version: fields.version.into_value().into(),
            workflow_label: fields.workflow_label.into_value().into(),
            status: fields.status.into_value().into(),
            is_default: fields.is_default.into_value().into(),
            features: Attr::from(names),
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
        let row = vec![
            text("workflow_id", "The id that all versions of the workflow share. Sessions are created with it."),
            text("uuid", "The id of the current version."),
            Attribute::number("version").computed().describe("The number of that version, if Didit returns it."),
            text("workflow_label", "The name of the workflow in the Business Console."),
            text("status", "Whether it is a `draft` or `published`."),
            Attribute::bool("is_default")
                .computed()
                .describe("Whether it is the default, for sessions without a workflow."),
            Attribute::of("features", Type::list(Type::String))
                .computed()
                .describe("The names of its checks in order."),
        ];
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
