//! Resource `idv_onekosmos_proofing_template`: the workflow of a proofing session. Its steps are in `steps`.
//!
//! The vendor has no read by id and no list by tenant: templates are returned only through a live session. With a session, changes
//! made elsewhere are found. Without one, state is what Terraform last wrote, and a create without a response cannot be looked up.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::Client;
use super::proofing_templates::{filters, visible};
use super::session_list::{self, SessionQuery};
use super::steps::{self, StepModel};
use super::template_wire::{CreateTemplate, Step, Template, UpdateTemplate};
use super::workflow;
use crate::framework::impact::{Period, Reach};
use crate::framework::moved::RestObject;
use crate::framework::plan::is_same_returned;
use crate::framework::resource::{Change, Context, Planning, Resource};
use crate::framework::{
    Attr, Attribute, Diagnostic, Diagnostics, ListSink, Listable, Path, Rule, Schema, Value, identity,
};
use crate::http::{CachePolicy, List};
use crate::vendors::shared::import_id;
use crate::vendors::shared::reconcile::{IfPresent, Lookup, Noun};

/// The documents that the vendor's page names.
pub(super) const DOCUMENT_TYPES: &[&str] = &["dl_object", "ppt_object", "idcard_object"];

/// The key in private state of the steps that have a script at the vendor.
const SCRIPTED: &str = "scripted_steps";

/// The attributes that a create sends.
const SENT: [&str; 3] = ["document_type", "dvc_id", "workflow"];

/// One template.
#[derive(Clone, Copy)]
pub(super) struct ProofingTemplate;

/// The attributes of a template.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct ProofingTemplateModel {
    id: Attr<String>,
    tenant_id: Attr<String>,
    community_id: Attr<String>,
    document_type: Attr<String>,
    dvc_id: Attr<String>,
    workflow: Attr<Vec<StepModel>>,
}

impl ProofingTemplateModel {
    fn steps(&self) -> Vec<Step> {
        self.workflow.known().into_iter().flatten().map(StepModel::to_wire).collect()
    }

    /// This template with the values of a response.
    pub(super) fn with(mut self, template: Template) -> Self {
        let known = self.workflow.known().cloned().unwrap_or_default();
        let steps = template.workflow.into_iter().enumerate();
        self.id = template.id.into();
        self.tenant_id = template.tenant_id.into();
        self.community_id = template.community_id.into();
        self.document_type = template.document_type.into();
        if let Some(dvc_id) = template.dvc_id {
            self.dvc_id = dvc_id.into();
        }
        self.workflow =
            steps.map(|(index, step)| StepModel::from_wire(step, known.get(index))).collect::<Vec<_>>().into();
        self
    }

    fn id(&self) -> &str {
        self.id.as_str().unwrap_or_default()
    }
}

#[async_trait]
impl Resource for ProofingTemplate {
    type Client = Client;
    type Model = ProofingTemplateModel;

    const NAME: &'static str = "onekosmos_proofing_template";

    const NATURAL_KEY: &'static [&'static str] = &["document_type", "dvc_id"];

    const MOVES_FROM: &'static [&'static str] = &[
        "/proofingtemplates/tenant/{tenant_id}/community/{community_id}",
        "/proofingtemplates/tenant/{tenant_id}/community/{community_id}/id/{id}",
    ];

    fn schema(&self) -> Schema {
        let given = |name: &str, what: &str| Attribute::string(name).computed().use_state_for_unknown().describe(what);
        Schema::new(
            "A proofing template: the steps of the verification of a document by 1Kosmos. The vendor returns templates only through a \
             live proofing session. With `template_session_id` in the provider block, Terraform finds changes made elsewhere; \
             without it, state is what Terraform last wrote. If the response to a create is lost, Terraform adopts no template: with a \
             session the error lists the templates that match, without one they cannot be looked up, and the error says how to \
             import the template.",
            vec![
                given("id", "The id of the template."),
                given("tenant_id", "The tenant that the template belongs to."),
                given("community_id", "The community that the template belongs to."),
                Attribute::string("document_type")
                    .required()
                    .requires_replace()
                    .rule(Rule::Known(DOCUMENT_TYPES))
                    .describe("The document that the workflow verifies: driver license, passport or identity card."),
                Attribute::string("dvc_id").optional().not_returned().requires_replace().rule(Rule::Length(1, usize::MAX)).describe(
                    "The id of the device verification configuration that uses the template (`dvcID` at the vendor). Required to create \
                     a template. The vendor does not return it, so it may be omitted for an imported template; setting it later is \
                     not a change.",
                ),
                Attribute::objects("workflow", steps::attributes()).required().describe(
                    "The steps in order. The workflow begins at the first step. An action continues at the step in its `jump_to`; a step \
                     without actions continues at the next step.",
                ),
            ],
        )
    }

    fn identity(&self) -> Vec<identity::IdentityAttribute> {
        let own = [
            identity::required("id", "The id of the template."),
            identity::optional(
                "dvc_id",
                "The id of the device verification configuration. The vendor does not return it.",
            ),
        ];
        own.into_iter().chain(super::community()).chain([super::deployment()]).collect()
    }

    fn validate(&self, config: &ProofingTemplateModel, diagnostics: &mut Diagnostics) {
        if let Some(workflow) = config.workflow.known() {
            workflow::check(workflow, diagnostics);
        }
    }

    fn plan(&self, planning: &mut Planning<ProofingTemplateModel>) -> Result<(), Diagnostics> {
        let (wanted, at) = (&planning.plan.dvc_id, Path::to("dvc_id"));
        match &planning.prior {
            None if wanted.is_null() => {
                let detail = "1Kosmos creates a template for a device verification configuration. Set `dvc_id` to its id from the \
                              admin console.";
                return Err(Diagnostic::error("`dvc_id` is missing", detail).at(at).into());
            }
            Some(prior) if prior.dvc_id.is_null() => planning.requires_replace.retain(|path| *path != at),
            _ => {}
        }
        let scripted: Vec<String> = planning.private.get(SCRIPTED).unwrap_or_default();
        if planning.prior.as_ref().is_some_and(|prior| prior.workflow != planning.plan.workflow) && !scripted.is_empty()
        {
            let steps = scripted.iter().map(|step| format!("`{step}`")).collect::<Vec<_>>().join(", ");
            let detail = format!(
                "Actions of the steps {steps} have a script at 1Kosmos. Its API returns scripts and does not accept them, so this \
                 change of the workflow loses them. Add them again in the admin console after the apply."
            );
            let id = planning.plan.id.as_str().unwrap_or_default();
            planning.diagnostics.warn(Path::to("workflow"), noun(id).summary("loses scripts"), detail);
        }
        Ok(())
    }

    async fn create(
        &self,
        client: &Client,
        plan: ProofingTemplateModel,
        ctx: &mut Context<ProofingTemplateModel>,
    ) -> Result<ProofingTemplateModel, Diagnostics> {
        let body = CreateTemplate {
            document_type: plan.document_type.as_str(),
            dvc_id: plan.dvc_id.as_str(),
            workflow: plan.steps(),
        };
        let search = Search { client, plan: &plan };
        let mut created =
            client.template_creates.create(&search, IfPresent::WarnRecent, client.create_template(&body)).await?;
        ctx.append(created.warnings());
        Ok(plan.with(created.row))
    }

    async fn read(
        &self,
        client: &Client,
        state: ProofingTemplateModel,
        ctx: &mut Context<ProofingTemplateModel>,
    ) -> Result<Option<ProofingTemplateModel>, Diagnostics> {
        let imported = state.workflow.is_null();
        let Some(session_id) = &client.template_session_id else {
            return if imported { Err(no_session()) } else { Ok(Some(state)) };
        };
        let rows = client.templates(session_id, CachePolicy::UseCached).await?;
        if let Some(row) = rows.get(state.id()) {
            match &row.scripted_steps()[..] {
                [] => ctx.private.remove(SCRIPTED),
                steps => ctx.private.set(SCRIPTED, &steps)?,
            }
            return Ok(Some(state.with(row.clone())));
        }
        if !imported && !is_shown(client, session_id, &rows, &state).await? {
            return Ok(Some(state));
        }
        ctx.warn(
            noun(state.id()).summary("is gone"),
            format!(
                "The session `{session_id}` no longer shows the template `{}`. It was deleted outside of Terraform and is planned for \
                 creation. To stop managing it instead, remove the resource and run `terraform apply`.",
                state.id()
            ),
        );
        Ok(None)
    }

    async fn update(
        &self,
        client: &Client,
        change: Change<ProofingTemplateModel>,
        _: &mut Context<ProofingTemplateModel>,
    ) -> Result<ProofingTemplateModel, Diagnostics> {
        let body = UpdateTemplate { workflow: change.plan.steps() };
        let updated = client.update_template(change.prior.id(), &body).await?;
        let template = updated.ok_or_else(|| {
            let detail = format!(
                "1Kosmos no longer has the template `{}`, so it cannot be updated. Remove it from state with `terraform state rm`, \
                 then apply again to create it.",
                change.prior.id()
            );
            Diagnostic::error(noun(change.prior.id()).summary("is gone"), detail)
        })?;
        Ok(change.plan.with(template))
    }

    async fn delete(
        &self,
        client: &Client,
        state: ProofingTemplateModel,
        _: &mut Context<ProofingTemplateModel>,
    ) -> Result<(), Diagnostics> {
        Ok(client.delete_template(state.id()).await?)
    }

    fn import(&self, id: &str) -> Result<ProofingTemplateModel, Diagnostics> {
        let parts = import_id::split(id);
        let (dvc_id, id) = match &parts[..] {
            [id] if !id.is_empty() => (Attr::Null, id.as_str()),
            [dvc_id, id] if !dvc_id.is_empty() && !id.is_empty() => (dvc_id.as_str().into(), id.as_str()),
            _ => {
                let forms = "`TEMPLATE_ID`, such as `65f0c0ffee65f0c0ffee65f0`, or `DVC_ID/TEMPLATE_ID` to have `dvc_id` in state";
                return Err(import_id::wrong_parts(Self::NAME, id, forms));
            }
        };
        Ok(ProofingTemplateModel { id: id.into(), dvc_id, ..ProofingTemplateModel::default() })
    }

    fn move_from(&self, mut object: RestObject) -> Result<ProofingTemplateModel, Diagnostics> {
        let id = object.id()?.to_owned();
        object.fields.insert("_id".to_owned(), id.into());
        let template = Template::deserialize(serde_json::Value::Object(object.fields)).map_err(|error| {
            let detail = format!(
                "The other provider's state of the template differs from the vendor's documentation: {error}. Remove the old resource \
                 from state with `terraform state rm`, and import the template."
            );
            Diagnostic::error("The state of the template to move cannot be read", detail)
        })?;
        let placeholder = |name| object.placeholders.get(name).cloned().into();
        let mut model = ProofingTemplateModel::default().with(template);
        (model.tenant_id, model.community_id) = (placeholder("tenant_id"), placeholder("community_id"));
        Ok(model)
    }

    /// The sessions for the template's document, and for its configuration if that is known: 1Kosmos does not return it.
    async fn reach(&self, client: &Client, object: &Value, period: &Period) -> Result<Reach, Diagnostics> {
        let (document, dvc_id) = (object.get("document_type").as_str(), object.get("dvc_id").as_str());
        let Some(document) = document else {
            return Ok(Reach::not_known("The document of the template is known only after the apply."));
        };
        let which = match dvc_id {
            Some(dvc_id) => format!(" with the `dvc_id` `{dvc_id}`"),
            None => "; the `dvc_id` of the template is not known, so some may have had another template".to_owned(),
        };
        let rest = format!("were for a document of the type `{document}`{which}");
        session_list::reach(
            client,
            SessionQuery { document_type: Some(document), dvc_id, ..SessionQuery::default() },
            period,
            rest,
        )
        .await
    }

    fn import_id(&self, state: &ProofingTemplateModel) -> String {
        let dvc_id = state.dvc_id.as_str();
        dvc_id.map_or_else(|| import_id::join([state.id()]), |dvc_id| import_id::join([dvc_id, state.id()]))
    }
}

#[async_trait]
impl Listable for ProofingTemplate {
    fn filters(&self) -> Schema {
        Schema::new("The proofing templates that a live session shows.", filters())
    }

    async fn list(
        &self,
        client: &Client,
        filter: Value,
        sink: &mut ListSink<ProofingTemplateModel>,
    ) -> Result<(), Diagnostics> {
        for row in visible(client, filter.get("session_id").as_str(), filter.get("document_type").as_str()).await? {
            let model = ProofingTemplateModel::default().with(row);
            let of = model.dvc_id.as_str().unwrap_or(model.id()).to_owned();
            let name = format!("{} {of}", model.document_type.as_str().unwrap_or("template"));
            sink.push(name, model).await;
        }
        Ok(())
    }
}

/// What a template is called in messages: by its id, or by its configuration before it has one.
fn noun(name: &str) -> Noun<'_> {
    Noun {
        vendor: "1Kosmos",
        kind: "proofing template",
        name,
        type_name: ProofingTemplate::NAME,
        console: "the admin console",
    }
}

/// Finds the template of a plan among those that the configured session shows.
struct Search<'s> {
    client: &'s Client,
    plan: &'s ProofingTemplateModel,
}

impl Search<'_> {
    fn session_id(&self) -> Result<&str, Diagnostics> {
        self.client.template_session_id.as_deref().ok_or_else(|| {
            let detail = "1Kosmos returns templates only through a live proofing session, and none is configured, so a create without \
                          a response cannot be looked up. To make that possible, set `template_session_id` in `onekosmos = { ... }` \
                          of the provider block, or IDV_ONEKOSMOS_TEMPLATE_SESSION_ID.";
            Diagnostic::error("The template cannot be looked up without a session", detail).into()
        })
    }

    fn dvc_id(&self) -> &str {
        self.plan.dvc_id.as_str().unwrap_or_default()
    }
}

#[async_trait]
impl Lookup for Search<'_> {
    type Row = Template;

    fn noun(&self) -> Noun<'_> {
        noun(self.dvc_id())
    }

    async fn rows(&self, _: Option<&List<Template>>) -> Result<Arc<List<Template>>, Diagnostics> {
        Ok(self.client.templates(self.session_id()?, CachePolicy::RefreshAfterWrite).await?)
    }

    fn has_list(&self) -> bool {
        self.client.template_session_id.is_some()
    }

    fn id(&self, row: &Template) -> String {
        row.id.clone()
    }

    fn matches(&self, row: &Template) -> bool {
        let found = self.plan.clone().with(row.clone());
        is_same_returned(&ProofingTemplate.schema(), &SENT, self.plan, &found)
    }

    fn import_id(&self, row: &Template) -> String {
        import_id::join([self.dvc_id(), &row.id])
    }

    fn import_id_without_row(&self) -> String {
        import_id::join([self.dvc_id(), "TEMPLATE_ID"])
    }

    async fn check_list_is_conclusive(&self) -> Result<(), Diagnostics> {
        let session_id = self.session_id()?;
        let rows = self.client.templates(session_id, CachePolicy::UseCached).await?;
        if is_shown(self.client, session_id, &rows, self.plan).await? {
            return Ok(());
        }
        let detail = format!(
            "The session `{session_id}` may show only the templates of its own `dvcID` and document type, which are not those of \
             this template. Set `template_session_id` to a live session for `{}`.",
            self.dvc_id()
        );
        Err(Diagnostic::error("The session may not show the template", detail).into())
    }
}

/// Whether the session shows the template if it exists.
///
/// The page says that the list is "by dvcID and documentType". So a template of another configuration may exist and not be shown,
/// and must not count as deleted.
async fn is_shown(
    client: &Client,
    session_id: &str,
    rows: &[Template],
    template: &ProofingTemplateModel,
) -> Result<bool, Diagnostics> {
    let is_filtered = rows.windows(2).all(|pair| pair[0].document_type == pair[1].document_type);
    if !is_filtered {
        return Ok(true);
    }
    let query = SessionQuery { id: Some(session_id), ..SessionQuery::default() };
    let sessions = client.sessions(&query, 1).await?;
    Ok(sessions.rows.iter().any(|session| {
        session.document_type.as_deref() == Some(template.document_type.as_str().unwrap_or_default())
            && session.dvc_id.as_deref() == template.dvc_id.as_str()
    }))
}

fn no_session() -> Diagnostics {
    let detail = "1Kosmos returns templates only through a live proofing session, so an import needs one. Start a session in the admin \
                  console and set `template_session_id` in `onekosmos = { ... }` of the provider block, or the environment \
                  variable IDV_ONEKOSMOS_TEMPLATE_SESSION_ID.";
    Diagnostic::error("A template can be imported only with a session", detail).into()
}
