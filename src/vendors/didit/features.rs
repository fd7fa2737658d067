//! The features of a workflow: which of them a response has, and what that means for the configured ones.
//!
//! A response names the features in one text, such as `OCR + LIVENESS`, and has their settings among its own fields, completed
//! and respelled in ways that are not documented. So a setting is not compared with the configured value. A digest of its
//! value in the response right after a write is kept, and a setting has drifted if the digest differs.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
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

/// The key in private state of the digests of the settings in the response to the last write, by the setting's name. Absent if
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

    /// The settings; empty if there are none or if they are unknown.
    fn settings(&self) -> Map<String, Json> {
        // The schema's rule has accepted the text.
        self.config.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    pub(super) fn to_wire(&self) -> Feature<'_> {
        Feature {
            feature: self.name(),
            config: (!self.config.is_null()).then(|| self.settings()),
            label: self.label.as_str(),
        }
    }
}

/// A feature in a request.
#[derive(Serialize, JsonSchema)]
pub(super) struct Feature<'m> {
    feature: &'m str,
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<Map<String, Json>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'m str>,
}

/// The attributes of one feature.
pub(super) fn attributes() -> Vec<Attribute> {
    vec![
        Attribute::string("feature").required().rule(Rule::Known(FEATURES)).describe("The name of the check."),
        Attribute::string("config").optional().not_returned().rule(JSON_OBJECT).semantic_equal(same_json).describe(
            "Its settings as JSON, such as `jsonencode({ face_liveness_method = \"passive\" })`. Without it Didit's defaults apply.",
        ),
        Attribute::string("label").optional().not_returned().rule(Rule::Length(1, usize::MAX)).describe(
            "The name of this step in the Business Console. Didit does not return it, so a change made there is not detected.",
        ),
    ]
}

/// Reports an order of the features that the vendor rejects.
pub(super) fn check(features: &[FeatureModel], diagnostics: &mut Diagnostics) {
    for (index, _) in features.iter().enumerate().filter(|(_, feature)| feature.name() == "FACE_MATCH") {
        let before = &features[..index];
        if before.iter().any(|feature| feature.name() == "OCR" || feature.feature.is_unknown()) {
            continue;
        }
        let detail = format!(
            "`features[{index}]` compares a face with the one on a document, and no `OCR` before it reads a document. Put `{{ feature \
             = \"OCR\" }}` before it, or remove it."
        );
        let path = Path::to("features").index(index).attribute("feature");
        diagnostics.error(path, "`FACE_MATCH` has to come after `OCR`", detail);
    }
}

/// The names in a response: one text as in the OpenAPI document, or a list as on older pages; `None` if it has neither.
pub(super) fn names(fields: &Map<String, Json>) -> Option<Vec<String>> {
    match fields.get("features")? {
        Json::String(text) => {
            Some(text.split('+').map(|name| name.trim().to_owned()).filter(|it| !it.is_empty()).collect())
        }
        Json::Array(names) => names.iter().map(|name| name.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// Whether the features of a request have the names, in order, that a response has.
pub(super) fn same_names(sent: &Json, fields: &Map<String, Json>) -> bool {
    let Some(stored) = names(fields) else { return true };
    let sent = sent.as_array().map_or(&[][..], Vec::as_slice).iter().map(|feature| feature["feature"].as_str());
    sent.eq(stored.iter().map(|name| Some(name.as_str())))
}

/// The features of a response: a configured one for each name, with the response's value of each setting that has drifted.
pub(super) fn merged(kept: &[FeatureModel], fields: &Map<String, Json>, private: &Private) -> Vec<FeatureModel> {
    let Some(names) = names(fields) else { return kept.to_vec() };
    let mut left: Vec<_> = kept.to_vec();
    let features = names.into_iter().map(|name| match left.iter().position(|feature| feature.name() == name) {
        Some(index) => left.remove(index),
        None => FeatureModel { feature: name.into(), ..FeatureModel::default() },
    });
    let mut features: Vec<_> = features.collect();
    let before: BTreeMap<String, String> = private.get(ECHO).unwrap_or_default();
    let now = echo(kept, fields);
    let changed = |name: &String| before.get(name).is_some_and(|digest| now.get(name).is_some_and(|now| now != digest));
    for feature in &mut features {
        let mut settings = feature.settings();
        let drifted: Vec<_> = settings.keys().filter(|name| changed(name)).cloned().collect();
        if drifted.is_empty() {
            continue;
        }
        settings.extend(drifted.into_iter().filter_map(|name| Some((name.clone(), fields.get(&name)?.clone()))));
        feature.config = Json::Object(settings).to_string().into();
    }
    features
}

/// Keeps the digests of the settings that were just written.
pub(super) fn remember(
    features: &[FeatureModel],
    fields: &Map<String, Json>,
    private: &mut Private,
) -> Result<(), Diagnostics> {
    private.set(ECHO, &echo(features, fields))
}

/// Whether Terraform knows the settings because it has written them.
pub(super) fn are_written(private: &Private) -> bool {
    private.get::<BTreeMap<String, String>>(ECHO).is_some()
}

/// The digest of each setting in a response. A setting that two features have is left out: the response does not say whose it is.
fn echo(features: &[FeatureModel], fields: &Map<String, Json>) -> BTreeMap<String, String> {
    let names: Vec<String> =
        features.iter().flat_map(|feature| feature.settings().into_iter().map(|(name, _)| name)).collect();
    let once = |name: &&String| names.iter().filter(|other| other == name).count() == 1;
    let digest = |value: &Json| BASE64_STANDARD.encode(Sha256::digest(value.to_string()));
    names.iter().filter(once).filter_map(|name| Some((name.clone(), digest(fields.get(name)?)))).collect()
}

/// Whether Didit has these features already, with every configured setting as in the response. If the response lacks a setting,
/// that is not known.
pub(super) fn are_there(features: &[FeatureModel], fields: &Map<String, Json>) -> bool {
    let same_names = names(fields).is_some_and(|names| names.iter().eq(features.iter().map(FeatureModel::name)));
    let echoed = echo(features, fields);
    let there = |feature: &FeatureModel| {
        let settings = feature.settings();
        let as_echoed = |(name, value): (&String, &Json)| {
            echoed.contains_key(name) && fields.get(name).is_some_and(|stored| equal(stored, value))
        };
        feature.label.is_null() && settings.iter().all(as_echoed)
    };
    same_names && features.iter().all(there)
}

/// The features whose settings only Didit knows, and that a change resets.
pub(super) fn losing_settings<'f>(before: &[FeatureModel], after: &'f [FeatureModel]) -> Vec<&'f str> {
    let kept =
        |feature: &&FeatureModel| feature.config.is_null() && before.iter().any(|it| it.name() == feature.name());
    after.iter().filter(kept).map(FeatureModel::name).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn feature(name: &str, config: Option<Json>) -> FeatureModel {
        let config = config.map(|config| config.to_string()).into();
        FeatureModel { feature: name.into(), config, label: Attr::Null }
    }

    fn fields(json: Json) -> Map<String, Json> {
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
        assert_eq!(names(&fields(json!({"features": "OCR + LIVENESS"}))), expected);
        assert_eq!(names(&fields(json!({"features": ["OCR", "LIVENESS"]}))), expected);
        assert_eq!(names(&fields(json!({"features": ""}))), Some(Vec::new()));
        assert_eq!(names(&fields(json!({}))), None);
    }

    /// Didit's spelling of a setting is no drift; a later change of it is.
    #[test]
    fn a_setting_has_drifted_if_the_response_has_changed() {
        let written = [feature("OCR", Some(json!({"documents_allowed": ["P"], "kept": 1}))), feature("LIVENESS", None)];
        let response =
            |allowed: Json| fields(json!({"features": "OCR + LIVENESS", "documents_allowed": allowed, "kept": 1.0}));
        let mut private = Private::default();
        remember(&written, &response(json!({"DEU": {"P": 1}})), &mut private).unwrap();
        assert_eq!(merged(&written, &response(json!({"DEU": {"P": 1}})), &private), written);
        let drifted = merged(&written, &response(json!({})), &private);
        assert_eq!(drifted[0].settings(), fields(json!({"documents_allowed": {}, "kept": 1})));
        assert_eq!(drifted[1], written[1]);
    }

    #[test]
    fn features_that_the_response_has_as_configured_are_there() {
        let response = fields(json!({"features": "OCR + LIVENESS", "a": 1.0, "b": "x"}));
        let of = |a: Json, b: Option<Json>| [feature("OCR", Some(json!({ "a": a }))), feature("LIVENESS", b)];
        assert!(are_there(&of(json!(1), Some(json!({"b": "x"}))), &response));
        assert!(are_there(&of(json!(1), None), &response));
        assert!(!are_there(&of(json!(2), None), &response), "another value");
        assert!(!are_there(&of(json!(1), Some(json!({"c": 1}))), &response), "not in the response");
        assert!(
            !are_there(&of(json!(1), Some(json!({"a": 1}))), &response),
            "of which of the two features is not known"
        );
        assert!(!are_there(&of(json!(1), None)[..1], &response), "another feature");
    }

    #[test]
    fn a_feature_that_was_added_elsewhere_has_no_known_settings() {
        let kept = [feature("OCR", Some(json!({"a": 1}))), feature("LIVENESS", None)];
        let found = merged(&kept, &fields(json!({"features": "OCR + AML"})), &Private::default());
        assert_eq!(found, [kept[0].clone(), feature("AML", None)]);
        assert_eq!(losing_settings(&kept, &found), Vec::<&str>::new());
        assert_eq!(losing_settings(&found, &[feature("AML", None), feature("OCR", Some(json!({})))]), ["AML"]);
    }
}
