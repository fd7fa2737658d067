//! `idv_onekosmos_proofing_template`: a proofing flow, as resource. `steps` has what it is made of.
//!
//! The vendor has no read by id and no list by tenant: a template can be seen only through a live session. With one
//! configured, a change made elsewhere is found; without one, state is what is known.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::Client;
use super::proofing_templates::{filters, visible};
use super::steps::{self, StepModel};
use super::workflow;
use crate::framework::moved::RestObject;
use crate::framework::resource::{Change, Context, Planning, Resource};
use crate::framework::{
    Attr, Attribute, Diagnostic, Diagnostics, ListSink, Listable, Path, Rule, Schema, Value, identity,
};
use crate::http::{CachePolicy, Error};
use crate::vendors::shared::import_id;

/// The documents that the vendor's page names.
pub(super) const DOCUMENT_TYPES: &[&str] = &["dl_object", "ppt_object", "idcard_object"];

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
    fn steps(&self) -> Vec<steps::wire::Step> {
        self.workflow.known().into_iter().flatten().map(StepModel::to_wire).collect()
    }

    /// This template with what the vendor answered of it.
    pub(super) fn with(mut self, template: wire::Template) -> Self {
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

    const MOVES_FROM: &'static [&'static str] = &[
        "/proofingtemplates/tenant/{tenant_id}/community/{community_id}",
        "/proofingtemplates/tenant/{tenant_id}/community/{community_id}/id/{id}",
    ];

    fn schema(&self) -> Schema {
        let given = |name: &str, what: &str| Attribute::string(name).computed().use_state_for_unknown().describe(what);
        Schema::new(
            "A proofing template: the steps by which 1Kosmos takes a person through the verification of a document. The vendor \
             shows templates only through a live proofing session. With `template_session_id` in the provider block, changes made \
             elsewhere are found; without it, Terraform knows what it wrote and no more.",
            vec![
                given("id", "The id that 1Kosmos gave the template."),
                given("tenant_id", "The tenant that the template belongs to."),
                given("community_id", "The community that the template belongs to."),
                Attribute::string("document_type")
                    .required()
                    .requires_replace()
                    .rule(Rule::OneOf(DOCUMENT_TYPES))
                    .describe("The document that the flow is for: driver license, passport or identity card."),
                Attribute::string("dvc_id").optional().requires_replace().rule(Rule::Length(1, usize::MAX)).describe(
                    "The id of the device verification configuration that uses the template (`dvcID` at the vendor). Needed to create a \
                     template. The vendor does not tell it of one that exists, so it may be left out for one that was imported, and \
                     setting it later is no change then.",
                ),
                Attribute::objects("workflow", steps::attributes()).required().describe(
                    "The steps in order. The flow begins at the first; an action's `jump_to` leads to another, and a step \
                     without actions leads to the one below it.",
                ),
            ],
        )
    }

    fn identity(&self) -> Vec<identity::IdentityAttribute> {
        let own = [
            identity::required("id", "The id that 1Kosmos gave the template."),
            identity::optional(
                "dvc_id",
                "The id of the device verification configuration. The vendor does not tell it.",
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
                let detail = "1Kosmos creates a template for a device verification configuration. Set `dvc_id` to its id, which the \
                              admin console shows.";
                return Err(Diagnostic::error("`dvc_id` is missing", detail).at(at).into());
            }
            Some(prior) if prior.dvc_id.is_null() => planning.requires_replace.retain(|path| *path != at),
            _ => {}
        }
        Ok(())
    }

    async fn create(
        &self,
        client: &Client,
        plan: ProofingTemplateModel,
        ctx: &mut Context<ProofingTemplateModel>,
    ) -> Result<ProofingTemplateModel, Diagnostics> {
        let body = serde_json::json!({
            "documentType": plan.document_type.as_str(),
            "dvcID": plan.dvc_id.as_str(),
            "workflow": plan.steps(),
        });
        let created = client.create_template::<wire::Template>(body).await;
        let template = match created {
            Err(error) if error.may_have_applied() => adopt(client, &plan, error, ctx).await?,
            result => result?,
        };
        Ok(plan.with(template))
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
        let rows = client.templates::<wire::Template>(session_id, CachePolicy::UseCached).await?;
        if let Some(row) = rows.iter().find(|row| row.id == state.id()) {
            return Ok(Some(state.with(row.clone())));
        }
        if !imported && !shows(client, session_id, &rows, &state).await? {
            return Ok(Some(state));
        }
        ctx.warn(
            "A proofing template is gone",
            format!(
                "1Kosmos has no template `{}` any more among those that the session `{session_id}` shows. It was deleted outside \
                 of Terraform and is planned for creation. To stop managing it instead, remove the resource and run `terraform apply`.",
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
        let body = serde_json::json!({ "workflow": change.plan.steps() });
        let updated = client.update_template::<wire::Template>(change.prior.id(), body).await?;
        let template = updated.ok_or_else(|| {
            let detail = format!(
                "1Kosmos has no template `{}` any more, so there is nothing to update. Remove it from state with `terraform state \
                 rm`, then apply again to create it.",
                change.prior.id()
            );
            Diagnostic::error("The proofing template is gone", detail)
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
        let (dvc_id, id) = match id.split('/').collect::<Vec<_>>()[..] {
            [id] if !id.is_empty() => (Attr::Null, id),
            [dvc_id, id] if !dvc_id.is_empty() && !id.is_empty() => (dvc_id.into(), id),
            _ => {
                let forms = "`TEMPLATE_ID`, such as `65f0c0ffee65f0c0ffee65f0`, or `DVC_ID/TEMPLATE_ID` to have `dvc_id` in state";
                return Err(import_id::wrong(Self::NAME, id, forms));
            }
        };
        Ok(ProofingTemplateModel { id: id.into(), dvc_id, ..ProofingTemplateModel::default() })
    }

    fn move_from(&self, mut object: RestObject) -> Result<ProofingTemplateModel, Diagnostics> {
        let id = object.id()?.to_owned();
        object.fields.insert("_id".to_owned(), id.into());
        let template = wire::Template::deserialize(serde_json::Value::Object(object.fields)).map_err(|error| {
            let detail = format!(
                "What the other provider kept of the template is not what the vendor documents: {error}. Take the old resource out of \
                 state with `terraform state rm`, and import the template."
            );
            Diagnostic::error("The state to move cannot be read", detail)
        })?;
        let place = |name| object.placeholders.get(name).cloned().into();
        let mut model = ProofingTemplateModel::default().with(template);
        (model.tenant_id, model.community_id) = (place("tenant_id"), place("community_id"));
        Ok(model)
    }

    fn import_id(&self, state: &ProofingTemplateModel) -> String {
        state.dvc_id.as_str().map_or_else(|| state.id().to_owned(), |dvc_id| format!("{dvc_id}/{}", state.id()))
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

/// Finds out what became of a create without a clear answer: an update by dvcId succeeds only where the template exists,
/// and then it has the planned workflow and tells the id.
async fn adopt(
    client: &Client,
    plan: &ProofingTemplateModel,
    error: Error,
    ctx: &mut Context<ProofingTemplateModel>,
) -> Result<wire::Template, Diagnostics> {
    let body = serde_json::json!({ "documentType": plan.document_type.as_str(), "workflow": plan.steps() });
    match client.update_template_by_dvc_id(plan.dvc_id.as_str().unwrap_or_default(), body).await {
        Ok(Some(template)) => {
            ctx.warn(
                "The proofing template was created though 1Kosmos reported an error",
                format!("It was found by its dvcID and is kept in state.\n{}", error.description()),
            );
            Ok(template)
        }
        Ok(None) => Err(error
            .with_observation(
                "1Kosmos was asked and knows no template with this dvcID, so it was not created. Apply again.",
            )
            .into()),
        Err(second) => {
            let mut diagnostics = Diagnostics::from(error);
            diagnostics.push(Diagnostic::error("The proofing template may exist without being in state", format!(
                "Looking it up by its dvcID failed too, so it is not known whether it was created. CachePolicy for the dvcID `{}` in the \
                 admin console; if it is there, import it with `DVC_ID/TEMPLATE_ID`.\n{}",
                plan.dvc_id.as_str().unwrap_or_default(),
                second.summary()
            )));
            Err(diagnostics)
        }
    }
}

/// Whether a session would show the template if it existed. The page says that the list is "by dvcID and documentType":
/// a template of another configuration may be there and not be shown, and must then not be taken for deleted.
async fn shows(
    client: &Client,
    session_id: &str,
    rows: &[wire::Template],
    state: &ProofingTemplateModel,
) -> Result<bool, Diagnostics> {
    let document_type = state.document_type.as_str().unwrap_or_default();
    let filtered = rows.windows(2).all(|pair| pair[0].document_type == pair[1].document_type);
    if !filtered {
        return Ok(true);
    }
    let sessions = client.sessions::<wire::Session>(&serde_json::json!({ "id": session_id }), 1).await?;
    Ok(sessions.rows.iter().any(|session| {
        session.document_type.as_deref() == Some(document_type) && session.dvc_id.as_deref() == state.dvc_id.as_str()
    }))
}

fn no_session() -> Diagnostics {
    let detail = "1Kosmos shows a template only through a live proofing session, so an import needs one. Start a session in the \
                  admin console and set `template_session_id` in `onekosmos = { ... }` of the provider block, or the environment \
                  variable IDV_ONEKOSMOS_TEMPLATE_SESSION_ID.";
    Diagnostic::error("A template can be imported only with a session", detail).into()
}

pub(super) mod wire {
    //! The template of the page's "Proofing Template" group. `script` comes back in an action and is not accepted.

    use serde::Deserialize;

    use super::super::client::SessionRow;
    use super::super::steps::wire::Step;

    #[derive(Clone, Deserialize)]
    pub(in super::super) struct Template {
        #[serde(rename = "_id")]
        pub(in super::super) id: String,
        #[serde(rename = "tenantId")]
        pub(in super::super) tenant_id: Option<String>,
        #[serde(rename = "communityId")]
        pub(in super::super) community_id: Option<String>,
        #[serde(rename = "documentType")]
        pub(in super::super) document_type: Option<String>,
        #[serde(rename = "dvcID")]
        pub(in super::super) dvc_id: Option<String>,
        #[serde(default)]
        pub(in super::super) workflow: Vec<Step>,
    }

    #[derive(Clone, Deserialize)]
    pub(in super::super) struct Session {
        id: String,
        #[serde(rename = "documentType")]
        pub(in super::super) document_type: Option<String>,
        #[serde(rename = "dvcID")]
        pub(in super::super) dvc_id: Option<String>,
    }

    impl SessionRow for Session {
        fn id(&self) -> &str {
            &self.id
        }
    }
}
