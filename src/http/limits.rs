//! How much a client sends at a time: a pause that the vendor asked for, a rate, and a cap on requests in flight.
//!
//! Waiting holds nothing: a request takes its place in flight last, and gives it back before it waits again. The limits of
//! single endpoints are in `endpoints`; `turn` waits for them too.

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::endpoints::{Begun, Endpoint};
use super::settings::Settings;

pub(super) const MINUTE: Duration = Duration::from_secs(60);

/// Waiting ended because the provider was asked to stop.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stopped;

/// The limits of one client.
pub(super) struct Limits {
    rate: Option<Rate>,
    endpoints: Vec<Endpoint>,
    in_flight: Semaphore,
    paused_until: Mutex<Option<Instant>>,
}

pub(super) type Rate = RateLimiter<NotKeyed, InMemoryState, RuntimeClock, NoOpMiddleware<std::time::Instant>>;

/// The runtime's clock, so that a test can pause it.
#[derive(Debug, Clone, Default)]
pub(super) struct RuntimeClock;

impl Clock for RuntimeClock {
    type Instant = std::time::Instant;

    fn now(&self) -> Self::Instant {
        Instant::now().into_std()
    }
}

impl Limits {
    pub(super) fn new(settings: &Settings) -> Self {
        let in_flight = usize::try_from(settings.max_concurrent_requests.get()).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            rate: settings.requests_per_minute.map(rate),
            endpoints: settings.endpoint_limits.iter().map(Endpoint::new).collect(),
            in_flight: Semaphore::new(in_flight.min(Semaphore::MAX_PERMITS)),
            paused_until: Mutex::new(None),
        }
    }

    /// Waits until the rate and the limit of the endpoint allow one more request. `path` is below the base URL. What it
    /// returns counts against the endpoint's limit until it is dropped.
    pub(super) async fn turn(&self, path: &str, stop: &CancellationToken) -> Result<Option<Begun<'_>>, Stopped> {
        if let Some(rate) = &self.rate {
            while let Err(not_until) = rate.check() {
                self.sleep(not_until.wait_time_from(RuntimeClock.now()), stop).await?;
            }
        }
        let Some(endpoint) = self.endpoints.iter().find(|endpoint| endpoint.covers(path)) else { return Ok(None) };
        loop {
            // Asked for before looking, so that no answer in between is missed.
            let changed = endpoint.changed();
            let wait = match endpoint.begin() {
                Ok(begun) => return Ok(Some(begun)),
                Err(wait) => wait,
            };
            tokio::select! {
                slept = self.sleep(wait, stop) => slept?,
                () = changed => {}
            }
        }
    }

    /// Waits until no pause is on and a place in flight is free, and takes the place.
    pub(super) async fn place(&self, stop: &CancellationToken) -> Result<SemaphorePermit<'_>, Stopped> {
        loop {
            while let Some(wait) = self.pause_left() {
                self.sleep(wait, stop).await?;
            }
            let place = tokio::select! {
                biased;
                // The semaphore is never closed, so this only ends with a place.
                place = self.in_flight.acquire() => place.map_err(|_| Stopped)?,
                () = stop.cancelled() => return Err(Stopped),
            };
            // A pause may have begun while this request was waiting for its place.
            if self.pause_left().is_none() {
                return Ok(place);
            }
        }
    }

    /// Lets no request of this client begin for this long; the longer of two pauses holds.
    pub(super) fn pause(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut paused = self.paused_until.lock().unwrap_or_else(PoisonError::into_inner);
        *paused = Some(paused.map_or(until, |earlier| earlier.max(until)));
    }

    /// Sleeps unless the provider is asked to stop.
    pub(super) async fn sleep(&self, wait: Duration, stop: &CancellationToken) -> Result<(), Stopped> {
        tokio::select! {
            biased;
            () = stop.cancelled() => Err(Stopped),
            () = tokio::time::sleep(wait) => Ok(()),
        }
    }

    fn pause_left(&self) -> Option<Duration> {
        let paused = *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner);
        paused.map(|until| until.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero())
    }
}

/// A bucket that never lets more than `per_minute` requests begin in any minute: what may burst is taken off the refill.
pub(super) fn rate(per_minute: NonZeroU32) -> Rate {
    let burst = NonZeroU32::new(per_minute.get() / 10).unwrap_or(NonZeroU32::MIN);
    let refill = per_minute.get().saturating_sub(burst.get()).max(1);
    let quota = Quota::with_period(MINUTE / refill).unwrap_or(Quota::per_minute(per_minute)).allow_burst(burst);
    RateLimiter::direct_with_clock(quota, RuntimeClock)
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    fn limits(change: impl FnOnce(&mut Settings)) -> Limits {
        let mut settings = Settings::new("Acme", Url::parse("http://127.0.0.1:1").unwrap());
        change(&mut settings);
        Limits::new(&settings)
    }

    fn never() -> CancellationToken {
        CancellationToken::new()
    }

    #[tokio::test(start_paused = true)]
    async fn no_minute_has_more_requests_than_the_rate() {
        for per_minute in [1, 5, 60, 600] {
            let limits = limits(|settings| settings.requests_per_minute = NonZeroU32::new(per_minute));
            let mut begun = Vec::new();
            for _ in 0..=per_minute * 2 {
                limits.turn("/", &never()).await.unwrap();
                begun.push(Instant::now());
            }
            let window = usize::try_from(per_minute).unwrap();
            let tightest = begun.windows(window + 1).map(|w| w[window] - w[0]).min().unwrap();
            assert!(tightest >= Duration::from_secs(59), "{per_minute} per minute: one more within {tightest:?}");
            assert!(*begun.last().unwrap() - begun[0] < MINUTE * 4, "{per_minute} per minute is starved");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_requests_that_already_wait_for_a_place() {
        let limits = std::sync::Arc::new(limits(|settings| settings.max_concurrent_requests = NonZeroU32::MIN));
        let first = limits.place(&never()).await.unwrap();
        let waiting = tokio::spawn({
            let limits = limits.clone();
            async move { limits.place(&never()).await.map(|_| Instant::now()) }
        });
        tokio::task::yield_now().await;
        let begin = Instant::now();
        limits.pause(Duration::from_secs(7));
        limits.pause(Duration::from_secs(3));
        drop(first);
        assert!(waiting.await.unwrap().unwrap() - begin >= Duration::from_secs(7));
    }

    #[tokio::test(start_paused = true)]
    async fn stopping_ends_every_kind_of_wait() {
        let limits = limits(|settings| {
            settings.max_concurrent_requests = NonZeroU32::MIN;
            settings.requests_per_minute = Some(NonZeroU32::MIN);
        });
        limits.turn("/", &never()).await.unwrap();
        let place = limits.place(&never()).await.unwrap();
        let stop = never();
        stop.cancel();
        assert!(limits.turn("/", &stop).await.is_err());
        assert!(limits.place(&stop).await.is_err());
        assert_eq!(limits.sleep(MINUTE, &stop).await, Err(Stopped));
        drop(place);
        assert!(limits.place(&stop).await.is_ok(), "a free place needs no waiting, so a read may still be sent");
    }
}
