//! Data source `idv_onekosmos_proofing_templates`: the templates that a live session shows. The vendor has no other list.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::Client;
use super::proofing_template::{DOCUMENT_TYPES, ProofingTemplateModel};
use super::steps;
use super::template_wire::Template;
use crate::framework::{Attr, Attribute, DataSource, Diagnostic, Diagnostics, Path, Rule, Schema};
use crate::http::CachePolicy;

/// The filters of a list of templates.
pub(super) fn filters() -> Vec<Attribute> {
    vec![
        Attribute::string("session_id").optional().describe(
            "The id of the session that shows the templates. Defaults to `template_session_id` of the provider block.",
        ),
        Attribute::string("document_type")
            .optional()
            .rule(Rule::Known(DOCUMENT_TYPES))
            .describe("Only templates for this document."),
    ]
}

/// The templates that a session shows.
pub(super) async fn visible(
    client: &Client,
    session_id: Option<&str>,
    document_type: Option<&str>,
) -> Result<Vec<Template>, Diagnostics> {
    let session_id = session_id.or(client.template_session_id.as_deref()).ok_or_else(|| {
        let detail = "1Kosmos returns templates only through a live session. Set `session_id` here, or `template_session_id` in \
                      `onekosmos = { ... }` of the provider block (IDV_ONEKOSMOS_TEMPLATE_SESSION_ID).";
        Diagnostic::error("Templates can be listed only with a session", detail).at(Path::to("session_id"))
    })?;
    let rows = client.templates(session_id, CachePolicy::UseCached).await?;
    let wanted = |row: &&Template| document_type.is_none_or(|wanted| row.document_type.as_deref() == Some(wanted));
    Ok(rows.iter().filter(wanted).cloned().collect())
}

/// The data source.
pub(super) struct ProofingTemplates;

/// The attributes of the data source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ProofingTemplatesModel {
    session_id: Attr<String>,
    document_type: Attr<String>,
    templates: Attr<Vec<ProofingTemplateModel>>,
}

#[async_trait]
impl DataSource for ProofingTemplates {
    type Client = Client;
    type Model = ProofingTemplatesModel;

    const NAME: &'static str = "onekosmos_proofing_templates";

    fn schema(&self) -> Schema {
        let column = |name: &str, what: &str| Attribute::string(name).computed().describe(what);
        let template = vec![
            column("id", "The id of the template."),
            column("tenant_id", "The tenant that the template belongs to."),
            column("community_id", "The community that the template belongs to."),
            column("document_type", "The document that the workflow verifies."),
            column("dvc_id", "The id of the device verification configuration; null if the vendor does not return it."),
            Attribute::objects("workflow", steps::computed_attributes()).computed().describe("The steps in order."),
        ];
        Schema::new(
            "Lists the proofing templates that a live session shows.",
            filters()
                .into_iter()
                .chain([Attribute::objects("templates", template)
                    .computed()
                    .describe("The templates, in the vendor's order.")])
                .collect(),
        )
    }

    async fn read(
        &self,
        client: &Client,
        config: ProofingTemplatesModel,
        _: &mut Diagnostics,
    ) -> Result<ProofingTemplatesModel, Diagnostics> {
        let rows = visible(client, config.session_id.as_str(), config.document_type.as_str()).await?;
        let templates = rows.into_iter().map(|row| ProofingTemplateModel::default().with(row));
        Ok(ProofingTemplatesModel { templates: templates.collect::<Vec<_>>().into(), ..config })
    }
}
