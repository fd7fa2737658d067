//! Limits of a client: pauses that the vendor requested, a rate, and a cap on requests in flight.
//!
//! A waiting request holds no permit: it is acquired last and released before each further wait. The limits of single
//! endpoints are in `endpoints`, the rate that the vendor shows by its 429s in `learned`; `acquire_rate` waits for both.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock as _;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::endpoints::{Endpoint, EndpointPermit};
use super::learned::LearnedRate;
use super::rate::{Rate, RuntimeClock, rate};
use super::settings::Settings;

/// The provider was asked to stop, so the wait ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stopped;

/// The limits of one client.
pub(super) struct Limits {
    rate: Option<Rate>,
    learned: LearnedRate,
    endpoints: Vec<Endpoint>,
    in_flight: Semaphore,
    paused_until: Mutex<Option<Instant>>,
}

impl Limits {
    pub(super) fn new(settings: &Settings) -> Self {
        let in_flight = usize::try_from(settings.max_concurrent_requests.get()).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            rate: settings.requests_per_minute.map(rate),
            learned: LearnedRate::default(),
            endpoints: settings.endpoint_limits.iter().map(Endpoint::new).collect(),
            in_flight: Semaphore::new(in_flight.min(Semaphore::MAX_PERMITS)),
            paused_until: Mutex::new(None),
        }
    }

    /// Waits until the rate and the limit of the endpoint allow one more request. `path` is below the base URL. The permit
    /// that is returned counts against the endpoint's limit until it is dropped.
    pub(super) async fn acquire_rate(
        &self,
        path: &str,
        stop: &CancellationToken,
    ) -> Result<Option<EndpointPermit<'_>>, Stopped> {
        if let Some(rate) = &self.rate {
            while let Err(not_until) = rate.check() {
                self.sleep(not_until.wait_time_from(RuntimeClock.now()), stop).await?;
            }
        }
        while let Some(wait) = self.learned.wait() {
            self.sleep(wait, stop).await?;
        }
        let Some(endpoint) = self.endpoints.iter().find(|endpoint| endpoint.covers(path)) else { return Ok(None) };
        loop {
            // Subscribed before the check, so that no response in between is missed.
            let changed = endpoint.changed();
            let wait = match endpoint.try_acquire() {
                Ok(permit) => return Ok(Some(permit)),
                Err(wait) => wait,
            };
            tokio::select! {
                slept = self.sleep(wait, stop) => slept?,
                () = changed => {}
            }
        }
    }

    /// Waits until the client is not paused and fewer requests are in flight than the cap.
    pub(super) async fn acquire_permit(&self, stop: &CancellationToken) -> Result<SemaphorePermit<'_>, Stopped> {
        loop {
            while let Some(wait) = self.pause_left() {
                self.sleep(wait, stop).await?;
            }
            let permit = tokio::select! {
                biased;
                // The semaphore is never closed, so this only ends with a permit.
                permit = self.in_flight.acquire() => permit.map_err(|_| Stopped)?,
                () = stop.cancelled() => return Err(Stopped),
            };
            // A pause may have begun while this request was waiting for its permit.
            if self.pause_left().is_none() {
                return Ok(permit);
            }
        }
    }

    /// The rate that the vendor shows by its 429s.
    pub(super) fn learned(&self) -> &LearnedRate {
        &self.learned
    }

    /// Pauses all requests of this client for this long; of two pauses, the one that ends later counts.
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

#[cfg(test)]
mod tests {
    use super::super::rate::MINUTE;
    use super::*;
    use std::num::NonZeroU32;
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
            let mut starts = Vec::new();
            for _ in 0..=per_minute * 2 {
                limits.acquire_rate("/", &never()).await.unwrap();
                starts.push(Instant::now());
            }
            let window = usize::try_from(per_minute).unwrap();
            let tightest = starts.windows(window + 1).map(|w| w[window] - w[0]).min().unwrap();
            assert!(tightest >= Duration::from_secs(59), "{per_minute} per minute: one more within {tightest:?}");
            assert!(*starts.last().unwrap() - starts[0] < MINUTE * 4, "{per_minute} per minute is starved");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_delays_requests_that_already_wait_for_a_permit() {
        let limits = std::sync::Arc::new(limits(|settings| settings.max_concurrent_requests = NonZeroU32::MIN));
        let first = limits.acquire_permit(&never()).await.unwrap();
        let waiting = tokio::spawn({
            let limits = limits.clone();
            async move { limits.acquire_permit(&never()).await.map(|_| Instant::now()) }
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
        limits.acquire_rate("/", &never()).await.unwrap();
        let permit = limits.acquire_permit(&never()).await.unwrap();
        let stop = never();
        stop.cancel();
        assert!(limits.acquire_rate("/", &stop).await.is_err());
        assert!(limits.acquire_permit(&stop).await.is_err());
        assert_eq!(limits.sleep(MINUTE, &stop).await, Err(Stopped));
        drop(permit);
        assert!(
            limits.acquire_permit(&stop).await.is_ok(),
            "a free permit needs no waiting, so a read may still be sent"
        );
    }
}
