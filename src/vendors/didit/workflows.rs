//! `idv_didit_workflows`: the workflows of an application, as data source.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::{Client, Collection};
use super::features;
use super::versions::{self, Version};
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
        let names = features::names(&version.told).map(|names| names.into_iter().map(Attr::Known).collect());
        Ok(Self {
            workflow_id: version.group.as_str().into(),
            uuid: version.id.as_str().into(),
            version: version.tell("version", &Attr::Null)?,
            workflow_label: version.tell("workflow_label", &Attr::Null)?,
            status: version.tell("status", &Attr::Null)?,
            is_default: version.tell("is_default", &Attr::Null)?,
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
            text("workflow_id", "The id that all versions of the workflow share, by which sessions are begun."),
            text("uuid", "The id of the version that counts today."),
            Attribute::number("version").computed().describe("The number of that version, where Didit tells it."),
            text("workflow_label", "What the Business Console calls it."),
            text("status", "Whether it is a `draft` or `published`."),
            Attribute::bool("is_default").computed().describe("Whether it is for sessions that name no workflow."),
            Attribute::of("features", Type::list(Type::String))
                .computed()
                .describe("The names of its checks in order."),
        ];
        Schema::new(
            "Lists the workflows of an application, all pages of them.",
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
        let versions: Vec<Version> = client.list(&Collection::workflows(), CachePolicy::UseCached).await?;
        let rows = versions::all_current(&versions).into_iter().map(WorkflowRow::of).collect::<Result<Vec<_>, _>>()?;
        Ok(WorkflowsModel { workflows: rows.into() })
    }
}
