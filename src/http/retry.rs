//! Whether a failed attempt may be repeated, and when.
//!
//! A request that certainly was not applied may always be repeated. One that may have been applied is repeated only if it is
//! idempotent. Everything here depends only on what came back, and when.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, RETRY_AFTER};
use tokio::time::Instant;

use super::clock;
use super::error::Error;
use super::prepared::PreparedRequest;
use super::settings::Settings;

/// The longest wait before a retry; a request for which the vendor requests a longer one fails and names it.
pub(super) const MAX_WAIT: Duration = Duration::from_secs(60);

/// Headers with the end of a rate limit, in the order of preference, after `Retry-After`.
const RESET_HEADERS: [HeaderName; 2] =
    [HeaderName::from_static("ratelimit-reset"), HeaderName::from_static("x-ratelimit-reset")];

/// A number of seconds above this is a point in time, not a wait.
const SMALLEST_EPOCH: i64 = 1_000_000_000;

/// A number above this is a point in time in milliseconds.
const SMALLEST_EPOCH_MILLIS: i64 = 1_000_000_000_000;

/// The effect of a request on the vendor's data (RFC 9110, section 9.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Semantics {
    /// The request changes nothing.
    Safe,
    /// Sending the request twice has the effect of sending it once.
    Idempotent,
    /// Sending the request twice creates a second object or a second event.
    NonIdempotent,
}

/// What is known about the effect of a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    /// The request certainly was not applied, and a retry may succeed.
    NotApplied,
    /// The request may have been applied.
    MaybeApplied,
    /// A retry would have the same result.
    Terminal,
}

impl Delivery {
    /// What a status that is not a success means. A 503 with `Retry-After` comes from an overloaded service that did not accept
    /// the request; one without may come from a proxy after the request was applied.
    pub(super) fn of_status(status: StatusCode, names_a_wait: bool) -> Self {
        match status.as_u16() {
            429 => Self::NotApplied,
            503 if names_a_wait => Self::NotApplied,
            // Not implemented, and HTTP version not supported.
            501 | 505 => Self::Terminal,
            408 | 500..=599 => Self::MaybeApplied,
            _ => Self::Terminal,
        }
    }

    /// Whether a request of this semantics may be sent again.
    pub(super) fn may_repeat(self, semantics: Semantics) -> bool {
        match self {
            Self::NotApplied => true,
            Self::MaybeApplied => semantics != Semantics::NonIdempotent,
            Self::Terminal => false,
        }
    }
}

/// A failed attempt.
pub(super) struct Failure {
    pub(super) error: Error,
    pub(super) delivery: Delivery,
    /// The wait that the vendor requested.
    pub(super) wait: Option<Duration>,
    /// The request as it was sent, if it was.
    pub(super) sent: Option<Box<PreparedRequest>>,
}

impl Failure {
    /// A failure that a retry does not change.
    pub(super) fn last(error: Error) -> Self {
        Self { error, delivery: Delivery::Terminal, wait: None, sent: None }
    }

    /// Whether the vendor received too many requests and does not say when it accepts the next one.
    pub(super) fn is_limited_without_a_wait(&self) -> bool {
        self.wait.is_none() && self.error.status() == Some(StatusCode::TOO_MANY_REQUESTS)
    }
}

/// The waits before retries: exponential and jittered, one for each retry that is allowed.
fn backoff(settings: &Settings) -> ExponentialBackoff {
    ExponentialBuilder::new()
        .with_min_delay(settings.first_retry_delay)
        // The jitter adds up to as much again.
        .with_max_delay(MAX_WAIT / 2)
        .with_max_times(usize::try_from(settings.max_retries).unwrap_or(usize::MAX))
        .with_jitter()
        .build()
}

/// The waits of one request between its attempts.
pub(super) struct Waits {
    backoff: ExponentialBackoff,
    /// The last wait of the backoff.
    last: Duration,
    patience: Duration,
    /// When the vendor first rejected the request with 429 without naming a wait.
    limited_since: Option<Instant>,
}

impl Waits {
    pub(super) fn new(settings: &Settings) -> Self {
        let patience = if settings.max_retries > 0 { settings.rate_limit_patience } else { Duration::ZERO };
        Self { backoff: backoff(settings), last: settings.first_retry_delay, patience, limited_since: None }
    }

    /// The wait after a failure that may be repeated; none if it has been repeated often and long enough.
    pub(super) fn next(&mut self, failure: &Failure) -> Option<Duration> {
        let own = self.backoff.next();
        self.last = own.unwrap_or(self.last * 2).min(MAX_WAIT / 2);
        if !failure.is_limited_without_a_wait() {
            return own.map(|own| failure.wait.unwrap_or_default().max(own));
        }
        let left = self.patience.saturating_sub(self.limited_since.get_or_insert_with(Instant::now).elapsed());
        // The last attempt is at the end of the time.
        own.or_else(|| (!left.is_zero()).then(|| self.last.min(left)))
    }

    /// How long the vendor has rejected the request with 429 without naming a wait.
    pub(super) fn limited_for(&self) -> Option<Duration> {
        self.limited_since.map(|since| since.elapsed())
    }
}

/// The wait that a response requests, relative to the vendor's clock if the response has a `Date`.
pub(super) fn named_wait(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    let now = clock::server_time(headers).unwrap_or_else(clock::now);
    if let Some(wait) = clock::text(headers, &RETRY_AFTER).and_then(|text| retry_after(text, now)) {
        return Some(wait);
    }
    if status != StatusCode::TOO_MANY_REQUESTS {
        return None;
    }
    named_reset(headers)
}

/// The wait until the window of a rate limit ends, from the reset headers.
pub(super) fn named_reset(headers: &HeaderMap) -> Option<Duration> {
    let now = clock::server_time(headers).unwrap_or_else(clock::now);
    RESET_HEADERS.iter().find_map(|name| reset(clock::text(headers, name)?, now))
}

/// `Retry-After`: seconds or an HTTP date.
fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    match text.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => clock::parse_http_date(text).map(|at| until(at, now)),
    }
}

/// A reset header: seconds from now (the IETF draft), or an epoch in seconds or milliseconds (what many vendors send).
fn reset(text: &str, now: Timestamp) -> Option<Duration> {
    // Some send fractions; a wait is rounded up.
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let number = whole.parse::<i64>().ok()?.checked_add(i64::from(fraction.bytes().any(|digit| digit != b'0')))?;
    match number {
        i64::MIN..0 => None,
        0..SMALLEST_EPOCH => Some(Duration::from_secs(number.unsigned_abs())),
        SMALLEST_EPOCH..SMALLEST_EPOCH_MILLIS => Timestamp::from_second(number).ok().map(|at| until(at, now)),
        _ => Timestamp::from_millisecond(number).ok().map(|at| until(at, now)),
    }
}

/// The time until then; zero if it has passed.
fn until(at: Timestamp, now: Timestamp) -> Duration {
    at.duration_since(now).max(SignedDuration::ZERO).unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn wait(status: u16, headers: &[(&'static str, &str)]) -> Option<u64> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_str(value).unwrap());
        }
        named_wait(StatusCode::from_u16(status).unwrap(), &map).map(|wait| wait.as_secs())
    }

    #[test]
    fn every_form_of_a_requested_wait_is_read() {
        // A server whose clock is in 1994: waits are relative to it.
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        for (status, headers, expected) in [
            (429, vec![("retry-after", "7")], Some(7)),
            (503, vec![("retry-after", " 7 ")], Some(7)),
            (429, vec![date, ("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT")], Some(10)),
            (429, vec![date, ("retry-after", "Sun, 06 Nov 1994 08:49:07 GMT")], Some(0)),
            (429, vec![("x-ratelimit-reset", "12")], Some(12)),
            (429, vec![("ratelimit-reset", "0.2")], Some(1)),
            (429, vec![("date", "Mon, 15 Jan 2024 10:59:30 GMT"), ("x-ratelimit-reset", "1705316400")], Some(30)),
            (429, vec![("date", "Mon, 15 Jan 2024 10:59:30 GMT"), ("x-ratelimit-reset", "1705316400000")], Some(30)),
            (429, vec![("retry-after", "3"), ("x-ratelimit-reset", "12")], Some(3)),
            (503, vec![("x-ratelimit-reset", "12")], None),
            (429, vec![("retry-after", "soon")], None),
            (429, vec![("x-ratelimit-reset", "-5")], None),
            (429, vec![], None),
        ] {
            assert_eq!(wait(status, &headers), expected, "{status} {headers:?}");
        }
    }

    #[test]
    fn a_non_idempotent_write_is_repeated_only_if_it_was_not_applied() {
        use Semantics::{Idempotent, NonIdempotent, Safe};
        for (status, names_a_wait, repeated_for) in [
            (429, false, vec![Safe, Idempotent, NonIdempotent]),
            (503, true, vec![Safe, Idempotent, NonIdempotent]),
            (503, false, vec![Safe, Idempotent]),
            (500, false, vec![Safe, Idempotent]),
            (500, true, vec![Safe, Idempotent]),
            (502, false, vec![Safe, Idempotent]),
            (504, false, vec![Safe, Idempotent]),
            (408, false, vec![Safe, Idempotent]),
            (501, false, vec![]),
            (301, false, vec![]),
            (400, false, vec![]),
            (401, false, vec![]),
            (404, false, vec![]),
            (409, false, vec![]),
        ] {
            let delivery = Delivery::of_status(StatusCode::from_u16(status).unwrap(), names_a_wait);
            let repeated: Vec<Semantics> = [Safe, Idempotent, NonIdempotent]
                .into_iter()
                .filter(|semantics| delivery.may_repeat(*semantics))
                .collect();
            assert_eq!(repeated, repeated_for, "{status}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_window_of_a_minute_is_waited_out_where_no_wait_is_named() {
        for (status, retries, expected) in [(429, 4, 70..=71), (429, 1, 70..=71), (503, 4, 7..=16), (429, 0, 0..=0)] {
            let mut settings = Settings::new("Acme", url::Url::parse("http://127.0.0.1:1").unwrap());
            settings.max_retries = retries;
            let mut waits = Waits::new(&settings);
            let mut failure = Failure::last(Error::new(super::super::Kind::RateLimited, "Acme", "reading", "x"));
            failure.error.inner_mut().status = Some(StatusCode::from_u16(status).unwrap());
            let begin = Instant::now();
            while let Some(wait) = waits.next(&failure) {
                assert!(wait <= MAX_WAIT);
                tokio::time::sleep(wait).await;
            }
            assert!(expected.contains(&begin.elapsed().as_secs()), "{status} {retries}: {:?}", begin.elapsed());
        }
    }

    #[test]
    fn waits_grow_and_there_is_one_for_each_retry() {
        let mut settings = Settings::new("Acme", url::Url::parse("http://127.0.0.1:1").unwrap());
        settings.max_retries = 12;
        let waits: Vec<Duration> = backoff(&settings).collect();
        assert_eq!(waits.len(), 12);
        assert!(waits[0] >= settings.first_retry_delay && waits[0] <= settings.first_retry_delay * 2, "{waits:?}");
        assert!(waits[11] >= MAX_WAIT / 2 && waits.iter().all(|wait| *wait <= MAX_WAIT), "{waits:?}");
    }
}
