//! The features of a workflow: what Didit echoes of them, and what that says about the configured ones.
//!
//! An answer names the features in one text, such as `OCR + LIVENESS`, and has their settings among its own members,
//! completed and respelled in ways that are not documented. So a setting is not compared with what is configured. What is
//! echoed right after a write is remembered, by digest, and a setting has changed when its echo has.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use super::json::{JSON_OBJECT, equal, same_json};
use crate::framework::{Attr, Attribute, Diagnostics, Path, Private, Rule};

/// The features of the vendor's OpenAPI document.
const FEATURES: &[&str] = &[
    "OCR",
    "NFC",
    "LIVENESS",
    "FACE_MATCH",
    "PROOF_OF_ADDRESS",
    "QUESTIONNAIRE",
    "DOCUMENT_AI",
    "PHONE_VERIFICATION",
    "EMAIL_VERIFICATION",
    "DATABASE_VALIDATION",
    "AML",
    "IP_ANALYSIS",
    "AGE_ESTIMATION",
    "KYB_REGISTRY",
    "KYB_DOCUMENTS",
    "KYB_KEY_PEOPLE",
];

/// What was echoed of the settings that were written last, in private state: a digest by the setting's name. Absent where
/// Terraform has written none, as after an import.
const ECHO: &str = "echo";

/// One feature.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct FeatureModel {
    feature: Attr<String>,
    config: Attr<String>,
    label: Attr<String>,
}

impl FeatureModel {
    fn name(&self) -> &str {
        self.feature.as_str().unwrap_or_default()
    }

    /// The settings; none where there are none, or where they are not known yet.
    fn settings(&self) -> Map<String, Json> {
        // The schema's rule has accepted the text.
        self.config.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    pub(super) fn to_wire(&self) -> Json {
        let mut body = json!({ "feature": self.name() });
        if !self.config.is_null() {
            body["config"] = Json::Object(self.settings());
        }
        if let Some(label) = self.label.as_str() {
            body["label"] = label.into();
        }
        body
    }
}

/// The attributes of one feature.
pub(super) fn attributes() -> Vec<Attribute> {
    vec![
        Attribute::string("feature").required().rule(Rule::OneOf(FEATURES)).describe("The check."),
        Attribute::string("config").optional().rule(JSON_OBJECT).semantic_equal(same_json).describe(
            "Its settings as JSON, such as `jsonencode({ face_liveness_method = \"passive\" })`. Without it they are Didit's own.",
        ),
        Attribute::string("label").optional().rule(Rule::Length(1, usize::MAX)).describe(
            "What the Business Console calls this step. Didit does not tell it, so a change made there is not found.",
        ),
    ]
}

/// What the vendor would refuse in the order of the features.
pub(super) fn check(features: &[FeatureModel], diagnostics: &mut Diagnostics) {
    for (index, _) in features.iter().enumerate().filter(|(_, feature)| feature.name() == "FACE_MATCH") {
        let before = &features[..index];
        if before.iter().any(|feature| feature.name() == "OCR" || feature.feature.is_unknown()) {
            continue;
        }
        let detail = format!(
            "`features[{index}]` compares a face with the one on a document, and no `OCR` before it reads one. Put `{{ feature = \
             \"OCR\" }}` before it, or remove it."
        );
        let path = Path::to("features").index(index).attribute("feature");
        diagnostics.error(path, "`FACE_MATCH` has to come after `OCR`", detail);
    }
}

/// The names in an answer: one text as the OpenAPI document has it, or a list as on older pages; `None` where there is neither.
pub(super) fn names(told: &Map<String, Json>) -> Option<Vec<String>> {
    match told.get("features")? {
        Json::String(text) => {
            Some(text.split('+').map(|name| name.trim().to_owned()).filter(|it| !it.is_empty()).collect())
        }
        Json::Array(names) => names.iter().map(|name| name.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// The features as far as an answer tells of them: those that are configured where it names the same ones, with each setting
/// whose echo has changed as it is echoed now.
pub(super) fn merged(kept: &[FeatureModel], told: &Map<String, Json>, private: &Private) -> Vec<FeatureModel> {
    let Some(names) = names(told) else { return kept.to_vec() };
    let mut left: Vec<_> = kept.to_vec();
    let features = names.into_iter().map(|name| match left.iter().position(|feature| feature.name() == name) {
        Some(index) => left.remove(index),
        None => FeatureModel { feature: name.into(), ..FeatureModel::default() },
    });
    let mut features: Vec<_> = features.collect();
    let before: BTreeMap<String, String> = private.get(ECHO).unwrap_or_default();
    let now = echo(kept, told);
    let changed = |name: &String| before.get(name).is_some_and(|digest| now.get(name).is_some_and(|now| now != digest));
    for feature in &mut features {
        let mut settings = feature.settings();
        let drifted: Vec<_> = settings.keys().filter(|name| changed(name)).cloned().collect();
        if drifted.is_empty() {
            continue;
        }
        settings.extend(drifted.into_iter().filter_map(|name| Some((name.clone(), told.get(&name)?.clone()))));
        feature.config = Json::Object(settings).to_string().into();
    }
    features
}

/// Remembers what is echoed of the settings that were just written.
pub(super) fn remember(
    features: &[FeatureModel],
    told: &Map<String, Json>,
    private: &mut Private,
) -> Result<(), Diagnostics> {
    private.set(ECHO, &echo(features, told))
}

/// Whether Terraform knows what the settings are because it has written them.
pub(super) fn are_written(private: &Private) -> bool {
    private.get::<BTreeMap<String, String>>(ECHO).is_some()
}

/// The digest of what is echoed of each setting. One that two features have is left out: the echo does not say whose it is.
fn echo(features: &[FeatureModel], told: &Map<String, Json>) -> BTreeMap<String, String> {
    let names: Vec<String> =
        features.iter().flat_map(|feature| feature.settings().into_iter().map(|(name, _)| name)).collect();
    let once = |name: &&String| names.iter().filter(|other| other == name).count() == 1;
    let digest = |value: &Json| BASE64_STANDARD.encode(Sha256::digest(value.to_string()));
    names.iter().filter(once).filter_map(|name| Some((name.clone(), digest(told.get(name)?)))).collect()
}

/// Whether Didit has these features already, with all settings that are configured as they are echoed. One that is not echoed
/// leaves it open.
pub(super) fn are_there(features: &[FeatureModel], told: &Map<String, Json>) -> bool {
    let same_names = names(told).is_some_and(|names| names.iter().eq(features.iter().map(FeatureModel::name)));
    let echoed = echo(features, told);
    let there = |feature: &FeatureModel| {
        let settings = feature.settings();
        let as_echoed = |(name, value): (&String, &Json)| {
            echoed.contains_key(name) && told.get(name).is_some_and(|told| equal(told, value))
        };
        feature.label.is_null() && settings.iter().all(as_echoed)
    };
    same_names && features.iter().all(there)
}

/// The features of a change whose settings are known to nobody but Didit, and are lost by it.
pub(super) fn losing_settings<'f>(before: &[FeatureModel], after: &'f [FeatureModel]) -> Vec<&'f str> {
    let kept =
        |feature: &&FeatureModel| feature.config.is_null() && before.iter().any(|it| it.name() == feature.name());
    after.iter().filter(kept).map(FeatureModel::name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feature(name: &str, config: Option<Json>) -> FeatureModel {
        let config = config.map(|config| config.to_string()).into();
        FeatureModel { feature: name.into(), config, label: Attr::Null }
    }

    fn told(json: Json) -> Map<String, Json> {
        match json {
            Json::Object(members) => members,
            other => panic!("{other} is no object"),
        }
    }

    fn problems(features: &[FeatureModel]) -> usize {
        let mut diagnostics = Diagnostics::new();
        check(features, &mut diagnostics);
        diagnostics.iter().count()
    }

    #[test]
    fn a_face_is_matched_after_a_document_is_read() {
        let [ocr, face] = ["OCR", "FACE_MATCH"].map(|name| feature(name, None));
        assert_eq!(problems(&[ocr.clone(), face.clone()]), 0);
        assert_eq!(problems(&[face.clone(), ocr]), 1);
        let unknown = FeatureModel { feature: Attr::Unknown, ..FeatureModel::default() };
        assert_eq!(problems(&[unknown, face]), 0, "it may turn out to be OCR");
    }

    #[test]
    fn features_are_named_in_one_text_or_in_a_list() {
        let expected = Some(vec!["OCR".to_owned(), "LIVENESS".to_owned()]);
        assert_eq!(names(&told(json!({"features": "OCR + LIVENESS"}))), expected);
        assert_eq!(names(&told(json!({"features": ["OCR", "LIVENESS"]}))), expected);
        assert_eq!(names(&told(json!({"features": ""}))), Some(Vec::new()));
        assert_eq!(names(&told(json!({}))), None);
    }

    /// What Didit makes of a setting is no drift; what becomes of it later is.
    #[test]
    fn a_setting_has_changed_when_its_echo_has() {
        let written = [feature("OCR", Some(json!({"documents_allowed": ["P"], "kept": 1}))), feature("LIVENESS", None)];
        let answer =
            |allowed: Json| told(json!({"features": "OCR + LIVENESS", "documents_allowed": allowed, "kept": 1.0}));
        let mut private = Private::default();
        remember(&written, &answer(json!({"DEU": {"P": 1}})), &mut private).unwrap();
        assert_eq!(merged(&written, &answer(json!({"DEU": {"P": 1}})), &private), written);
        let drifted = merged(&written, &answer(json!({})), &private);
        assert_eq!(drifted[0].settings(), told(json!({"documents_allowed": {}, "kept": 1})));
        assert_eq!(drifted[1], written[1]);
    }

    #[test]
    fn what_is_echoed_as_it_is_configured_is_there_already() {
        let answer = told(json!({"features": "OCR + LIVENESS", "a": 1.0, "b": "x"}));
        let features = |a: Json, b: Option<Json>| [feature("OCR", Some(json!({ "a": a }))), feature("LIVENESS", b)];
        assert!(are_there(&features(json!(1), Some(json!({"b": "x"}))), &answer));
        assert!(are_there(&features(json!(1), None), &answer));
        assert!(!are_there(&features(json!(2), None), &answer), "another value");
        assert!(!are_there(&features(json!(1), Some(json!({"c": 1}))), &answer), "not echoed");
        assert!(!are_there(&features(json!(1), Some(json!({"a": 1}))), &answer), "whose it is is not told");
        assert!(!are_there(&features(json!(1), None)[..1], &answer), "another feature");
    }

    #[test]
    fn a_feature_that_was_added_elsewhere_has_no_known_settings() {
        let kept = [feature("OCR", Some(json!({"a": 1}))), feature("LIVENESS", None)];
        let found = merged(&kept, &told(json!({"features": "OCR + AML"})), &Private::default());
        assert_eq!(found, [kept[0].clone(), feature("AML", None)]);
        assert_eq!(losing_settings(&kept, &found), Vec::<&str>::new());
        assert_eq!(losing_settings(&found, &[feature("AML", None), feature("OCR", Some(json!({})))]), ["AML"]);
    }
}
