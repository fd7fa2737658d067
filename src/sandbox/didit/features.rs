//! The features of a workflow: accepted as a list with their settings, returned as one line of text.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::fields;

const KNOWN: [&str; 16] = [
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

/// One step of a workflow.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Feature {
    feature: String,
    #[serde(default)]
    config: Map<String, Value>,
    #[serde(default)]
    label: Option<String>,
}

/// Reads the features of a body.
pub(super) fn read(value: Value) -> Result<Vec<Feature>, String> {
    let features = fields::some(|value| {
        let feature: Feature = serde_json::from_value(value).map_err(|error| error.to_string())?;
        if KNOWN.contains(&feature.feature.as_str()) {
            return Ok(feature);
        }
        Err(format!("{:?} is not a valid choice.", feature.feature))
    })(value)?;
    let place = |name: &str| features.iter().position(|it| it.feature == name);
    match (place("OCR"), place("FACE_MATCH")) {
        (None, Some(_)) => Err("FACE_MATCH requires OCR before it.".to_owned()),
        (Some(ocr), Some(face_match)) if face_match < ocr => Err("FACE_MATCH must come after OCR.".to_owned()),
        _ => Ok(features),
    }
}

/// The features as a response has them, such as `OCR + LIVENESS`.
pub(super) fn line(features: &[Feature]) -> String {
    features.iter().map(|it| it.feature.as_str()).collect::<Vec<_>>().join(" + ")
}

/// The settings of all features in one object, which does not show the feature of each.
pub(super) fn flattened(features: &[Feature]) -> Map<String, Value> {
    features.iter().flat_map(|it| it.config.clone()).collect()
}
