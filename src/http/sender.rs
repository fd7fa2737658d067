//! Sends the requests of one client: limits, authentication, retries and the cache of a run.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use reqwest::header::{ACCEPT, HeaderValue, USER_AGENT};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, trace, warn};
use url::Url;

use super::auth::Authenticate;
use super::cache::RunCache;
use super::call::{Call, Expected};
use super::connections::{Connections, is_local};
use super::error::{Context, Error, Kind};
use super::known_causes::{KnownCauses, is_unreachable};
use super::limits::{Limits, Stopped};
use super::prepared::{Body, PreparedRequest};
use super::probe::{PROBING, Probe};
use super::response::RawResponse;
use super::retry::{Delivery, Failure, MAX_WAIT, Semantics, Waits};
use super::settings::Settings;
use super::{clock, redact, transport};

/// A wait from this length on is in the log at the level of what a user wants to know.
const NOTABLE_WAIT: Duration = Duration::from_secs(4);

/// What all clones of a client share.
pub(super) struct Sender {
    settings: Settings,
    user_agent: HeaderValue,
    auth: Arc<dyn Authenticate>,
    connections: Connections,
    limits: Limits,
    cache: RunCache,
    known_causes: KnownCauses,
    /// How far this machine's clock was ahead of the vendor's at the last response with a `Date` header.
    clock_skew: Mutex<Option<SignedDuration>>,
}

impl Sender {
    pub(super) fn new(
        settings: Settings,
        auth: Arc<dyn Authenticate>,
        connections: Connections,
    ) -> Result<Self, Error> {
        let user_agent = settings.check()?;
        let limits = Limits::new(&settings, auth.credential().as_ref());
        let cache = RunCache::new();
        let known_causes = KnownCauses::default();
        Ok(Self { settings, user_agent, auth, connections, limits, cache, known_causes, clock_skew: Mutex::default() })
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(super) fn connections(&self) -> &Connections {
        &self.connections
    }

    /// The token that is cancelled when the provider is asked to stop.
    pub(super) fn stop(&self) -> &CancellationToken {
        &self.settings.cancel
    }

    pub(super) fn cache(&self) -> &RunCache {
        &self.cache
    }

    /// The time on the vendor's clock, as far as its responses show it.
    pub(super) fn vendor_time(&self) -> Option<Timestamp> {
        let skew = (*self.clock_skew.lock().unwrap_or_else(PoisonError::into_inner))?;
        clock::now().checked_sub(skew).ok()
    }

    /// Requests a URL once, without credentials, limits and retries.
    pub(super) async fn probe(&self, base_url: &Url) -> Result<Probe, Error> {
        let url = redact::url(base_url);
        let mut context = Context::new(self.settings.vendor, PROBING);
        context.route = Some((Method::GET, url.clone()));
        let headers = [(USER_AGENT, self.user_agent.clone())].into_iter().collect();
        let request = PreparedRequest {
            method: Method::GET,
            url: base_url.clone(),
            headers,
            body: Body::None,
            extension: None,
            route: "/".into(),
            documented: None,
            overrides: None,
            plain: None,
        };
        let sent_at = Instant::now();
        let result =
            transport::exchange(&self.connections, &request, &self.settings, &context, Expected::Success).await;
        log(&context, 1, &request, sent_at, &result);
        let (status, clock_skew) = match result {
            Ok(response) => (response.status, clock::clock_skew(&response.headers)),
            Err(Failure { error, .. }) => match error.status() {
                Some(status) => (status, error.clock_skew()),
                None => return Err(error),
            },
        };
        let (encrypted, local) = (base_url.scheme() == "https", is_local(base_url));
        Ok(Probe { url, status, took: sent_at.elapsed(), clock_skew, encrypted, local })
    }

    /// Sends the call until it succeeds, fails permanently, or has been repeated as often as the settings allow.
    pub(super) async fn send(&self, call: &Call) -> Result<RawResponse, Error> {
        let mut waits = Waits::new(&self.settings);
        let mut progress = Progress { attempts: 0, unconfirmed: false, semantics: call.semantics };
        let mut may_renew = call.authenticate;
        loop {
            let failure = match self.attempt(call, progress.attempts + 1).await {
                Ok(response) => return Ok(response),
                Err(failure) => failure,
            };
            progress.attempts += u32::from(failure.sent.is_some());
            progress.unconfirmed |= failure.delivery == Delivery::MaybeApplied && call.semantics != Semantics::Safe;
            if may_renew && let Some(rejected) = rejected_credentials(&failure) {
                may_renew = false;
                match self.auth.renew(rejected, &failure.error).await {
                    Ok(true) => continue,
                    Ok(false) => {}
                    Err(error) => return Err(progress.end(error.needed_for(&call.context), Delivery::Terminal)),
                }
            }
            let is_known = is_unreachable(&failure) && self.known_causes.has(failure.error.kind());
            if is_known || !failure.delivery.may_repeat(call.semantics) {
                return Err(self.end(&progress, failure));
            }
            let Some(wait) = waits.next(&failure) else {
                let error = match waits.limited_for().filter(|_| failure.is_limited_without_a_wait()) {
                    Some(time) if time.as_secs() > 0 => failure.error.with_hint(format!(
                        "It was sent again for {time:.0?}. The response names no wait, such as by `Retry-After`."
                    )),
                    _ => failure.error,
                };
                return Err(self.end(&progress, Failure { error, ..failure }));
            };
            if wait > MAX_WAIT {
                let hint = format!("The vendor requests a wait of {wait:?}; the longest wait is {MAX_WAIT:?}.");
                return Err(self.end(&progress, Failure { error: failure.error.with_hint(hint), ..failure }));
            }
            self.log_wait(&failure, progress.attempts, wait, &call.context);
            if failure.is_limited_without_a_wait() {
                // Any other request would be rejected too.
                self.limits.pause(wait).await;
            }
            if self.limits.wait_to_repeat(wait, &call.stop).await == Err(Stopped) {
                return Err(progress.stopped(failure));
            }
        }
    }

    /// The error of a call that is not repeated. It is brief if another one has described the same cause.
    fn end(&self, progress: &Progress, failure: Failure) -> Error {
        let is_shared = is_unreachable(&failure) || failure.error.kind() == Kind::RateLimited;
        let error = progress.end(failure.error, failure.delivery);
        // A write that may have been applied has advice of its own.
        if is_shared && !error.may_have_applied() { self.known_causes.report(error) } else { error }
    }

    /// One attempt: waits for the limits, authenticates, and sends.
    async fn attempt(&self, call: &Call, number: u32) -> Result<RawResponse, Failure> {
        let Self { settings, user_agent, auth, limits, .. } = self;
        let stopped = |Stopped| Failure::last(stopped(&call.context));
        let unprepared = |error: Error| Failure::last(error.needed_for(&call.context));
        // Before the waits, so that an error that is known is not late, and after them, where it may have become known.
        let check = || if call.authenticate { auth.check(&call.prepared) } else { Ok(()) };
        check().map_err(unprepared)?;
        let (kind, path) = (call.context.kind(), below(&call.base_path, &call.prepared.url));
        let mut endpoint_permit = limits.acquire_rate(kind, path, &call.stop).await.map_err(stopped)?;
        if call.authenticate {
            auth.prepare().await.map_err(unprepared)?;
        }
        let permit = limits.acquire_permit(kind, &call.stop).await.map_err(stopped)?;
        if call.semantics != Semantics::Safe && call.stop.is_cancelled() {
            return Err(stopped(Stopped));
        }
        check().map_err(unprepared)?;
        let mut request = call.prepared.clone();
        request.headers.entry(ACCEPT).or_insert(HeaderValue::from_static("application/json"));
        request.headers.insert(USER_AGENT, user_agent.clone());
        if call.authenticate {
            auth.apply(&mut request).map_err(unprepared)?;
        }
        let sent_at = Instant::now();
        let mut result = transport::exchange(&self.connections, &request, settings, &call.context, call.expected).await;
        log(&call.context, number, &request, sent_at, &result);
        self.record_clock(&result);
        if result.as_ref().map_or_else(|failure| failure.error.status().is_some(), |_| true) {
            self.known_causes.responded();
        }
        self.learn_rate(&result, sent_at).await;
        if call.authenticate && result.is_ok() {
            auth.accepted(&request);
        }
        if let (Some(permit), Ok(response)) = (&mut endpoint_permit, &result) {
            permit.correct(&response.headers);
        }
        if let Err(failure) = &mut result {
            if let Some(wait) =
                failure.wait.filter(|wait| failure.delivery == Delivery::NotApplied && *wait <= MAX_WAIT)
            {
                limits.pause(wait).await;
            }
            failure.sent = Some(Box::new(request));
        }
        // Only now, so that the next request sees the pause.
        drop((permit, endpoint_permit));
        result
    }

    /// Logs what a request waits for, if it takes long.
    fn log_wait(&self, failure: &Failure, attempt: u32, wait: Duration, context: &Context) {
        let (vendor, operation, wait_ms) = (self.settings.vendor, &context.operation, wait.as_millis());
        let status = failure.error.status().map_or_else(String::new, |status| status.as_str().to_owned());
        let reason = failure.error.kind();
        if wait < NOTABLE_WAIT {
            debug!(vendor, operation, status, ?reason, attempt, wait_ms, "waiting to repeat a request");
        } else {
            info!(vendor, operation, status, ?reason, attempt, wait_ms, "waiting to repeat a request");
        }
    }

    /// Learns the vendor's rate from the 429s that name no wait.
    async fn learn_rate(&self, result: &Result<RawResponse, Failure>, sent_at: Instant) {
        const LIMITED: &str =
            "the vendor received too many requests and names no wait: they are repeated for this long";
        const LEARNED: &str = "the vendor accepts requests again: later ones keep to this rate";
        let vendor = self.settings.vendor;
        match result {
            Ok(_) => {
                if let Some(per_minute) = self.limits.accepted(sent_at).await {
                    warn!(vendor, per_minute, "{LEARNED}");
                }
            }
            Err(failure) if failure.is_limited_without_a_wait() => {
                if self.limits.rejected().await {
                    warn!(vendor, seconds = self.settings.rate_limit_patience.as_secs(), "{LIMITED}");
                }
            }
            Err(_) => {}
        }
    }

    fn record_clock(&self, result: &Result<RawResponse, Failure>) {
        let skew = match result {
            Ok(response) => clock::clock_skew(&response.headers),
            Err(failure) => failure.error.clock_skew(),
        };
        if skew.is_some() {
            *self.clock_skew.lock().unwrap_or_else(PoisonError::into_inner) = skew;
        }
    }
}

/// The path of a request without that of the base URL, starting with a slash.
fn below<'u>(base_path: &str, url: &'u Url) -> &'u str {
    url.path().strip_prefix(base_path.trim_end_matches('/')).unwrap_or(url.path())
}

/// The state of a call after its attempts so far.
struct Progress {
    attempts: u32,
    /// Whether one of the attempts may have applied the write.
    unconfirmed: bool,
    semantics: Semantics,
}

impl Progress {
    /// The error for the caller, with the number of attempts and whether the write may have been applied.
    fn end(&self, mut error: Error, delivery: Delivery) -> Error {
        let inner = error.inner_mut();
        // A token request counts its own attempts.
        if inner.needed_for.is_none() {
            inner.attempts = self.attempts;
        }
        inner.unconfirmed = self.unconfirmed;
        inner.repeatable = self.semantics == Semantics::Idempotent;
        // A terminal response has a kind that says more: the object exists, or the values were rejected.
        if self.unconfirmed && (delivery != Delivery::Terminal || inner.kind == Kind::Cancelled) {
            inner.kind = Kind::Unconfirmed;
        }
        error
    }

    /// The provider was asked to stop while this call waited to be repeated.
    fn stopped(&self, last: Failure) -> Error {
        let mut error = last.error.with_hint("The provider was asked to stop, so the request was not repeated.");
        if !self.unconfirmed {
            let inner = error.inner_mut();
            inner.kind = Kind::Cancelled;
            inner.failure = format!("stopped before the request was sent again, after {}", inner.failure);
        }
        self.end(error, last.delivery)
    }
}

fn stopped(context: &Context) -> Error {
    Error::from_context(Kind::Cancelled, context.clone(), "stopped before the request was sent")
}

/// The request as it was sent, if the vendor rejected it in a way that other credentials may change.
fn rejected_credentials(failure: &Failure) -> Option<&PreparedRequest> {
    let status = failure.error.status()?.as_u16();
    if matches!(status, 400 | 401 | 403) { failure.sent.as_deref() } else { None }
}

fn log(
    context: &Context,
    attempt: u32,
    request: &PreparedRequest,
    sent_at: Instant,
    result: &Result<RawResponse, Failure>,
) {
    let Some((method, url)) = &context.route else { return };
    let status = match result {
        Ok(response) => response.status.as_str().to_owned(),
        Err(failure) => failure
            .error
            .status()
            .map_or_else(|| format!("{:?}", failure.error.kind()), |status| status.as_str().to_owned()),
    };
    let ms = sent_at.elapsed().as_millis();
    debug!(vendor = context.vendor, operation = context.operation, %method, url, status, ms, attempt, "sent a request");
    trace!(vendor = context.vendor, headers = redact::headers(&request.headers), "with the request headers");
    if let Ok(response) = result {
        trace!(vendor = context.vendor, headers = redact::headers(&response.headers), "with the response headers");
    }
}
