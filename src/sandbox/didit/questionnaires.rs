//! Questionnaires: questions are accepted but not returned; a change to a published one creates a new version.

use axum::{Json, extract::Path, http::StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    access::Authorized,
    created,
    fields::{self, Fields},
    page::PageQuery,
    state::{Kind, State, before_any_test},
    stored::{Stored, position},
};
use crate::sandbox::engine::{ApiError, Body, Handle, Reply};

const ROWS_OF_A_PAGE: usize = 50;
const WITH_OPTIONS: [&str; 3] = ["dropdown", "single_choice", "multiple_choice"];

/// One version of a questionnaire.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Questionnaire {
    /// The id of this version.
    pub(super) questionnaire_id: String,
    /// The id of all versions.
    pub(super) questionnaire_group_id: String,
    version: u64,
    status: String,
    #[serde(default)]
    published_at: Option<String>,
    #[serde(default = "before_any_test")]
    created_at: String,
    #[serde(default = "before_any_test")]
    updated_at: String,
    content: Content,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Content {
    title: String,
    description: Option<String>,
    languages: Vec<String>,
    default_language: String,
    is_active: bool,
    form_elements: Vec<Map<String, Value>>,
}

impl Default for Content {
    fn default() -> Self {
        Self {
            title: String::new(),
            description: None,
            languages: vec!["en".to_owned()],
            default_language: "en".to_owned(),
            is_active: true,
            form_elements: Vec::new(),
        }
    }
}

impl Content {
    fn change(&mut self, fields: &mut Fields) {
        fields.set("title", &mut self.title, fields::text(255));
        fields.set("description", &mut self.description, fields::nullable(fields::blank_or_text(2000)));
        fields.set("languages", &mut self.languages, fields::some(|value| fields::text(10)(value)));
        fields.set("default_language", &mut self.default_language, fields::text(10));
        fields.set("is_active", &mut self.is_active, fields::flag);
        fields.set("form_elements", &mut self.form_elements, fields::some(fields::object));
        if !self.languages.iter().any(|language| language == "en") {
            fields.reject("languages", "Languages must include \"en\".");
        }
        if !self.languages.contains(&self.default_language) {
            fields.reject("default_language", "The default language must be one of the languages.");
        }
        for element in &self.form_elements {
            if let Err(message) = check_element(element, &self.languages) {
                fields.reject("form_elements", message);
            }
        }
    }
}

fn check_element(element: &Map<String, Value>, languages: &[String]) -> Result<(), String> {
    let mut rest = element.clone();
    let kind = fields::text(50)(rest.remove("element_type").unwrap_or_default())?.to_lowercase();
    check_translated(rest.remove("label").unwrap_or_default(), languages)?;
    for name in ["description", "placeholder"] {
        fields::nullable(|value| check_translated(value, languages))(rest.remove(name).unwrap_or_default())?;
    }
    fields::nullable(fields::text(100))(rest.remove("id").unwrap_or_default())?;
    fields::nullable(fields::flag)(rest.remove("is_required").unwrap_or_default())?;
    fields::nullable(fields::whole(1..=5))(rest.remove("max_files").unwrap_or_default())?;
    fields::nullable(fields::object)(rest.remove("validation").unwrap_or_default())?;
    match (rest.remove("options"), WITH_OPTIONS.contains(&kind.as_str())) {
        (None, true) => return Err(format!("A question of type {kind} needs options.")),
        (Some(options), true) => drop(fields::some(|option| check_option(option, languages))(options)?),
        (Some(_), false) => return Err(format!("A question of type {kind} has no options.")),
        (None, false) => {}
    }
    match rest.keys().next() {
        Some(unknown) => Err(format!("Unknown field {unknown} of a question.")),
        None => Ok(()),
    }
}

/// Checks that there is a text in each language.
fn check_translated(value: Value, languages: &[String]) -> Result<(), String> {
    let mut texts = fields::object(value)?;
    for language in languages {
        fields::text(2000)(texts.remove(language).unwrap_or_default())
            .map_err(|message| format!("The text in {language:?}: {message}"))?;
    }
    match texts.keys().next() {
        Some(other) => Err(format!("{other:?} is not one of the languages.")),
        None => Ok(()),
    }
}

fn check_option(value: Value, languages: &[String]) -> Result<(), String> {
    let mut option = fields::object(value)?;
    fields::nullable(fields::text(255))(option.remove("value").unwrap_or_default())?;
    check_translated(option.remove("label").unwrap_or_default(), languages)
}

impl Questionnaire {
    /// The questionnaire as a row of the list, which calls the id of the version `uuid`.
    fn row(&self) -> Value {
        let mut row = self.detail();
        row["uuid"] = row["questionnaire_id"].take();
        if let Value::Object(members) = &mut row {
            members.remove("questionnaire_id");
        }
        row
    }

    /// The questionnaire as a read returns it.
    fn detail(&self) -> Value {
        json!({
            "questionnaire_id": self.questionnaire_id,
            "title": self.content.title,
            "description": self.content.description,
            "languages": self.content.languages,
            "default_language": self.content.default_language,
            "is_active": self.content.is_active,
            "is_simple_questionnaire": true,
            "questionnaire_group_id": self.questionnaire_group_id,
            "version": self.version,
            "status": self.status,
            "published_at": self.published_at,
            "is_editable": self.status == "draft",
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        })
    }

    fn publish_if(&mut self, now: &str) {
        self.published_at = (self.status == "published").then(|| now.to_owned());
    }
}

impl Stored for Questionnaire {
    fn all(state: &State) -> &[Self] {
        &state.questionnaires
    }

    fn all_mut(state: &mut State) -> &mut Vec<Self> {
        &mut state.questionnaires
    }

    fn uuid(&self) -> &str {
        &self.questionnaire_id
    }

    fn response(&self, _: &State) -> Value {
        self.detail()
    }
}

/// GET `/v3/questionnaires/`: one row for each version.
pub(super) async fn list(_: Authorized, handle: Handle, page: PageQuery) -> Reply {
    page.allow(&[])?;
    let state = handle.read::<State>()?;
    let questionnaires = state.questionnaires.iter().rev().collect();
    Ok(page.response(&handle, ROWS_OF_A_PAGE, state.page_cap, questionnaires, Questionnaire::row))
}

/// POST `/v3/questionnaires/`.
pub(super) async fn create(
    _: Authorized,
    handle: Handle,
    Body(mut fields): Body<Fields>,
) -> Reply<(StatusCode, Json<Value>)> {
    let now = handle.timestamp();
    handle.update(|state: &mut State| {
        fields.require(&["title", "languages", "form_elements"]);
        let mut content = Content::default();
        content.change(&mut fields);
        let mut status = "published".to_owned();
        fields.set("status", &mut status, fields::choice(&["draft", "published"]));
        fields.finish()?;
        let mut questionnaire = Questionnaire {
            questionnaire_id: state.new_id(Kind::Questionnaire),
            questionnaire_group_id: state.new_id(Kind::QuestionnaireGroup),
            version: 1,
            status,
            published_at: None,
            created_at: now.clone(),
            updated_at: now.clone(),
            content,
        };
        questionnaire.publish_if(&now);
        let response = questionnaire.detail();
        state.questionnaires.push(questionnaire);
        Ok(created(response))
    })
}

/// PATCH `/v3/questionnaires/{uuid}/`: changes a draft in place, and creates a new version of a published one.
pub(super) async fn update(
    _: Authorized,
    handle: Handle,
    Path(uuid): Path<String>,
    Body(mut fields): Body<Fields>,
) -> Reply {
    let now = handle.timestamp();
    handle.update(|state: &mut State| {
        let index = position::<Questionnaire>(state, &uuid)?;
        let mut changed = state.questionnaires[index].clone();
        let was_published = changed.status == "published";
        changed.content.change(&mut fields);
        fields.set("status", &mut changed.status, fields::choice(&["draft", "published"]));
        fields.finish()?;
        if was_published && changed.status == "draft" {
            return Err(ApiError::bad_request("Cannot revert a published version to draft."));
        }
        changed.updated_at.clone_from(&now);
        changed.publish_if(&now);
        if was_published {
            let group = &changed.questionnaire_group_id;
            let versions = state.questionnaires.iter().filter(|it| it.questionnaire_group_id == *group);
            changed.version = versions.map(|it| it.version).max().unwrap_or_default() + 1;
            changed.questionnaire_id = state.new_id(Kind::Questionnaire);
            changed.created_at = now;
            state.questionnaires.push(changed.clone());
        } else {
            state.questionnaires[index] = changed.clone();
        }
        Ok(Json(changed.detail()))
    })
}
