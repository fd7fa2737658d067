//! Who may call: the application's key, or a token that was given out for its client.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header::AUTHORIZATION, request::Parts},
};

use super::{Refusal, state::State};
use crate::sandbox::Handle;

/// A request with the right key, or with a token that has not expired.
pub(super) struct Authorized;

impl FromRequestParts<Handle> for Authorized {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, handle: &Handle) -> Result<Self, Refusal> {
        let forbidden = |message| Refusal::new(StatusCode::FORBIDDEN, message);
        let header = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap_or_default());
        let state: State = handle.read()?;
        if let Some(key) = header("x-api-key") {
            return if key == state.api_key { Ok(Self) } else { Err(forbidden("Invalid API key.")) };
        }
        match header(AUTHORIZATION.as_str()).and_then(|value| value.strip_prefix("Bearer ")) {
            None => Err(forbidden("Authentication credentials were not provided.")),
            Some(token) => match state.tokens.get(token) {
                Some(expires_at) if *expires_at > handle.now().as_second() => Ok(Self),
                Some(_) => Err(forbidden("The access token has expired.")),
                None => Err(forbidden("The access token is not valid.")),
            },
        }
    }
}
