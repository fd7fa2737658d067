//! Limits of single endpoints: paced by what the vendor documents, and corrected by what its answers say.
//!
//! The documented limit spreads requests evenly. The `X-RateLimit-*` headers know more: another limit, and how much of the
//! window is left when somebody else uses the same key, or an earlier run did. What is left is never used up blindly: a
//! request whose answer has not come may not have been counted yet, so it is taken off.

use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use reqwest::header::{HeaderMap, HeaderName};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::clock;
use super::limits::{MINUTE, Rate, RuntimeClock, rate};
use super::retry::named_reset;
use super::settings::EndpointLimit;

static LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
static REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");

/// Two resets this far apart are of different windows: they are in whole seconds, and answers travel.
const SAME_WINDOW: Duration = Duration::from_secs(2);

/// The limit of one endpoint.
pub(super) struct Endpoint {
    path: &'static str,
    state: Mutex<State>,
    /// An answer came: whoever waits should look again.
    changed: Notify,
}

struct State {
    per_minute: NonZeroU32,
    rate: Rate,
    in_flight: u32,
    window: Option<Window>,
}

/// What the vendor said of the window that is running.
struct Window {
    /// The least that it said is left, which is what it said last: answers overtake each other.
    left: u32,
    ends: Instant,
}

/// A request that has begun and counts against the limit; it ends when this is dropped.
pub(super) struct Begun<'e> {
    endpoint: &'e Endpoint,
    corrected: bool,
}

impl Endpoint {
    pub(super) fn new(limit: &EndpointLimit) -> Self {
        let state = State { per_minute: limit.per_minute, rate: rate(limit.per_minute), in_flight: 0, window: None };
        Self { path: limit.path, state: Mutex::new(state), changed: Notify::new() }
    }

    /// Whether a path below the base URL is this endpoint's.
    pub(super) fn covers(&self, path: &str) -> bool {
        path.strip_prefix(self.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Begins a request, or says how long to wait before asking again; an answer that comes earlier may shorten it.
    pub(super) fn begin(&self) -> Result<Begun<'_>, Duration> {
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
        Ok(Begun { endpoint: self, corrected: false })
    }

    /// Ends when an answer has come since the call.
    pub(super) fn changed(&self) -> impl Future<Output = ()> + '_ {
        self.changed.notified()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Begun<'_> {
    /// Takes over what an answer says of the limit.
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

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        let mut state = self.endpoint.state();
        state.in_flight -= 1;
        // What was answered otherwise, or not at all, was perhaps counted.
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
    async fn what_is_left_of_a_window_is_not_overdrawn_by_requests_under_way() {
        let endpoint = endpoint(6000);
        let mut first = endpoint.begin().unwrap();
        let (mut second, mut third) = (endpoint.begin().unwrap(), endpoint.begin().unwrap());
        first.correct(&headers(6000, 3, 20));
        drop(first);
        // Three are left, and two of them may be those under way.
        let mut fourth = endpoint.begin().unwrap();
        assert!(endpoint.begin().is_err());
        // An answer that was overtaken says nothing new.
        third.correct(&headers(6000, 1, 20));
        second.correct(&headers(6000, 2, 20));
        drop((second, third));
        assert!(endpoint.begin().is_err(), "the one that is left may be the one under way");
        fourth.correct(&headers(6000, 1, 20));
        drop(fourth);
        let mut fifth = endpoint.begin().unwrap();
        let wait = endpoint.begin().err().unwrap();
        assert!(wait > Duration::from_secs(19) && wait <= Duration::from_secs(20), "{wait:?}");
        fifth.correct(&headers(6000, 0, 20));
        drop(fifth);
        tokio::time::advance(Duration::from_secs(19)).await;
        assert!(endpoint.begin().is_err());
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(endpoint.begin().is_ok(), "the next window is another one");
    }

    #[tokio::test(start_paused = true)]
    async fn another_limit_in_an_answer_changes_the_pace() {
        let endpoint = endpoint(10);
        let mut first = endpoint.begin().unwrap();
        assert!(endpoint.begin().is_err(), "ten a minute are one at a time");
        first.correct(&headers(600, 599, 60));
        drop(first);
        let begun: Vec<_> = std::iter::from_fn(|| endpoint.begin().ok()).take(100).collect();
        assert_eq!(begun.len(), 60, "a tenth of the limit at once");
    }
}
