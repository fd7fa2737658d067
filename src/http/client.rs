//! One vendor's client: sends requests, and repeats them as far as their failures allow.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use reqwest::header::{ACCEPT, HeaderValue, USER_AGENT};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, trace};
use url::Url;

use super::auth::{Authenticate, Body, PreparedRequest};
use super::cache::RunCache;
use super::error::{Context, Error, Kind};
use super::limits::{Limits, Stopped};
use super::path::Path;
use super::reached::Probe;
use super::request::{Call, Request};
use super::response::Answer;
use super::retry::{self, Delivery, Failure, MAX_WAIT, Semantics};
use super::settings::{Settings, check_base_url};
use super::{clock, redact, transport};

/// Sends requests to one vendor with one set of credentials; clones share limits, connections and the cache.
#[derive(Clone)]
pub struct Client {
    base_url: Url,
    shared: Arc<Shared>,
}

struct Shared {
    settings: Settings,
    user_agent: HeaderValue,
    auth: Arc<dyn Authenticate>,
    limits: Limits,
    cache: RunCache,
    /// How far this machine's clock was ahead of the vendor's at the last response with a `Date` header.
    clock_skew: Mutex<Option<SignedDuration>>,
}

impl Client {
    /// A client for the vendor; nothing is connected until the first request.
    pub fn new(settings: Settings, auth: Arc<dyn Authenticate>) -> Result<Self, Error> {
        let user_agent = settings.check()?;
        let base_url = settings.base_url.clone();
        let (limits, cache) = (Limits::new(&settings), RunCache::new());
        Ok(Self {
            base_url,
            shared: Arc::new(Shared { settings, user_agent, auth, limits, cache, clock_skew: Mutex::default() }),
        })
    }

    /// The same client for another base URL of the vendor, such as that of another service.
    pub fn at(&self, base_url: Url) -> Result<Self, Error> {
        check_base_url(self.vendor(), &base_url)?;
        Ok(Self { base_url, shared: self.shared.clone() })
    }

    /// The vendor's name.
    pub fn vendor(&self) -> &'static str {
        self.shared.settings.vendor
    }

    /// What paths are joined to.
    pub fn base_url(&self) -> &Url {
        &self.base_url
    }

    /// The time on the vendor's clock, from the `Date` header of its last response; `None` if no response had one.
    pub fn vendor_time(&self) -> Option<Timestamp> {
        let skew = (*self.shared.clock_skew.lock().unwrap_or_else(PoisonError::into_inner))?;
        clock::now().checked_sub(skew).ok()
    }

    /// A read of one object or list.
    pub fn get(&self, path: impl Into<Path>) -> Request {
        self.request(Method::GET, path)
    }

    /// A write that counts each time it is sent, unless the request says otherwise.
    pub fn post(&self, path: impl Into<Path>) -> Request {
        self.request(Method::POST, path)
    }

    /// A write that replaces the whole.
    pub fn put(&self, path: impl Into<Path>) -> Request {
        self.request(Method::PUT, path)
    }

    /// A write that changes a part.
    pub fn patch(&self, path: impl Into<Path>) -> Request {
        self.request(Method::PATCH, path)
    }

    /// A removal.
    pub fn delete(&self, path: impl Into<Path>) -> Request {
        self.request(Method::DELETE, path)
    }

    /// Any other method, or one from configuration.
    pub fn request(&self, method: Method, path: impl Into<Path>) -> Request {
        Request::new(self.clone(), method, path.into())
    }

    /// Asks for the base URL, once and without credentials: any answer shows that there is a way there.
    pub async fn probe(&self) -> Result<Probe, Error> {
        let Shared { settings, user_agent, .. } = &*self.shared;
        let url = redact::url(&self.base_url);
        let mut context = Context::new(self.vendor(), "looking for the service");
        context.route = Some((Method::GET, url.clone()));
        let headers = [(USER_AGENT, user_agent.clone())].into_iter().collect();
        let outgoing =
            PreparedRequest { method: Method::GET, url: self.base_url.clone(), headers, body: Body::None, note: None };
        let begun = Instant::now();
        let result = settings.transport.exchange(&outgoing, settings, &context).await;
        log(&context, 1, &outgoing, begun, &result);
        let (status, clock_skew) = match result {
            Ok(answer) => (answer.status, clock::clock_skew(&answer.headers)),
            Err(Failure { error, .. }) => match error.status() {
                Some(status) => (status, error.clock_skew()),
                None => return Err(error),
            },
        };
        let (encrypted, local) = (self.base_url.scheme() == "https", transport::is_local(&self.base_url));
        Ok(Probe { url, status, took: begun.elapsed(), clock_skew, encrypted, local })
    }

    /// What is fired when the provider is asked to stop.
    pub(super) fn stop(&self) -> &CancellationToken {
        &self.shared.settings.cancel
    }

    pub(super) fn cache(&self) -> &RunCache {
        &self.shared.cache
    }

    /// Sends the call until it succeeds, fails for good, or has been repeated often enough.
    pub(super) async fn send(&self, call: &Call) -> Result<Answer, Error> {
        let mut backoff = retry::backoff(&self.shared.settings);
        let mut progress = Progress { attempts: 0, unconfirmed: false, semantics: call.semantics };
        let mut may_renew = call.authenticate;
        loop {
            let failure = match self.attempt(call, progress.attempts + 1).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            progress.attempts += u32::from(failure.sent.is_some());
            progress.unconfirmed |= failure.delivery == Delivery::MaybeApplied && call.semantics != Semantics::Safe;
            if may_renew && let Some(refused) = refused_credentials(&failure) {
                may_renew = false;
                match self.shared.auth.renew(refused, &failure.error).await {
                    Ok(true) => continue,
                    Ok(false) => {}
                    Err(error) => return Err(progress.end(needed_for(error, &call.context), Delivery::Terminal)),
                }
            }
            if !failure.delivery.may_repeat(call.semantics) {
                return Err(progress.end(failure.error, failure.delivery));
            }
            let Some(own_wait) = backoff.next() else {
                return Err(progress.end(failure.error, failure.delivery));
            };
            let wait = failure.wait.unwrap_or_default().max(own_wait);
            if wait > MAX_WAIT {
                let hint = format!("The vendor asks to wait {wait:?}; at most {MAX_WAIT:?} are waited here.");
                return Err(progress.end(failure.error.with_hint(hint), failure.delivery));
            }
            debug!(
                vendor = self.vendor(),
                attempt = progress.attempts,
                wait_ms = wait.as_millis(),
                "waiting to repeat a request"
            );
            if self.shared.limits.sleep(wait, &call.stop).await == Err(Stopped) {
                return Err(progress.stopped(failure));
            }
        }
    }

    /// One attempt: waits for its turn, authenticates, and sends.
    async fn attempt(&self, call: &Call, number: u32) -> Result<Answer, Failure> {
        let Shared { settings, user_agent, auth, limits, .. } = &*self.shared;
        let stopped = |Stopped| Failure::last(stopped(&call.context));
        let unprepared = |error| Failure::last(needed_for(error, &call.context));
        let mut begun = limits.turn(self.below_base_url(&call.outgoing.url), &call.stop).await.map_err(stopped)?;
        if call.authenticate {
            auth.prepare().await.map_err(unprepared)?;
        }
        let place = limits.place(&call.stop).await.map_err(stopped)?;
        if call.semantics != Semantics::Safe && call.stop.is_cancelled() {
            return Err(stopped(Stopped));
        }
        let mut outgoing = call.outgoing.clone();
        outgoing.headers.entry(ACCEPT).or_insert(HeaderValue::from_static("application/json"));
        outgoing.headers.insert(USER_AGENT, user_agent.clone());
        if call.authenticate {
            auth.apply(&mut outgoing).map_err(unprepared)?;
        }
        let sent_at = Instant::now();
        let mut result = settings.transport.exchange(&outgoing, settings, &call.context).await;
        log(&call.context, number, &outgoing, sent_at, &result);
        let skew = match &result {
            Ok(answer) => clock::clock_skew(&answer.headers),
            Err(failure) => failure.error.clock_skew(),
        };
        if skew.is_some() {
            *self.shared.clock_skew.lock().unwrap_or_else(PoisonError::into_inner) = skew;
        }
        if let (Some(begun), Ok(answer)) = (&mut begun, &result) {
            begun.correct(&answer.headers);
        }
        if let Err(failure) = &mut result {
            if let Some(wait) =
                failure.wait.filter(|wait| failure.delivery == Delivery::NotApplied && *wait <= MAX_WAIT)
            {
                limits.pause(wait);
            }
            failure.sent = Some(Box::new(outgoing));
        }
        // Only now, so that the next request sees the pause.
        drop((place, begun));
        result
    }

    /// The path of a request without that of the base URL, with the slash that it begins with.
    fn below_base_url<'u>(&self, url: &'u Url) -> &'u str {
        url.path().strip_prefix(self.base_url.path().trim_end_matches('/')).unwrap_or(url.path())
    }
}

/// How a call has fared so far.
struct Progress {
    attempts: u32,
    /// Whether a write may have been carried out by one of the attempts.
    unconfirmed: bool,
    semantics: Semantics,
}

impl Progress {
    /// The error that the caller sees: with the number of attempts, and whether a write may have been carried out.
    fn end(&self, mut error: Error, delivery: Delivery) -> Error {
        let facts = error.facts_mut();
        // A token request counts its own attempts.
        if facts.needed_for.is_none() {
            facts.attempts = self.attempts;
        }
        facts.unconfirmed = self.unconfirmed;
        facts.repeatable = self.semantics == Semantics::Idempotent;
        // After a final answer its own kind says more: the object exists, or the values were refused.
        if self.unconfirmed && (delivery != Delivery::Terminal || facts.kind == Kind::Cancelled) {
            facts.kind = Kind::Unconfirmed;
        }
        error
    }

    /// The provider was asked to stop while this call waited to be repeated.
    fn stopped(&self, last: Failure) -> Error {
        let mut error = last.error.with_hint("The provider was asked to stop, so the request was not repeated.");
        if !self.unconfirmed {
            let facts = error.facts_mut();
            facts.kind = Kind::Cancelled;
            facts.failure = format!("stopped before the request was sent again, after {}", facts.failure);
        }
        self.end(error, last.delivery)
    }
}

fn stopped(context: &Context) -> Error {
    Error::from_context(Kind::Cancelled, context.clone(), "stopped before the request was sent")
}

/// The error of an authenticator, with the request that it was needed for.
fn needed_for(error: Error, context: &Context) -> Error {
    error.needed_for_operation(&context.operation)
}

/// The request as it was sent, if the vendor refused it in a way that other credentials may change.
fn refused_credentials(failure: &Failure) -> Option<&PreparedRequest> {
    let status = failure.error.status()?.as_u16();
    if matches!(status, 400 | 401 | 403) { failure.sent.as_deref() } else { None }
}

fn log(context: &Context, attempt: u32, outgoing: &PreparedRequest, begun: Instant, result: &Result<Answer, Failure>) {
    let Some((method, url)) = &context.route else { return };
    let status = match result {
        Ok(answer) => answer.status.as_str().to_owned(),
        Err(failure) => failure
            .error
            .status()
            .map_or_else(|| format!("{:?}", failure.error.kind()), |status| status.as_str().to_owned()),
    };
    let ms = begun.elapsed().as_millis();
    debug!(vendor = context.vendor, operation = context.operation, %method, url, status, ms, attempt, "sent a request");
    trace!(vendor = context.vendor, headers = redact::headers(&outgoing.headers), "with the request headers");
    if let Ok(answer) = result {
        trace!(vendor = context.vendor, headers = redact::headers(&answer.headers), "with the answer headers");
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("settings", &self.shared.settings).finish_non_exhaustive()
    }
}
