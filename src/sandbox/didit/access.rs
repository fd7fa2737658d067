//! Who may call: the application's key, or a client whose token has not expired.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{ApiError, state::State};
use crate::sandbox::engine::{
    Handle,
    oauth2::{self, BearerError, ClientAuth, Clients, Grant, Issuer, TokenError},
};

/// What the page's sample has between `iat` and `exp`, in seconds: ten times what it says in `expires_in`.
const SAMPLE_EXPIRY: i64 = 864_000;

/// A request with the right key or token.
pub(super) struct Authorized;

impl FromRequestParts<Handle> for Authorized {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, handle: &Handle) -> Result<Self, ApiError> {
        let forbidden = |message: &str| ApiError::new(StatusCode::FORBIDDEN, message);
        let Some(key) = parts.headers.get("x-api-key") else {
            return match oauth2::check_bearer::<State>(handle, &parts.headers) {
                Ok(()) => Ok(Self),
                Err(BearerError::Store(error)) => Err(error.into()),
                Err(BearerError::Missing) => Err(forbidden("Authentication credentials were not provided.")),
                Err(error) => Err(forbidden(&error.to_string())),
            };
        };
        let state: State = handle.read()?;
        if key == state.api_key.as_str() { Ok(Self) } else { Err(forbidden("Invalid API key.")) }
    }
}

/// Shapes and statuses are the page's: its answer has no `token_type`, and its errors look like all others.
impl Issuer for State {
    const CLIENT_AUTH: ClientAuth = ClientAuth::BasicVerbatim;

    fn clients(&mut self) -> Clients<'_> {
        Clients {
            client_id: &self.client_id,
            client_secret: &self.client_secret,
            token_lifetime_seconds: self.token_lifetime_seconds,
            tokens: &mut self.tokens,
        }
    }

    fn answer(grant: &Grant) -> Value {
        json!({
            "iss": "https://didit.me",
            "iat": grant.issued_at,
            "sub": "0a000000-0000-4000-8000-000000000001",
            "client_id": grant.client_id,
            "organization_id": "00000000-0000-4000-8000-000000000001",
            "expires_in": grant.lifetime_seconds,
            "exp": grant.issued_at + SAMPLE_EXPIRY,
            "access_token": grant.access_token,
        })
    }

    fn refuse(error: TokenError) -> Response {
        let message = match error.status {
            StatusCode::UNAUTHORIZED => "Invalid authorization header",
            _ => &error.description,
        };
        ApiError::new(error.status, message).into_response()
    }
}
