//! Limits of a client: pauses that the vendor requested, rates, and a cap on requests in flight.
//!
//! A waiting request holds no permit: it is acquired last and released before each further wait. Pauses and rates are in a
//! `budget`, which other processes may share; the windows of endpoints are in `endpoints`. Where requests queue, the kinds of
//! requests take turns (`fair`).

use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::budget::{self, Claim, Ledger, Owner, Reserved, Shared};
use super::endpoints::{Endpoint, EndpointPermit};
use super::fair::{Fair, Permit};
use super::settings::Settings;
use super::waiting::{Reason, Waiting};
use crate::secret::Secret;

/// A request that begins later than this after its reserved time reserves another: this process was suspended meanwhile.
const TOO_LATE: Duration = Duration::from_secs(1);

/// The provider was asked to stop, so the wait ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stopped;

/// The limits of one client.
pub(super) struct Limits {
    per_minute: Option<NonZeroU32>,
    headroom: u32,
    budget: Shared<Ledger>,
    /// When requests were sent that the vendor accepted and that the budget does not know yet.
    accepted: Mutex<Vec<Instant>>,
    endpoints: Vec<Endpoint>,
    /// The right to reserve the next start of the client.
    turn: Fair,
    in_flight: Fair,
    waiting: Waiting,
}

impl Limits {
    /// The limits by the settings. Processes with the same credential share them; without one, nothing is shared.
    pub(super) fn new(settings: &Settings, credential: Option<&Secret>) -> Self {
        let Settings { vendor, base_url, headroom, .. } = settings;
        let owner = credential.map(|credential| Owner { what: "limits", vendor, url: base_url, credential });
        let in_flight = usize::try_from(settings.max_concurrent_requests.get()).unwrap_or(usize::MAX);
        Self {
            per_minute: settings.requests_per_minute,
            headroom: *headroom,
            budget: Shared::new(vendor, settings.shared_folder.clone(), owner.as_ref()),
            accepted: Mutex::default(),
            endpoints: settings.endpoint_limits.iter().map(|limit| Endpoint::new(limit, *headroom)).collect(),
            turn: Fair::new(1),
            in_flight: Fair::new(in_flight),
            waiting: Waiting::new(vendor),
        }
    }

    /// Waits until the rates and the limit of the endpoint allow one more request. `kind` is what it does, and `path` is below
    /// the base URL. The permit that is returned counts against the endpoint's limit until it is dropped.
    pub(super) async fn acquire_rate(
        &self,
        kind: &str,
        path: &str,
        stop: &CancellationToken,
    ) -> Result<Option<EndpointPermit<'_>>, Stopped> {
        let endpoint = self.endpoints.iter().find(|endpoint| endpoint.covers(path));
        let lowest = self.budget.glance(|ledger| ledger.lowest(&self.claim(endpoint)));
        let Some(lowest) = lowest else { return Ok(None) };
        let turn = self.begin(kind, endpoint);
        tokio::select! {
            biased;
            permit = self.waiting.during(Reason::Rate(lowest.get()), None, turn) => Ok(permit),
            () = stop.cancelled() => Err(Stopped),
        }
    }

    /// Waits for the turn and the time of one request.
    async fn begin<'l>(&'l self, kind: &str, endpoint: Option<&'l Endpoint>) -> Option<EndpointPermit<'l>> {
        // Requests to one endpoint wait among themselves, so that those to others go on.
        let _turn = match endpoint {
            Some(endpoint) => Some(endpoint.turn().acquire(kind).await),
            None => None,
        };
        loop {
            if let Some(endpoint) = endpoint {
                // Subscribed before the check, so that no response in between is missed.
                let changed = endpoint.changed();
                if let Some(wait) = endpoint.window_left() {
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        () = changed => {}
                    }
                    continue;
                }
            }
            let turn = self.turn.acquire(kind).await;
            let claim = self.claim(endpoint);
            let reserved = self.change(|ledger, now| match ledger.pause_left() {
                Some(left) => Reserved::NotBefore(left),
                None => ledger.reserve(now, &claim),
            });
            let wait = match reserved.await {
                Reserved::At(start) => {
                    // The turn ends then, so that a process reserves one start at a time: a kill loses little of the limit, and
                    // processes share it evenly.
                    let begins = Instant::now() + budget::until(start);
                    tokio::time::sleep_until(begins).await;
                    drop(turn);
                    if begins.elapsed() > TOO_LATE {
                        continue;
                    }
                    match endpoint.map(Endpoint::try_acquire) {
                        None => return None,
                        Some(Ok(permit)) => return Some(permit),
                        Some(Err(wait)) => wait,
                    }
                }
                Reserved::NotBefore(wait) => {
                    drop(turn);
                    wait
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Waits until the client is not paused and fewer requests are in flight than the cap.
    pub(super) async fn acquire_permit(&self, kind: &str, stop: &CancellationToken) -> Result<Permit, Stopped> {
        loop {
            while let Some(wait) = self.budget.glance(Ledger::pause_left) {
                self.wait(Reason::Pause, wait, stop).await?;
            }
            let permit = tokio::select! {
                biased;
                permit = self.in_flight.acquire(kind) => permit,
                () = stop.cancelled() => return Err(Stopped),
            };
            // A pause may have begun while this request was waiting for its permit, also in another process.
            if self.change(|ledger, _| ledger.pause_left()).await.is_none() {
                return Ok(permit);
            }
        }
    }

    /// Records a 429 without a wait. Returns whether it is the first since a request was accepted.
    pub(super) async fn rejected(&self) -> bool {
        self.change(|ledger, now| ledger.learned.rejected(now)).await
    }

    /// Records a request, sent at this time, that the vendor accepted. Returns the rate that it shows, if it is the first after
    /// a time in which the vendor accepted none.
    pub(super) async fn accepted(&self, sent: Instant) -> Option<NonZeroU32> {
        if !self.budget.glance(|ledger| ledger.learned.is_limited()) {
            // The next change of the budget records it.
            self.accepted.lock().unwrap_or_else(PoisonError::into_inner).push(sent);
            return None;
        }
        self.change(|ledger, now| ledger.learned.accepted(Ledger::moment(sent), now)).await
    }

    /// Pauses all requests with this credential for this long; of two pauses, the one that ends later counts.
    pub(super) async fn pause(&self, wait: Duration) {
        self.change(|ledger, now| ledger.pause(now, wait)).await;
    }

    /// Waits before a request is sent again, unless the provider is asked to stop.
    pub(super) async fn wait_to_repeat(&self, wait: Duration, stop: &CancellationToken) -> Result<(), Stopped> {
        self.wait(Reason::Retry, wait, stop).await
    }

    async fn wait(&self, reason: Reason, wait: Duration, stop: &CancellationToken) -> Result<(), Stopped> {
        let slept = self.waiting.during(reason, Some(Instant::now() + wait), tokio::time::sleep(wait));
        tokio::select! {
            biased;
            () = stop.cancelled() => Err(Stopped),
            () = slept => Ok(()),
        }
    }

    fn claim<'l>(&self, endpoint: Option<&'l Endpoint>) -> Claim<'l> {
        let seen = endpoint.and_then(Endpoint::seen);
        let endpoint = endpoint.map(Endpoint::documented);
        Claim { per_minute: self.per_minute, headroom: self.headroom, endpoint, seen }
    }

    /// Changes the budget, after what was accepted in the meantime.
    async fn change<R>(&self, mut change: impl FnMut(&mut Ledger, budget::Moment) -> R) -> R {
        let accepted = std::mem::take(&mut *self.accepted.lock().unwrap_or_else(PoisonError::into_inner));
        self.budget
            .change(|ledger, now| {
                for sent in &accepted {
                    ledger.learned.accepted(Ledger::moment(*sent), now);
                }
                change(ledger, now)
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::super::budget::MINUTE;
    use super::*;
    use std::num::NonZeroU32;
    use url::Url;

    fn limits(change: impl FnOnce(&mut Settings)) -> Limits {
        let mut settings = Settings::new("Acme", Url::parse("http://127.0.0.1:1").unwrap());
        change(&mut settings);
        Limits::new(&settings, None)
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
                limits.acquire_rate("reading", "/", &never()).await.unwrap();
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
        let first = limits.acquire_permit("reading", &never()).await.unwrap();
        let waiting = tokio::spawn({
            let limits = limits.clone();
            async move { limits.acquire_permit("reading", &never()).await.map(|_| Instant::now()) }
        });
        tokio::task::yield_now().await;
        let begin = Instant::now();
        limits.pause(Duration::from_secs(7)).await;
        limits.pause(Duration::from_secs(3)).await;
        drop(first);
        assert!(waiting.await.unwrap().unwrap() - begin >= Duration::from_secs(7));
    }

    #[tokio::test(start_paused = true)]
    async fn stopping_ends_every_kind_of_wait() {
        let limits = limits(|settings| {
            settings.max_concurrent_requests = NonZeroU32::MIN;
            settings.requests_per_minute = Some(NonZeroU32::MIN);
        });
        limits.acquire_rate("reading", "/", &never()).await.unwrap();
        let permit = limits.acquire_permit("reading", &never()).await.unwrap();
        let stop = never();
        stop.cancel();
        assert!(limits.acquire_rate("reading", "/", &stop).await.is_err());
        assert!(limits.acquire_permit("reading", &stop).await.is_err());
        assert_eq!(limits.wait_to_repeat(MINUTE, &stop).await, Err(Stopped));
        drop(permit);
        assert!(
            limits.acquire_permit("reading", &stop).await.is_ok(),
            "a free permit needs no waiting, so a read may still be sent"
        );
    }
}
