//! How many verifications of the past an object concerned, so that a change of it can be judged by its reach.
//!
//! A resource counts at the vendor, and nothing about a person leaves the vendor's client. What a vendor does not return is not
//! known: it is never zero.

use jiff::{SignedDuration, Timestamp};

/// The days up to a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The number of days, of 24 hours each.
    pub days: u16,
    /// When it begins.
    pub from: Timestamp,
    /// When it ends.
    pub to: Timestamp,
}

impl Period {
    /// The last days before a time.
    pub fn last(days: u16, to: Timestamp) -> Self {
        let length = SignedDuration::from_hours(i64::from(days) * 24);
        Self { days, from: to.checked_sub(length).unwrap_or(Timestamp::MIN), to }
    }
}

/// The verifications of a period that an object concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// So many.
    Counted {
        /// The number.
        count: u64,
        /// What the vendor calls one of them, such as `session`.
        one: &'static str,
        /// What they have in common, as the end of a sentence, such as `ran in the community`.
        rest: String,
    },
    /// The vendor does not return it: why, as a full sentence.
    NotKnown(String),
}

impl Reach {
    /// Sessions that have something in common.
    pub fn sessions(count: u64, rest: impl Into<String>) -> Self {
        Self::Counted { count, one: "session", rest: rest.into() }
    }

    /// Not known, for a reason.
    pub fn not_known(reason: impl Into<String>) -> Self {
        Self::NotKnown(reason.into())
    }
}
