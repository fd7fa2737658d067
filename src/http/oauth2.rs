//! Client credentials of OAuth 2.0 (RFC 6749, section 4.4): one token for all requests of a client, renewed in time.
//!
//! However many requests need a token at once, one asks for it: flights are numbered, and whoever needs the next token
//! joins the flight with its number, or shares its failure.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use moka::future::Cache;
use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;
use url::{Url, form_urlencoded};

use super::auth::{Anonymous, Authenticate, secret_value};
use super::client::Client;
use super::clock;
use super::connections::Connections;
use super::error::{Error, Kind};
use super::path::Path;
use super::prepared::PreparedRequest;
use super::settings::Settings;

/// How long a token lives whose answer does not say so. RFC 6749 leaves it open; an hour is what most vendors document.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(3600);

/// A token is renewed this long before it expires, or a tenth of its life if that is less.
const MAX_MARGIN: Duration = Duration::from_secs(60);

/// How the client proves itself to the token endpoint (RFC 6749, section 2.3.1).
///
/// The two forms of `Basic` differ only where id or secret has a character that a form encodes, such as `+`, `/` or `%`; and
/// there a vendor that reads one of them refuses the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientAuth {
    /// Id and secret in the `Authorization` header, each form-encoded first as the section says.
    #[default]
    Basic,
    /// Id and secret in that header as they are (RFC 7617), for a vendor whose page shows them joined so.
    BasicVerbatim,
    /// Id and secret in the form.
    Post,
}

/// What a token is asked for with.
#[derive(Clone)]
pub struct ClientCredentials {
    /// The token endpoint.
    pub token_url: Url,
    /// The public half of the credentials.
    pub client_id: String,
    /// The secret half.
    pub client_secret: SecretString,
    /// What the token is to be good for; empty leaves it to the vendor.
    pub scopes: Vec<String>,
    /// Whom the token is for, where the vendor asks for it.
    pub audience: Option<String>,
    /// Where id and secret go.
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

/// An access token and its life.
pub struct Token {
    secret: SecretString,
    header: HeaderValue,
    asked_at: Instant,
    lifetime: Duration,
    expires_at: Timestamp,
}

impl Token {
    /// The token itself.
    pub fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// When it expires, by this machine's clock; an hour after it was asked for if the answer did not say.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// How much of its life is left.
    pub fn expires_in(&self) -> Duration {
        self.lifetime.saturating_sub(self.asked_at.elapsed())
    }

    /// Whether it is time for the next one.
    fn is_due(&self) -> bool {
        self.expires_in() <= MAX_MARGIN.min(self.lifetime / 10)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// Puts a bearer token on every request.
pub struct OAuth2ClientCredentials {
    client: Client,
    credentials: ClientCredentials,
    basic: Option<SecretString>,
    renews_on_forbidden: bool,
    held: Mutex<Held>,
    flights: Cache<u64, Arc<Token>>,
}

/// The token in use, and the number of the flight that will bring the next.
#[derive(Default)]
struct Held {
    token: Option<Arc<Token>>,
    next_flight: u64,
}

impl OAuth2ClientCredentials {
    /// Uses the timeouts, retries and error parser of the vendor's settings; requests nothing yet.
    pub fn new(settings: &Settings, credentials: ClientCredentials) -> Result<Self, Error> {
        let settings = Settings {
            base_url: credentials.token_url.clone(),
            // The vendor counts these apart, if at all; a token is asked for once an hour.
            requests_per_minute: None,
            ..settings.clone()
        };
        let basic = basic(&settings, &credentials)?;
        Ok(Self {
            client: Client::new(settings, Arc::new(Anonymous))?,
            credentials,
            basic,
            renews_on_forbidden: false,
            held: Mutex::default(),
            // The flight before the last is remembered for those who learned its number just before it landed.
            flights: Cache::new(2),
        })
    }

    /// The connections of token requests, for the vendor's client to share.
    pub fn connections(&self) -> Connections {
        self.client.connections()
    }

    /// Asks for a new token after a 403 too, for a vendor that answers so to one that is no longer good.
    #[must_use]
    pub fn renewing_on_forbidden(mut self) -> Self {
        self.renews_on_forbidden = true;
        self
    }

    /// A token that is good for a while: the one in use, or a new one.
    pub async fn token(&self) -> Result<Arc<Token>, Error> {
        let flight = {
            let held = self.held();
            match &held.token {
                Some(token) if !token.is_due() => return Ok(token.clone()),
                _ => held.next_flight,
            }
        };
        self.join(flight).await
    }

    /// The token of this flight, which is in use from then on.
    async fn join(&self, flight: u64) -> Result<Arc<Token>, Error> {
        let landed = self.flights.try_get_with(flight, async { self.ask().await.map_err(of_token) }).await;
        let token = landed.map_err(|error: Arc<Error>| Error::clone(&error))?;
        let mut held = self.held();
        if held.next_flight == flight {
            held.next_flight += 1;
            held.token = Some(token.clone());
        }
        Ok(token)
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self) -> Result<Arc<Token>, Error> {
        let ClientCredentials { client_id, client_secret, scopes, audience, .. } = &self.credentials;
        let mut form = vec![("grant_type", "client_credentials")];
        let scope = scopes.join(" ");
        form.extend((!scope.is_empty()).then_some(("scope", scope.as_str())));
        form.extend(audience.as_deref().map(|audience| ("audience", audience)));
        let mut request = self.client.post(Path::new("")).operation("asking for an access token").read_only();
        match &self.basic {
            Some(basic) => request = request.header(AUTHORIZATION.as_str(), basic.expose_secret()),
            None => form.extend([("client_id", client_id.as_str()), ("client_secret", client_secret.expose_secret())]),
        }
        let asked_at = Instant::now();
        let response = request.form(&form).send().await?;
        let answer: TokenAnswer = response.json()?;
        let lifetime = match answer.expires_in {
            None | Some(Value::Null) => DEFAULT_LIFETIME,
            Some(value) => seconds(&value)
                .ok_or_else(|| response.error("`expires_in` of the answer is not a number of seconds"))?,
        };
        if !answer.token_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("bearer")) {
            return Err(
                response.error("`token_type` of the answer is another than `Bearer`, which alone is known here")
            );
        }
        let secret = answer.access_token.filter(|token| !token.expose_secret().is_empty());
        let secret = secret.ok_or_else(|| response.error("the answer has no `access_token`"))?;
        let header =
            secret_value(self.client.vendor(), "the access token", &format!("Bearer {}", secret.expose_secret()))?;
        let expires_at = SignedDuration::try_from(lifetime).ok().and_then(|life| clock::now().checked_add(life).ok());
        let expires_at = expires_at.unwrap_or(Timestamp::MAX);
        Ok(Arc::new(Token { secret, header, asked_at, lifetime, expires_at }))
    }
}

#[async_trait]
impl Authenticate for OAuth2ClientCredentials {
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

    /// A 401 says that the token was withdrawn before its time; the next is asked for unless another request has done so.
    async fn renew(&self, refused: &PreparedRequest, error: &Error) -> Result<bool, Error> {
        let withdrawn = match error.status() {
            Some(StatusCode::UNAUTHORIZED) => true,
            Some(StatusCode::FORBIDDEN) => self.renews_on_forbidden,
            _ => false,
        };
        if !withdrawn {
            return Ok(false);
        }
        let flight = {
            let held = self.held();
            let in_use = held.token.as_ref().map(|token| &token.header);
            (in_use == refused.headers().get(AUTHORIZATION)).then_some(held.next_flight)
        };
        if let Some(flight) = flight {
            self.join(flight).await?;
        }
        Ok(true)
    }
}

/// The answer of a token endpoint (RFC 6749, section 5.1).
#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Option<SecretString>,
    token_type: Option<String>,
    expires_in: Option<Value>,
}

/// Seconds, which some vendors send as text or with a fraction.
fn seconds(value: &Value) -> Option<Duration> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    Duration::try_from_secs_f64(number).ok()
}

/// A token endpoint says 400 or 401 when it does not accept the client (RFC 6749, section 5.2).
fn of_token(mut error: Error) -> Error {
    // It may be another service than the API, so its address may be what is wrong.
    error.inner_mut().for_token = true;
    if error.kind() == Kind::Invalid { error.with_kind(Kind::Auth) } else { error }
}

/// The `Authorization` header of a token request, where id and secret go there.
fn basic(settings: &Settings, credentials: &ClientCredentials) -> Result<Option<SecretString>, Error> {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let (id, secret) = (credentials.client_id.as_str(), credentials.client_secret.expose_secret());
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
