//! Authentication: the application's key, or a token of its client.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use serde_json::{Value, json};

use super::state::State;
use crate::sandbox::engine::{
    Account, ApiError, Handle, Presented, account_with,
    oauth2::{self, BearerError, Client, ClientAuth, Grant, Issuer, Tokens},
};

/// The difference between `exp` and `iat` in the page's sample, in seconds: ten times its `expires_in`.
const SAMPLE_EXPIRY: i64 = 864_000;

/// A request with the right key or a valid token.
pub(super) struct Authorized;

impl FromRequestParts<Handle> for Authorized {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, handle: &Handle) -> Result<Self, ApiError> {
        let Some(key) = parts.headers.get("x-api-key") else {
            return match oauth2::check_bearer::<State>(handle, &parts.headers) {
                Ok(()) => Ok(Self),
                Err(BearerError::Store(error)) => Err(error.into()),
                Err(BearerError::Missing) => Err(ApiError::forbidden("Authentication credentials were not provided.")),
                Err(error) => Err(ApiError::forbidden(error.to_string())),
            };
        };
        let state = handle.read::<State>()?;
        if key == state.api_key.as_str() { Ok(Self) } else { Err(ApiError::forbidden("Invalid API key.")) }
    }
}

/// Finds the account whose key or token a request has, or whose client asks for a token.
pub(super) fn account(handles: &[Handle], presented: &Presented) -> Option<Account> {
    match presented.headers.get("x-api-key") {
        Some(key) => account_with(handles, |state: &State| key == state.api_key.as_str()),
        None => oauth2::account::<State>(handles, presented),
    }
}

/// The page's shapes: its response has no `token_type`, and its errors have the shape of all others.
impl Issuer for State {
    const CLIENT_AUTH: ClientAuth = ClientAuth::BasicVerbatim;

    fn client(&self) -> Client<'_> {
        Client {
            id: &self.client_id,
            secret: &self.client_secret,
            token_lifetime_seconds: self.token_lifetime_seconds,
            tokens: &self.tokens,
        }
    }

    fn tokens(&mut self) -> &mut Tokens {
        &mut self.tokens
    }

    fn token_response(grant: &Grant) -> Value {
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

    fn token_error(error: ApiError) -> ApiError {
        match error.status {
            StatusCode::UNAUTHORIZED => ApiError::unauthorized("Invalid authorization header"),
            _ => error,
        }
    }
}
