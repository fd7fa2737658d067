//! Questionnaires: questions go in and do not come back; a published one that is changed becomes a new version.

use axum::{
    Json,
    extract::{Path, State as Extract},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    ApiError, Body,
    access::Authorized,
    created,
    fields::{self, Fields},
    page::Page,
    state::{Kind, State, before_any_test},
};
use crate::sandbox::engine::Handle;

const ROWS_OF_A_PAGE: usize = 50;
const WITH_OPTIONS: [&str; 3] = ["dropdown", "single_choice", "multiple_choice"];

/// One version of a questionnaire.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Questionnaire {
    /// Of this version.
    pub(super) questionnaire_id: String,
    /// Of all versions.
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
            fields.refuse("languages", "Languages must include \"en\".");
        }
        if !self.languages.contains(&self.default_language) {
            fields.refuse("default_language", "The default language must be one of the languages.");
        }
        for element in &self.form_elements {
            if let Err(message) = check_element(element, &self.languages) {
                fields.refuse("form_elements", message);
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

/// A text for each of the languages.
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
    /// What the list shows of it: the id of the version is called `uuid` there.
    fn row(&self) -> Value {
        let mut row = self.answer();
        row["uuid"] = row["questionnaire_id"].take();
        if let Value::Object(members) = &mut row {
            members.remove("questionnaire_id");
        }
        row
    }

    /// What it shows alone.
    fn answer(&self) -> Value {
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

impl State {
    fn questionnaire(&self, uuid: &str) -> Result<usize, ApiError> {
        self.questionnaires.iter().position(|it| it.questionnaire_id == uuid).ok_or_else(ApiError::not_found)
    }
}

/// GET `/v3/questionnaires/`: one row for each version.
pub(super) async fn list(_: Authorized, Extract(handle): Extract<Handle>, page: Page) -> Result<Json<Value>, ApiError> {
    page.refuse_but(&[])?;
    let state: State = handle.read()?;
    let rows = state.questionnaires.iter().rev().map(Questionnaire::row).collect();
    Ok(page.of(&handle, ROWS_OF_A_PAGE, state.page_cap, rows))
}

/// POST `/v3/questionnaires/`.
pub(super) async fn create(
    _: Authorized,
    Extract(handle): Extract<Handle>,
    Body(body): Body,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let now = handle.now().to_string();
    handle.update(|state: &mut State| {
        let mut fields = Fields::of(body);
        fields.require(&["title", "languages", "form_elements"]);
        let mut content = Content::default();
        content.change(&mut fields);
        let mut status = "published".to_owned();
        fields.set("status", &mut status, fields::choice(&["draft", "published"]));
        fields.finish()?;
        let mut questionnaire = Questionnaire {
            questionnaire_id: state.next_id(Kind::Questionnaire),
            questionnaire_group_id: state.next_id(Kind::QuestionnaireGroup),
            version: 1,
            status,
            published_at: None,
            created_at: now.clone(),
            updated_at: now.clone(),
            content,
        };
        questionnaire.publish_if(&now);
        let answer = questionnaire.answer();
        state.questionnaires.push(questionnaire);
        Ok(created(answer))
    })
}

/// GET `/v3/questionnaires/{uuid}/`.
pub(super) async fn get(
    _: Authorized,
    Extract(handle): Extract<Handle>,
    Path(uuid): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let state: State = handle.read()?;
    Ok(Json(state.questionnaires[state.questionnaire(&uuid)?].answer()))
}

/// PATCH `/v3/questionnaires/{uuid}/`. A draft changes in place; a published one becomes a new version.
pub(super) async fn update(
    _: Authorized,
    Extract(handle): Extract<Handle>,
    Path(uuid): Path<String>,
    Body(body): Body,
) -> Result<Json<Value>, ApiError> {
    let now = handle.now().to_string();
    handle.update(|state: &mut State| {
        let index = state.questionnaire(&uuid)?;
        let mut changed = state.questionnaires[index].clone();
        let was_published = changed.status == "published";
        let mut fields = Fields::of(body);
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
            changed.questionnaire_id = state.next_id(Kind::Questionnaire);
            changed.created_at = now;
            state.questionnaires.push(changed.clone());
        } else {
            state.questionnaires[index] = changed.clone();
        }
        Ok(Json(changed.answer()))
    })
}

/// DELETE `/v3/questionnaires/{uuid}/`: one version, and what people answered to it.
pub(super) async fn delete(
    _: Authorized,
    Extract(handle): Extract<Handle>,
    Path(uuid): Path<String>,
) -> Result<StatusCode, ApiError> {
    handle.update(|state: &mut State| {
        let index = state.questionnaire(&uuid)?;
        state.questionnaires.remove(index);
        Ok(StatusCode::NO_CONTENT)
    })
}
