//! The headers of a request (caller, license and time) and the encryption of its body.
//!
//! The service's public key is fetched once and kept for ten minutes, as in the vendor's helpers. If the service cannot decrypt a
//! request, its key was rotated: the key is fetched again and the request is sent once more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::crypto::{Channel, Curve, KeyError, PrivateKey};
use crate::framework::Secret;
use crate::http::{
    self, Authenticate, Error, HeaderName, HeaderValue, Kind, Method, PreparedRequest, Refusal, Response,
};
use crate::openapi::Call;
use crate::vendors::shared::route::Route;

/// How long the service's key is kept, as in the vendor's helpers.
const KEY_LIFETIME: Duration = Duration::from_secs(600);

/// How far the clocks may differ before an error is about the clock. The service accepts a minute.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_secs(30);

const PUBLIC_KEYS: Route = Route::new(Method::GET, "/publickeys");

/// The headers by which a request authenticates.
pub(super) const HEADERS: [&str; 3] = [PUBLIC_KEY, REQUEST_ID, LICENSE_KEY];
const PUBLIC_KEY: &str = "publickey";
const REQUEST_ID: &str = "requestid";
const LICENSE_KEY: &str = "licensekey";

/// The call that fetches the service's public key.
pub(super) fn calls() -> Vec<Call> {
    vec![PUBLIC_KEYS.call().reads::<PublicKeys>()]
}

/// The operation that fetches the service's public key.
const FETCHING: &str = "fetching the service's public key";

/// What a request needs beside its route. It travels with the request as its note.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Access {
    /// Whether the request has the license.
    pub(super) license: bool,
    /// Whether the body is encrypted: then it is `{"data": "<ciphertext>"}`.
    pub(super) sealed: bool,
}

/// The caller's side of the encryption and authentication.
pub(super) struct Identity {
    /// The license. Without it a request that needs one fails before it is sent.
    pub(super) license_key: Option<Secret>,
    /// The caller's private key.
    pub(super) private_key: PrivateKey,
    /// The same as it is configured. Held, so that it is redacted from responses: the service knows it if it is a service key.
    #[expect(dead_code, reason = "a secret is redacted as long as somebody holds it")]
    pub(super) configured_key: Option<Secret>,
    /// The curve, if it is configured.
    pub(super) curve: Option<Curve>,
    /// Free text that names the caller in the vendor's logs.
    pub(super) app_id: String,
}

/// Authenticates and encrypts requests.
pub(super) struct Session {
    identity: Identity,
    /// A client without credentials, for the service's public key.
    anonymous: http::Client,
    keys: Mutex<Option<Arc<Keys>>>,
    /// Allows one fetch at a time, which requests that start together share.
    fetching: tokio::sync::Mutex<()>,
    license_refusal: Refusal,
}

/// The keys of both sides.
struct Keys {
    curve: Curve,
    service_public: String,
    my_public: String,
    channel: Channel,
    fetched: Instant,
    /// Set when this process has reset the service's key. A request that is being sent still uses these keys: the service refuses
    /// it, and it is sent again with new keys.
    stale: AtomicBool,
}

/// The response of `GET /publickeys`.
#[derive(Deserialize, JsonSchema)]
struct PublicKeys {
    #[serde(rename = "publicKey")]
    public_key: String,
}

/// The content of the header `requestid`.
#[derive(Serialize)]
struct RequestId<'i> {
    /// Seconds since 1970.
    ts: i64,
    appid: &'i str,
    uuid: String,
}

impl Session {
    /// A session that fetches the service's key with the first request.
    pub(super) fn new(identity: Identity, anonymous: http::Client) -> Self {
        let (keys, fetching) = (Mutex::new(None), tokio::sync::Mutex::new(()));
        let license_refusal = Refusal::new(anonymous.vendor());
        Self { identity, anonymous, keys, fetching, license_refusal }
    }

    /// The curve of the service's key.
    pub(super) async fn curve(&self) -> Result<Curve, Error> {
        self.keys().await.map(|keys| keys.curve)
    }

    /// Whether a license is configured.
    pub(super) fn has_license(&self) -> bool {
        self.identity.license_key.is_some()
    }

    /// Decrypts a part of a response, with the public key that the response has or else with the service's.
    pub(super) async fn open(&self, response: &Response, sealed: &str, key: Option<&str>) -> Result<String, Error> {
        let keys = self.keys().await?;
        let opened = match key {
            Some(public) => self.channel(public, "decrypting a response")?.1.open(sealed),
            None => keys.channel.open(sealed),
        };
        opened.map_err(|problem| {
            response
                .error(format!("the response is encrypted and cannot be read: {problem}"))
                .with_hint("If the service's key was rotated a moment ago, run again.")
        })
    }

    /// Drops the service's key after this process has reset it.
    pub(super) fn forget(&self) {
        if let Some(keys) = self.lock().as_ref() {
            keys.stale.store(true, Ordering::Release);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Arc<Keys>>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn current(&self) -> Option<Arc<Keys>> {
        let fresh = |keys: &&Arc<Keys>| keys.fetched.elapsed() < KEY_LIFETIME && !keys.stale.load(Ordering::Acquire);
        self.lock().as_ref().filter(fresh).map(Arc::clone)
    }

    async fn keys(&self) -> Result<Arc<Keys>, Error> {
        if let Some(keys) = self.current() {
            return Ok(keys);
        }
        let _one_at_a_time = self.fetching.lock().await;
        match self.current() {
            Some(keys) => Ok(keys),
            None => self.fetch().await,
        }
    }

    async fn fetch(&self) -> Result<Arc<Keys>, Error> {
        let request = self.anonymous.request(PUBLIC_KEYS.method, PUBLIC_KEYS.path);
        let response = request.operation(FETCHING).send().await?;
        let service_public = response.json::<PublicKeys>()?.public_key;
        let (curve, channel) = self.channel(&service_public, FETCHING)?;
        let my_public =
            self.identity.private_key.public_key(curve).map_err(|problem| private_key_error(FETCHING, &problem))?;
        let keys = Arc::new(Keys {
            curve,
            service_public,
            my_public,
            channel,
            fetched: Instant::now(),
            stale: AtomicBool::new(false),
        });
        *self.lock() = Some(Arc::clone(&keys));
        Ok(keys)
    }

    fn channel(&self, public: &str, operation: &str) -> Result<(Curve, Channel), Error> {
        let actual = Curve::of(public).map_err(|problem| {
            failure(Kind::Decode, operation, format!("the service's public key cannot be used: {problem}"))
        })?;
        if let Some(wanted) = self.identity.curve.filter(|wanted| *wanted != actual) {
            let text = format!("the service's key is on {}, and `curve` is set to {}", actual.name(), wanted.name());
            return Err(failure(Kind::Request, operation, text).with_hint(format!(
                "Set `curve = \"{}\"` in `onekosmos = {{ ... }}` of the provider block (or IDV_ONEKOSMOS_CURVE), or omit it: \
                 `auto` detects the curve.",
                actual.name()
            )));
        }
        let channel = self.identity.private_key.channel(actual, public);
        channel.map(|channel| (actual, channel)).map_err(|problem| private_key_error(operation, &problem))
    }
}

fn failure(kind: Kind, operation: &str, text: String) -> Error {
    Error::new(kind, "1Kosmos", operation, text)
}

fn private_key_error(operation: &str, problem: &KeyError) -> Error {
    failure(Kind::Request, operation, format!("the private key cannot be used: {problem}")).with_hint(
        "Check `private_key` in `onekosmos = { ... }` of the provider block, or IDV_ONEKOSMOS_PRIVATE_KEY. Without it, a key is \
         generated for each run.",
    )
}

#[async_trait]
impl Authenticate for Session {
    fn credential(&self) -> Option<Secret> {
        self.identity.license_key.clone()
    }

    fn check(&self, request: &PreparedRequest) -> Result<(), Error> {
        if has_license(request) { self.license_refusal.check() } else { Ok(()) }
    }

    async fn prepare(&self) -> Result<(), Error> {
        self.keys().await.map(drop)
    }

    fn apply(&self, request: &mut PreparedRequest) -> Result<(), Error> {
        let operation = "encrypting the request's headers";
        let keys = self.lock().as_ref().map(Arc::clone).ok_or_else(|| {
            // `prepare` has fetched them, or the request would have failed there.
            failure(Kind::Connect, operation, "the service's key is not known".to_owned())
        })?;
        let access = request.extension::<Access>().copied().unwrap_or_default();
        let id = RequestId {
            ts: jiff::Timestamp::now().as_second(),
            appid: &self.identity.app_id,
            uuid: uuid::Uuid::new_v4().to_string(),
        };
        let mut headers =
            vec![(PUBLIC_KEY, keys.my_public.clone()), (REQUEST_ID, seal(&keys, &json!(id).to_string(), operation)?)];
        if access.license {
            let license = self.identity.license_key.as_ref().ok_or_else(no_license)?;
            headers.push((LICENSE_KEY, seal(&keys, license.expose(), operation)?));
        }
        for (name, text) in headers {
            let mut value = HeaderValue::try_from(text)
                .map_err(|_| failure(Kind::Request, operation, format!("the header `{name}` cannot be written")))?;
            value.set_sensitive(true);
            request.headers_mut().insert(HeaderName::from_static(name), value);
        }
        if access.sealed {
            let plain = request.json().map(Json::to_string).unwrap_or_default();
            let sealed = seal(&keys, &plain, operation)?;
            request.set_json(json!({ "data": sealed }));
        }
        Ok(())
    }

    /// Fetches the service's key again if an error mentions decryption, and lets the request be sent once more. Remembers a
    /// license that is not valid; a 401 may be about the time of the request too.
    async fn renew(&self, refused: &PreparedRequest, error: &Error) -> Result<bool, Error> {
        if error.kind() == Kind::Auth && has_license(refused) && !is_late(error) {
            self.license_refusal.record()?;
        }
        let undecryptable = error.message().is_some_and(|message| message.contains("decrypt"));
        if error.kind() != Kind::Invalid || !undecryptable {
            return Ok(false);
        }
        let before = self.current().map(|keys| keys.service_public.clone());
        let _one_at_a_time = self.fetching.lock().await;
        // Another request may have fetched the key while this one waited.
        let now = self.current().map(|keys| keys.service_public.clone());
        if now == before {
            self.fetch().await?;
        }
        Ok(true)
    }
}

fn seal(keys: &Keys, plain: &str, operation: &str) -> Result<String, Error> {
    keys.channel
        .seal(plain)
        .ok_or_else(|| failure(Kind::Request, operation, "the text is too long to encrypt".to_owned()))
}

/// Whether a request carries the license.
fn has_license(request: &PreparedRequest) -> bool {
    request.extension::<Access>().is_some_and(|access| access.license)
}

/// Whether the clocks differ so far that the service may have refused the time of a request.
pub(super) fn is_late(error: &Error) -> bool {
    error.clock_skew().is_some_and(|skew| skew.abs() > CLOCK_TOLERANCE)
}

fn no_license() -> Error {
    failure(Kind::Request, "signing the request in", "this call needs a license, and none is configured".to_owned()).with_hint(
        "Set `license_key` in `onekosmos = { ... }` of the provider block, or the environment variable IDV_ONEKOSMOS_LICENSE_KEY.",
    )
}
