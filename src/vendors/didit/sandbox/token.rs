//! Client credentials as the authentication page has them: id and secret in the header, the grant type in a form.

use axum::{
    Json,
    body::Bytes,
    extract::State as Extract,
    http::{
        HeaderMap, StatusCode,
        header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE},
    },
    response::IntoResponse,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;

use super::{Refusal, state::State};
use crate::sandbox::Handle;

/// What the page's sample has between `iat` and `exp`, in seconds: ten times what it says in `expires_in`.
const SAMPLE_EXPIRY: i64 = 864_000;

/// POST `/auth/v2/token/`.
pub(super) async fn grant(
    Extract(handle): Extract<Handle>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<impl IntoResponse, Refusal> {
    let unauthorized = |message| Refusal::new(StatusCode::UNAUTHORIZED, message);
    let (client_id, client_secret) = basic(&headers).ok_or_else(|| unauthorized("Invalid authorization header"))?;
    check_grant_type(&headers, &body)?;
    let now = handle.now().as_second();
    let token = format!("sandbox-token-{}", uuid::Uuid::new_v4().simple());
    let answer = handle.update(|state: &mut State| {
        if client_id != state.client_id || client_secret != state.client_secret {
            return Err(unauthorized("Invalid client credentials"));
        }
        state.tokens.retain(|_, expires_at| *expires_at > now);
        state.tokens.insert(token.clone(), now + state.token_lifetime_seconds);
        Ok(json!({
            "iss": "https://didit.me",
            "iat": now,
            "sub": state.application_id,
            "client_id": state.client_id,
            "organization_id": state.organization_id,
            "expires_in": state.token_lifetime_seconds,
            "exp": now + SAMPLE_EXPIRY,
            "access_token": token,
        }))
    })?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(answer)))
}

/// Id and secret, joined by a colon and put in base64, without any other encoding: so the page's samples do it.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let bytes = BASE64_STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    text.split_once(':').map(|(id, secret)| (id.to_owned(), secret.to_owned()))
}

fn check_grant_type(headers: &HeaderMap, body: &[u8]) -> Result<(), Refusal> {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("none");
    if !declared.starts_with("application/x-www-form-urlencoded") {
        let message = format!("Content-Type must be application/x-www-form-urlencoded, found {declared}");
        return Err(Refusal::bad_request(&message));
    }
    let mut given = url::form_urlencoded::parse(body).filter(|(name, _)| name == "grant_type").map(|(_, value)| value);
    match (given.next(), given.next()) {
        (Some(kind), None) if kind == "client_credentials" => Ok(()),
        (None, _) => Err(Refusal::bad_request("Missing grant_type parameter")),
        _ => Err(Refusal::bad_request("Invalid grant_type parameter")),
    }
}
