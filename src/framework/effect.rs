//! What a change of an attribute, or the existence of an object, does to the verification of people: stricter or looser.
//!
//! Schemas declare it beside the attribute, so that the reports of changes need no code for any type.

/// Whether fewer or more people pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// More people pass, or less is checked.
    Looser,
    /// Fewer people pass, or more is checked.
    Stricter,
    /// Neither, as far as is known.
    Neutral,
}

impl Direction {
    /// The other direction.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            Self::Looser => Self::Stricter,
            Self::Stricter => Self::Looser,
            Self::Neutral => Self::Neutral,
        }
    }
}

/// What it means that a value rises: a number grows, false becomes true, a list gets more elements, an object exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The direction if the value rises; the other one if it falls.
    pub rising: Direction,
    /// Why, if the value rises: a clause such as `the check counts more in the score`.
    pub if_rising: &'static str,
    /// Why, if it falls.
    pub if_falling: &'static str,
}

impl Effect {
    /// A higher value is stricter.
    pub const fn stricter(if_rising: &'static str, if_falling: &'static str) -> Self {
        Self { rising: Direction::Stricter, if_rising, if_falling }
    }

    /// A higher value is looser.
    pub const fn looser(if_rising: &'static str, if_falling: &'static str) -> Self {
        Self { rising: Direction::Looser, if_rising, if_falling }
    }

    /// The direction and the reason of a change.
    pub fn of(self, rises: bool) -> (Direction, &'static str) {
        if rises { (self.rising, self.if_rising) } else { (self.rising.reversed(), self.if_falling) }
    }
}
