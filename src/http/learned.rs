//! The rate that a vendor shows by its 429s, where they name no wait and no limit.
//!
//! What was accepted before the first 429, and how long the vendor then accepted nothing, give the rate: 30 requests and a
//! minute without one are 30 a minute, 10 requests and half a second are 20 a second. Later requests of the run keep to it. It
//! grows again, since somebody else may have used the rest of the limit.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::Clock;
use tokio::time::Instant;

use super::rate::{MINUTE, Rate, RuntimeClock, rate};

/// The slowest rate, in requests a minute: fewer are accepted while somebody else uses the limit, and not for long.
const SLOWEST: u32 = 6;

/// The rate of one client.
#[derive(Default)]
pub(super) struct LearnedRate(Mutex<State>);

#[derive(Default)]
struct State {
    /// When the last requests were sent that the vendor accepted.
    accepted: VecDeque<Instant>,
    limited: Option<Limited>,
    learned: Option<Learned>,
}

/// The time in which the vendor accepts no request.
struct Limited {
    /// When the first of the requests was sent that used up the limit.
    began: Instant,
    /// When a request was last rejected.
    last: Instant,
}

struct Learned {
    per_minute: NonZeroU32,
    rate: Rate,
    since: Instant,
}

impl Learned {
    fn new(per_minute: NonZeroU32) -> Self {
        Self { per_minute, rate: rate(per_minute), since: Instant::now() }
    }
}

impl LearnedRate {
    /// How long the next request has to wait; it counts from now on if it has not.
    pub(super) fn wait(&self) -> Option<Duration> {
        let mut state = self.lock();
        let learned = state.learned.as_mut()?;
        if learned.since.elapsed() >= MINUTE {
            let grown = learned.per_minute.saturating_add(learned.per_minute.get().div_ceil(2));
            *learned = Learned::new(grown);
        }
        learned.rate.check().err().map(|not_until| not_until.wait_time_from(RuntimeClock.now()))
    }

    /// Records a 429 without a wait. Returns whether it is the first since a request was accepted.
    pub(super) fn rejected(&self) -> bool {
        let mut state = self.lock();
        let now = Instant::now();
        if let Some(limited) = &mut state.limited {
            limited.last = now;
            return false;
        }
        let began = state.accepted.iter().copied().find(|sent| now - *sent < MINUTE).unwrap_or(now);
        state.limited = Some(Limited { began, last: now });
        true
    }

    /// Records a request, sent at this time, that the vendor accepted. Returns the rate if this ends a time in which it
    /// accepted none.
    pub(super) fn accepted(&self, sent: Instant) -> Option<NonZeroU32> {
        let mut state = self.lock();
        while state.accepted.front().is_some_and(|earlier| earlier.elapsed() >= 2 * MINUTE) {
            state.accepted.pop_front();
        }
        // One that was sent before the last rejection only overtook it.
        let ended = state.limited.take_if(|limited| sent > limited.last);
        let found = ended.map(|limited| {
            let count = state.accepted.iter().filter(|earlier| **earlier >= limited.began).count();
            let took = (sent - limited.began).as_millis().max(1);
            let in_a_minute = u128::try_from(count.max(1)).unwrap_or(1) * MINUTE.as_millis() / took;
            at_least_slowest(u32::try_from(in_a_minute).unwrap_or(u32::MAX))
        });
        state.accepted.push_back(sent);
        let found = found?;
        // A rejection at the learned rate shows that it was too high.
        let earlier = state.learned.as_ref().map(|learned| at_least_slowest(learned.per_minute.get() / 5 * 4));
        let slower = earlier.map_or(found, |earlier| found.min(earlier));
        state.learned = Some(Learned::new(slower));
        Some(slower)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn at_least_slowest(per_minute: u32) -> NonZeroU32 {
    NonZeroU32::new(per_minute.max(SLOWEST)).unwrap_or(NonZeroU32::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Accepts requests in each window up to a number, as a vendor does. Returns how many it rejects of this many, which are
    /// sent one after the other and again after two seconds if they are rejected.
    async fn rejections(requests: u32, accepts: u32, window: Duration) -> (u32, Option<NonZeroU32>) {
        let learned = LearnedRate::default();
        let (mut rejected, mut rate, mut used, mut opened) = (0, None, 0, Instant::now());
        let mut left = requests;
        while left > 0 {
            while let Some(wait) = learned.wait() {
                tokio::time::sleep(wait).await;
            }
            let sent = Instant::now();
            tokio::time::sleep(Duration::from_millis(20)).await;
            if sent - opened >= window {
                (used, opened) = (0, sent);
            }
            if used < accepts {
                used += 1;
                left -= 1;
                rate = learned.accepted(sent).or(rate);
            } else {
                rejected += 1;
                learned.rejected();
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
        }
        (rejected, rate)
    }

    #[tokio::test(start_paused = true)]
    async fn the_rate_is_that_of_the_window() {
        let (_, rate) = rejections(31, 30, MINUTE).await;
        assert!((25..=31).contains(&rate.unwrap().get()), "{rate:?}");
        let (_, rate) = rejections(11, 10, Duration::from_secs(1)).await;
        assert!(rate.unwrap().get() > 200, "{rate:?}");
        assert_eq!(rejections(30, 30, MINUTE).await, (0, None));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_learned_is_kept_to() {
        let (first, _) = rejections(31, 30, MINUTE).await;
        // Seven more windows have few rejections, and not eight times as many.
        let (all, _) = rejections(240, 30, MINUTE).await;
        assert!(first >= 20 && all < 3 * first, "{first} in the first window, {all} in eight");
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_that_somebody_else_uses_up_does_not_stop_a_run() {
        let learned = LearnedRate::default();
        assert!(learned.rejected() && !learned.rejected());
        tokio::time::sleep(MINUTE).await;
        assert_eq!(learned.accepted(Instant::now()).unwrap().get(), SLOWEST);
        let begin = Instant::now();
        for _ in 0..60 {
            while let Some(wait) = learned.wait() {
                tokio::time::sleep(wait).await;
            }
        }
        assert!(begin.elapsed() < 7 * MINUTE, "it grows: {:?}", begin.elapsed());
    }
}
