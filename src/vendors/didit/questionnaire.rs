//! `idv_didit_questionnaire`: questions that a workflow asks, as resource. `form_elements` has the questions, `versions` how
//! a change is published.
//!
//! The answers about a questionnaire show its questions as a graph that Didit has made of them. So they are known only as
//! far as Terraform has sent them, and one that was imported does without until they are changed.

use std::collections::BTreeSet;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::client::{Client, Collection};
use super::creation::Creation;
use super::form_elements::{self, FormElementModel};
use super::versions::{self, STATUSES, Target, Version};
use crate::framework::resource::{Change, Context, Planning, Resource};
use crate::framework::{
    Attr, Attribute, Diagnostic, Diagnostics, ListSink, Listable, Path, Private, Rule, Schema, Type, Value, identity,
};
use crate::http::{CachePolicy, Error};
use crate::vendors::shared::config::NOT_EMPTY;

/// One questionnaire.
#[derive(Clone, Copy)]
pub(super) struct Questionnaire;

/// The attributes of one questionnaire.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct QuestionnaireModel {
    questionnaire_group_id: Attr<String>,
    questionnaire_id: Attr<String>,
    version: Attr<i64>,
    title: Attr<String>,
    description: Attr<String>,
    languages: Attr<Vec<Attr<String>>>,
    default_language: Attr<String>,
    is_active: Attr<bool>,
    status: Attr<String>,
    form_elements: Attr<Vec<FormElementModel>>,
}

impl QuestionnaireModel {
    fn target(&self) -> Target<'_> {
        Target { group: self.questionnaire_group_id.as_str().unwrap_or_default(), last: self.questionnaire_id.as_str() }
    }

    /// The languages; `None` while one of them is not known.
    fn languages(&self) -> Option<BTreeSet<&str>> {
        self.languages.known()?.iter().map(Attr::as_str).collect()
    }

    fn to_wire(&self) -> Map<String, Json> {
        let elements = self.form_elements.known();
        let members = [
            ("title", self.title.as_str().map(Json::from)),
            ("description", self.description.as_str().map(Json::from)),
            ("languages", self.languages().map(|languages| languages.into_iter().collect())),
            ("default_language", self.default_language.as_str().map(Json::from)),
            ("is_active", self.is_active.known().copied().map(Json::from)),
            ("status", self.status.as_str().map(Json::from)),
            ("form_elements", elements.map(|all| all.iter().map(FormElementModel::to_wire).collect())),
        ];
        members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }

    /// This questionnaire as a version of it tells. Its questions stay as they are.
    fn with(self, version: &Version) -> Result<Self, Error> {
        let description = version.tell("description", &self.description)?.into_known();
        let languages = version.tell::<Vec<String>>("languages", &Attr::Null)?.into_known();
        Ok(Self {
            questionnaire_group_id: version.group.as_str().into(),
            questionnaire_id: version.id.as_str().into(),
            version: version.tell("version", &self.version)?,
            title: version.tell("title", &self.title)?,
            // None is as good as an empty one.
            description: description.filter(|text: &String| !text.is_empty()).into(),
            languages: languages
                .map_or(self.languages, |all| all.into_iter().map(Attr::Known).collect::<Vec<_>>().into()),
            default_language: version.tell("default_language", &self.default_language)?,
            is_active: version.tell("is_active", &self.is_active)?,
            status: version.tell("status", &self.status)?,
            form_elements: self.form_elements,
        })
    }
}

#[async_trait]
impl Resource for Questionnaire {
    type Client = Client;
    type Model = QuestionnaireModel;

    const NAME: &'static str = "didit_questionnaire";

    fn schema(&self) -> Schema {
        Schema::new(
            "A questionnaire: questions that a workflow asks by its feature `QUESTIONNAIRE`. `questionnaire_group_id` stays for \
             ever. A change of a published questionnaire publishes another version with a `questionnaire_id` of its own, to which \
             workflows that refer to it move in the same apply; the plan warns where that loses a draft that somebody has begun. A \
             questionnaire that is a draft itself is changed in place. Destroy deletes every version that Didit lists or Terraform \
             has seen, and with them all answers that people have given.",
            attributes(),
        )
    }

    fn identity(&self) -> Vec<identity::IdentityAttribute> {
        let group = "The id that all versions of the questionnaire share.";
        vec![identity::required("questionnaire_group_id", group), super::service()]
    }

    fn validate(&self, config: &QuestionnaireModel, diagnostics: &mut Diagnostics) {
        let languages = config.languages();
        if let Some(languages) = languages.as_ref().filter(|languages| !languages.is_empty()) {
            if !languages.contains("en") {
                let detail =
                    "Didit asks for English in every questionnaire. Add `en` to `languages`, and to each label.";
                diagnostics.error(Path::to("languages"), "`languages` lacks `en`", detail);
            }
            if let Some(default) = config.default_language.as_str().filter(|default| !languages.contains(default)) {
                let detail =
                    format!("`languages` does not list `{default}`. Add it, or choose one of those that are listed.");
                diagnostics.error(Path::to("default_language"), "`default_language` is none of `languages`", detail);
            }
        }
        let elements = config.form_elements.known().map_or(&[][..], Vec::as_slice);
        form_elements::check(elements, languages.as_ref(), diagnostics);
    }

    fn plan(&self, planning: &mut Planning<QuestionnaireModel>) -> Result<(), Diagnostics> {
        let Some(prior) = &planning.prior else {
            return if planning.plan.form_elements.is_null() { Err(no_questions()) } else { Ok(()) };
        };
        if prior.status.as_str() == Some("published") && *prior != planning.plan {
            versions::warn_of_draft(&Collection::questionnaires(), &planning.private, &mut planning.diagnostics);
        }
        versions::check_status(&Collection::questionnaires(), &prior.status, &planning.plan.status)
    }

    fn plan_destroy(&self, prior: &QuestionnaireModel, _: &Private) -> Diagnostics {
        let detail = format!(
            "With the questionnaire \"{}\" Didit deletes every answer that people have given to it, and nobody can bring them \
             back. To stop asking and keep the answers, set `is_active = false` instead.",
            prior.title.as_str().unwrap_or_default()
        );
        Diagnostic::warning("The answers are deleted with the questionnaire", detail).into()
    }

    async fn create(
        &self,
        client: &Client,
        plan: QuestionnaireModel,
        ctx: &mut Context<QuestionnaireModel>,
    ) -> Result<QuestionnaireModel, Diagnostics> {
        let collection = Collection::questionnaires();
        let title = plan.title.as_str().unwrap_or_default();
        let same = |row: &Version| row.told.get("title").and_then(Json::as_str) == Some(title);
        let creation = Creation::<Version>::begin(client, collection.clone()).await?;
        let created = creation.create(title, &Json::Object(plan.to_wire()), same, ctx).await?;
        let known = QuestionnaireModel {
            questionnaire_group_id: created.group.as_str().into(),
            questionnaire_id: created.id.as_str().into(),
            ..plan.clone()
        };
        ctx.save(&known);
        let version = versions::read_back(client, &collection, created, ctx).await?;
        Ok(known.with(&version)?)
    }

    async fn read(
        &self,
        client: &Client,
        state: QuestionnaireModel,
        ctx: &mut Context<QuestionnaireModel>,
    ) -> Result<Option<QuestionnaireModel>, Diagnostics> {
        let Some(version) = versions::find(client, &Collection::questionnaires(), state.target()).await? else {
            super::warn_gone(ctx, "questionnaire", state.target().group);
            return Ok(None);
        };
        versions::keep(&mut ctx.private, &version)?;
        Ok(Some(state.with(&version)?))
    }

    async fn update(
        &self,
        client: &Client,
        change: Change<QuestionnaireModel>,
        ctx: &mut Context<QuestionnaireModel>,
    ) -> Result<QuestionnaireModel, Diagnostics> {
        let Change { prior, plan } = change;
        let mut body = versions::difference(&prior.to_wire(), plan.to_wire());
        if plan.description.is_null() && !prior.description.is_null() {
            body.insert("description".to_owned(), Json::Null);
        }
        let (collection, body) = (Collection::questionnaires(), Json::Object(body));
        let version = versions::change(client, &collection, prior.target(), &body, ctx).await?;
        Ok(plan.with(&version)?)
    }

    async fn delete(
        &self,
        client: &Client,
        state: QuestionnaireModel,
        ctx: &mut Context<QuestionnaireModel>,
    ) -> Result<(), Diagnostics> {
        versions::delete_all(client, &Collection::questionnaires(), state.target(), &ctx.private).await
    }

    fn import(&self, id: &str) -> Result<QuestionnaireModel, Diagnostics> {
        let group = super::one_uuid(id, Self::NAME, "QUESTIONNAIRE_GROUP_ID")?;
        Ok(QuestionnaireModel { questionnaire_group_id: group, ..QuestionnaireModel::default() })
    }

    fn import_id(&self, state: &QuestionnaireModel) -> String {
        state.target().group.to_owned()
    }
}

#[async_trait]
impl Listable for Questionnaire {
    fn filters(&self) -> Schema {
        Schema::new("The questionnaires of the application.", Vec::new())
    }

    async fn list(
        &self,
        client: &Client,
        _: Value,
        sink: &mut ListSink<QuestionnaireModel>,
    ) -> Result<(), Diagnostics> {
        let collection = Collection::questionnaires();
        let versions: Vec<Version> = client.list(&collection, CachePolicy::UseCached).await?;
        for version in versions::all_current(&versions) {
            // One that was deleted meanwhile is passed over.
            let Some(version) = versions::full(client, &collection, &version.id, CachePolicy::UseCached).await? else {
                continue;
            };
            let model = QuestionnaireModel::default().with(&version)?;
            sink.push(model.title.as_str().unwrap_or("questionnaire"), model.clone()).await;
        }
        Ok(())
    }
}

fn no_questions() -> Diagnostics {
    let detail = "Didit creates a questionnaire with at least one question. Add it to `form_elements`; only one that was imported \
                  does without.";
    Diagnostic::error("`form_elements` is missing", detail).at(Path::to("form_elements")).into()
}

fn attributes() -> Vec<Attribute> {
    vec![
        Attribute::string("questionnaire_group_id").computed().use_state_for_unknown().describe("The id that all versions share."),
        Attribute::string("questionnaire_id").computed().describe(
            "The id of the version that counts today, for `questionnaire_uuid` in the `config` of a workflow's feature. It moves with \
             each version that is published.",
        ),
        Attribute::number("version").computed().describe("The number of that version."),
        Attribute::string("title").required().rule(Rule::Length(1, usize::MAX)).describe("What the Business Console calls it."),
        Attribute::string("description").optional().rule(Rule::Length(1, usize::MAX)).describe("What it is for."),
        Attribute::of("languages", Type::set(Type::String)).required().rule(NOT_EMPTY).describe(
            "The languages that every label has a text in. English, `en`, has to be among them.",
        ),
        Attribute::string("default_language").default("en").rule(Rule::Length(1, usize::MAX)).describe(
            "The language for people whose own is not among `languages`.",
        ),
        Attribute::bool("is_active").default(true).describe("Whether it is asked."),
        Attribute::string("status").default("published").rule(Rule::OneOf(STATUSES)).describe(
            "Whether workflows can use it. A draft can be published; a published one never becomes a draft again.",
        ),
        Attribute::objects("form_elements", form_elements::attributes()).optional().rule(NOT_EMPTY).describe(
            "The questions in order. Needed to create a questionnaire. Didit does not give them back as they were sent: a change \
             made elsewhere is not found, and after an import they are left out until they are to be replaced.",
        ),
    ]
}
