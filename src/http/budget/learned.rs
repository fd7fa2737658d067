//! The rate that a vendor shows by its 429s, where they name no wait and no limit.
//!
//! What was accepted before the first 429, and how long the vendor then accepted nothing, give the rate: 30 requests and a
//! minute without one are 30 a minute, 10 requests and half a second are 20 a second. Later requests keep to it. It grows
//! again, since somebody else may have used the rest of the limit.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{MINUTE, Moment};

/// The slowest rate, in requests a minute: fewer are accepted while somebody else uses the limit, and not for long.
const SLOWEST: u32 = 6;

/// Requests that are sent within this time are counted together: the file has a few hundred numbers at most.
const COUNTED_TOGETHER: Duration = Duration::from_secs(1);

/// How long accepted requests are remembered.
const REMEMBERED: Duration = Duration::from_secs(120);

/// The rate of one credential.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::http) struct Learned {
    /// When requests were sent that the vendor accepted, and how many within a second.
    accepted: VecDeque<(Moment, u32)>,
    limited: Option<Limited>,
    rate: Option<Rate>,
}

/// The time in which the vendor accepts no request.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Limited {
    /// When the first of the requests was sent that used up the limit.
    began: Moment,
    /// When a request was last rejected.
    last: Moment,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Rate {
    per_minute: NonZeroU32,
    since: Moment,
}

impl Learned {
    /// The rate that requests have to keep to from now on.
    pub(super) fn per_minute(&mut self, now: Moment) -> Option<NonZeroU32> {
        let rate = self.rate.as_mut()?;
        if now.since(rate.since) >= MINUTE {
            let grown = rate.per_minute.saturating_add(rate.per_minute.get().div_ceil(2));
            *rate = Rate { per_minute: grown, since: now };
        }
        Some(rate.per_minute)
    }

    /// The rate as it was last found.
    pub(in crate::http) fn known(&self) -> Option<NonZeroU32> {
        self.rate.as_ref().map(|rate| rate.per_minute)
    }

    /// Whether the vendor rejected a request and has accepted none since.
    pub(in crate::http) fn is_limited(&self) -> bool {
        self.limited.is_some()
    }

    /// Records a 429 without a wait. Returns whether it is the first since a request was accepted.
    pub(in crate::http) fn rejected(&mut self, now: Moment) -> bool {
        if let Some(limited) = &mut self.limited {
            limited.last = now;
            return false;
        }
        let began = self.accepted.iter().map(|(sent, _)| *sent).find(|sent| now.since(*sent) < MINUTE).unwrap_or(now);
        self.limited = Some(Limited { began, last: now });
        true
    }

    /// Records a request, sent at this time, that the vendor accepted. Returns the rate if this ends a time in which it
    /// accepted none.
    pub(in crate::http) fn accepted(&mut self, sent: Moment, now: Moment) -> Option<NonZeroU32> {
        // One that was sent before the last rejection only overtook it.
        let ended = self.limited.take_if(|limited| sent > limited.last);
        let found = ended.map(|limited| {
            let counted = self.accepted.iter().filter(|(earlier, _)| *earlier >= limited.began);
            let count = counted.fold(0_u32, |sum, (_, count)| sum.saturating_add(*count));
            let took = sent.since(limited.began).as_millis().max(1);
            let in_a_minute = u128::from(count.max(1)) * MINUTE.as_millis() / took;
            at_least_slowest(u32::try_from(in_a_minute).unwrap_or(u32::MAX))
        });
        match self.accepted.back_mut().filter(|(earlier, _)| sent.since(*earlier) < COUNTED_TOGETHER) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => self.accepted.push_back((sent, 1)),
        }
        let found = found?;
        // A rejection at the learned rate shows that it was too high.
        let earlier = self.rate.as_ref().map(|rate| at_least_slowest(rate.per_minute.get() / 5 * 4));
        let slower = earlier.map_or(found, |earlier| found.min(earlier));
        self.rate = Some(Rate { per_minute: slower, since: now });
        Some(slower)
    }

    /// Removes what is out of date and what cannot be.
    pub(super) fn keep_what_can_be(&mut self, now: Moment) {
        self.accepted.retain(|(sent, _)| *sent <= now && now.since(*sent) < REMEMBERED);
        self.limited.take_if(|limited| limited.last > now || limited.began > limited.last);
        self.rate.take_if(|rate| rate.since > now);
    }
}

fn at_least_slowest(per_minute: u32) -> NonZeroU32 {
    NonZeroU32::new(per_minute.max(SLOWEST)).unwrap_or(NonZeroU32::MIN)
}

#[cfg(test)]
mod tests {
    use super::super::bucket::{Bucket, Pace};
    use super::*;

    /// A vendor that accepts a number of requests in each window. Time passes only where a request waits.
    struct Run {
        learned: Learned,
        bucket: Bucket,
        now: Moment,
    }

    impl Run {
        fn new() -> Self {
            let now = Moment::default().after(2 * MINUTE);
            Self { learned: Learned::default(), bucket: Bucket::default(), now }
        }

        fn wait(&mut self) {
            if let Some(per_minute) = self.learned.per_minute(self.now) {
                let pace = Pace::new(per_minute);
                self.now = self.bucket.next(self.now, pace);
                self.bucket.take(self.now, pace);
            }
            self.learned.keep_what_can_be(self.now);
        }
    }

    /// Returns how many requests are rejected of this many, which are sent one after the other and again after two seconds if
    /// they are rejected.
    fn rejections(requests: u32, accepts: u32, window: Duration) -> (u32, Option<NonZeroU32>) {
        let mut run = Run::new();
        let (mut rejected, mut rate, mut used, mut opened) = (0, None, 0, run.now);
        let mut left = requests;
        while left > 0 {
            run.wait();
            let sent = run.now;
            run.now = sent.after(Duration::from_millis(20));
            if sent.since(opened) >= window {
                (used, opened) = (0, sent);
            }
            if used < accepts {
                used += 1;
                left -= 1;
                rate = run.learned.accepted(sent, run.now).or(rate);
            } else {
                rejected += 1;
                run.learned.rejected(run.now);
                run.now = run.now.after(Duration::from_secs(2));
            }
        }
        (rejected, rate)
    }

    #[test]
    fn the_rate_is_that_of_the_window() {
        let (_, rate) = rejections(31, 30, MINUTE);
        assert!((25..=31).contains(&rate.unwrap().get()), "{rate:?}");
        let (_, rate) = rejections(11, 10, Duration::from_secs(1));
        assert!(rate.unwrap().get() > 200, "{rate:?}");
        assert_eq!(rejections(30, 30, MINUTE), (0, None));
    }

    #[test]
    fn what_was_learned_is_kept_to() {
        let (first, _) = rejections(31, 30, MINUTE);
        // Seven more windows have few rejections, and not eight times as many.
        let (all, _) = rejections(240, 30, MINUTE);
        assert!(first >= 20 && all < 3 * first, "{first} in the first window, {all} in eight");
    }

    #[test]
    fn a_limit_that_somebody_else_uses_up_does_not_stop_a_run() {
        let mut run = Run::new();
        assert!(run.learned.rejected(run.now) && !run.learned.rejected(run.now));
        run.now = run.now.after(MINUTE);
        assert_eq!(run.learned.accepted(run.now, run.now).unwrap().get(), SLOWEST);
        let begin = run.now;
        for _ in 0..60 {
            run.wait();
        }
        assert!(run.now.since(begin) < 7 * MINUTE, "it grows: {:?}", run.now.since(begin));
    }

    #[test]
    fn a_file_has_room_for_what_is_remembered() {
        let mut run = Run::new();
        for _ in 0..10_000 {
            run.now = run.now.after(Duration::from_millis(50));
            run.learned.accepted(run.now, run.now);
            run.learned.keep_what_can_be(run.now);
        }
        let size = serde_json::to_vec(&run.learned).unwrap().len();
        assert!(size < 4096, "{size} bytes");
    }
}
