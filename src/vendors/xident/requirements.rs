//! `idv_xident_requirements`: what the project asks of its users, by the publishable key.
//!
//! The page documents the answer of `v1`. That of `verify/v1` is not documented: it is taken to have the same fields, in
//! `requirements` or beside each other, and `requirements_json` has it as it came.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::client::{Api, Client};
use crate::framework::{Attr, Attribute, DataSource, Diagnostics, Rule, Schema};

/// The requirements.
pub(super) struct Requirements;

/// The attributes of the requirements.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct RequirementsModel {
    user_id: Attr<String>,
    project_name: Attr<String>,
    min_age: Attr<i64>,
    liveness_required: Attr<bool>,
    document_required: Attr<bool>,
    requirements_json: Attr<String>,
}

#[async_trait]
impl DataSource for Requirements {
    type Client = Client;
    type Model = RequirementsModel;

    const NAME: &'static str = "xident_requirements";

    fn schema(&self) -> Schema {
        let flag = |name: &str, what: &str| Attribute::bool(name).computed().describe(what);
        Schema::new(
            "What the project asks of its users. It is asked with `publishable_key`, and the secret key is not sent.",
            vec![
                Attribute::string("user_id")
                    .optional()
                    .rule(Rule::Length(1, 255))
                    .describe("Only what is asked of this user. Needs `api = \"verify/v1\"`."),
                Attribute::string("project_name").computed().describe("The name of the project."),
                Attribute::number("min_age").computed().describe("How old a user has to be, in years."),
                flag("liveness_required", "Whether users have to prove that they are alive."),
                flag("document_required", "Whether users have to show a document."),
                Attribute::string("requirements_json").computed().describe(
                    "The whole answer as JSON, since that of `verify/v1` is not documented and may have more.",
                ),
            ],
        )
    }

    async fn read(
        &self,
        client: &Client,
        config: RequirementsModel,
        _: &mut Diagnostics,
    ) -> Result<RequirementsModel, Diagnostics> {
        let user_id = config.user_id.as_str();
        if user_id.is_some() {
            client.only(Api::VerifyV1, "checking the requirements of one user")?;
        }
        let answer = client.requirements(user_id).await?;
        let inner = answer.get("requirements").filter(|inner| inner.is_object()).unwrap_or(&answer);
        Ok(RequirementsModel {
            project_name: answer.get("project_name").and_then(Json::as_str).map(str::to_owned).into(),
            min_age: inner.get("min_age").and_then(Json::as_i64).into(),
            liveness_required: inner.get("liveness_required").and_then(Json::as_bool).into(),
            document_required: inner.get("document_required").and_then(Json::as_bool).into(),
            requirements_json: answer.to_string().into(),
            user_id: config.user_id,
        })
    }
}
