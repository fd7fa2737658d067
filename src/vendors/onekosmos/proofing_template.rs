//! `idv_onekosmos_proofing_template`: a proofing flow, as resource; `idv_onekosmos_proofing_templates` lists them.
//!
//! The vendor has no read by id and no list by tenant: a template can be seen only through a live session. With one
//! configured, a change made elsewhere is found; without one, state is what is known.

use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use super::client::Client;
use super::workflow::{self, STEP_TYPES};
use crate::framework::moved::RestObject;
use crate::framework::resource::{Change, Context, Planning, Resource};
use crate::framework::{
    Attr, Attribute, DataSource, Diagnostic, Diagnostics, Found, Listable, Path, Rule, Schema, Value, identity,
};
use crate::http::{Error, Kind};

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

/// One step of the flow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct StepModel {
    pub(super) name: Attr<String>,
    #[serde(rename = "type")]
    pub(super) kind: Attr<String>,
    pub(super) html: Attr<String>,
    pub(super) html_base64: Attr<String>,
    pub(super) params: Attr<Vec<ParamModel>>,
    pub(super) actions: Attr<Vec<ActionModel>>,
}

/// One parameter of a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ParamModel {
    pub(super) name: Attr<String>,
    pub(super) field: Attr<String>,
}

/// What a step does on an event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ActionModel {
    pub(super) name: Attr<String>,
    pub(super) on: Attr<String>,
    pub(super) jump_to: Attr<String>,
    pub(super) call: Attr<String>,
}

/// The attributes of a step; required for a resource, computed for the list.
fn step_attributes(settable: bool) -> Vec<Attribute> {
    let required = |attribute: Attribute| if settable { attribute.required() } else { attribute.computed() };
    let optional = |attribute: Attribute| if settable { attribute.optional() } else { attribute.computed() };
    let text = |name: &str, what: &str| optional(Attribute::string(name)).describe(what);
    let params = vec![
        text("name", "The name of the parameter."),
        text("field", "The field of the session that it is taken from."),
    ];
    let actions = vec![
        text("name", "The name of the action."),
        text("on", "The event that starts the action, such as `click`, `captured` or `load`."),
        text("jump_to", "The `name` of the step to go to. It must be a step of this workflow."),
        text("call", "What to call, such as `submit`."),
    ];
    vec![
        required(Attribute::string("name"))
            .rule(Rule::Length(1, usize::MAX))
            .describe("The name of the step, by which `jump_to` finds it. No two steps share one."),
        required(Attribute::string("type")).rule(Rule::OneOf(STEP_TYPES)).describe("What the step does."),
        text(
            "html",
            "The page of an `HTML` step, as plain text. It travels as base64; Terraform shows and compares the text.",
        ),
        text(
            "html_base64",
            "The page of an `HTML` step where it is encoded already, as by `filebase64`. Excludes `html`.",
        ),
        optional(Attribute::objects("params", params)).describe("Parameters that the step is given."),
        optional(Attribute::objects("actions", actions)).describe("What the step does on events."),
    ]
}

impl StepModel {
    fn to_wire(&self) -> wire::Step {
        let html = match (self.html.as_str(), self.html_base64.as_str()) {
            (Some(plain), _) => BASE64_STANDARD.encode(plain),
            (None, Some(encoded)) => encoded.to_owned(),
            (None, None) => String::new(),
        };
        let params = self.params.known().into_iter().flatten();
        let actions = self.actions.known().into_iter().flatten();
        wire::Step {
            name: self.name.as_str().map(str::to_owned),
            kind: self.kind.as_str().map(str::to_owned),
            // The vendor's page requires it of every step, also of those that show no page.
            html: Some(html),
            params: Some(
                params
                    .map(|param| wire::Param {
                        name: param.name.clone().into_known(),
                        field: param.field.clone().into_known(),
                    })
                    .collect(),
            ),
            actions: Some(
                actions
                    .map(|action| wire::Action {
                        name: action.name.clone().into_known(),
                        on: action.on.clone().into_known(),
                        jump_to: action.jump_to.clone().into_known(),
                        call: action.call.clone().into_known(),
                    })
                    .collect(),
            ),
        }
    }

    /// From the wire, in the spelling of `known`, the same step as the user wrote it, if there is one.
    fn from_wire(step: wire::Step, known: Option<&Self>) -> Self {
        let encoded = step.html.unwrap_or_default();
        let plain = BASE64_STANDARD.decode(&encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let keeps_encoded = known.is_some_and(|known| !known.html_base64.is_null());
        let (html, html_base64) = match plain {
            _ if encoded.is_empty() && known.is_none_or(|known| known.html.is_null()) => (Attr::Null, Attr::Null),
            Some(plain) if !keeps_encoded => (plain.into(), Attr::Null),
            _ => (Attr::Null, encoded.into()),
        };
        let params = step.params.unwrap_or_default().into_iter();
        let params = params.map(|param| ParamModel { name: param.name.into(), field: param.field.into() }).collect();
        let actions = step.actions.unwrap_or_default().into_iter().map(|action| ActionModel {
            name: action.name.into(),
            on: action.on.into(),
            jump_to: action.jump_to.into(),
            call: action.call.into(),
        });
        Self {
            name: step.name.into(),
            kind: step.kind.into(),
            html,
            html_base64,
            params: listed(params, known.map(|known| &known.params)),
            actions: listed(actions.collect(), known.map(|known| &known.actions)),
        }
    }
}

/// A list from the wire, where nothing and an empty list are the same; null unless the user wrote `[]`.
fn listed<T>(found: Vec<T>, known: Option<&Attr<Vec<T>>>) -> Attr<Vec<T>> {
    let wrote_empty = known.is_some_and(|known| !known.is_null());
    if found.is_empty() && !wrote_empty { Attr::Null } else { found.into() }
}

impl ProofingTemplateModel {
    fn steps(&self) -> Vec<wire::Step> {
        self.workflow.known().into_iter().flatten().map(StepModel::to_wire).collect()
    }

    /// This template with what the vendor answered of it.
    fn with(mut self, template: wire::Template) -> Self {
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
        let given = |name: &str, what: &str| Attribute::string(name).computed().stable().describe(what);
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
                    .replaces()
                    .rule(Rule::OneOf(DOCUMENT_TYPES))
                    .describe("The document that the flow is for: driver license, passport or identity card."),
                Attribute::string("dvc_id").optional().replaces().rule(Rule::Length(1, usize::MAX)).describe(
                    "The id of the device verification configuration that uses the template (`dvcID` at the vendor). Needed to create a \
                     template. The vendor does not tell it of one that exists, so it may be left out for one that was imported, and \
                     setting it later is no change then.",
                ),
                Attribute::objects("workflow", step_attributes(true)).required().describe(
                    "The steps in order. The flow begins at the first; an action's `jump_to` leads to another, and a step \
                     without actions leads to the one below it.",
                ),
            ],
        )
    }

    fn identity(&self) -> Vec<identity::Part> {
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
            Err(error) if error.may_have_been_carried_out() || error.kind() == Kind::Decode => {
                adopt(client, &plan, error, ctx).await?
            }
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
        let rows = client.templates::<wire::Template>(session_id, false).await?;
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
                let detail = format!(
                    "`{id}` is not an import id of `idv_onekosmos_proofing_template`. It is `TEMPLATE_ID`, such as \
                     `65f0c0ffee65f0c0ffee65f0`, or `DVC_ID/TEMPLATE_ID` to have `dvc_id` in state."
                );
                return Err(Diagnostic::error("Wrong import id", detail).into());
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
        found: &mut Found<ProofingTemplateModel>,
    ) -> Result<(), Diagnostics> {
        for row in visible(client, filter.get("session_id").as_str(), filter.get("document_type").as_str()).await? {
            let model = ProofingTemplateModel::default().with(row);
            let of = model.dvc_id.as_str().unwrap_or(model.id()).to_owned();
            let name = format!("{} {of}", model.document_type.as_str().unwrap_or("template"));
            if !found.offer(name, model).await {
                break;
            }
        }
        Ok(())
    }
}

/// What a list of templates can be narrowed by.
fn filters() -> Vec<Attribute> {
    vec![
        Attribute::string("session_id").optional().describe(
            "The id of the session to look through. Without it the provider's `template_session_id` is used.",
        ),
        Attribute::string("document_type")
            .optional()
            .rule(Rule::OneOf(DOCUMENT_TYPES))
            .describe("Only templates for this document."),
    ]
}

/// The templates that a session shows.
async fn visible(
    client: &Client,
    session_id: Option<&str>,
    document_type: Option<&str>,
) -> Result<Vec<wire::Template>, Diagnostics> {
    let session_id = session_id.or(client.template_session_id.as_deref()).ok_or_else(|| {
        let detail = "1Kosmos shows templates only through a live session. Set `session_id` here, or `template_session_id` in \
                      `onekosmos = { ... }` of the provider block (IDV_ONEKOSMOS_TEMPLATE_SESSION_ID).";
        Diagnostic::error("A session is needed", detail).at(Path::to("session_id"))
    })?;
    let mut rows = client.templates::<wire::Template>(session_id, false).await?;
    rows.retain(|row| document_type.is_none_or(|wanted| row.document_type.as_deref() == Some(wanted)));
    Ok(rows)
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
                format!("It was found by its dvcID and is kept in state.\n{}", error.detail()),
            );
            Ok(template)
        }
        // Not created, so the plain error is the whole story.
        Ok(None) => Err(error.into()),
        Err(second) => {
            let mut diagnostics = Diagnostics::from(error);
            diagnostics.push(Diagnostic::error("The proofing template may exist without being in state", format!(
                "Looking it up by its dvcID failed too, so it is not known whether it was created. Look for the dvcID `{}` in the \
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
    let sessions = client.sessions::<wire::Session>(&serde_json::json!({ "id": session_id })).await?;
    Ok(sessions.iter().any(|session| {
        session.document_type.as_deref() == Some(document_type) && session.dvc_id.as_deref() == state.dvc_id.as_str()
    }))
}

fn no_session() -> Diagnostics {
    let detail = "1Kosmos shows a template only through a live proofing session, so an import needs one. Start a session in the \
                  admin console and set `template_session_id` in `onekosmos = { ... }` of the provider block, or the environment \
                  variable IDV_ONEKOSMOS_TEMPLATE_SESSION_ID.";
    Diagnostic::error("A template can be imported only with a session", detail).into()
}

/// The templates that a session shows.
pub(super) struct ProofingTemplates;

/// The attributes of the list.
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
            column("document_type", "The document that the flow is for."),
            column(
                "dvc_id",
                "The id of the device verification configuration; null where the vendor does not tell it.",
            ),
            Attribute::objects("workflow", step_attributes(false)).computed().describe("The steps in order."),
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

mod wire {
    //! The template of the page's "Proofing Template" group. `script` comes back in an action and is not accepted.

    use serde::{Deserialize, Serialize};

    #[derive(Clone, Deserialize)]
    pub(super) struct Template {
        #[serde(rename = "_id")]
        pub(super) id: String,
        #[serde(rename = "tenantId")]
        pub(super) tenant_id: Option<String>,
        #[serde(rename = "communityId")]
        pub(super) community_id: Option<String>,
        #[serde(rename = "documentType")]
        pub(super) document_type: Option<String>,
        #[serde(rename = "dvcID")]
        pub(super) dvc_id: Option<String>,
        #[serde(default)]
        pub(super) workflow: Vec<Step>,
    }

    #[derive(Clone, Serialize, Deserialize)]
    pub(super) struct Step {
        pub(super) name: Option<String>,
        #[serde(rename = "type")]
        pub(super) kind: Option<String>,
        pub(super) html: Option<String>,
        pub(super) params: Option<Vec<Param>>,
        pub(super) actions: Option<Vec<Action>>,
    }

    #[derive(Clone, Serialize, Deserialize)]
    pub(super) struct Param {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) name: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) field: Option<String>,
    }

    #[derive(Clone, Serialize, Deserialize)]
    pub(super) struct Action {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) name: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) on: Option<String>,
        #[serde(rename = "jumpTo", skip_serializing_if = "Option::is_none")]
        pub(super) jump_to: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) call: Option<String>,
    }

    #[derive(Clone, Deserialize)]
    pub(super) struct Session {
        #[serde(rename = "documentType")]
        pub(super) document_type: Option<String>,
        #[serde(rename = "dvcID")]
        pub(super) dvc_id: Option<String>,
    }
}
