//! `idv_didit_workflow`: the checks that a person goes through, as resource. `features` has what they are, `versions` how a
//! change is published.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::client::{Client, Collection};
use super::creation::Creation;
use super::features::{self, FeatureModel};
use super::versions::{self, STATUSES, Target, Version};
use crate::framework::resource::{Change, Context, Planning, Resource};
use crate::framework::{
    Attr, Attribute, Diagnostics, ListSink, Listable, Number, Path, Private, Rule, Schema, Value, identity,
};
use crate::http::{CachePolicy, Error};
use crate::vendors::shared::config::NOT_EMPTY;

/// What stands for a window without an end, which the vendor has as null.
const UNLIMITED: i64 = 0;

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
        Target { group: self.workflow_id.as_str().unwrap_or_default(), last: self.uuid.as_str() }
    }

    fn features(&self) -> &[FeatureModel] {
        self.features.known().map_or(&[], Vec::as_slice)
    }

    /// What is known of the body of a create.
    fn to_wire(&self) -> Map<String, Json> {
        let flag = |value: &Attr<bool>| value.known().copied().map(Json::from);
        let number = |value: &Attr<Number>| value.known().map(|number| Json::Number(number.into()));
        let features = self.features.known().map(|all| all.iter().map(FeatureModel::to_wire).collect::<Json>());
        let members = [
            ("workflow_label", self.workflow_label.as_str().map(Json::from)),
            ("status", self.status.as_str().map(Json::from)),
            ("features", features),
            ("is_default", flag(&self.is_default)),
            ("is_white_label_enabled", flag(&self.is_white_label_enabled)),
            ("is_desktop_allowed", flag(&self.is_desktop_allowed)),
            ("max_retry_attempts", number(&self.max_retry_attempts)),
            ("retry_window_days", self.retry_window_days.known().map(days)),
            ("face_liveness_max_attempts", number(&self.face_liveness_max_attempts)),
            ("face_match_max_attempts", number(&self.face_match_max_attempts)),
            ("session_expiration_time", number(&self.session_expiration_time)),
        ];
        members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }

    /// For how many days retries are counted. Null cannot be configured: it is what leaving a setting out looks like.
    fn retry_window(&self, version: &Version) -> Result<Attr<Number>, Error> {
        const NAME: &str = "retry_window_days";
        let unlimited = version.told.get(NAME).is_some_and(Json::is_null);
        if unlimited { Ok(Attr::Known(UNLIMITED.into())) } else { version.tell(NAME, &self.retry_window_days) }
    }

    /// This workflow as a version of it tells.
    fn with(self, version: &Version, private: &Private) -> Result<Self, Error> {
        let features = features::merged(self.features(), &version.told, private);
        Ok(Self {
            workflow_id: version.group.as_str().into(),
            uuid: version.id.as_str().into(),
            version: version.tell("version", &self.version)?,
            workflow_label: version.tell("workflow_label", &self.workflow_label)?,
            status: version.tell("status", &self.status)?,
            features: features.into(),
            is_default: version.tell("is_default", &self.is_default)?,
            is_white_label_enabled: version.tell("is_white_label_enabled", &self.is_white_label_enabled)?,
            is_desktop_allowed: version.tell("is_desktop_allowed", &self.is_desktop_allowed)?,
            max_retry_attempts: version.tell("max_retry_attempts", &self.max_retry_attempts)?,
            retry_window_days: self.retry_window(version)?,
            face_liveness_max_attempts: version.tell("face_liveness_max_attempts", &self.face_liveness_max_attempts)?,
            face_match_max_attempts: version.tell("face_match_max_attempts", &self.face_match_max_attempts)?,
            session_expiration_time: version.tell("session_expiration_time", &self.session_expiration_time)?,
        })
    }
}

#[async_trait]
impl Resource for Workflow {
    type Client = Client;
    type Model = WorkflowModel;

    const NAME: &'static str = "didit_workflow";

    fn schema(&self) -> Schema {
        Schema::new(
            "A workflow: the checks that a person goes through, in order. `workflow_id` stays for ever. A change of a published \
             workflow publishes another version with a `uuid` of its own, so that what a session ran under can still be seen; the \
             plan warns where that loses a draft that somebody has begun. A workflow that is a draft itself is changed in place. \
             Destroy deletes every version that Didit lists or Terraform has seen. Didit tells the names of the features and not \
             what each is set to, so an import does not know `config`: the first apply after it records what is configured, and \
             publishes a version only where that differs from what Didit shows.",
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
        versions::check_status(&Collection::workflows(), &prior.status, &planning.plan.status)?;
        if prior.status.as_str() == Some("published") && *prior != planning.plan {
            versions::warn_of_draft(&Collection::workflows(), &planning.private, &mut planning.diagnostics);
        }
        if prior.features == planning.plan.features || features::are_written(&planning.private) {
            return Ok(());
        }
        let lost = features::losing_settings(prior.features(), planning.plan.features());
        if !lost.is_empty() {
            let detail = format!(
                "The workflow was imported, and Didit does not tell what its features are set to. A change of `features` sends all of \
                 them, so what `config` leaves out goes back to Didit's own settings for {}. Set `config` where it should not.",
                lost.join(", ")
            );
            planning.diagnostics.warn(Path::to("features"), "Settings of features are not known", detail);
        }
        Ok(())
    }

    async fn create(
        &self,
        client: &Client,
        plan: WorkflowModel,
        ctx: &mut Context<WorkflowModel>,
    ) -> Result<WorkflowModel, Diagnostics> {
        let collection = Collection::workflows();
        let label = plan.workflow_label.as_str().unwrap_or_default();
        let same = |row: &Version| row.told.get("workflow_label").and_then(Json::as_str) == Some(label);
        let creation = Creation::<Version>::begin(client, collection.clone()).await?;
        let created = creation.create(label, &Json::Object(plan.to_wire()), same, ctx).await?;
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
            super::warn_gone(ctx, "workflow", state.target().group);
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
            && features::are_there(plan.features(), &version.told)
        {
            // The first apply after an import only records what Didit has already.
            body.remove("features");
            if body.iter().all(|(name, value)| before.get(name) == Some(value)) {
                return written(plan, &version, ctx);
            }
        }
        let (target, body) = (prior.target(), Json::Object(body));
        let version = versions::change(client, &collection, target, &body, ctx).await?;
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
        let versions: Vec<Version> = client.list(&collection, CachePolicy::UseCached).await?;
        for version in versions::all_current(&versions) {
            // One that was deleted meanwhile is passed over.
            let Some(version) = versions::full(client, &collection, &version.id, CachePolicy::UseCached).await? else {
                continue;
            };
            let model = WorkflowModel::default().with(&version, &Private::default())?;
            sink.push(model.workflow_label.as_str().unwrap_or("workflow"), model.clone()).await;
        }
        Ok(())
    }
}

fn days(number: &Number) -> Json {
    if *number == Number::from(UNLIMITED) { Json::Null } else { Json::Number(number.into()) }
}

/// The state after a write, and what was echoed of it.
fn written(
    plan: WorkflowModel,
    version: &Version,
    ctx: &mut Context<WorkflowModel>,
) -> Result<WorkflowModel, Diagnostics> {
    features::remember(plan.features(), &version.told, &mut ctx.private)?;
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
            "The id that all versions share, by which sessions are begun.",
        ),
        Attribute::string("uuid").computed().describe("The id of the version that counts today. It moves with each that is published."),
        Attribute::number("version").computed().describe("The number of that version, where Didit tells it."),
        Attribute::string("workflow_label").required().rule(Rule::Length(1, 50)).describe(
            "What the Business Console calls it.",
        ),
        Attribute::string("status").default("published").rule(Rule::OneOf(STATUSES)).describe(
            "Whether sessions can be begun with it. A draft can be published; a published workflow never becomes a draft again.",
        ),
        Attribute::objects("features", features::attributes()).required().rule(NOT_EMPTY).describe(
            "The checks in order. `FACE_MATCH` comes after `OCR`.",
        ),
        flag("is_default", "Whether it is for sessions that name no workflow. An application has one such workflow."),
        flag("is_white_label_enabled", "Whether the application's own look is used."),
        flag("is_desktop_allowed", "Whether the checks may be done on a desktop computer."),
        number("max_retry_attempts", 0, 10, "How often a person who was declined may try again."),
        number("retry_window_days", 0, 365, "For how many days that is counted; `0` for no limit, which Didit has as null."),
        number("face_liveness_max_attempts", 1, 3, "How many attempts at a liveness check a session has."),
        number("face_match_max_attempts", 1, 3, "How many attempts at a face match a session has."),
        number("session_expiration_time", 3600, 2_419_200, "After how many seconds a session ends that nobody has finished."),
    ]
}
