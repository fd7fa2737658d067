//! Parses the JSON of a response. A problem is described without any value of the body, which may contain a secret.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;

/// How serde's message about a value of the wrong type starts; the value follows these words.
const VALUE_KINDS: &[&str] = &[
    "string",
    "boolean",
    "integer",
    "floating point",
    "character",
    "byte array",
    "null",
    "unit value",
    "map",
    "sequence",
    "Option value",
    "newtype struct",
    "number",
];

/// Returns the value, or the end of a sentence that names the field and what was expected.
pub(super) fn from_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| problem_at(&error))?;
    deserializer.end().map_err(|error| problem(&error, "the whole"))?;
    Ok(value)
}

/// The same for a body that was parsed already.
pub(super) fn from_value<T: DeserializeOwned>(body: &Value) -> Result<T, String> {
    serde_path_to_error::deserialize(body).map_err(|error| problem_at(&error))
}

fn problem_at(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    let path = error.path().to_string();
    let place = if path == "." { "the whole".to_owned() } else { format!("`{path}`") };
    problem(error.inner(), &place)
}

fn problem(error: &serde_json::Error, place: &str) -> String {
    match error.classify() {
        // These messages come from a fixed list and contain no value.
        Category::Syntax | Category::Eof | Category::Io => format!("the response is not complete JSON: {error}"),
        Category::Data => {
            let sentence = format!("{place} of the response {}", without_value(&error.to_string()));
            // Without a line the value was rejected as a whole.
            if error.line() == 0 {
                sentence
            } else {
                format!("{sentence} (line {}, column {})", error.line(), error.column())
            }
        }
    }
}

/// Serde's message without the value, which it quotes.
fn without_value(sentence: &str) -> String {
    // The expectation comes from the code and is last: a value with the same words is before it.
    let expected = sentence.rsplit_once(", expected ").map(|(_, rest)| rest);
    let expected = expected.map(|rest| rest.rsplit_once(" at line ").map_or(rest, |(text, _)| text));
    let found = ["invalid type: ", "invalid value: "].iter().find_map(|start| sentence.strip_prefix(start));
    match (found, expected) {
        (Some(found), Some(expected)) => {
            let kind = VALUE_KINDS.iter().find(|kind| found.starts_with(**kind)).unwrap_or(&"unknown");
            format!("is of the type {kind} where {expected} is expected")
        }
        (None, Some(expected)) if sentence.starts_with("invalid length ") => {
            format!("is of another length where {expected} is expected")
        }
        (None, Some(expected)) => format!("is not {expected}"),
        // The field's name in this message comes from the code.
        _ if sentence.starts_with("missing field `") => {
            let name = sentence.split('`').nth(1).unwrap_or_default();
            format!("lacks the member `{name}`")
        }
        _ => "has a value of an unexpected form".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Row {
        #[serde(rename = "id")]
        _id: u32,
        #[serde(rename = "kind")]
        _kind: Kind,
        #[serde(rename = "at", deserialize_with = "quoting")]
        _at: (),
    }

    /// Refuses every text, and quotes it as many crates do.
    fn quoting<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
        let text = String::deserialize(deserializer)?;
        Err(serde::de::Error::custom(format!("`{text}` is no date")))
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Allow,
        Block,
    }

    #[derive(Debug, Deserialize)]
    struct List {
        #[serde(rename = "rows")]
        _rows: Vec<Row>,
    }

    fn check(body: &str, expected: &str) {
        let problem = from_json::<List>(body.as_bytes()).unwrap_err();
        let (sentence, position) = problem.split_once(" (line 1, column ").unwrap();
        assert_eq!(sentence, expected, "{body}");
        assert!(position.trim_end_matches(')').parse::<usize>().is_ok_and(|column| column <= body.len()), "{problem}");
        assert!(!problem.contains("hunter2"), "{problem}");
    }

    #[test]
    fn a_problem_names_the_field_and_never_the_value() {
        check(
            r#"{"rows":[{"id":"hunter2"}]}"#,
            "`rows[0].id` of the response is of the type string where u32 is expected",
        );
        check(
            r#"{"rows":[{"id":"hunter2, expected hunter2 at line 9"}]}"#,
            "`rows[0].id` of the response is of the type string where u32 is expected",
        );
        check(r#"{"rows":[{"id":-5}]}"#, "`rows[0].id` of the response is of the type integer where u32 is expected");
        check(r#"{"rows":[{"id":1,"kind":"hunter2"}]}"#, "`rows[0].kind` of the response is not `allow` or `block`");
        check(r#"{"rows":[{"id":1}]}"#, "`rows[0]` of the response lacks the member `kind`");
        check(
            r#"{"rows":[{"id":1,"kind":"allow","at":"hunter2"}]}"#,
            "`rows[0].at` of the response has a value of an unexpected form",
        );
        check("{}", "the whole of the response lacks the member `rows`");
        check("[]", "the whole of the response is of another length where struct List with 1 element is expected");
        check(r#""hunter2""#, "the whole of the response is of the type string where struct List is expected");
    }

    #[test]
    fn text_that_is_not_json_is_not_echoed() {
        for body in ["hunter2", r#"{"rows":[] hunter2"#, r#"{"rows":"#, r#"{"rows":[]} hunter2"#, ""] {
            let problem = from_json::<List>(body.as_bytes()).unwrap_err();
            assert!(problem.starts_with("the response is not complete JSON: "), "{problem}");
            assert!(!problem.contains("hunter2"), "{problem}");
        }
    }
}
