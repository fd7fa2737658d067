//! OAuth2 client credentials, as RFC 6749 section 4.4 says, since the page says no more than "oauth2".

use axum::{
    Json,
    body::Bytes,
    extract::State as Extract,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::{Authorized, Refusal, state::State};
use crate::sandbox::{Handle, StoreError};

/// An error of the token's path: RFC 6749 section 5.2.
pub(super) struct TokenError {
    status: StatusCode,
    code: &'static str,
    description: String,
}

impl TokenError {
    fn invalid_request(description: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: "invalid_request", description: description.into() }
    }

    fn invalid_client() -> Self {
        let description = "client authentication failed".to_owned();
        Self { status: StatusCode::UNAUTHORIZED, code: "invalid_client", description }
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let body = json!({"error": self.code, "error_description": self.description});
        let mut response = (self.status, Json(body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
        }
        response
    }
}

impl From<StoreError> for TokenError {
    fn from(error: StoreError) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, code: "server_error", description: error.to_string() }
    }
}

/// POST `/oauth/token`.
pub(super) async fn grant(
    Extract(handle): Extract<Handle>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<impl IntoResponse, TokenError> {
    let form = Form::read(&headers, &body)?;
    let (client_id, client_secret) = form.credentials(&headers)?;
    match form.one("grant_type")? {
        Some("client_credentials") => {}
        Some(other) => {
            let description = format!("grant_type {other} is not offered");
            return Err(TokenError { code: "unsupported_grant_type", ..TokenError::invalid_request(description) });
        }
        None => return Err(TokenError::invalid_request("grant_type is missing")),
    }
    let now = handle.now().as_second();
    let token = format!("sandbox-token-{}", uuid::Uuid::new_v4().simple());
    let lifetime = handle.update(|state: &mut State| {
        if client_id != state.client_id || client_secret != state.client_secret {
            return Err(TokenError::invalid_client());
        }
        state.tokens.retain(|_, expires_at| *expires_at > now);
        state.tokens.insert(token.clone(), now + state.token_lifetime_seconds);
        Ok(state.token_lifetime_seconds)
    })?;
    let mut answer = json!({"access_token": token, "token_type": "Bearer", "expires_in": lifetime});
    if let Some(scope) = form.one("scope")? {
        answer["scope"] = Value::from(scope);
    }
    Ok(([(CACHE_CONTROL, "no-store")], Json(answer)))
}

/// Lets a request through whose bearer token was given out and has not expired.
pub(super) fn check(headers: &HeaderMap, handle: &Handle) -> Result<Authorized, Refusal> {
    let unauthorized = |message: &str| Refusal(StatusCode::UNAUTHORIZED, message.to_owned());
    let token = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        .ok_or_else(|| unauthorized("a bearer token is required"))?;
    let state: State = handle.read()?;
    match state.tokens.get(token) {
        Some(expires_at) if *expires_at > handle.now().as_second() => Ok(Authorized),
        Some(_) => Err(unauthorized("the access token has expired")),
        None => Err(unauthorized("the access token is not valid")),
    }
}

/// The pairs of a form body.
struct Form(Vec<(String, String)>);

impl Form {
    fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, TokenError> {
        let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("none");
        if !declared.starts_with("application/x-www-form-urlencoded") {
            let description = format!("Content-Type must be application/x-www-form-urlencoded, found {declared}");
            return Err(TokenError::invalid_request(description));
        }
        Ok(Self(url::form_urlencoded::parse(body).into_owned().collect()))
    }

    /// A parameter, which must not be there twice (RFC 6749 section 3.2).
    fn one(&self, name: &str) -> Result<Option<&str>, TokenError> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(TokenError::invalid_request(format!("{name} is there twice"))),
            (value, None) => Ok(value),
        }
    }

    /// Client id and secret from the header or from the form, which must not both have them (section 2.3).
    fn credentials(&self, headers: &HeaderMap) -> Result<(String, String), TokenError> {
        match (basic(headers)?, self.one("client_id")?, self.one("client_secret")?) {
            (Some(_), _, Some(_)) => Err(TokenError::invalid_request("the client authenticates in two ways at once")),
            (Some(credentials), _, None) => Ok(credentials),
            (None, Some(id), Some(secret)) => Ok((id.to_owned(), secret.to_owned())),
            (None, _, _) => Err(TokenError::invalid_client()),
        }
    }
}

fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, TokenError> {
    let Some(value) = headers.get(AUTHORIZATION) else {
        return Ok(None);
    };
    let decode = || {
        let bytes = BASE64_STANDARD.decode(value.to_str().ok()?.strip_prefix("Basic ")?).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (id, secret) = text.split_once(':')?;
        Some((percent_decoded(id)?, percent_decoded(secret)?))
    };
    decode().map(Some).ok_or_else(TokenError::invalid_client)
}

/// Both halves are form-encoded before they are joined and put in base64 (RFC 6749 section 2.3.1).
fn percent_decoded(text: &str) -> Option<String> {
    let pair = format!("value={}", text.replace('&', "%26"));
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
}
