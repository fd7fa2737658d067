//! Objects with a long list of fields of one kind, all required: 27 numbers of weights, 25 booleans of requirements.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

/// The numbers of a weight set with the values that a new tenant has. Names: page, "update weights"; the values are
/// made up, odd on purpose so that a rounded one shows.
pub(super) const WEIGHTS: [(&str, f64); 27] = [
    ("onboarding_face_encoding_tolerance", 0.55),
    ("verified_account_face_encoding_tolerance", 0.45),
    ("driver_license_fuzzy_match_tolerance", 0.3),
    ("driver_license_fuzzy_match_weight", 10.5),
    ("state_id_fuzzy_match_tolerance", 0.3),
    ("state_id_fuzzy_match_weight", 10.5),
    ("passport_fuzzy_match_tolerance", 0.15),
    ("passport_fuzzy_match_weight", 17.0),
    ("passport_card_fuzzy_match_tolerance", 0.15),
    ("passport_card_fuzzy_match_weight", 16.25),
    ("ofac_fuzzy_match_tolerance", 0.1),
    ("ofac_fuzzy_match_weight", 12.0),
    ("suspicious_words_weight", 7.7),
    ("image_manipulation_weight", 9.3),
    ("online_duplication_weight", 6.6),
    ("is_identity_document_weight", 8.0),
    ("aamva_match_tolerance", 0.2),
    ("aamva_match_weight", 14.1),
    ("idv_session_tolerance", 0.7),
    ("minimum_liveness_tolerance", 0.8),
    ("passive_active_skip_tolerance", 0.95),
    ("gender_probability_tolerance", 0.65),
    ("gender_weight", 2.2),
    ("expression_tolerance", 0.35),
    ("age_tolerance", 7.5),
    ("age_weight", 1.1),
    ("direction_tolerance", 0.05),
];

/// The booleans of a requirement set. Names: page, "update requirements".
pub(super) const REQUIREMENTS: [&str; 25] = [
    "document_number_required",
    "ref_number_required",
    "issue_at_required",
    "expires_at_required",
    "issuing_country_required",
    "issuing_state_required",
    "first_name_required",
    "middle_name_required",
    "last_name_required",
    "name_suffix_required",
    "street_required",
    "city_required",
    "state_required",
    "postal_code_required",
    "birth_date_required",
    "gender_required",
    "height_required",
    "weight_required",
    "eye_color_required",
    "hair_color_required",
    "class_required",
    "mentions_required",
    "restrictions_required",
    "raw_barcode_required",
    "face_encoding_required",
];

/// All 27 numbers of a weight set, as they were sent.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "BTreeMap<String, Number>")]
pub(super) struct Numbers(BTreeMap<String, Number>);

impl Default for Numbers {
    fn default() -> Self {
        // A literal of the table is finite, which is all that `from_f64` asks for.
        let number = |(name, value): (&str, f64)| Some((name.to_owned(), Number::from_f64(value)?));
        Self(WEIGHTS.into_iter().filter_map(number).collect())
    }
}

impl TryFrom<Map<String, Value>> for Numbers {
    type Error = String;

    fn try_from(fields: Map<String, Value>) -> Result<Self, String> {
        all_of(fields, WEIGHTS.map(|(name, _)| name), "number", |value| match value {
            Value::Number(number) => Ok(number),
            other => Err(other),
        })
        .map(Self)
    }
}

impl From<Numbers> for BTreeMap<String, Number> {
    fn from(numbers: Numbers) -> Self {
        numbers.0
    }
}

/// All 25 booleans of a requirement set.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "BTreeMap<String, bool>")]
pub(super) struct Flags(BTreeMap<String, bool>);

impl Flags {
    /// Sets each field to the result of `required`.
    pub(super) fn where_required(required: impl Fn(&str) -> bool) -> Self {
        Self(REQUIREMENTS.into_iter().map(|name| (name.to_owned(), required(name))).collect())
    }
}

impl TryFrom<Map<String, Value>> for Flags {
    type Error = String;

    fn try_from(fields: Map<String, Value>) -> Result<Self, String> {
        all_of(fields, REQUIREMENTS, "boolean", |value| match value {
            Value::Bool(flag) => Ok(flag),
            other => Err(other),
        })
        .map(Self)
    }
}

impl From<Flags> for BTreeMap<String, bool> {
    fn from(flags: Flags) -> Self {
        flags.0
    }
}

/// Reads exactly the named fields, each of one kind.
fn all_of<T, const N: usize>(
    mut fields: Map<String, Value>,
    names: [&str; N],
    kind: &str,
    read: impl Fn(Value) -> Result<T, Value>,
) -> Result<BTreeMap<String, T>, String> {
    let mut taken = BTreeMap::new();
    for name in names {
        let value = fields.remove(name).ok_or_else(|| format!("{name} is required"))?;
        let value = read(value).map_err(|other| format!("{name} must be a {kind}, found {other}"))?;
        taken.insert(name.to_owned(), value);
    }
    match fields.keys().next() {
        Some(unknown) => Err(format!("{unknown} is not allowed")),
        None => Ok(taken),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn complete() -> Map<String, Value> {
        WEIGHTS.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect()
    }

    #[test]
    fn the_defaults_are_a_complete_set() {
        assert_eq!(serde_json::to_value(Numbers::default()).unwrap(), Value::Object(complete()));
    }

    #[test]
    fn a_set_must_have_every_number_and_no_other_field() {
        let rejected = |change: fn(&mut Map<String, Value>)| {
            let mut fields = complete();
            change(&mut fields);
            Numbers::try_from(fields).err()
        };
        assert_eq!(rejected(|_| ()), None);
        assert_eq!(rejected(|fields| drop(fields.remove("age_weight"))).unwrap(), "age_weight is required");
        let text = rejected(|fields| fields["age_weight"] = json!("1")).unwrap();
        assert_eq!(text, "age_weight must be a number, found \"1\"");
        let unknown = rejected(|fields| drop(fields.insert("age_wieght".to_owned(), json!(1)))).unwrap();
        assert_eq!(unknown, "age_wieght is not allowed");
    }
}
