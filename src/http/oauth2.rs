//! OAuth 2.0 client credentials (RFC 6749, section 4.4): one token for all requests of a client, renewed before it expires.
//!
//! If several requests need a token at once, one token request is sent. Token requests ("flights") are numbered; every
//! request that needs the next token joins the flight with its number, and shares its token or its error.
//!
//! Processes of one machine share the token in the same way: one of them requests it, and the others wait for it and take it
//! from the budget. A refusal is not shared, since it is a response to one process.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use moka::future::Cache;
use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use tokio::time::Instant;
use url::{Url, form_urlencoded};

use super::auth::{Anonymous, Authenticate, Refusal, secret_value};
use super::budget::{Lead, Owner, Shared, SharedToken};
use super::client::Client;
use super::clock;
use super::connections::Connections;
use super::error::{Error, Kind, Refused};
use super::known_causes::KnownCauses;
use super::path::Path;
use super::prepared::PreparedRequest;
use super::response::Response;
use super::settings::Settings;
use super::waiting::{Reason, Waiting};
use crate::secret::Secret;

/// The operation of a token request, in errors, logs and recordings.
pub const REQUESTING_TOKEN: &str = "requesting an access token";

/// The lifetime of a token without `expires_in`. RFC 6749 leaves it open; most vendors document an hour.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(3600);

/// A token is renewed this long before it expires, or a tenth of its lifetime if that is less.
const MAX_MARGIN: Duration = Duration::from_secs(60);

/// How often a request looks for the token that another process requests.
const BETWEEN_LOOKS: Duration = Duration::from_millis(40);

/// How the client authenticates at the token endpoint (RFC 6749, section 2.3.1).
///
/// The two forms of `Basic` differ only if the id or the secret has a character that a form encodes, such as `+`, `/` or `%`.
/// A vendor that accepts one form then rejects the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientAuth {
    /// Id and secret in the `Authorization` header, each form-encoded first, as RFC 6749 says.
    #[default]
    Basic,
    /// Id and secret in the `Authorization` header without encoding (RFC 7617), for a vendor that documents this form.
    BasicVerbatim,
    /// Id and secret in the form.
    Post,
}

/// The credentials and parameters of a token request.
#[derive(Clone)]
pub struct ClientCredentials {
    /// The token endpoint.
    pub token_url: Url,
    /// The path of the token endpoint that the vendor documents, such as `/oauth/token`.
    pub documented_path: String,
    /// The public half of the credentials.
    pub client_id: String,
    /// The secret half.
    pub client_secret: Secret,
    /// The requested scopes; empty leaves them to the vendor.
    pub scopes: Vec<String>,
    /// The audience of the token, if the vendor requires one.
    pub audience: Option<String>,
    /// How the client authenticates.
    pub client_auth: ClientAuth,
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials")
            .field("token_url", &super::redact::url(&self.token_url))
            .field("client_id", &self.client_id)
            .field("client_auth", &self.client_auth)
            .finish_non_exhaustive()
    }
}

/// An access token and its lifetime.
pub struct Token {
    secret: Secret,
    header: HeaderValue,
    asked_at: Instant,
    lifetime: Duration,
    expires_at: Timestamp,
    /// The number of the flight that returned it.
    flight: u64,
    /// Whether another process requested it.
    is_of_another: bool,
    /// Whether the API accepted it for some request.
    accepted: AtomicBool,
}

impl Token {
    /// The token itself.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// When the token expires, by this machine's clock; an hour after the request if the response has no `expires_in`.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// How much of the lifetime is left.
    pub fn expires_in(&self) -> Duration {
        self.lifetime.saturating_sub(self.asked_at.elapsed())
    }

    /// Whether the token has to be renewed.
    fn is_due(&self) -> bool {
        self.expires_in() <= MAX_MARGIN.min(self.lifetime / 10)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// Authenticates every request with a bearer token.
pub struct OAuth2ClientCredentials {
    client: Client,
    credentials: ClientCredentials,
    basic: Option<Secret>,
    renews_on_forbidden: bool,
    held: Mutex<Held>,
    flights: Cache<u64, Arc<Token>>,
    refusal: Refusal,
    /// Of token requests, which several requests share.
    known_causes: KnownCauses,
    /// The token that processes with the same credentials share.
    shared: Shared<SharedToken>,
    waiting: Waiting,
}

/// The token in use, and the number of the flight that will return the next one.
#[derive(Default)]
struct Held {
    token: Option<Arc<Token>>,
    next_flight: u64,
    /// Earlier tokens, held so that they are redacted from responses: a request may still be on its way with one.
    earlier: Vec<Arc<Token>>,
    /// The flight of the last token that the API refused without having accepted it. If it refuses the next one too, it
    /// would refuse every other.
    refused: Option<u64>,
    /// The tokens that the API refused: they are not taken from another process again.
    rejected: Vec<Secret>,
}

impl OAuth2ClientCredentials {
    /// Uses the timeouts, retries and error parser of the vendor's settings; requests nothing yet.
    pub fn new(settings: &Settings, credentials: ClientCredentials) -> Result<Self, Error> {
        let settings = Settings {
            base_url: credentials.token_url.clone(),
            // A token is requested about once an hour, which needs no limit.
            requests_per_minute: None,
            ..settings.clone()
        };
        let basic = basic(&settings, &credentials)?;
        let identity = credentials.identity();
        let owner =
            Owner { what: "token", vendor: settings.vendor, url: &credentials.token_url, credential: &identity };
        let shared = Shared::new(settings.vendor, settings.shared_folder.clone(), Some(&owner));
        Ok(Self {
            refusal: Refusal::new(settings.vendor),
            waiting: Waiting::new(settings.vendor),
            shared,
            client: Client::new(settings, Arc::new(Anonymous))?,
            credentials,
            basic,
            renews_on_forbidden: false,
            held: Mutex::default(),
            // The flight before the last is kept for requests that read its number just before it ended.
            flights: Cache::new(2),
            known_causes: KnownCauses::default(),
        })
    }

    /// The connections of token requests, for the vendor's client to share.
    pub fn connections(&self) -> Connections {
        self.client.connections()
    }

    /// Requests a new token after a 403 too, for a vendor that returns 403 for an invalid token.
    #[must_use]
    pub fn renewing_on_forbidden(mut self) -> Self {
        self.renews_on_forbidden = true;
        self
    }

    /// Returns the token in use, or a new one if that has to be renewed.
    pub async fn token(&self) -> Result<Arc<Token>, Error> {
        self.refusal.check()?;
        let flight = {
            let held = self.held();
            match &held.token {
                Some(token) if !token.is_due() => return Ok(token.clone()),
                _ => held.next_flight,
            }
        };
        self.join(flight).await
    }

    /// Waits for the token of this flight and puts it into use.
    async fn join(&self, flight: u64) -> Result<Arc<Token>, Error> {
        let obtain = async { self.obtain(flight).await.map_err(of_token) };
        let obtained = Box::pin(self.flights.try_get_with(flight, obtain));
        let landed = self.waiting.during(Reason::Token, None, obtained).await;
        let token = landed.map_err(|error: Arc<Error>| self.refused(&error))?;
        let mut held = self.held();
        if held.next_flight == flight {
            held.next_flight += 1;
            let before = held.token.replace(token.clone());
            held.earlier.extend(before);
        }
        Ok(token)
    }

    /// The error of a token request. Of those who share a refusal the first has it in full.
    fn refused(&self, error: &Error) -> Error {
        let recorded = match error.kind() {
            Kind::Auth | Kind::Forbidden => self.refusal.record(),
            Kind::NotFound => self.refusal.record_as(Refused::TokenUrl),
            _ => Ok(()),
        };
        let error = recorded.err().unwrap_or_else(|| error.clone());
        if matches!(error.kind(), Kind::Connect | Kind::Tls) { self.known_causes.report(error) } else { error }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the token that another process has requested, or requests one that the others take.
    async fn obtain(&self, flight: u64) -> Result<Arc<Token>, Error> {
        let began = Instant::now();
        // A process that is stopped while it requests the token delays the others no longer than a request may take.
        let _lead = loop {
            let lead = self.shared.lead();
            if matches!(lead, Lead::Each) {
                break lead;
            }
            // Also by the one that may request it: another one may have done so just before.
            if let Some(token) = self.shared_token(flight).await {
                return Ok(token);
            }
            if matches!(lead, Lead::Alone(_)) || began.elapsed() >= self.client.timeout() {
                break lead;
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        };
        let token = self.ask(flight).await?;
        if !token.is_due() {
            self.shared.store(&token.secret, token.asked_at, token.lifetime).await;
        }
        Ok(token)
    }

    /// The token of another process, unless it has to be renewed or the API refused it.
    async fn shared_token(&self, flight: u64) -> Option<Arc<Token>> {
        let found = self.shared.token().await?;
        let header = bearer(self.client.vendor(), &found.secret).ok()?;
        let left = found.lifetime.saturating_sub(found.asked_at.elapsed());
        let expires_at = expiry(left);
        let token = Token {
            secret: found.secret,
            header,
            asked_at: found.asked_at,
            lifetime: found.lifetime,
            expires_at,
            flight,
            is_of_another: true,
            accepted: AtomicBool::new(false),
        };
        let may_use = !token.is_due() && !self.held().rejected.contains(&token.secret);
        may_use.then(|| Arc::new(token))
    }

    async fn ask(&self, flight: u64) -> Result<Arc<Token>, Error> {
        let ClientCredentials { client_id, client_secret, scopes, audience, .. } = &self.credentials;
        let mut form = vec![("grant_type", "client_credentials")];
        let scope = scopes.join(" ");
        form.extend((!scope.is_empty()).then_some(("scope", scope.as_str())));
        form.extend(audience.as_deref().map(|audience| ("audience", audience)));
        let mut request = self.client.post(Path::new("")).operation(REQUESTING_TOKEN).read_only();
        let documented = &self.credentials.documented_path;
        if !self.credentials.token_url.path().ends_with(documented.as_str()) {
            request = request.documented_route(format!("POST {documented}"));
        }
        match &self.basic {
            Some(basic) => request = request.header(AUTHORIZATION.as_str(), basic.expose()),
            None => form.extend([("client_id", client_id.as_str()), ("client_secret", client_secret.expose())]),
        }
        let asked_at = Instant::now();
        let response = request.form(&form).send().await?;
        let token = TokenResponse::read(&response)?;
        let lifetime = match token.expires_in {
            None | Some(Value::Null) => DEFAULT_LIFETIME,
            Some(value) => seconds(&value)
                .ok_or_else(|| response.error("`expires_in` of the response is not a number of seconds"))?,
        };
        if !token.token_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("bearer")) {
            return Err(response.error("`token_type` of the response is not `Bearer`, the only supported type"));
        }
        let secret = token.access_token.filter(|token| !token.expose().is_empty());
        let secret = secret.ok_or_else(|| response.error("the response has no `access_token`"))?;
        let header = bearer(self.client.vendor(), &secret)?;
        let (expires_at, accepted) = (expiry(lifetime), AtomicBool::new(false));
        let is_of_another = false;
        Ok(Arc::new(Token { secret, header, asked_at, lifetime, expires_at, flight, is_of_another, accepted }))
    }
}

#[async_trait]
impl Authenticate for OAuth2ClientCredentials {
    fn credential(&self) -> Option<Secret> {
        Some(self.credentials.identity())
    }

    fn check(&self, _: &PreparedRequest) -> Result<(), Error> {
        self.refusal.check()
    }

    async fn prepare(&self) -> Result<(), Error> {
        self.token().await.map(|_| ())
    }

    fn apply(&self, request: &mut PreparedRequest) -> Result<(), Error> {
        let header = self.held().token.as_ref().map(|token| token.header.clone()).ok_or_else(|| {
            Error::new(
                Kind::Request,
                self.client.vendor(),
                "putting the token on a request",
                "no token has been asked for",
            )
        })?;
        request.headers_mut().insert(AUTHORIZATION, header);
        Ok(())
    }

    fn accepted(&self, request: &PreparedRequest) {
        if let Some(token) = &self.held().token
            && request.headers().get(AUTHORIZATION) == Some(&token.header)
        {
            token.accepted.store(true, Ordering::Release);
        }
    }

    /// A 401 means that the token was revoked; a new one is requested unless another request has done so. If the API has
    /// accepted neither the new token nor the one before, it is of no use to request more.
    async fn renew(&self, refused: &PreparedRequest, error: &Error) -> Result<bool, Error> {
        let is_unauthorized = error.status() == Some(StatusCode::UNAUTHORIZED);
        let is_forbidden = self.renews_on_forbidden && error.status() == Some(StatusCode::FORBIDDEN);
        if !is_unauthorized && !is_forbidden {
            return Ok(false);
        }
        let (flight, is_useless) = {
            let mut held = self.held();
            let Some(token) = held.token.clone() else { return Ok(false) };
            if Some(&token.header) != refused.headers().get(AUTHORIZATION) {
                return Ok(true);
            }
            if !held.rejected.contains(&token.secret) {
                held.rejected.push(token.secret.clone());
            }
            let is_useless = held.refused.is_some_and(|earlier| earlier < token.flight);
            if token.accepted.load(Ordering::Acquire) {
                held.refused = None;
            } else if !is_useless && !token.is_of_another {
                held.refused = Some(token.flight);
            }
            (held.next_flight, is_useless && held.refused.is_some())
        };
        match (is_useless, is_unauthorized) {
            (false, _) => self.join(flight).await.map(|_| true),
            (true, true) => self.refusal.record().map(|()| false),
            // A 403 may be about a permission of this request, which another request does not need.
            (true, false) => Ok(false),
        }
    }
}

impl ClientCredentials {
    /// What makes two processes share a token: everything that decides which one they receive.
    fn identity(&self) -> Secret {
        let Self { client_id, client_secret, scopes, audience, client_auth, .. } = self;
        let parts = (client_id, client_secret.expose(), scopes, audience, format!("{client_auth:?}"));
        // Text and lists of text are always written.
        serde_json::to_string(&parts).unwrap_or_default().into()
    }
}

/// The header of a token.
fn bearer(vendor: &'static str, token: &Secret) -> Result<HeaderValue, Error> {
    secret_value(vendor, "the access token", &format!("Bearer {}", token.expose()))
}

/// When a token with so much left expires, by this machine's wall clock.
fn expiry(left: Duration) -> Timestamp {
    let expires_at = SignedDuration::try_from(left).ok().and_then(|left| clock::now().checked_add(left).ok());
    expires_at.unwrap_or(Timestamp::MAX)
}

/// The response of a token endpoint (RFC 6749, section 5.1).
#[derive(Deserialize)]
struct TokenResponse {
    access_token: Option<Secret>,
    token_type: Option<String>,
    expires_in: Option<Value>,
}

/// A member of a response, which may be a wrapper around a token.
#[derive(Deserialize)]
#[serde(untagged)]
enum Member {
    Token(TokenResponse),
    Other(IgnoredAny),
}

impl TokenResponse {
    /// Reads a response, in which the token may be in a wrapper with any name: no other member has an `access_token`.
    fn read(response: &Response) -> Result<Self, Error> {
        let token: Self = response.json()?;
        if token.access_token.is_some() {
            return Ok(token);
        }
        let members: BTreeMap<String, Member> = response.json()?;
        let wrapped = members.into_values().find_map(|member| match member {
            Member::Token(token) if token.access_token.is_some() => Some(token),
            _ => None,
        });
        Ok(wrapped.unwrap_or(token))
    }
}

/// A number of seconds, which some vendors send as text or with a fraction.
fn seconds(value: &Value) -> Option<Duration> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    Duration::try_from_secs_f64(number).ok()
}

/// A token endpoint returns 400 or 401 if it rejects the client (RFC 6749, section 5.2).
fn of_token(mut error: Error) -> Error {
    // The token endpoint may be another service than the API, so its address may be wrong.
    error.inner_mut().for_token = true;
    if error.kind() == Kind::Invalid { error.with_kind(Kind::Auth) } else { error }
}

/// The `Authorization` header of a token request, for the forms that use it.
fn basic(settings: &Settings, credentials: &ClientCredentials) -> Result<Option<Secret>, Error> {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let (id, secret) = (credentials.client_id.as_str(), credentials.client_secret.expose());
    let pair = match credentials.client_auth {
        ClientAuth::Basic => format!("{}:{}", encode(id), encode(secret)),
        ClientAuth::BasicVerbatim if id.contains(':') => {
            let failure = "the id of the client has a colon, where `Basic` authentication ends an id";
            let error = Error::new(Kind::Request, settings.vendor, "preparing to ask for an access token", failure);
            return Err(error.with_hint("Compare `client_id` with the one that the vendor shows."));
        }
        ClientAuth::BasicVerbatim => format!("{id}:{secret}"),
        ClientAuth::Post => return Ok(None),
    };
    Ok(Some(format!("Basic {}", STANDARD.encode(pair)).into()))
}
