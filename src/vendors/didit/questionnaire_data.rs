//! `idv_didit_questionnaire` as a data source: one questionnaire by its id or its title, without its questions.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::{Client, Collection};
use super::lookup::Lookup;
use super::questionnaire::wire;
use super::versions;
use crate::framework::{Attr, Attribute, DataSource, Diagnostics, Schema, Type};

/// One questionnaire of the application.
pub(super) struct OneQuestionnaire;

/// The attributes of one questionnaire. The vendor returns the questions as a graph of its own, so they are not among them.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct OneQuestionnaireModel {
    questionnaire_group_id: Attr<String>,
    title: Attr<String>,
    questionnaire_id: Attr<String>,
    version: Attr<i64>,
    description: Attr<String>,
    languages: Attr<Vec<Attr<String>>>,
    default_language: Attr<String>,
    is_active: Attr<bool>,
    status: Attr<String>,
}

impl OneQuestionnaireModel {
    fn lookup(&self) -> Lookup<'_> {
        Lookup {
            collection: Collection::questionnaires(),
            id: ("questionnaire_group_id", &self.questionnaire_group_id),
            name: ("title", &self.title),
        }
    }
}

#[async_trait]
impl DataSource for OneQuestionnaire {
    type Client = Client;
    type Model = OneQuestionnaireModel;

    const NAME: &'static str = "didit_questionnaire";

    fn schema(&self) -> Schema {
        let choice = |name: &str, what: &str| Attribute::string(name).optional().computed().describe(what);
        let text = |name: &str, what: &str| Attribute::string(name).computed().describe(what);
        Schema::new(
            "Reads one questionnaire of an application by its id or its title, so that a workflow can ask it. Its questions are not \
             read, since Didit does not return them as they were sent.",
            vec![
                choice("questionnaire_group_id", "The id that all versions share. Set either this or `title`."),
                choice(
                    "title",
                    "The name of the questionnaire in the Business Console. Set either this or `questionnaire_group_id`.",
                ),
                text(
                    "questionnaire_id",
                    "The id of the current version, for `questionnaire_uuid` in the `config` of a workflow's feature.",
                ),
                Attribute::number("version").computed().describe("The number of that version."),
                text("description", "The purpose of the questionnaire."),
                Attribute::of("languages", Type::set(Type::String))
                    .computed()
                    .describe("The languages of every label."),
                text("default_language", "The language for people whose language is not one of `languages`."),
                Attribute::bool("is_active").computed().describe("Whether its questions are asked."),
                text("status", "Whether it is a `draft` or `published`."),
            ],
        )
    }

    fn validate(&self, config: &OneQuestionnaireModel, diagnostics: &mut Diagnostics) {
        config.lookup().check(diagnostics);
    }

    async fn read(
        &self,
        client: &Client,
        config: OneQuestionnaireModel,
        _: &mut Diagnostics,
    ) -> Result<OneQuestionnaireModel, Diagnostics> {
        let version = versions::read_one(client, &config.lookup(), "title").await?;
        let fields: wire::QuestionnaireResponse = version.parse()?;
        let languages = fields.languages.into_value().map(|all| all.into_iter().map(Attr::Known).collect::<Vec<_>>());
        Ok(OneQuestionnaireModel {
            questionnaire_group_id: version.group.as_str().into(),
            // The configured spelling of the title stays.
            title: config.title.into_known().or_else(|| fields.title.into_value()).into(),
            questionnaire_id: version.id.as_str().into(),
            version: fields.version.into_value().into(),
            description: fields.description.into_value().into(),
            languages: languages.into(),
            default_language: fields.default_language.into_value().into(),
            is_active: fields.is_active.into_value().into(),
            status: fields.status.into_value().into(),
        })
    }
}
