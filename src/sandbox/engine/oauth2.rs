//! The token endpoint of OAuth2's client credentials (RFC 6749 section 4.4), for every vendor that has one.
//!
//! It owns what the standard owns: how a client authenticates, what a form may hold, what is given out and when it ends.
//! Where clients and tokens are kept, in which of the two ways a client authenticates and what answers look like is the
//! vendor's, which says so by [`Issuer`].

use std::collections::BTreeMap;

use axum::{
    Form, Json,
    extract::{FromRequest, Request, State, rejection::FormRejection},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Handle, StoreError};

/// A vendor's state that holds clients and tokens.
pub trait Issuer: Serialize + DeserializeOwned + Send + 'static {
    /// The ways in which a client may authenticate.
    const CLIENT_AUTH: ClientAuth;

    /// The client and the tokens in this state.
    fn clients(&mut self) -> Clients<'_>;

    /// The answer with a token; by default the one of RFC 6749 section 5.1.
    fn answer(grant: &Grant) -> Value {
        let mut answer = json!({
            "access_token": grant.access_token,
            "token_type": "Bearer",
            "expires_in": grant.lifetime_seconds,
        });
        if let Some(scope) = &grant.scope {
            answer["scope"] = Value::from(scope.as_str());
        }
        answer
    }

    /// The answer without one; by default the one of RFC 6749 section 5.2.
    fn refuse(error: TokenError) -> Response {
        error.into_response()
    }
}

/// Where a client's id and secret may be (RFC 6749 section 2.3.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// In an `Authorization: Basic` header only, joined as they are (RFC 7617).
    BasicVerbatim,
    /// In the form only.
    Form,
    /// In either, and not in both.
    Either,
}

/// The part of a vendor's state that the endpoint works on.
pub struct Clients<'s> {
    /// The only client's id.
    pub client_id: &'s str,
    /// Its secret.
    pub client_secret: &'s str,
    /// How long a token lives.
    pub token_lifetime_seconds: i64,
    /// Access token to the time it expires, in seconds since 1970.
    pub tokens: &'s mut BTreeMap<String, i64>,
}

/// A token that was given out.
pub struct Grant {
    /// The token.
    pub access_token: String,
    /// Whose it is.
    pub client_id: String,
    /// When it was given out, in seconds since 1970.
    pub issued_at: i64,
    /// How long it lives from then on.
    pub lifetime_seconds: i64,
    /// The scope that was asked for.
    pub scope: Option<String>,
}

/// Why there is no token.
pub struct TokenError {
    /// 400, 401 where the client is not known, 500 where the sandbox cannot keep its state.
    pub status: StatusCode,
    /// The code of RFC 6749 section 5.2, such as `invalid_client`.
    pub code: &'static str,
    /// A sentence for a person.
    pub description: String,
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

impl From<FormRejection> for TokenError {
    fn from(rejection: FormRejection) -> Self {
        Self::invalid_request(rejection.body_text())
    }
}

/// The handler of the token endpoint.
pub async fn grant<S: Issuer>(State(handle): State<Handle>, request: Request) -> Response {
    let headers = request.headers().clone();
    let granted = match Form::from_request(request, &()).await {
        Ok(Form(form)) => granted::<S>(&handle, &headers, form),
        Err(rejection) => Err(rejection.into()),
    };
    match granted {
        Ok(grant) => ([(CACHE_CONTROL, "no-store")], Json(S::answer(&grant))).into_response(),
        Err(error) => S::refuse(error),
    }
}

/// What a form may hold. A parameter that is there twice is refused (section 3.2), one that is not known is not read.
#[derive(Deserialize)]
struct TokenForm {
    grant_type: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    scope: Option<String>,
}

fn granted<S: Issuer>(handle: &Handle, headers: &HeaderMap, form: TokenForm) -> Result<Grant, TokenError> {
    let (client_id, client_secret) = credentials(S::CLIENT_AUTH, headers, &form)?;
    match form.grant_type.as_deref() {
        Some("client_credentials") => {}
        Some(other) => {
            let description = format!("grant_type {other} is not offered");
            return Err(TokenError { code: "unsupported_grant_type", ..TokenError::invalid_request(description) });
        }
        None => return Err(TokenError::invalid_request("grant_type is missing")),
    }
    let issued_at = handle.now().as_second();
    let access_token = format!("sandbox-token-{}", uuid::Uuid::new_v4().simple());
    let lifetime_seconds = handle.update(|state: &mut S| {
        let clients = state.clients();
        if client_id != clients.client_id || client_secret != clients.client_secret {
            return Err(TokenError::invalid_client());
        }
        clients.tokens.retain(|_, expires_at| *expires_at > issued_at);
        clients.tokens.insert(access_token.clone(), issued_at.saturating_add(clients.token_lifetime_seconds));
        Ok(clients.token_lifetime_seconds)
    })?;
    Ok(Grant { access_token, client_id, issued_at, lifetime_seconds, scope: form.scope })
}

/// Client id and secret from where the vendor takes them.
fn credentials(accepted: ClientAuth, headers: &HeaderMap, form: &TokenForm) -> Result<(String, String), TokenError> {
    let basic = basic(accepted, headers)?;
    match (basic, &form.client_id, &form.client_secret) {
        (Some(_), _, Some(_)) => Err(TokenError::invalid_request("the client authenticates in two ways at once")),
        (Some(credentials), _, None) if accepted != ClientAuth::Form => Ok(credentials),
        (None, Some(id), Some(secret)) if accepted != ClientAuth::BasicVerbatim => Ok((id.clone(), secret.clone())),
        _ => Err(TokenError::invalid_client()),
    }
}

fn basic(accepted: ClientAuth, headers: &HeaderMap) -> Result<Option<(String, String)>, TokenError> {
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
    decode().map(Some).ok_or_else(TokenError::invalid_client)
}

/// Elsewhere both halves are form-encoded before they are joined and put in base64 (RFC 6749 section 2.3.1).
fn percent_decoded(text: &str) -> Option<String> {
    let pair = format!("value={}", text.replace('&', "%26"));
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
}

/// Why a request's bearer token is not good.
#[derive(Debug, thiserror::Error)]
pub enum BearerError {
    /// There is none.
    #[error("a bearer token is required")]
    Missing,
    /// It was given out, and its time is over.
    #[error("the access token has expired")]
    Expired,
    /// It was never given out, or was taken back.
    #[error("the access token is not valid")]
    Unknown,
    /// The sandbox cannot read its state.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl BearerError {
    /// The status that says so.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Missing | Self::Expired | Self::Unknown => StatusCode::UNAUTHORIZED,
            Self::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// Lets a request through whose bearer token was given out and has not expired.
pub fn check_bearer<S: Issuer>(handle: &Handle, headers: &HeaderMap) -> Result<(), BearerError> {
    let token = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        .ok_or(BearerError::Missing)?;
    let mut state: S = handle.read()?;
    match state.clients().tokens.get(token) {
        Some(expires_at) if *expires_at > handle.now().as_second() => Ok(()),
        Some(_) => Err(BearerError::Expired),
        None => Err(BearerError::Unknown),
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
    fn a_client_authenticates_where_the_vendor_looks_and_nowhere_else() {
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
            assert_eq!(found, expected.map(|()| ("me".to_owned(), "s+ 1".to_owned())));
        }
    }

    #[test]
    fn a_header_that_is_no_pair_in_base64_is_refused() {
        for value in ["Bearer abc", "Basic ?", "Basic bm9jb2xvbg=="] {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, value.parse().unwrap())]);
            let refused = credentials(ClientAuth::Either, &headers, &form(Some("me"), Some("secret")));
            assert_eq!(refused.map_err(|error| error.code), Err("invalid_client"), "{value}");
        }
    }
}
