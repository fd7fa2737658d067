//! What the processes that use one credential share about its limits: the pause, the buckets and the learned rate.
//!
//! The `X-RateLimit-Remaining` windows are not shared: the headers of each response show what the others have used. The limit
//! in these headers is, since a process has no response before its first request.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::bucket::{Bucket, HORIZON, Pace};
use super::learned::Learned;
use super::shared::Content;
use super::{Moment, clock};

/// The longest pause that counts; a longer one is another clock's mistake.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The names of the buckets that every request of the client takes from. A path begins with a slash.
const CLIENT: &str = "client";
const LEARNED: &str = "learned";

/// The pause, the buckets and the learned rate of one credential.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::http) struct Ledger {
    paused_until: Option<Moment>,
    buckets: BTreeMap<String, Bucket>,
    /// The limits of endpoints as the vendor's headers show them.
    limits: BTreeMap<String, NonZeroU32>,
    pub(in crate::http) learned: Learned,
    /// When an earlier content was lost: a bucket that is not known may have been used up until then.
    lost_at: Option<Moment>,
}

/// What a request is counted against.
pub(in crate::http) struct Claim<'c> {
    /// The limit that the user sets.
    pub(in crate::http) per_minute: Option<NonZeroU32>,
    /// The share of the vendor's limits that is left to others, in percent.
    pub(in crate::http) headroom: u32,
    /// The path and the documented limit of the endpoint.
    pub(in crate::http) endpoint: Option<(&'c str, NonZeroU32)>,
    /// The endpoint's limit by the headers that this process has seen.
    pub(in crate::http) seen: Option<NonZeroU32>,
}

/// The result of a reservation.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::http) enum Reserved {
    /// The request begins at this time.
    At(Moment),
    /// Nothing is reserved; the next try is after this time.
    NotBefore(Duration),
}

/// A limit without the share that is left to others.
pub(super) fn without_headroom(per_minute: NonZeroU32, percent: u32) -> NonZeroU32 {
    let rest = u64::from(per_minute.get()) * u64::from(100_u32.saturating_sub(percent)) / 100;
    u32::try_from(rest).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN)
}

impl Ledger {
    /// How long no request may be sent.
    pub(in crate::http) fn pause_left(&self) -> Option<Duration> {
        self.paused_until.map(clock::until).filter(|left| !left.is_zero())
    }

    /// Pauses all requests; of two pauses, the one that ends later counts.
    pub(in crate::http) fn pause(&mut self, now: Moment, wait: Duration) {
        let until = now.after(wait.min(LONGEST_PAUSE));
        self.paused_until = Some(self.paused_until.map_or(until, |earlier| earlier.max(until)));
    }

    /// Reserves the start of one request in each bucket that it is counted against.
    ///
    /// A request whose endpoint has nothing yet reserves nothing in the buckets of the client, since requests to other endpoints
    /// would wait for it.
    pub(in crate::http) fn reserve(&mut self, now: Moment, claim: &Claim<'_>) -> Reserved {
        let of_vendor = |per_minute| Pace::new(without_headroom(per_minute, claim.headroom));
        let learned = self.learned.per_minute(now).map(|per_minute| (LEARNED, of_vendor(per_minute)));
        let client: Vec<_> =
            claim.per_minute.map(|per_minute| (CLIENT, Pace::new(per_minute))).into_iter().chain(learned).collect();
        let endpoint = claim.endpoint.map(|(path, documented)| {
            let limit = self.limit_of(now, path, claim.seen, claim.headroom).unwrap_or(documented);
            (path, of_vendor(limit))
        });
        let at_client = self.next(now, &client);
        let at_endpoint = self.next(now, endpoint.as_slice());
        if at_endpoint > at_client && !client.is_empty() {
            return Reserved::NotBefore(at_endpoint.since(now));
        }
        let at = at_client.max(at_endpoint);
        if at > now.after(HORIZON) {
            return Reserved::NotBefore(at.since(now).saturating_sub(HORIZON / 2));
        }
        for (name, pace) in client.into_iter().chain(endpoint) {
            self.bucket(now, name, pace).take(at, pace);
        }
        Reserved::At(at)
    }

    /// The lowest number of requests per minute that a request is counted against.
    pub(in crate::http) fn lowest(&self, claim: &Claim<'_>) -> Option<NonZeroU32> {
        let of_vendor = |per_minute| without_headroom(per_minute, claim.headroom);
        let endpoint = claim
            .endpoint
            .map(|(path, documented)| of_vendor(claim.seen.or(self.limits.get(path).copied()).unwrap_or(documented)));
        [claim.per_minute, endpoint, self.learned.known().map(of_vendor)].into_iter().flatten().min()
    }

    /// The limit of an endpoint by the vendor's headers, if one of the processes has seen them.
    fn limit_of(&mut self, now: Moment, path: &str, seen: Option<NonZeroU32>, headroom: u32) -> Option<NonZeroU32> {
        if let Some(seen) = seen
            && self.limits.get(path) != Some(&seen)
        {
            self.limits.insert(path.to_owned(), seen);
            if let Some(bucket) = self.buckets.get_mut(path) {
                bucket.adapt(now, Pace::new(without_headroom(seen, headroom)));
            }
        }
        self.limits.get(path).copied()
    }

    fn next(&mut self, now: Moment, buckets: &[(&str, Pace)]) -> Moment {
        buckets.iter().map(|(name, pace)| self.bucket(now, name, *pace).next(now, *pace)).max().unwrap_or(now)
    }

    fn bucket(&mut self, now: Moment, name: &str, pace: Pace) -> &mut Bucket {
        let lost_at = self.lost_at;
        let fresh = || lost_at.map_or_else(Bucket::default, |lost_at| Bucket::empty(lost_at, pace));
        let bucket = self.buckets.entry(name.to_owned()).or_insert_with(fresh);
        bucket.heal(now, pace);
        bucket
    }

    /// The time of a request on the machine's clock.
    pub(in crate::http) fn moment(at: Instant) -> Moment {
        clock::moment(at)
    }
}

impl Content for Ledger {
    fn keep_what_can_be(&mut self, now: Moment) {
        let is_future = |at: Moment| at > now;
        self.paused_until = self.paused_until.filter(|until| *until <= now.after(LONGEST_PAUSE) && is_future(*until));
        self.lost_at = self.lost_at.filter(|lost_at| !is_future(*lost_at));
        self.learned.keep_what_can_be(now);
    }

    fn after_loss(now: Moment) -> Self {
        Self { lost_at: Some(now), ..Self::default() }
    }

    /// Processes that run one after the other, such as a plan and its apply, would otherwise each begin with a full bucket.
    fn is_needed_later(&self, now: Moment) -> bool {
        self.paused_until.is_some()
            || self.learned.is_limited()
            || self.buckets.values().any(|bucket| !bucket.is_full(now))
    }
}
