//! The sandbox's clock: the machine's clock plus an offset. The only place in the sandbox that reads the time.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// The machine's clock plus an offset in seconds that a test may set.
#[derive(Default)]
pub(super) struct Clock {
    offset_seconds: AtomicI64,
}

impl Clock {
    /// The current time for the vendors.
    pub(super) fn now(&self) -> Timestamp {
        // `move_to` rejects offsets outside the range.
        shifted(self.offset_seconds()).unwrap_or(Timestamp::MAX)
    }

    /// How far the clock is ahead of the machine's, in seconds; negative when it is behind.
    pub(super) fn offset_seconds(&self) -> i64 {
        self.offset_seconds.load(Ordering::SeqCst)
    }

    /// Moves the clock by some seconds, backwards when negative.
    pub(super) fn advance(&self, seconds: i64) -> Result<(), String> {
        self.move_to(self.offset_seconds().saturating_add(seconds))
    }

    /// Sets the clock to a time in seconds since 1970, from which it continues to run.
    pub(super) fn set(&self, epoch_seconds: i64) -> Result<(), String> {
        self.move_to(epoch_seconds.saturating_sub(Timestamp::now().as_second()))
    }

    fn move_to(&self, offset_seconds: i64) -> Result<(), String> {
        if shifted(offset_seconds).is_none() {
            return Err(format!(
                "an offset of {offset_seconds} s puts the clock outside the years -9999 to 9999; use a smaller step"
            ));
        }
        self.offset_seconds.store(offset_seconds, Ordering::SeqCst);
        Ok(())
    }
}

fn shifted(offset_seconds: i64) -> Option<Timestamp> {
    Timestamp::now().checked_add(SignedDuration::from_secs(offset_seconds)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_by_steps_and_to_a_time() {
        let clock = Clock::default();
        clock.advance(90).unwrap();
        clock.advance(-30).unwrap();
        assert_eq!(clock.offset_seconds(), 60);
        clock.set(1_700_000_000).unwrap();
        assert!((clock.now().as_second() - 1_700_000_000).abs() <= 1);
    }

    #[test]
    fn a_step_out_of_range_is_rejected_and_changes_nothing() {
        let clock = Clock::default();
        assert!(clock.advance(i64::MAX).is_err());
        assert!(clock.set(i64::MIN).is_err());
        assert_eq!(clock.offset_seconds(), 0);
    }
}
