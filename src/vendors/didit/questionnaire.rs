//! `idv_didit_questionnaire`: the resource of questions that a workflow asks. The questions are in `form_elements`, how a change
//! is published in `versions`.
//!
//! A response has the questions as a graph that Didit has built from them. So Terraform knows only the questions that it has
//! sent, and state has none after an import until they are changed.

use std::collections::BTreeSet;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::client::{Client, Collection};
use super::creates::Creation;
use super::field::Field;
use super::form_elements::{self, FormElementModel};
use super::versions::{self, STATUSES, Target, Version, VersionFields};
use crate::framework::resource::{Change, Context, Planning, Resource};
use crate::framework::{
    Attr, Attribute, Diagnostic, Diagnostics, ListSink, Listable, Path, Private, Rule, Schema, Type, Value, identity,
    summary,
};
use crate::http::{CachePolicy, Error};
use crate::openapi::Call;
use crate::vendors::shared::config::NOT_EMPTY;
use crate::vendors::shared::reconcile::IfPresent;

/// The calls about questionnaires.
pub(super) fn calls() -> Vec<Call> {
    versions::calls::<wire::QuestionnaireResponse, wire::QuestionnaireBody<'_>>(&Collection::questionnaires())
}

impl VersionFields for wire::QuestionnaireResponse {
    const ID: &'static str = versions::QUESTIONNAIRE_ID;
    const GROUP: &'static str = versions::QUESTIONNAIRE_GROUP;
}

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
        Target {
            group: self.questionnaire_group_id.as_str().unwrap_or_default(),
            last: self.questionnaire_id.as_str(),
            name: self.title.as_str().unwrap_or_default(),
            type_name: Questionnaire::NAME,
        }
    }

    /// The languages; `None` while one of them is unknown.
    fn languages(&self) -> Option<BTreeSet<&str>> {
        self.languages.known()?.iter().map(Attr::as_str).collect()
    }

    fn to_wire(&self) -> Map<String, Json> {
        versions::body(&wire::QuestionnaireBody {
            title: self.title.as_str(),
            description: self.description.as_str(),
            languages: self.languages(),
            default_language: self.default_language.as_str(),
            is_active: self.is_active.known().copied(),
            status: self.status.as_str(),
            form_elements: self.form_elements.known().map(|all| all.iter().map(FormElementModel::to_wire).collect()),
        })
    }

    /// This questionnaire with the values of a version. Its questions stay.
    fn with(self, version: &Version) -> Result<Self, Error> {
        let fields: wire::QuestionnaireResponse = version.parse()?;
        let description = fields.description.resolve(&self.description).into_known();
        let languages = fields.languages.into_value();
        Ok(Self {
            questionnaire_group_id: version.group.as_str().into(),
            questionnaire_id: version.id.as_str().into(),
            version: fields.version.resolve(&self.version),
            title: fields.title.resolve(&self.title),
            // An empty description equals none.
            description: description.filter(|text: &String| !text.is_empty()).into(),
            languages: languages
                .map_or(self.languages, |all| all.into_iter().map(Attr::Known).collect::<Vec<_>>().into()),
            default_language: fields.default_language.resolve(&self.default_language),
            is_active: fields.is_active.resolve(&self.is_active),
            status: fields.status.resolve(&self.status),
            form_elements: self.form_elements,
        })
    }
}

#[async_trait]
impl Resource for Questionnaire {
    type Client = Client;
    type Model = QuestionnaireModel;

    const NAME: &'static str = "didit_questionnaire";

    const NATURAL_KEY: &'static [&'static str] = &["title"];

    fn schema(&self) -> Schema {
        Schema::new(
            "A questionnaire: questions that a workflow asks with its feature `QUESTIONNAIRE`. `questionnaire_group_id` never \
             changes. A change of a published questionnaire publishes another version with a `questionnaire_id` of its own, to \
             which workflows that refer to it move in the same apply; the plan warns if that deletes a draft in the Business \
             Console. A questionnaire that is a draft itself is changed in place. Destroy deletes every version that Didit lists \
             or Terraform has read, and all answers to them.",
            attributes(),
        )
    }

    fn identity(&self) -> Vec<identity::IdentityAttribute> {
        let group = "The id that all versions of the questionnaire share.";
        vec![identity::required("questionnaire_group_id", group), super::service()]
    }

    fn validate(&self, config: &QuestionnaireModel, diagnostics: &mut Diagnostics) {
        let (languages, title) = (config.languages(), config.title.as_str().unwrap_or_default());
        if let Some(languages) = languages.as_ref().filter(|languages| !languages.is_empty()) {
            if !languages.contains("en") {
                let detail =
                    "Didit requires English in every questionnaire. Add `en` to `languages`, and to each label.";
                diagnostics.error(Path::to("languages"), summary("`languages` of", title, "lacks `en`"), detail);
            }
            if let Some(default) = config.default_language.as_str().filter(|default| !languages.contains(default)) {
                let detail = format!("`languages` does not have `{default}`. Add it, or choose one of `languages`.");
                diagnostics.error(
                    Path::to("default_language"),
                    summary("`languages` of", title, &format!("lacks `{default}`")),
                    detail,
                );
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
            versions::warn_of_draft(
                &Collection::questionnaires(),
                prior.target().group,
                &planning.private,
                &mut planning.diagnostics,
            );
        }
        versions::check_status(
            &Collection::questionnaires(),
            prior.target().group,
            &prior.status,
            &planning.plan.status,
        )
    }

    fn plan_destroy(&self, prior: &QuestionnaireModel, _: &Private) -> Diagnostics {
        let detail = format!(
            "With the questionnaire \"{}\" Didit deletes every answer to it, and they cannot be restored. To stop asking and keep \
             the answers, set `is_active = false` instead.",
            prior.title.as_str().unwrap_or_default()
        );
        let title = prior.title.as_str().unwrap_or_default();
        Diagnostic::warning(Collection::questionnaires().summary(title, "loses its answers"), detail).into()
    }

    async fn create(
        &self,
        client: &Client,
        plan: QuestionnaireModel,
        ctx: &mut Context<QuestionnaireModel>,
    ) -> Result<QuestionnaireModel, Diagnostics> {
        let (collection, body) = (Collection::questionnaires(), plan.to_wire());
        let creation = Creation::<Version> {
            client,
            collection: &collection,
            type_name: Self::NAME,
            name: plan.title.as_str().unwrap_or_default(),
            import_prefix: "",
            if_present: IfPresent::WarnRecent,
            matches: &|row| row.is_created_by(&body),
        };
        let created = creation.send(&client.creates.questionnaires, &body, ctx).await?;
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
            super::warn_gone(ctx, &Collection::questionnaires(), state.target().group);
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
        let version = versions::change(client, &Collection::questionnaires(), prior.target(), &body, ctx).await?;
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
        let versions = client.list::<Version>(&collection, CachePolicy::UseCached).await?;
        for version in versions::all_current(&versions) {
            // A questionnaire that was deleted meanwhile is skipped.
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
    let detail = "Didit requires at least one question to create a questionnaire. Add it to `form_elements`; only an imported \
                  questionnaire can leave it out.";
    Diagnostic::error("`form_elements` is missing", detail).at(Path::to("form_elements")).into()
}

fn attributes() -> Vec<Attribute> {
    vec![
        Attribute::string("questionnaire_group_id").computed().use_state_for_unknown().describe("The id that all versions share."),
        Attribute::string("questionnaire_id").computed().describe(
            "The id of the current version, for `questionnaire_uuid` in the `config` of a workflow's feature. It changes with each \
             published version.",
        ),
        Attribute::number("version").computed().describe("The number of that version."),
        Attribute::string("title").required().rule(Rule::Length(1, usize::MAX)).describe("The name of the questionnaire in the Business Console."),
        Attribute::string("description").optional().rule(Rule::Length(1, usize::MAX)).describe("The purpose of the questionnaire."),
        Attribute::of("languages", Type::set(Type::String)).required().rule(NOT_EMPTY).describe(
            "The languages of every label. English, `en`, is required.",
        ),
        Attribute::string("default_language").default("en").rule(Rule::Length(1, usize::MAX)).describe(
            "The language for people whose language is not one of `languages`.",
        ),
        Attribute::bool("is_active").default(true).describe("Whether its questions are asked."),
        Attribute::string("status").default("published").rule(Rule::OneOf(STATUSES)).describe(
            "Whether workflows can use it. A draft can be published; a published one never becomes a draft again.",
        ),
        Attribute::objects("form_elements", form_elements::attributes()).optional().not_returned().rule(NOT_EMPTY).describe(
            "The questions in order. Required to create a questionnaire. Didit does not return them as they were sent: a change \
             made elsewhere is not detected, and state has none after an import until they are replaced.",
        ),
    ]
}

pub(super) mod wire {
    //! The questionnaire of the vendor's OpenAPI document.

    use std::collections::BTreeSet;

    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::super::field;
    use super::Field;
    use super::form_elements::FormElement;
    use crate::vendors::shared::loose::Whole;

    #[derive(Serialize, JsonSchema)]
    pub(super) struct QuestionnaireBody<'m> {
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) title: Option<&'m str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) description: Option<&'m str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) languages: Option<BTreeSet<&'m str>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) default_language: Option<&'m str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) is_active: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) status: Option<&'m str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub(super) form_elements: Option<Vec<FormElement<'m>>>,
    }

    /// The fields of a response, without the questions.
    #[derive(Default, Deserialize, JsonSchema)]
    #[serde(default)]
    pub(in super::super) struct QuestionnaireResponse {
        #[serde(deserialize_with = "field::whole")]
        #[schemars(with = "Option<Whole>")]
        pub(in super::super) version: Field<i64>,
        pub(in super::super) title: Field<String>,
        pub(in super::super) description: Field<String>,
        pub(in super::super) languages: Field<Vec<String>>,
        pub(in super::super) default_language: Field<String>,
        pub(in super::super) is_active: Field<bool>,
        pub(in super::super) status: Field<String>,
    }
}
