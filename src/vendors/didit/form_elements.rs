//! The questions of a questionnaire. Didit makes a graph of its own of them and does not give them back as they were sent.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::json::{JSON_OBJECT, same_json};
use crate::framework::{Attr, Attribute, Diagnostics, Number, Path, Rule, Type};
use crate::vendors::shared::config::NOT_EMPTY;

/// The kinds of questions that are answered by a choice, by the vendor's documentation, which does not list all kinds.
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

/// One answer to choose.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct OptionModel {
    value: Attr<String>,
    label: Texts,
}

impl FormElementModel {
    pub(super) fn to_wire(&self) -> Json {
        let options = self.options.known().map(|all| all.iter().map(OptionModel::to_wire).collect::<Json>());
        let validation = self.validation.as_str().and_then(|text| serde_json::from_str::<Json>(text).ok());
        body([
            ("id", self.id.as_str().map(Json::from)),
            ("element_type", self.element_type.as_str().map(Json::from)),
            ("label", texts(&self.label)),
            ("description", texts(&self.description)),
            ("placeholder", texts(&self.placeholder)),
            ("is_required", self.is_required.known().copied().map(Json::from)),
            ("options", options),
            ("max_files", self.max_files.known().map(|number| Json::Number(number.into()))),
            ("validation", validation),
        ])
    }
}

impl OptionModel {
    fn to_wire(&self) -> Json {
        body([("value", self.value.as_str().map(Json::from)), ("label", texts(&self.label))])
    }
}

/// An object of the members that have a value.
fn body<const N: usize>(members: [(&str, Option<Json>); N]) -> Json {
    let members = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Json::Object(members.collect::<Map<_, _>>())
}

fn texts(by_language: &Texts) -> Option<Json> {
    let texts = by_language.known()?.iter();
    Some(texts.filter_map(|(language, text)| Some((language.clone(), Json::from(text.as_str()?)))).collect())
}

/// The attributes of one question.
pub(super) fn attributes() -> Vec<Attribute> {
    let by_language = |name: &str| Attribute::of(name, Type::map(Type::String));
    let option = vec![
        Attribute::string("value")
            .optional()
            .rule(Rule::Length(1, usize::MAX))
            .describe("What an answer is recorded as. Didit makes one of the label if it is left out."),
        by_language("label").required().describe("The text of the choice, by language."),
    ];
    vec![
        Attribute::string("id")
            .optional()
            .rule(Rule::Length(1, usize::MAX))
            .describe("What answers name the question by. Didit makes one if it is left out."),
        Attribute::string("element_type").required().rule(Rule::Length(1, usize::MAX)).describe(
            "The kind of question, such as `short_text`, `multiple_choice`, `email`, `file_upload` or `date_picker`.",
        ),
        by_language("label").required().describe("The question itself, by language: `{ en = \"Occupation?\" }`."),
        by_language("description").optional().describe("What stands below the question, by language."),
        by_language("placeholder").optional().describe("What stands in an empty field, by language."),
        Attribute::bool("is_required").optional().describe("Whether it has to be answered."),
        Attribute::objects("options", option).optional().rule(NOT_EMPTY).describe("The choices, where it has some."),
        Attribute::number("max_files")
            .optional()
            .rule(Rule::Whole)
            .rule(Rule::Range(1, 5))
            .describe("How many files may be given, for a question that takes files."),
        Attribute::string("validation")
            .optional()
            .rule(JSON_OBJECT)
            .semantic_equal(same_json)
            .describe("What an answer has to satisfy, as JSON: `jsonencode({ ... })`."),
    ]
}

/// What the vendor would refuse in the questions; unknown values are given the benefit of the doubt.
///
/// `languages` is `None` while they are not known.
pub(super) fn check(elements: &[FormElementModel], languages: Option<&BTreeSet<&str>>, diagnostics: &mut Diagnostics) {
    let mut ids = BTreeSet::new();
    for (index, element) in elements.iter().enumerate() {
        let path = Path::to("form_elements").index(index);
        if let Some(id) = element.id.as_str().filter(|id| !ids.insert(*id)) {
            let detail = format!("Another question before it has the id `{id}`, and answers name questions by it.");
            diagnostics.error(path.attribute("id"), "Two questions have the same id", detail);
        }
        let kind = element.element_type.as_str().unwrap_or_default();
        if element.options.is_null() && CHOICES.contains(&kind.to_lowercase().as_str()) {
            let detail = format!("A question of the kind `{kind}` is answered by a choice. Add `options`.");
            diagnostics.error(path.attribute("element_type"), "A question without choices", detail);
        }
        let Some(languages) = languages else { continue };
        translated(&element.label, languages, &path.attribute("label"), diagnostics);
        for (index, option) in element.options.known().into_iter().flatten().enumerate() {
            let path = path.attribute("options").index(index).attribute("label");
            translated(&option.label, languages, &path, diagnostics);
        }
    }
}

/// By the vendor's documentation every label has a text in every language of the questionnaire.
fn translated(label: &Texts, languages: &BTreeSet<&str>, path: &Path, diagnostics: &mut Diagnostics) {
    let Some(texts) = label.known() else { return };
    let missing: Vec<_> = languages.iter().filter(|language| !texts.contains_key(**language)).copied().collect();
    if !missing.is_empty() {
        let detail = format!(
            "`{path}` has no text for {}, which `languages` lists. Add it, or take the language out.",
            missing.iter().map(|language| format!("`{language}`")).collect::<Vec<_>>().join(", ")
        );
        diagnostics.error(path.clone(), "A label is not translated", detail);
    }
}
