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

/// Whether the JSON body of an error has the form that a vendor documents.
pub type IsOwnError = fn(&Value) -> bool;

/// What gateways and frameworks say of a path that they do not serve, also in the form of a vendor's own errors; lower case.
const OF_A_ROUTE: [&str; 4] = ["no route matched", "no static resource", "route not found", "no such route"];

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

/// Whether a 404 comes from something before the API, or from the API about its route: it says nothing about an object.
///
/// Without a documented form any JSON and an empty body may be the vendor's. A web page and plain text are not.
pub(super) fn is_about_route(is_own: Option<IsOwnError>, headers: &HeaderMap, body: &[u8]) -> bool {
    let body = body.trim_ascii();
    if body.is_empty() {
        return is_own.is_some();
    }
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return true };
    let message = parse_common(StatusCode::NOT_FOUND, headers, body).message.unwrap_or_default().to_lowercase();
    // Express and NestJS: `Cannot GET /v3/workflows`.
    let is_express =
        message.strip_prefix("cannot ").and_then(|rest| rest.split_once(' ')).is_some_and(|(method, path)| {
            ["get", "post", "put", "patch", "delete"].contains(&method) && path.starts_with('/')
        });
    is_express || OF_A_ROUTE.iter().any(|words| message.contains(words)) || is_own.is_some_and(|is_own| !is_own(&value))
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
    fn a_404_of_a_gateway_is_about_the_route() {
        let form: IsOwnError = |body| body["error"]["code"].is_string();
        for (body, without_a_form, with_a_form) in [
            (r#"{"error":{"code":"not_found","message":"there is no key 7"}}"#, false, false),
            (r#"{"error":{"code":"not_found","message":"Cannot GET /v1/keys/7"}}"#, true, true),
            (r#"{"error":{"code":"not_found","message":"Cannot delete the key"}}"#, false, false),
            (r#"{"message":"no Route matched with those values"}"#, true, true),
            (r#"{"message":"Not Found"}"#, false, true),
            (r#"{"detail":"Not found."}"#, false, true),
            ("[]", false, true),
            ("", false, true),
            ("<html><h1>404</h1></html>", true, true),
            ("404 page not found\n", true, true),
            (r#"{"error":{"code":"not_found""#, true, true),
        ] {
            let about_route = |form| is_about_route(form, &HeaderMap::new(), body.as_bytes());
            assert_eq!(about_route(None), without_a_form, "{body}");
            assert_eq!(about_route(Some(form)), with_a_form, "{body} with a documented form");
        }
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let long = "ä".repeat(2000);
        let found = read(parse_common, StatusCode::BAD_REQUEST, &HeaderMap::new(), long.as_bytes());
        assert_eq!(found.message.unwrap().chars().count(), MAX_MESSAGE + 3);
    }
}
