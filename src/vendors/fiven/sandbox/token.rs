//! OAuth2 client credentials: the page puts id and secret in the form, and so does the SDK.

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
use serde_json::json;

use super::{Authorized, Refusal, state::State};
use crate::sandbox::Handle;

/// POST `/oauth/token`.
pub(super) async fn grant(
    Extract(handle): Extract<Handle>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<impl IntoResponse, Refusal> {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("none");
    if !declared.starts_with("application/x-www-form-urlencoded") {
        let message = format!("Content-Type must be application/x-www-form-urlencoded, found {declared}");
        return Err(Refusal::bad_request(message));
    }
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
    let one = |name: &str| {
        let mut values = form.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone());
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value),
            (None, _) => Err(Refusal::bad_request(format!("{name} is required"))),
            (_, Some(_)) => Err(Refusal::bad_request(format!("{name} is there twice"))),
        }
    };
    let (kind, client_id, client_secret) = (one("grant_type")?, one("client_id")?, one("client_secret")?);
    if kind != "client_credentials" {
        return Err(Refusal::bad_request(format!("grant_type must be client_credentials, found {kind}")));
    }
    let now = handle.now().as_second();
    let token = format!("sandbox-token-{}", uuid::Uuid::new_v4().simple());
    let lifetime = handle.update(|state: &mut State| {
        if client_id != state.client_id || client_secret != state.client_secret {
            return Err(unauthorized("Invalid client credentials"));
        }
        state.tokens.retain(|_, expires_at| *expires_at > now);
        state.tokens.insert(token.clone(), now + state.token_lifetime_seconds);
        Ok(state.token_lifetime_seconds)
    })?;
    let answer = json!({"access_token": token, "token_type": "Bearer", "expires_in": lifetime});
    Ok(([(CACHE_CONTROL, "no-store")], Json(answer)))
}

/// Lets a request through whose bearer token was given out and has not expired.
pub(super) fn check(headers: &HeaderMap, handle: &Handle) -> Result<Authorized, Refusal> {
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

fn unauthorized(message: &str) -> Refusal {
    Refusal::new(StatusCode::UNAUTHORIZED, message)
}
