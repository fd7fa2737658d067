//! Tells the user what requests wait for: one line for a client each fifteen seconds, and not one for each request.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tracing::info;

/// The time between two lines.
const BETWEEN_LINES: Duration = Duration::from_secs(15);

/// What a request waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reason {
    /// A number of requests per minute.
    Rate(u32),
    /// The pause that the vendor requests.
    Pause,
    /// The time before it is sent again.
    Retry,
    /// An access token, which this or another process requests.
    Token,
}

/// The requests of one client that wait.
pub(super) struct Waiting {
    vendor: &'static str,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    reasons: BTreeMap<Reason, Group>,
    next_line: Option<Instant>,
}

struct Group {
    count: u32,
    /// When the last of them goes on, as far as it is known.
    ends: Option<Instant>,
}

impl Waiting {
    pub(super) fn new(vendor: &'static str) -> Self {
        Self { vendor, state: Mutex::default() }
    }

    /// Waits for something, and counts the request meanwhile. It goes on at `ends` at the latest, if that is known.
    pub(super) async fn during<T>(&self, reason: Reason, ends: Option<Instant>, what: impl Future<Output = T>) -> T {
        let mut what = pin!(what);
        // What is there at once is not waited for.
        if let std::task::Poll::Ready(done) = futures_util::poll!(&mut what) {
            return done;
        }
        let mut next_line = self.enter(reason, ends);
        let _left = Entered { waiting: self, reason };
        loop {
            tokio::select! {
                biased;
                done = &mut what => return done,
                () = tokio::time::sleep_until(next_line) => next_line = self.line(),
            }
        }
    }

    /// Counts a request. Returns when the next line is due.
    fn enter(&self, reason: Reason, ends: Option<Instant>) -> Instant {
        let mut state = self.lock();
        if state.reasons.is_empty() {
            state.next_line = None;
        }
        let group = state.reasons.entry(reason).or_insert(Group { count: 0, ends: None });
        group.count += 1;
        group.ends = group.ends.max(ends);
        *state.next_line.get_or_insert_with(|| Instant::now() + BETWEEN_LINES)
    }

    /// Writes the line, unless another request has done so. Returns when the next one is due.
    fn line(&self) -> Instant {
        let mut state = self.lock();
        let now = Instant::now();
        let due = state.next_line.unwrap_or(now);
        if due > now {
            return due;
        }
        let next = now + BETWEEN_LINES;
        state.next_line = Some(next);
        let text = state.describe(self.vendor, now);
        drop(state);
        info!(vendor = self.vendor, "{text}");
        next
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The line, such as `waiting for the rate limit of Didit: 37 requests wait, 120 per minute are allowed`.
    fn describe(&self, vendor: &str, now: Instant) -> String {
        let groups: Vec<_> = self
            .reasons
            .iter()
            .map(|(reason, group)| {
                let count = Count(group.count);
                let most = group.ends.map_or_else(String::new, |ends| {
                    format!(", for at most {} s", ends.saturating_duration_since(now).as_millis().div_ceil(1000))
                });
                match reason {
                    Reason::Rate(per_minute) => {
                        let seconds = (u64::from(group.count) * 60).div_ceil(u64::from((*per_minute).max(1)));
                        let rate = format!("{per_minute} per minute are allowed, which takes about {seconds} s");
                        format!("the rate limit of {vendor}: {count}, {rate}")
                    }
                    Reason::Pause => format!("the end of a pause that {vendor} requests: {count}{most}"),
                    Reason::Retry => format!("the time to send to {vendor} again: {count}{most}"),
                    Reason::Token => format!("an access token of {vendor}: {count}{most}"),
                }
            })
            .collect();
        format!("waiting for {}", groups.join("; for "))
    }
}

/// `1 request waits`, `2 requests wait`.
struct Count(u32);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 1 { f.write_str("1 request waits") } else { write!(f, "{} requests wait", self.0) }
    }
}

/// A request that is counted until this is dropped.
struct Entered<'w> {
    waiting: &'w Waiting,
    reason: Reason,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let mut state = self.waiting.lock();
        if let Some(group) = state.reasons.get_mut(&self.reason) {
            group.count -= 1;
            if group.count == 0 {
                state.reasons.remove(&self.reason);
            }
        }
    }
}
