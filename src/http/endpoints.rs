//! Limits of single endpoints as the `X-RateLimit-*` headers of responses show them.
//!
//! The documented limit, which spreads requests evenly, is a bucket of the budget. The headers return another limit, and how
//! much of the window is left when somebody else uses the same key or an earlier run did. A request without a response may
//! not have been counted yet, so it is subtracted from what is left.

use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::budget::MINUTE;
use super::clock;
use super::fair::Fair;
use super::retry::named_reset;
use super::settings::EndpointLimit;

static LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
static REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");

/// Resets that are further apart than this belong to different windows: they are in whole seconds, and responses travel.
const SAME_WINDOW: Duration = Duration::from_secs(2);

/// The limit of one endpoint.
pub(super) struct Endpoint {
    limit: EndpointLimit,
    /// The share of the limit that is left to others, in percent.
    headroom: u32,
    state: Mutex<State>,
    /// Notifies waiting requests of a response, after which they check again.
    changed: Notify,
    /// The right to be the next request to the endpoint.
    turn: Fair,
}

#[derive(Default)]
struct State {
    /// The limit of the last response.
    per_minute: Option<NonZeroU32>,
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
    pub(super) fn new(limit: &EndpointLimit, headroom: u32) -> Self {
        Self { limit: *limit, headroom, state: Mutex::default(), changed: Notify::new(), turn: Fair::new(1) }
    }

    /// Whether a path below the base URL belongs to this endpoint.
    pub(super) fn covers(&self, path: &str) -> bool {
        path.strip_prefix(self.limit.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The path and the documented limit.
    pub(super) fn documented(&self) -> (&'static str, NonZeroU32) {
        (self.limit.path, self.limit.per_minute)
    }

    /// The limit of the last response.
    pub(super) fn seen(&self) -> Option<NonZeroU32> {
        self.state().per_minute
    }

    /// The right to be the next request to the endpoint.
    pub(super) fn turn(&self) -> &Fair {
        &self.turn
    }

    /// How long nothing is left of the window; a response that arrives earlier may shorten the wait.
    pub(super) fn window_left(&self) -> Option<Duration> {
        self.state().window_left()
    }

    /// Returns a permit, or how long nothing is left of the window.
    pub(super) fn try_acquire(&self) -> Result<EndpointPermit<'_>, Duration> {
        let mut state = self.state();
        if let Some(wait) = state.window_left() {
            return Err(wait);
        }
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

impl State {
    fn window_left(&mut self) -> Option<Duration> {
        let now = Instant::now();
        self.window.take_if(|window| window.ends <= now);
        let window = self.window.as_ref().filter(|window| self.in_flight >= window.left)?;
        Some(window.ends - now)
    }
}

impl EndpointPermit<'_> {
    /// Adopts the limit that the headers of a response return.
    pub(super) fn correct(&mut self, headers: &HeaderMap) {
        let number = |name: &HeaderName| clock::text(headers, name)?.trim().parse::<u32>().ok();
        let mut state = self.endpoint.state();
        state.per_minute = number(&LIMIT).and_then(NonZeroU32::new).or(state.per_minute);
        if let (Some(left), Some(wait)) = (number(&REMAINING), named_reset(headers)) {
            let limit = state.per_minute.unwrap_or(self.endpoint.limit.per_minute);
            let for_others = u64::from(limit.get()) * u64::from(self.endpoint.headroom);
            let left = left.saturating_sub(u32::try_from(for_others.div_ceil(100)).unwrap_or(u32::MAX));
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
        endpoint_with(per_minute, 0)
    }

    fn endpoint_with(per_minute: u32, headroom: u32) -> Endpoint {
        let per_minute = NonZeroU32::new(per_minute).unwrap();
        Endpoint::new(&EndpointLimit { path: "/blacklist", per_minute }, headroom)
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
    async fn the_headroom_is_left_of_a_window() {
        for (headroom, sent) in [(0, 10), (30, 7), (90, 1)] {
            let endpoint = endpoint_with(10, headroom);
            let mut count = 0;
            while let Ok(mut permit) = endpoint.try_acquire() {
                count += 1;
                permit.correct(&headers(10, 10 - count, 20));
            }
            assert_eq!(count, sent, "{headroom} %");
        }
    }
}
