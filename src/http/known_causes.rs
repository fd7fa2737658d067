//! Causes that make every request of a client fail, and that an error of the run has described already.
//!
//! A host that cannot be reached, or a rate limit that is used up, fails the request of every object. The first error has what
//! came back and what to do. The others are brief while the cause lasts, so that thirty objects are not thirty equal errors.
//!
//! A cause counts for half a minute. A request is sent meanwhile, but is not repeated if the host still cannot be reached: the
//! request that reported it was repeated as often as the settings allow. Any response ends the cause.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::error::{Error, Kind};
use super::retry::{Delivery, Failure};

/// How long a cause counts after an error has described it.
const LASTS: Duration = Duration::from_secs(30);

/// The causes of one client, by the kind of their errors.
#[derive(Default)]
pub(super) struct KnownCauses(Mutex<HashMap<Kind, Instant>>);

/// Whether a failure shows that the host cannot be reached.
pub(super) fn is_unreachable(failure: &Failure) -> bool {
    match failure.error.kind() {
        Kind::Connect => failure.delivery == Delivery::NotApplied,
        kind => kind == Kind::Tls,
    }
}

impl KnownCauses {
    /// Whether an error of this kind described its cause a short time ago.
    pub(super) fn has(&self, kind: Kind) -> bool {
        self.lock().get(&kind).is_some_and(|since| since.elapsed() < LASTS)
    }

    /// The error to report: in full if it is the first of its cause, else a brief one.
    pub(super) fn report(&self, error: Error) -> Error {
        let kind = error.kind();
        if error.is_brief() {
            return error;
        }
        let is_known = self.lock().insert(kind, Instant::now()).is_some_and(|since| since.elapsed() < LASTS);
        if is_known { error.into_brief() } else { error }
    }

    /// Records a response: the host can be reached.
    pub(super) fn responded(&self) {
        self.lock().retain(|kind, _| !matches!(kind, Kind::Connect | Kind::Tls));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Kind, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_error_of_a_cause_is_in_full_and_a_later_one_after_it_lasted() {
        let causes = KnownCauses::default();
        let error =
            || Error::new(Kind::Connect, "Acme", "reading", "no connection to `acme.test`").with_hint("Check it.");
        assert!(causes.report(error()).to_string().contains("Check it."));
        let brief = causes.report(error()).to_string();
        assert!(!brief.contains("Check it.") && brief.contains("Another error"), "{brief}");
        tokio::time::sleep(LASTS).await;
        assert!(!causes.has(Kind::Connect));
        assert!(causes.report(error()).to_string().contains("Check it."));
        causes.responded();
        assert!(causes.report(error()).to_string().contains("Check it."));
    }
}
