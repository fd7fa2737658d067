//! The token bucket behind a number of requests per minute.
//!
//! A bucket is one point in time: when it will be full again (the generic cell rate algorithm). Requests reserve their start
//! in the order in which they come, so the bucket may be empty for some time ahead.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{MINUTE, Moment};

/// How far ahead a start can be reserved. A process that is killed leaves its reservations unused.
pub(super) const HORIZON: Duration = MINUTE;

/// A number of requests per minute, as a bucket needs it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// The time in which one request is refilled.
    interval: Duration,
    /// How long before it is full a bucket has a request.
    tolerance: Duration,
}

impl Pace {
    /// Never lets more than `per_minute` requests begin in any minute: what may burst is taken off the refill.
    pub(super) fn new(per_minute: NonZeroU32) -> Self {
        let burst = (per_minute.get() / 10).max(1);
        let refill = per_minute.get().saturating_sub(burst).max(1);
        let interval = MINUTE / refill;
        Self { interval, tolerance: interval * (burst - 1) }
    }

    fn whole(self) -> Duration {
        self.interval + self.tolerance
    }
}

/// A bucket of any pace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Bucket {
    full_at: Moment,
}

impl Bucket {
    /// A bucket that has nothing now.
    pub(super) fn empty(now: Moment, pace: Pace) -> Self {
        Self { full_at: now.after(pace.whole()) }
    }

    /// When the next request may begin.
    pub(super) fn next(self, now: Moment, pace: Pace) -> Moment {
        self.full_at.before(pace.tolerance).max(now)
    }

    /// Whether no request has been taken from it that counts.
    pub(super) fn is_full(self, now: Moment) -> bool {
        self.full_at <= now
    }

    /// Takes one request, which begins at this time.
    pub(super) fn take(&mut self, at: Moment, pace: Pace) {
        self.full_at = self.full_at.max(at).after(pace.interval);
    }

    /// Replaces a state that no reservation can lead to, such as that of a clock which started again.
    pub(super) fn heal(&mut self, now: Moment, pace: Pace) {
        if self.full_at > now.after(HORIZON).after(pace.whole()) {
            *self = Self::empty(now, pace);
        }
    }

    /// Adapts it to another limit: at most one request of that limit is taken.
    pub(super) fn adapt(&mut self, now: Moment, pace: Pace) {
        self.full_at = self.full_at.min(now.after(pace.interval));
    }
}
