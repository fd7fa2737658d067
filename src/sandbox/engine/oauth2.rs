//! The token endpoint of OAuth 2 client credentials (RFC 6749 section 4.4), and the check of its bearer tokens.
//!
//! It implements what the standard defines: how a client authenticates, what a form may contain, how a token is issued and
//! when it expires. [`Issuer`] supplies what differs between vendors: where client and tokens are stored, which of the two
//! ways of client authentication is accepted and the shape of the response.

use std::{collections::BTreeMap, marker::PhantomData};

use axum::{
    Form, Json,
    extract::{FromRequest, FromRequestParts, Request, State as Extract},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Account, ApiError, Handle, Presented, State, StoreError, account_with};

/// A stand-in's state that has a client and its tokens.
pub trait Issuer: State {
    /// Where a client may authenticate.
    const CLIENT_AUTH: ClientAuth;

    /// The only client.
    fn client(&self) -> Client<'_>;

    /// The tokens that were issued.
    fn tokens(&mut self) -> &mut Tokens;

    /// The response with a token; by default that of RFC 6749 section 5.1.
    fn token_response(grant: &Grant) -> Value {
        let mut response = json!({
            "access_token": grant.access_token,
            "token_type": "Bearer",
            "expires_in": grant.lifetime_seconds,
        });
        if let Some(scope) = &grant.scope {
            response["scope"] = Value::from(scope.as_str());
        }
        response
    }

    /// The response without a token; by default that of RFC 6749 section 5.2.
    fn token_error(error: ApiError) -> ApiError {
        let body = json!({"error": error.code, "error_description": error.message});
        match error.status {
            StatusCode::UNAUTHORIZED => error.with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Basic")),
            _ => error,
        }
        .with_body(body)
    }
}

/// Where a client's id and secret may be (RFC 6749 section 2.3.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// In an `Authorization: Basic` header only, joined as they are (RFC 7617).
    BasicVerbatim,
    /// In the form only.
    Form,
    /// In either, but not in both.
    Either,
}

/// A client of the token endpoint.
pub struct Client<'s> {
    /// Its id.
    pub id: &'s str,
    /// Its secret.
    pub secret: &'s str,
    /// The lifetime of its tokens.
    pub token_lifetime_seconds: i64,
    /// The tokens that were issued.
    pub tokens: &'s Tokens,
}

/// The tokens that were issued, each with the time at which it expires, in seconds since 1970.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tokens(BTreeMap<String, i64>);

impl Tokens {
    /// Issues a token and removes those that have expired.
    fn issue(&mut self, now: i64, lifetime_seconds: i64) -> String {
        let token = format!("sandbox-token-{}", uuid::Uuid::new_v4().simple());
        self.0.retain(|_, expires_at| *expires_at > now);
        self.0.insert(token.clone(), now.saturating_add(lifetime_seconds));
        token
    }

    /// Accepts a token that was issued and has not expired.
    fn check(&self, token: &str, now: i64) -> Result<(), BearerError> {
        match self.0.get(token) {
            Some(expires_at) if *expires_at > now => Ok(()),
            Some(_) => Err(BearerError::Expired),
            None => Err(BearerError::Unknown),
        }
    }
}

/// Revokes every token: the fault `expire_token`.
pub fn revoke_tokens<S: Issuer>(handle: &Handle) -> Result<(), StoreError> {
    handle.edit(|state: &mut S| state.tokens().0.clear())
}

/// A token that was issued.
pub struct Grant {
    /// The token.
    pub access_token: String,
    /// The client's id.
    pub client_id: String,
    /// When it was issued, in seconds since 1970.
    pub issued_at: i64,
    /// How long it is valid from then on.
    pub lifetime_seconds: i64,
    /// The scope of the request.
    pub scope: Option<String>,
}

fn invalid_request(message: impl Into<String>) -> ApiError {
    ApiError::bad_request(message).with_code("invalid_request")
}

fn invalid_client() -> ApiError {
    ApiError::unauthorized("client authentication failed").with_code("invalid_client")
}

/// Handles the token endpoint.
pub async fn token<S: Issuer>(Extract(handle): Extract<Handle>, request: Request) -> Response {
    let headers = request.headers().clone();
    let granted = match Form::from_request(request, &()).await {
        Ok(Form(form)) => grant::<S>(&handle, &headers, form),
        Err(rejection) => Err(invalid_request(rejection.body_text())),
    };
    match granted {
        Ok(grant) => ([(CACHE_CONTROL, "no-store")], Json(S::token_response(&grant))).into_response(),
        Err(error) => S::token_error(error).into_response(),
    }
}

/// The form of a token request. A repeated parameter is rejected (section 3.2), an unknown one is ignored.
#[derive(Deserialize)]
struct TokenForm {
    grant_type: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    scope: Option<String>,
}

fn grant<S: Issuer>(handle: &Handle, headers: &HeaderMap, form: TokenForm) -> Result<Grant, ApiError> {
    let (client_id, client_secret) = credentials(S::CLIENT_AUTH, headers, &form)?;
    match form.grant_type.as_deref() {
        Some("client_credentials") => {}
        Some(other) => {
            let message = format!("grant_type {other} is not offered");
            return Err(ApiError::bad_request(message).with_code("unsupported_grant_type"));
        }
        None => return Err(invalid_request("grant_type is missing")),
    }
    let issued_at = handle.now().as_second();
    handle.update(|state: &mut S| {
        let client = state.client();
        if client_id != client.id || client_secret != client.secret {
            return Err(invalid_client());
        }
        let lifetime_seconds = client.token_lifetime_seconds;
        let access_token = state.tokens().issue(issued_at, lifetime_seconds);
        Ok(Grant { access_token, client_id, issued_at, lifetime_seconds, scope: form.scope })
    })
}

/// Reads client id and secret from where the vendor accepts them.
fn credentials(accepted: ClientAuth, headers: &HeaderMap, form: &TokenForm) -> Result<(String, String), ApiError> {
    let basic = basic(accepted, headers)?;
    match (basic, &form.client_id, &form.client_secret) {
        (Some(_), _, Some(_)) => Err(invalid_request("the client authenticates both by header and in the form")),
        (Some(credentials), _, None) if accepted != ClientAuth::Form => Ok(credentials),
        (None, Some(id), Some(secret)) if accepted != ClientAuth::BasicVerbatim => Ok((id.clone(), secret.clone())),
        _ => Err(invalid_client()),
    }
}

fn basic(accepted: ClientAuth, headers: &HeaderMap) -> Result<Option<(String, String)>, ApiError> {
    let Some(value) = headers.get(AUTHORIZATION) else {
        return Ok(None);
    };
    let decode = || {
        let bytes = BASE64_STANDARD.decode(value.to_str().ok()?.strip_prefix("Basic ")?).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (id, secret) = text.split_once(':')?;
        match accepted {
            ClientAuth::BasicVerbatim => Some((id.to_owned(), secret.to_owned())),
            _ => Some((percent_decoded(id)?, percent_decoded(secret)?)),
        }
    };
    decode().map(Some).ok_or_else(invalid_client)
}

/// Decodes one half of the pair, which OAuth 2 form-encodes before it is joined (RFC 6749 section 2.3.1).
fn percent_decoded(text: &str) -> Option<String> {
    let pair = format!("value={}", text.replace('&', "%26"));
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
}

/// Why a bearer token is rejected.
#[derive(Debug, thiserror::Error)]
pub enum BearerError {
    /// The request has none.
    #[error("a bearer token is required")]
    Missing,
    /// The token has expired.
    #[error("the access token has expired")]
    Expired,
    /// The token was never issued, or was revoked.
    #[error("the access token is not valid")]
    Unknown,
    /// The sandbox cannot read its state.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<BearerError> for ApiError {
    fn from(error: BearerError) -> Self {
        match error {
            BearerError::Store(error) => error.into(),
            error => {
                Self::unauthorized(error.to_string()).with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
            }
        }
    }
}

/// Returns the token of an `Authorization: Bearer` header.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// Finds the account whose token a request has, or whose client asks for one.
pub fn account<S: Issuer>(handles: &[Handle], presented: &Presented) -> Option<Account> {
    if let Some(token) = bearer(&presented.headers) {
        return account_with(handles, |state: &S| state.client().tokens.0.contains_key(token));
    }
    let in_form = || {
        let mut form = url::form_urlencoded::parse(&presented.body);
        form.find_map(|(name, value)| (name == "client_id").then(|| value.into_owned()))
    };
    let in_header = basic(S::CLIENT_AUTH, &presented.headers).ok().flatten().map(|(id, _)| id);
    let id = in_header.or_else(in_form)?;
    account_with(handles, |state: &S| state.client().id == id)
}

/// Accepts a request whose bearer token was issued and has not expired.
pub fn check_bearer<S: Issuer>(handle: &Handle, headers: &HeaderMap) -> Result<(), BearerError> {
    let token = bearer(headers).ok_or(BearerError::Missing)?;
    handle.read::<S>()?.client().tokens.check(token, handle.now().as_second())
}

/// A request with a valid bearer token of the state `S`.
pub struct Authorized<S>(PhantomData<fn() -> S>);

impl<S: Issuer> FromRequestParts<Handle> for Authorized<S> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, handle: &Handle) -> Result<Self, ApiError> {
        check_bearer::<S>(handle, &parts.headers)?;
        Ok(Self(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(client_id: Option<&str>, client_secret: Option<&str>) -> TokenForm {
        let [client_id, client_secret] = [client_id, client_secret].map(|text| text.map(str::to_owned));
        TokenForm { grant_type: None, client_id, client_secret, scope: None }
    }

    fn headers(credentials: Option<&str>) -> HeaderMap {
        let header = credentials.map(|text| format!("Basic {}", BASE64_STANDARD.encode(text)));
        header.map(|text| (AUTHORIZATION, text.parse().unwrap())).into_iter().collect()
    }

    #[test]
    fn a_client_authenticates_only_where_the_vendor_accepts_it() {
        use ClientAuth::{BasicVerbatim, Either, Form};
        let (in_form, empty) = (form(Some("me"), Some("s+ 1")), form(None, None));
        let (in_header, none) = (headers(Some("me:s%2B+1")), HeaderMap::new());
        let verbatim = headers(Some("me:s+ 1"));
        for (accepted, headers, form, expected) in [
            (Either, &in_header, &empty, Ok(())),
            (Either, &none, &in_form, Ok(())),
            (Either, &in_header, &in_form, Err("invalid_request")),
            (Either, &none, &empty, Err("invalid_client")),
            (BasicVerbatim, &verbatim, &empty, Ok(())),
            (BasicVerbatim, &none, &in_form, Err("invalid_client")),
            (Form, &none, &in_form, Ok(())),
            (Form, &in_header, &empty, Err("invalid_client")),
        ] {
            let found = credentials(accepted, headers, form).map_err(|error| error.code);
            assert_eq!(found, expected.map(|()| ("me".to_owned(), "s+ 1".to_owned())).map_err(Some));
        }
    }

    #[test]
    fn a_header_that_is_not_a_base64_pair_is_rejected() {
        for value in ["Bearer abc", "Basic ?", "Basic bm9jb2xvbg=="] {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, value.parse().unwrap())]);
            let rejected = credentials(ClientAuth::Either, &headers, &form(Some("me"), Some("secret")));
            assert_eq!(rejected.map_err(|error| error.code), Err(Some("invalid_client")), "{value}");
        }
    }
}
