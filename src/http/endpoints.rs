//! Limits of single endpoints: the documented rate, corrected by the `X-RateLimit-*` headers of responses.
//!
//! The documented limit spreads requests evenly. The headers return another limit, and how much of the window is left when
//! somebody else uses the same key or an earlier run did. A request without a response may not have been counted yet, so it
//! is subtracted from what is left.

use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use reqwest::header::{HeaderMap, HeaderName};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::clock;
use super::rate::{MINUTE, Rate, RuntimeClock, rate};
use super::retry::named_reset;
use super::settings::EndpointLimit;

static LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
static REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");

/// Resets that are further apart than this belong to different windows: they are in whole seconds, and responses travel.
const SAME_WINDOW: Duration = Duration::from_secs(2);

/// The limit of one endpoint.
pub(super) struct Endpoint {
    path: &'static str,
    state: Mutex<State>,
    /// Notifies waiting requests of a response, after which they check again.
    changed: Notify,
}

struct State {
    per_minute: NonZeroU32,
    rate: Rate,
    in_flight: u32,
    window: Option<Window>,
}

/// The current window as the headers describe it.
struct Window {
    /// The least that was returned, which is the latest: responses overtake each other.
    left: u32,
    ends: Instant,
}

/// A request in flight that counts against the endpoint's limit, until it is dropped.
pub(super) struct EndpointPermit<'e> {
    endpoint: &'e Endpoint,
    corrected: bool,
}

impl Endpoint {
    pub(super) fn new(limit: &EndpointLimit) -> Self {
        let state = State { per_minute: limit.per_minute, rate: rate(limit.per_minute), in_flight: 0, window: None };
        Self { path: limit.path, state: Mutex::new(state), changed: Notify::new() }
    }

    /// Whether a path below the base URL belongs to this endpoint.
    pub(super) fn covers(&self, path: &str) -> bool {
        path.strip_prefix(self.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Returns a permit, or how long to wait before the next try; a response that arrives earlier may shorten the wait.
    pub(super) fn try_acquire(&self) -> Result<EndpointPermit<'_>, Duration> {
        let mut state = self.state();
        let now = Instant::now();
        if let Some(window) = &state.window {
            if window.ends <= now {
                state.window = None;
            } else if state.in_flight >= window.left {
                return Err(window.ends - now);
            }
        }
        state.rate.check().map_err(|not_until| not_until.wait_time_from(RuntimeClock.now()))?;
        state.in_flight += 1;
        Ok(EndpointPermit { endpoint: self, corrected: false })
    }

    /// Completes when a response has arrived since the call.
    pub(super) fn changed(&self) -> impl Future<Output = ()> + '_ {
        self.changed.notified()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EndpointPermit<'_> {
    /// Adopts the limit that the headers of a response return.
    pub(super) fn correct(&mut self, headers: &HeaderMap) {
        let number = |name: &HeaderName| clock::text(headers, name)?.trim().parse::<u32>().ok();
        let mut state = self.endpoint.state();
        if let Some(limit) = number(&LIMIT).and_then(NonZeroU32::new)
            && limit != state.per_minute
        {
            state.per_minute = limit;
            state.rate = rate(limit);
        }
        if let (Some(left), Some(wait)) = (number(&REMAINING), named_reset(headers)) {
            // Limits are per minute, so a reset that is further away is another clock's mistake.
            let ends = Instant::now() + wait.min(MINUTE);
            let same = state.window.take().filter(|window| ends < window.ends + SAME_WINDOW);
            state.window = Some(same.map_or(Window { left, ends }, |window| Window {
                left: left.min(window.left),
                ends: ends.max(window.ends),
            }));
            self.corrected = true;
        }
    }
}

impl Drop for EndpointPermit<'_> {
    fn drop(&mut self) {
        let mut state = self.endpoint.state();
        state.in_flight -= 1;
        // A request without such headers, or without a response, may have been counted.
        if let (false, Some(window)) = (self.corrected, &mut state.window) {
            window.left = window.left.saturating_sub(1);
        }
        drop(state);
        self.endpoint.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(per_minute: u32) -> Endpoint {
        Endpoint::new(&EndpointLimit { path: "/blacklist", per_minute: NonZeroU32::new(per_minute).unwrap() })
    }

    fn headers(limit: u32, remaining: u32, reset: u32) -> HeaderMap {
        let pairs = [("x-ratelimit-limit", limit), ("x-ratelimit-remaining", remaining), ("x-ratelimit-reset", reset)];
        pairs.into_iter().map(|(name, value)| (HeaderName::from_static(name), value.into())).collect()
    }

    #[test]
    fn an_endpoint_is_a_path_and_what_is_below_it() {
        let endpoint = endpoint(30);
        for (path, expected) in
            [("/blacklist", true), ("/blacklist/add", true), ("/blacklisted", false), ("/usage", false)]
        {
            assert_eq!(endpoint.covers(path), expected, "{path}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn requests_in_flight_are_subtracted_from_the_rest_of_a_window() {
        let endpoint = endpoint(6000);
        let mut first = endpoint.try_acquire().unwrap();
        let (mut second, mut third) = (endpoint.try_acquire().unwrap(), endpoint.try_acquire().unwrap());
        first.correct(&headers(6000, 3, 20));
        drop(first);
        // Three are left, and two of them may be those in flight.
        let mut fourth = endpoint.try_acquire().unwrap();
        assert!(endpoint.try_acquire().is_err());
        // A response that was overtaken changes nothing.
        third.correct(&headers(6000, 1, 20));
        second.correct(&headers(6000, 2, 20));
        drop((second, third));
        assert!(endpoint.try_acquire().is_err(), "the one that is left may be the one in flight");
        fourth.correct(&headers(6000, 1, 20));
        drop(fourth);
        let mut fifth = endpoint.try_acquire().unwrap();
        let wait = endpoint.try_acquire().err().unwrap();
        assert!(wait > Duration::from_secs(19) && wait <= Duration::from_secs(20), "{wait:?}");
        fifth.correct(&headers(6000, 0, 20));
        drop(fifth);
        tokio::time::advance(Duration::from_secs(19)).await;
        assert!(endpoint.try_acquire().is_err());
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(endpoint.try_acquire().is_ok(), "the next window is another one");
    }

    #[tokio::test(start_paused = true)]
    async fn another_limit_in_a_response_changes_the_rate() {
        let endpoint = endpoint(10);
        let mut first = endpoint.try_acquire().unwrap();
        assert!(endpoint.try_acquire().is_err(), "ten a minute are one at a time");
        first.correct(&headers(600, 599, 60));
        drop(first);
        let permits: Vec<_> = std::iter::from_fn(|| endpoint.try_acquire().ok()).take(100).collect();
        assert_eq!(permits.len(), 60, "a tenth of the limit at once");
    }
}
