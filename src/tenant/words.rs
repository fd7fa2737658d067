//! Words for a person: labels of attributes, names of objects, values.

use super::object_name;
use crate::framework::Value;
use crate::framework::diagnostics::capitalized;
use crate::framework::resource::DynResource;

/// The longest value in a sentence, in characters.
const LONGEST: usize = 80;

/// What is shown in place of a secret.
pub(crate) const SENSITIVE: &str = "(sensitive)";

/// Words that are abbreviations.
const ABBREVIATIONS: &[&str] =
    &["aamva", "api", "dmv", "mrz", "aws", "gcp", "html", "id", "ocr", "ofac", "url", "uuid", "nfc", "aml"];

/// `OFAC fuzzy match weight` for `ofac_fuzzy_match_weight`.
pub(crate) fn label(attribute: &str) -> String {
    let word = |word: &str| if ABBREVIATIONS.contains(&word) { word.to_uppercase() } else { word.to_owned() };
    attribute.split('_').filter(|part| *part != "wo").map(word).collect::<Vec<_>>().join(" ")
}

/// The kind of object in words: `document requirements` for `vult_document_requirements`.
pub(crate) fn kind(resource: &dyn DynResource) -> String {
    label(object_name(resource))
}

/// The name of an object among those of its kind, from its natural key: `Passport, OCR`.
pub(crate) fn name(resource: &dyn DynResource, state: &Value) -> String {
    let parts = resource.natural_key().iter().filter_map(|attribute| match state.get(attribute) {
        Value::Null | Value::Unknown => None,
        // Words of VULT, such as `driver_license`; 1Kosmos has its own, such as `dl_object`.
        Value::String(text) if resource.natural_key().contains(&"data_source") && !attribute.ends_with("_id") => {
            Some(capitalized(&label(text)))
        }
        Value::String(text) if attribute.ends_with("_id") && *attribute != "user_id" && *attribute != "party_id" => {
            Some(format!("{} {text}", label(attribute.trim_end_matches("_id"))))
        }
        value => Some(show(value)),
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// Who is affected by a change of an object.
pub(crate) fn audience(state: &Value) -> String {
    let text = |name: &str| state.get(name).as_str().filter(|text| !text.is_empty());
    if let Some(user) = text("user_id") {
        return format!("the user `{user}`");
    }
    if let Some(party) = text("party_id") {
        return format!("the party `{party}`");
    }
    let of_client = text("client_id").map_or_else(|| "in the tenant".to_owned(), |id| format!("of the client `{id}`"));
    if let Some(document) = text("document_type") {
        return format!("everybody {of_client} who shows a document of the type `{document}`");
    }
    if let Some(workflow) = text("workflow_label") {
        return format!("everybody who goes through the workflow \"{workflow}\"");
    }
    format!("everybody {of_client}")
}

/// A value in a sentence: short, on one line.
pub(crate) fn show(value: &Value) -> String {
    match value {
        Value::Null => "not set".to_owned(),
        Value::Unknown => "known after the apply".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.is_empty() => "empty".to_owned(),
        Value::String(text) => short(text),
        Value::List(elements) => short(&elements.iter().map(show).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            let set = entries.iter().filter(|(_, value)| !value.is_null());
            short(&set.map(|(name, value)| format!("{name} = {}", show(value))).collect::<Vec<_>>().join(", "))
        }
    }
}

/// The beginning of a text, on one line.
pub(crate) fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST {
        return line;
    }
    let mut start: String = line.chars().take(LONGEST - 1).collect();
    start.push('…');
    start
}

/// `1 object`, `2 objects`.
pub(crate) fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

/// `1 session`, `1,204 sessions`: a large number with its thousands apart.
pub(crate) fn amount(number: u64, one: &str) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    let s = if number == 1 { "" } else { "s" };
    format!("{} {one}{s}", groups.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_words() {
        assert_eq!(label("ofac_fuzzy_match_weight"), "OFAC fuzzy match weight");
        assert_eq!(label("secret_key_wo_version"), "secret key version");
    }

    #[test]
    fn thousands_are_apart() {
        let amounts = [0, 1, 999, 1000, 1_204_567].map(|number| amount(number, "session"));
        assert_eq!(amounts, ["0 sessions", "1 session", "999 sessions", "1,000 sessions", "1,204,567 sessions"]);
    }

    #[test]
    fn values_are_short_and_on_one_line() {
        assert_eq!(show(&"a\nb".into()), "a b");
        assert_eq!(show(&Value::List(vec![1.into(), true.into()])), "1, yes");
        assert_eq!(short(&"x".repeat(200)).chars().count(), LONGEST);
    }
}
