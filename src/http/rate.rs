//! The token bucket behind a number of requests per minute.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

pub(super) const MINUTE: Duration = Duration::from_secs(60);

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

/// A bucket that never lets more than `per_minute` requests begin in any minute: what may burst is taken off the refill.
pub(super) fn rate(per_minute: NonZeroU32) -> Rate {
    let burst = NonZeroU32::new(per_minute.get() / 10).unwrap_or(NonZeroU32::MIN);
    let refill = per_minute.get().saturating_sub(burst.get()).max(1);
    let quota = Quota::with_period(MINUTE / refill).unwrap_or(Quota::per_minute(per_minute)).allow_burst(burst);
    RateLimiter::direct_with_clock(quota, RuntimeClock)
}
