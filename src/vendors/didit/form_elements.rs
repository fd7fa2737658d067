//! The questions of a questionnaire. Didit converts them into a graph of its own and does not return them as they were sent.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number as JsonNumber, Value as Json};

use super::json::{JSON_OBJECT, same_json};
use crate::framework::{Attr, Attribute, Diagnostics, Number, Path, Rule, Type, summary};
use crate::vendors::shared::config::NOT_EMPTY;

/// The types of questions that have choices, from the vendor's documentation, which does not list all types.
const CHOICES: [&str; 3] = ["dropdown", "single_choice", "multiple_choice"];

/// A text by language.
type Texts = Attr<BTreeMap<String, Attr<String>>>;

/// One question.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct FormElementModel {
    id: Attr<String>,
    element_type: Attr<String>,
    label: Texts,
    description: Texts,
    placeholder: Texts,
    is_required: Attr<bool>,
    options: Attr<Vec<OptionModel>>,
    max_files: Attr<Number>,
    validation: Attr<String>,
}

/// One choice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct OptionModel {
    value: Attr<String>,
    label: Texts,
}

impl FormElementModel {
    pub(super) fn to_wire(&self) -> FormElement<'_> {
        FormElement {
            id: self.id.as_str(),
            element_type: self.element_type.as_str(),
            label: texts(&self.label),
            description: texts(&self.description),
            placeholder: texts(&self.placeholder),
            is_required: self.is_required.known().copied(),
            options: self.options.known().map(|all| all.iter().map(OptionModel::to_wire).collect()),
            max_files: self.max_files.known().map(JsonNumber::from),
            // The schema's rule has accepted the text.
            validation: self.validation.as_str().and_then(|text| serde_json::from_str(text).ok()),
        }
    }
}

impl OptionModel {
    fn to_wire(&self) -> FormOption<'_> {
        FormOption { value: self.value.as_str(), label: texts(&self.label) }
    }
}

/// A text by language in a request.
type WireTexts<'m> = BTreeMap<&'m str, &'m str>;

fn texts(by_language: &Texts) -> Option<WireTexts<'_>> {
    let texts = by_language.known()?.iter();
    Some(texts.filter_map(|(language, text)| Some((language.as_str(), text.as_str()?))).collect())
}

/// A question in a request.
#[derive(Serialize, JsonSchema)]
pub(super) struct FormElement<'m> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    element_type: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<WireTexts<'m>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<WireTexts<'m>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    placeholder: Option<WireTexts<'m>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_required: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<Vec<FormOption<'m>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_files: Option<JsonNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Map<String, Json>")]
    validation: Option<Json>,
}

/// A choice in a request.
#[derive(Serialize, JsonSchema)]
struct FormOption<'m> {
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'m str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<WireTexts<'m>>,
}

/// The attributes of one question.
pub(super) fn attributes() -> Vec<Attribute> {
    let by_language = |name: &str| Attribute::of(name, Type::map(Type::String));
    let option = vec![
        Attribute::string("value")
            .optional()
            .rule(Rule::Length(1, usize::MAX))
            .describe("The value that an answer is recorded as. Didit generates one from the label if it is left out."),
        by_language("label").required().describe("The text of the choice, by language."),
    ];
    vec![
        Attribute::string("id")
            .optional()
            .rule(Rule::Length(1, usize::MAX))
            .describe("The id of the question in answers. Didit generates one if it is left out."),
        Attribute::string("element_type").required().rule(Rule::Length(1, usize::MAX)).describe(
            "The type of question, such as `short_text`, `multiple_choice`, `email`, `file_upload` or `date_picker`.",
        ),
        by_language("label").required().describe("The question itself, by language: `{ en = \"Occupation?\" }`."),
        by_language("description").optional().describe("The text below the question, by language."),
        by_language("placeholder").optional().describe("The text in an empty field, by language."),
        Attribute::bool("is_required").optional().describe("Whether an answer is required."),
        Attribute::objects("options", option)
            .optional()
            .rule(NOT_EMPTY)
            .describe("The choices, if the question has any."),
        Attribute::number("max_files")
            .optional()
            .rule(Rule::Whole)
            .rule(Rule::Range(1, 5))
            .describe("How many files an answer may have, for a question that takes files."),
        Attribute::string("validation")
            .optional()
            .rule(JSON_OBJECT)
            .semantic_equal(same_json)
            .describe("The conditions that an answer has to meet, as JSON: `jsonencode({ ... })`."),
    ]
}

/// Reports questions that the vendor rejects. Unknown values are not checked.
///
/// `languages` is `None` while they are unknown.
pub(super) fn check(elements: &[FormElementModel], languages: Option<&BTreeSet<&str>>, diagnostics: &mut Diagnostics) {
    let mut ids = BTreeSet::new();
    for (index, element) in elements.iter().enumerate() {
        let path = Path::to("form_elements").index(index);
        if let Some(id) = element.id.as_str().filter(|id| !ids.insert(*id)) {
            let detail = format!("An earlier question has the id `{id}`, and answers refer to questions by their id.");
            diagnostics.error(path.attribute("id"), summary("Two questions have the id", id, ""), detail);
        }
        let kind = element.element_type.as_str().unwrap_or_default();
        if element.options.is_null() && CHOICES.contains(&kind.to_lowercase().as_str()) {
            let detail = format!("A question of the type `{kind}` has choices. Add `options`.");
            diagnostics.error(path.attribute("element_type"), format!("`{path}` has no choices"), detail);
        }
        let Some(languages) = languages else { continue };
        translated(&element.label, languages, &path.attribute("label"), diagnostics);
        for (index, option) in element.options.known().into_iter().flatten().enumerate() {
            let path = path.attribute("options").index(index).attribute("label");
            translated(&option.label, languages, &path, diagnostics);
        }
    }
}

/// Reports languages that a label lacks: the vendor's documentation requires a text in every language of the questionnaire.
fn translated(label: &Texts, languages: &BTreeSet<&str>, path: &Path, diagnostics: &mut Diagnostics) {
    let Some(texts) = label.known() else { return };
    let missing: Vec<_> = languages.iter().filter(|language| !texts.contains_key(**language)).copied().collect();
    if !missing.is_empty() {
        let detail = format!(
            "`{path}` has no text for {}, which `languages` has. Add it, or remove the language.",
            missing.iter().map(|language| format!("`{language}`")).collect::<Vec<_>>().join(", ")
        );
        diagnostics.error(path.clone(), format!("`{path}` is not translated"), detail);
    }
}
