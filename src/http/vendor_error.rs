//! Parses a vendor's error response: a code for programs and a message for people.
//!
//! A vendor may have a parser of its own; [`parse_common`] knows the shapes that several vendors use: OAuth 2.0 (RFC 6749, section
//! 5.2), problem details (RFC 9457), `{code, message}` and the same inside `error`, and `{errors: [{message, param}]}`.

use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::Value;

use crate::secret::redact;

/// The longest vendor message that is kept, in characters.
const MAX_MESSAGE: usize = 500;

/// How much of a vendor's text is searched for secrets, in bytes: enough that a secret within the message is complete, or
/// so long that its beginning is recognized.
const MAX_SEARCHED: usize = 16 * 1024;

/// Parses a vendor's error response from its status, headers and body.
pub type ParseError = fn(StatusCode, &HeaderMap, &[u8]) -> VendorError;

/// The vendor's code and message for a failure; either may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VendorError {
    /// The code that the vendor documents, such as `invalid_client`.
    pub code: Option<String>,
    /// The vendor's message. Without it, the message is made of the fields.
    pub message: Option<String>,
    /// The vendor's messages about single fields of the request body.
    pub fields: Vec<FieldError>,
}

/// The vendor's message about one field of the request body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The path from the root: field names, and positions in lists as digits.
    pub path: Vec<String>,
    /// The vendor's message.
    pub message: String,
}

/// Reads the shapes that are common among vendors; what it does not recognize stays empty.
pub fn parse_common(_status: StatusCode, _headers: &HeaderMap, body: &[u8]) -> VendorError {
    serde_json::from_slice::<Value>(body).map(|value| from_value(&value)).unwrap_or_default()
}

fn from_value(value: &Value) -> VendorError {
    if let Some(inner @ Value::Object(_)) = value.get("error") {
        return from_value(inner);
    }
    let first = |names: &[&str]| names.iter().find_map(|name| scalar(value.get(name)?));
    let code = first(&["code", "error_code", "error"]);
    let message = first(&["error_description", "message", "detail", "title"]).or_else(|| listed(value));
    VendorError { code, message, fields: Vec::new() }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// `{errors: [{message, param}]}` as `param: message; ...`.
fn listed(value: &Value) -> Option<String> {
    let errors = value.get("errors")?.as_array()?;
    let lines: Vec<String> = errors
        .iter()
        .filter_map(|error| {
            let message = scalar(error).or_else(|| scalar(error.get("message")?))?;
            let param = error.get("param").or_else(|| error.get("field")).and_then(scalar);
            Some(param.map_or_else(|| message.clone(), |param| format!("{param}: {message}")))
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join("; "))
}

/// The vendor's error with each text in one line of bounded length and without the secrets that it may repeat; without a
/// message, a note about the body instead.
pub(super) fn read(parse: ParseError, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> VendorError {
    let mut found = parse(status, headers, body);
    if found == VendorError::default() {
        // A token endpoint or a gateway before the API has a shape of its own.
        found = parse_common(status, headers, body);
    }
    let message = found.message.or_else(|| of_fields(&found.fields));
    VendorError {
        code: found.code.map(|code| one_line(&code)),
        message: message.map(|text| one_line(&text)).or_else(|| note(headers, body)),
        fields: found.fields.iter().map(shown).collect(),
    }
}

/// The same for one field, whose name may be text from the request too.
fn shown(field: &FieldError) -> FieldError {
    FieldError { path: field.path.iter().map(|step| one_line(step)).collect(), message: one_line(&field.message) }
}

/// `field: message; ...`, for a vendor that returns no message for the whole request.
fn of_fields(fields: &[FieldError]) -> Option<String> {
    let lines: Vec<_> = fields.iter().map(|field| format!("{}: {}", field.path.join("."), field.message)).collect();
    (!lines.is_empty()).then(|| lines.join("; "))
}

/// Describes a body without a known message.
fn note(headers: &HeaderMap, body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    if text.trim().is_empty() {
        return None;
    }
    if is_html(headers, body) {
        return Some(format!("a web page of {} bytes instead of an API's error", body.len()));
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(members)) if members.is_empty() => None,
        Ok(Value::Object(members)) => {
            let names: Vec<&str> = members.keys().map(String::as_str).collect();
            Some(one_line(&format!("a JSON object with {}, without a known message", names.join(", "))))
        }
        Ok(_) => Some(format!("a JSON value of {} bytes without a known message", body.len())),
        Err(_) => Some(one_line(&text)),
    }
}

/// Whether the body is a web page, as a proxy or a wrong address would send.
pub(super) fn is_html(headers: &HeaderMap, body: &[u8]) -> bool {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    declared.is_some_and(|value| value.starts_with("text/html")) || body.trim_ascii_start().starts_with(b"<")
}

/// One line without secrets and without control characters, cut to a bounded length.
fn one_line(text: &str) -> String {
    let end = (0..=text.len().min(MAX_SEARCHED)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    // Before the line is made: a secret may have line breaks, and one that is cut off is not recognized.
    let text = redact(&text[..end]);
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    let line = words.join(" ");
    match line.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, code: Option<&str>, message: Option<&str>) {
        let found = read(parse_common, StatusCode::BAD_REQUEST, &HeaderMap::new(), body.as_bytes());
        assert_eq!(found.code.as_deref(), code, "{body}");
        assert_eq!(found.message.as_deref(), message, "{body}");
    }

    #[test]
    fn common_shapes_are_read() {
        check(r#"{"error":"invalid_client","error_description":"no"}"#, Some("invalid_client"), Some("no"));
        check(r#"{"code":400,"message":"bad ts"}"#, Some("400"), Some("bad ts"));
        check(r#"{"success":false,"error":{"code":"X","message":"m"}}"#, Some("X"), Some("m"));
        check(r#"{"detail":"Not allowed."}"#, None, Some("Not allowed."));
        check(r#"{"errors":[{"message":"is required","param":"dvcID"},"b"]}"#, None, Some("dvcID: is required; b"));
    }

    #[test]
    fn an_unknown_body_becomes_a_note_without_its_values() {
        check("", None, None);
        check("{}", None, None);
        check("<html><body>hunter2", None, Some("a web page of 19 bytes instead of an API's error"));
        check(r#"{"secret":"hunter2"}"#, None, Some("a JSON object with secret, without a known message"));
        check("upstream\r\n  connect error", None, Some("upstream connect error"));
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let long = "ä".repeat(2000);
        let found = read(parse_common, StatusCode::BAD_REQUEST, &HeaderMap::new(), long.as_bytes());
        assert_eq!(found.message.unwrap().chars().count(), MAX_MESSAGE + 3);
    }
}
