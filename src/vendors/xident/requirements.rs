//! `idv_xident_requirements`: what the project requires of its users, read with the publishable key.
//!
//! The page documents the response of `v1`. That of `verify/v1` is not documented: it is assumed to have the same fields, in
//! `requirements` or at the top level. `requirements_json` has the whole response.

use std::borrow::Cow;

use async_trait::async_trait;
use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::client::{Api, Client};
use crate::framework::{Attr, Attribute, DataSource, Diagnostics, Rule, Schema};
use crate::openapi::{ANY_FORM, MAY_BE_TEXT};
use crate::vendors::shared::loose;

const REQUIREMENTS: &str = "requirements";
const PROJECT_NAME: &str = "project_name";
const MIN_AGE: &str = "min_age";
const LIVENESS_REQUIRED: &str = "liveness_required";
const DOCUMENT_REQUIRED: &str = "document_required";

/// The schema of the fields that are read of the response.
pub(super) struct RequirementsFields;

impl JsonSchema for RequirementsFields {
    fn schema_name() -> Cow<'static, str> {
        "Requirements".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> schemars::Schema {
        let flag = || json!({"type": ["boolean", "null"], (MAY_BE_TEXT): true});
        let requirements = json!({"type": ["object", "null"], "properties": {
            (MIN_AGE): {"type": ["integer", "null"], (MAY_BE_TEXT): true}, (LIVENESS_REQUIRED): flag(), (DOCUMENT_REQUIRED): flag(),
        }});
        json_schema!({"type": "object", "properties": {
            (PROJECT_NAME): {"type": ["string", "null"], (ANY_FORM): true}, (REQUIREMENTS): requirements,
        }})
    }
}

/// The data source of the requirements.
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
            "What the project requires of its users. It is read with `publishable_key`, and the secret key is not sent.",
            vec![
                Attribute::string("user_id")
                    .optional()
                    .rule(Rule::Length(1, 255))
                    .describe("Return only what is required of this user. Needs `api = \"verify/v1\"`."),
                Attribute::string("project_name").computed().describe("The name of the project."),
                Attribute::number("min_age").computed().describe("The minimum age of a user, in years."),
                flag("liveness_required", "Whether users have to pass a liveness check."),
                flag("document_required", "Whether users have to show a document."),
                Attribute::string("requirements_json").computed().describe(
                    "The whole response as JSON, because that of `verify/v1` is not documented and may have more fields.",
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
        let response = client.requirements(user_id).await?;
        let inner = response.get(REQUIREMENTS).filter(|inner| inner.is_object()).unwrap_or(&response);
        Ok(RequirementsModel {
            project_name: loose::shown(response.get(PROJECT_NAME)).into(),
            min_age: inner.get(MIN_AGE).and_then(|age| loose::whole::<_, i64>(age).ok()).into(),
            liveness_required: inner.get(LIVENESS_REQUIRED).and_then(loose::flag).into(),
            document_required: inner.get(DOCUMENT_REQUIRED).and_then(loose::flag).into(),
            requirements_json: response.to_string().into(),
            user_id: config.user_id,
        })
    }
}
