//! `idv_didit_workflow`: the resource of the checks that a person goes through. The checks are in `features`, how a change is
//! published in `versions`.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number as JsonNumber, Value as Json, json};

use super::client::{Client, Collection};
use super::creates::Creation;
use super::features::{self, FeatureModel};
use super::field::Field;
use super::versions::{self, STATUSES, Target, Version, VersionFields};
use crate::framework::impact::{Period, Reach};
use crate::framework::resource::{Change, Context, Planning, Resource};
use crate::framework::{
    Attr, Attribute, Diagnostics, Effect, ListSink, Listable, Number, Path, Private, Rule, Schema, Value, identity,
};
use crate::http::{CachePolicy, Error};
use crate::openapi::Call;
use crate::vendors::shared::config::NOT_EMPTY;
use crate::vendors::shared::reconcile::IfPresent;

/// The value of a retry window without an end, which the vendor has as null.
const UNLIMITED: i64 = 0;

/// What more attempts do.
const ATTEMPTS: Effect = Effect::looser("people may try more often", "people may try less often");

/// The calls about workflows.
pub(super) fn calls() -> Vec<Call> {
    versions::calls::<wire::WorkflowResponse, wire::WorkflowBody<'_>>(&Collection::workflows())
}

impl VersionFields for wire::WorkflowResponse {
    const ID: &'static str = versions::WORKFLOW_ID;
    const GROUP: &'static str = versions::WORKFLOW_GROUP;

    fn others() -> Json {
        json!({"features": {"type": ["string", "array"]}})
    }
}

/// One workflow.
#[derive(Clone, Copy)]
pub(super) struct Workflow;

/// The attributes of one workflow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct WorkflowModel {
    workflow_id: Attr<String>,
    uuid: Attr<String>,
    version: Attr<i64>,
    workflow_label: Attr<String>,
    status: Attr<String>,
    features: Attr<Vec<FeatureModel>>,
    is_default: Attr<bool>,
    is_white_label_enabled: Attr<bool>,
    is_desktop_allowed: Attr<bool>,
    max_retry_attempts: Attr<Number>,
    retry_window_days: Attr<Number>,
    face_liveness_max_attempts: Attr<Number>,
    face_match_max_attempts: Attr<Number>,
    session_expiration_time: Attr<Number>,
}

impl WorkflowModel {
    fn target(&self) -> Target<'_> {
        Target {
            group: self.workflow_id.as_str().unwrap_or_default(),
            last: self.uuid.as_str(),
            name: self.workflow_label.as_str().unwrap_or_default(),
            type_name: Workflow::NAME,
        }
    }

    fn features(&self) -> &[FeatureModel] {
        self.features.known().map_or(&[], Vec::as_slice)
    }

    /// The body of a create: every attribute that is known.
    fn to_wire(&self) -> Map<String, Json> {
        let number = |value: &Attr<Number>| value.known().map(JsonNumber::from);
        versions::body(&wire::WorkflowBody {
            workflow_label: self.workflow_label.as_str(),
            status: self.status.as_str(),
            features: self.features.known().map(|all| all.iter().map(FeatureModel::to_wire).collect()),
            is_default: self.is_default.known().copied(),
            is_white_label_enabled: self.is_white_label_enabled.known().copied(),
            is_desktop_allowed: self.is_desktop_allowed.known().copied(),
            max_retry_attempts: number(&self.max_retry_attempts),
            retry_window_days: self.retry_window_days.known().map(days),
            face_liveness_max_attempts: number(&self.face_liveness_max_attempts),
            face_match_max_attempts: number(&self.face_match_max_attempts),
            session_expiration_time: number(&self.session_expiration_time),
        })
    }

    /// This workflow with the values of a version.
    fn with(self, version: &Version, private: &Private) -> Result<Self, Error> {
        let features = features::merged(self.features(), &version.fields, private);
        let fields: wire::WorkflowResponse = version.parse()?;
        Ok(Self {
            workflow_id: version.group.as_str().into(),
            uuid: version.id.as_str().into(),
            version: fields.version.resolve(&self.version),
            workflow_label: fields.workflow_label.resolve(&self.workflow_label),
            status: fields.status.resolve(&self.status),
            features: features.into(),
            is_default: fields.is_default.resolve(&self.is_default),
            is_white_label_enabled: fields.is_white_label_enabled.resolve(&self.is_white_label_enabled),
            is_desktop_allowed: fields.is_desktop_allowed.resolve(&self.is_desktop_allowed),
            max_retry_attempts: fields.max_retry_attempts.resolve(&self.max_retry_attempts),
            retry_window_days: retry_window(fields.retry_window_days, &self.retry_window_days),
            face_liveness_max_attempts: fields.face_liveness_max_attempts.resolve(&self.face_liveness_max_attempts),
            face_match_max_attempts: fields.face_match_max_attempts.resolve(&self.face_match_max_attempts),
            session_expiration_time: fields.session_expiration_time.resolve(&self.session_expiration_time),
        })
    }
}

#[async_trait]
impl Resource for Workflow {
    type Client = Client;
    type Model = WorkflowModel;

    const NAME: &'static str = "didit_workflow";

    const NATURAL_KEY: &'static [&'static str] = &["workflow_label"];

    fn schema(&self) -> Schema {
        Schema::new(
            "A workflow: the checks that a person goes through, in order. `workflow_id` never changes. A change of a published \
             workflow publishes another version with a `uuid` of its own, so that the version of an earlier session stays visible; \
             the plan warns if that deletes a draft in the Business Console. A workflow that is a draft itself is changed in \
             place. Destroy deletes every version that Didit lists or Terraform has read. Didit returns the names of the features \
             and not their settings, so an import does not know `config`: the first apply after it records the configuration, and \
             publishes a version only if that differs from what Didit returns.",
            attributes(),
        )
    }

    fn identity(&self) -> Vec<identity::IdentityAttribute> {
        vec![identity::required("workflow_id", "The id that all versions of the workflow share."), super::service()]
    }

    fn validate(&self, config: &WorkflowModel, diagnostics: &mut Diagnostics) {
        features::check(config.features(), diagnostics);
    }

    fn plan(&self, planning: &mut Planning<WorkflowModel>) -> Result<(), Diagnostics> {
        let Some(prior) = &planning.prior else { return Ok(()) };
        versions::check_status(&Collection::workflows(), prior.target().group, &prior.status, &planning.plan.status)?;
        if prior.status.as_str() == Some("published") && *prior != planning.plan {
            versions::warn_of_draft(
                &Collection::workflows(),
                prior.target().group,
                &planning.private,
                &mut planning.diagnostics,
            );
        }
        if prior.features == planning.plan.features || features::are_written(&planning.private) {
            return Ok(());
        }
        let lost = features::losing_settings(prior.features(), planning.plan.features());
        if !lost.is_empty() {
            let detail = format!(
                "The workflow was imported, and Didit does not return the settings of its features. A change of `features` sends all \
                 of them, so settings that `config` leaves out return to Didit's defaults for {}. Set `config` to keep them.",
                lost.join(", ")
            );
            let summary = Collection::workflows().summary(prior.target().group, "may lose settings");
            planning.diagnostics.warn(Path::to("features"), summary, detail);
        }
        Ok(())
    }

    async fn create(
        &self,
        client: &Client,
        plan: WorkflowModel,
        ctx: &mut Context<WorkflowModel>,
    ) -> Result<WorkflowModel, Diagnostics> {
        let (collection, body) = (Collection::workflows(), plan.to_wire());
        let creation = Creation::<Version> {
            client,
            collection: &collection,
            type_name: Self::NAME,
            name: plan.workflow_label.as_str().unwrap_or_default(),
            import_prefix: "",
            if_present: IfPresent::WarnRecent,
            matches: &|row| row.is_created_by(&body),
        };
        let created = creation.send(&client.creates.workflows, &body, ctx).await?;
        let known = WorkflowModel {
            workflow_id: created.group.as_str().into(),
            uuid: created.id.as_str().into(),
            ..plan.clone()
        };
        ctx.save(&known);
        let version = versions::read_back(client, &collection, created, ctx).await?;
        written(known, &version, ctx)
    }

    async fn read(
        &self,
        client: &Client,
        state: WorkflowModel,
        ctx: &mut Context<WorkflowModel>,
    ) -> Result<Option<WorkflowModel>, Diagnostics> {
        let Some(version) = versions::find(client, &Collection::workflows(), state.target()).await? else {
            super::warn_gone(ctx, &Collection::workflows(), state.target().group);
            return Ok(None);
        };
        versions::keep(&mut ctx.private, &version)?;
        Ok(Some(state.with(&version, &ctx.private)?))
    }

    async fn update(
        &self,
        client: &Client,
        change: Change<WorkflowModel>,
        ctx: &mut Context<WorkflowModel>,
    ) -> Result<WorkflowModel, Diagnostics> {
        let Change { prior, plan } = change;
        let before = prior.to_wire();
        let mut body = versions::difference(&before, plan.to_wire());
        let collection = Collection::workflows();
        if !features::are_written(&ctx.private)
            && let Some(version) = versions::find(client, &collection, prior.target()).await?
            && features::are_there(plan.features(), &version.fields)
        {
            // The first apply after an import only records what Didit has already.
            body.remove("features");
            if body.iter().all(|(name, value)| before.get(name) == Some(value)) {
                return written(plan, &version, ctx);
            }
        }
        let version = versions::change(client, &collection, prior.target(), &body, ctx).await?;
        written(plan, &version, ctx)
    }

    async fn delete(
        &self,
        client: &Client,
        state: WorkflowModel,
        ctx: &mut Context<WorkflowModel>,
    ) -> Result<(), Diagnostics> {
        versions::delete_all(client, &Collection::workflows(), state.target(), &ctx.private).await
    }

    fn import(&self, id: &str) -> Result<WorkflowModel, Diagnostics> {
        let workflow_id = super::one_uuid(id, Self::NAME, "WORKFLOW_ID")?;
        Ok(WorkflowModel { workflow_id, ..WorkflowModel::default() })
    }

    async fn reach(&self, _: &Client, _: &Value, _: &Period) -> Result<Reach, Diagnostics> {
        Ok(Reach::not_known("Didit documents no count of its sessions by workflow."))
    }

    fn import_id(&self, state: &WorkflowModel) -> String {
        state.target().group.to_owned()
    }
}

#[async_trait]
impl Listable for Workflow {
    fn filters(&self) -> Schema {
        Schema::new("The workflows of the application.", Vec::new())
    }

    async fn list(&self, client: &Client, _: Value, sink: &mut ListSink<WorkflowModel>) -> Result<(), Diagnostics> {
        let collection = Collection::workflows();
        let versions = client.list::<Version>(&collection, CachePolicy::UseCached).await?;
        for version in versions::all_current(&versions) {
            // A workflow that was deleted meanwhile is skipped.
            let Some(version) = versions::full(client, &collection, &version.id, CachePolicy::UseCached).await? else {
                continue;
            };
            let model = WorkflowModel::default().with(&version, &Private::default())?;
            sink.push(model.workflow_label.as_str().unwrap_or("workflow"), model.clone()).await;
        }
        Ok(())
    }
}

/// The retry window in a request: null for no limit.
fn days(number: &Number) -> Json {
    if *number == Number::from(UNLIMITED) { Json::Null } else { Json::Number(number.into()) }
}

/// The retry window of a response. Null cannot be configured, since it means that the attribute is left out.
pub(super) fn retry_window(field: Field<Number>, kept: &Attr<Number>) -> Attr<Number> {
    match field {
        Field::Present(None) => Attr::Known(UNLIMITED.into()),
        field => field.resolve(kept),
    }
}

/// The state after a write. Keeps the digests of the settings in the response.
fn written(
    plan: WorkflowModel,
    version: &Version,
    ctx: &mut Context<WorkflowModel>,
) -> Result<WorkflowModel, Diagnostics> {
    features::remember(plan.features(), &version.fields, &mut ctx.private)?;
    Ok(plan.with(version, &ctx.private)?)
}

fn attributes() -> Vec<Attribute> {
    let kept = |attribute: Attribute, what: &str| {
        attribute
            .optional()
            .computed()
            .use_state_for_unknown()
            .describe(format!("{what} If it is left out, Didit's value stays."))
    };
    let flag = |name: &str, what: &str| kept(Attribute::bool(name), what);
    let number = |name: &str, least, most, what: &str| {
        kept(Attribute::number(name).rule(Rule::Whole).rule(Rule::Range(least, most)), what)
    };
    vec![
        Attribute::string("workflow_id").computed().use_state_for_unknown().describe(
            "The id that all versions share. Sessions are created with it.",
        ),
        Attribute::string("uuid").computed().describe("The id of the current version. It changes with each published version."),
        Attribute::number("version").computed().describe("The number of that version, if Didit returns it."),
        Attribute::string("workflow_label").required().rule(Rule::Length(1, 50)).describe(
            "The name of the workflow in the Business Console.",
        ),
        Attribute::string("status").default("published").rule(Rule::OneOf(STATUSES)).describe(
            "Whether sessions can be created with it. A draft can be published; a published workflow never becomes a draft again.",
        ),
        Attribute::objects("features", features::attributes()).required().rule(NOT_EMPTY).describe(
            "The checks in order. `FACE_MATCH` comes after `OCR`.",
        ).effect(Effect::stricter("more is checked", "less is checked")),
        flag("is_default", "Whether it is the default, for sessions without a workflow. An application has one default."),
        flag("is_white_label_enabled", "Whether the customization of the application is used."),
        flag("is_desktop_allowed", "Whether the checks may be done on a desktop computer."),
        number("max_retry_attempts", 0, 10, "How often a person who was declined may try again.")
            .effect(ATTEMPTS),
        number("retry_window_days", 0, 365, "For how many days retries are counted; `0` for no limit, which Didit has as null."),
        number("face_liveness_max_attempts", 1, 3, "How many attempts at a liveness check a session has.")
            .effect(ATTEMPTS),
        number("face_match_max_attempts", 1, 3, "How many attempts at a face match a session has.")
            .effect(ATTEMPTS),
        number("session_expiration_time", 3600, 2_419_200, "After how many seconds an unfinished session ends.")
            .effect(Effect::looser("people have more time", "people have less time")),
    ]
}

pub(super) mod wire {
    //! The workflow of the vendor's OpenAPI document.

    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::super::field;
    use super::features::Feature;
    use super::{Field, JsonNumber, Number};
    use crate::vendors::shared::loose::Whole;

    #[derive(Serialize, JsonSchema)]
    pub(super) struct WorkflowBody<'m> {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) workflow_label: Option<&'m str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) status: Option<&'m str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) features: Option<Vec<Feature<'m>>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) is_default: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) is_white_label_enabled: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) is_desktop_allowed: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) max_retry_attempts: Option<JsonNumber>,
        /// Null for no limit.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<f64>")]
        pub(super) retry_window_days: Option<super::Json>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) face_liveness_max_attempts: Option<JsonNumber>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) face_match_max_attempts: Option<JsonNumber>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) session_expiration_time: Option<JsonNumber>,
    }

    /// The fields of a response, without the features.
    #[derive(Default, Deserialize, JsonSchema)]
    #[serde(default)]
    pub(in super::super) struct WorkflowResponse {
        #[serde(deserialize_with = "field::whole")]
        #[schemars(with = "Option<Whole>")]
        pub(in super::super) version: Field<i64>,
        pub(in super::super) workflow_label: Field<String>,
        pub(in super::super) status: Field<String>,
        pub(in super::super) is_default: Field<bool>,
        pub(in super::super) is_white_label_enabled: Field<bool>,
        pub(in super::super) is_desktop_allowed: Field<bool>,
        pub(in super::super) max_retry_attempts: Field<Number>,
        pub(in super::super) retry_window_days: Field<Number>,
        pub(in super::super) face_liveness_max_attempts: Field<Number>,
        pub(in super::super) face_match_max_attempts: Field<Number>,
        pub(in super::super) session_expiration_time: Field<Number>,
    }
}
