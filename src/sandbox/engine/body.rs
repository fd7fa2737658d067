//! Reading a JSON body as strictly as a vendor does, with a message that names the field.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, header::CONTENT_TYPE},
};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

use super::{ApiError, Handle};

/// A JSON body that fits `T`; any other is a 400 that names the field.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Handle> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, handle: &Handle) -> Result<Self, ApiError> {
        let headers = request.headers().clone();
        let bytes = Bytes::from_request(request, handle)
            .await
            .map_err(|rejection| ApiError::new(rejection.status(), rejection.body_text()))?;
        parse_json(&headers, &bytes).map(Self).map_err(ApiError::bad_request)
    }
}

/// Reads a body that must be declared as JSON. The error is one line that names the field and fits a vendor's error body.
pub fn parse_json<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, String> {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("none");
    let media_type = declared.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(format!("Content-Type must be application/json, found {declared}"));
    }
    parse_json_text(body)
}

/// Reads JSON that is not a whole body, with the same messages.
pub fn parse_json_text<T: DeserializeOwned>(text: &[u8]) -> Result<T, String> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| describe(&error))?;
    deserializer.end().map_err(|error| error.to_string())?;
    Ok(value)
}

fn describe(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    match error.path().to_string().as_str() {
        "." => error.inner().to_string(),
        path => format!("{path}: {}", error.inner()),
    }
}

/// Reads an optional field that may be absent but not null; serde's `Option` alone accepts null.
///
/// Use with `#[serde(default, deserialize_with = "present")]`.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Hook {
        name: String,
        #[serde(default, deserialize_with = "present")]
        client_id: Option<String>,
    }

    fn check(content_type: &'static str, body: &str) -> Result<(String, Option<String>), String> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, content_type.parse().unwrap())]);
        parse_json::<Hook>(&headers, body.as_bytes()).map(|hook| (hook.name, hook.client_id))
    }

    #[test]
    fn reads_json_with_or_without_a_charset() {
        assert_eq!(check("application/json; charset=utf-8", r#"{"name":"a"}"#), Ok(("a".to_owned(), None)));
        assert_eq!(check("application/json", r#"{"name":"a","client_id":"c"}"#).unwrap().1.as_deref(), Some("c"));
    }

    #[test]
    fn an_error_names_the_field_or_the_media_type() {
        for (content_type, body, expected) in [
            ("text/plain", r#"{"name":"a"}"#, "text/plain"),
            ("application/json", "{}", "`name`"),
            ("application/json", r#"{"name":1}"#, "name: invalid type"),
            ("application/json", r#"{"name":"a","client_id":null}"#, "client_id: invalid type: null"),
            ("application/json", r#"{"name":"a","nmae":1}"#, "`nmae`"),
            ("application/json", r#"{"name":"a"} x"#, "trailing characters"),
        ] {
            let error = check(content_type, body).unwrap_err();
            assert!(error.contains(expected), "{body}: {error}");
        }
    }
}
