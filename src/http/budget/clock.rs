//! The time that all processes of the machine agree on: the monotonic clock, which nobody can set.
//!
//! The wall clock would do as well, except that a jump of it would let each bucket fill or stop each request. Windows has no
//! monotonic clock that safe code can compare between processes: there the wall clock is read once in a process, and values
//! that cannot be are replaced.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::time::Instant;

use super::Moment;

/// A point in time on both clocks. Time passes on the runtime's clock, so that a test can pause it.
static ANCHOR: OnceLock<(std::time::Instant, Moment)> = OnceLock::new();

/// The current time.
pub(super) fn now() -> Moment {
    moment(Instant::now())
}

/// A point in time of this process on the machine's clock.
pub(super) fn moment(at: Instant) -> Moment {
    let (instant, moment) = ANCHOR.get_or_init(|| (std::time::Instant::now(), read()));
    let at = at.into_std();
    match at.checked_duration_since(*instant) {
        Some(later) => moment.after(later),
        None => moment.before(instant.duration_since(at)),
    }
}

/// A point in time of the machine's clock in this process; none if it cannot tell.
pub(super) fn instant(at: Moment) -> Option<Instant> {
    let now = Instant::now();
    let current = moment(now);
    if at > current { now.checked_add(at.since(current)) } else { now.checked_sub(current.since(at)) }
}

/// How long it is until then.
pub(in crate::http) fn until(at: Moment) -> Duration {
    at.since(now())
}

#[cfg(unix)]
fn read() -> Moment {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let seconds = Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or_default());
    Moment::default().after(seconds).after(Duration::from_nanos(u64::try_from(time.tv_nsec).unwrap_or_default()))
}

#[cfg(not(unix))]
fn read() -> Moment {
    Moment::default().after(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default())
}
