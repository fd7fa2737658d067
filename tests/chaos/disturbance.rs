//! What goes wrong in a run.

use std::fmt;

use fastrand::Rng;
use serde_json::{Value, json};

/// What happens to the processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// Nothing.
    Nothing,
    /// `kill -9` of the plugin.
    KillProvider,
    /// `kill -9` of Terraform.
    KillTerraform,
    /// `kill -9` of both at once, as a machine that loses its power does.
    KillBoth,
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-C, and again half a second later.
    InterruptTwice,
    /// SIGTERM to both.
    Terminate,
    /// The vendors restart with the state that they have stored.
    RestartVendors,
    /// No file can grow beyond some kilobytes, as on a full disk.
    FullDisk,
}

impl Event {
    const ALL: [Self; 9] = [
        Self::Nothing,
        Self::KillProvider,
        Self::KillTerraform,
        Self::KillBoth,
        Self::Interrupt,
        Self::InterruptTwice,
        Self::Terminate,
        Self::RestartVendors,
        Self::FullDisk,
    ];

    /// Whether Terraform may not learn what the vendors have done.
    pub(super) fn loses_responses(self) -> bool {
        !matches!(self, Self::Nothing | Self::Interrupt | Self::RestartVendors)
    }
}

/// The faults of vendors, and what happens to the processes when.
pub(super) struct Disturbance {
    pub(super) faults: Vec<Value>,
    pub(super) event: Event,
    /// How long after the first write the event happens.
    pub(super) after_ms: u64,
    /// How long each response takes.
    pub(super) latency_ms: u64,
}

impl Disturbance {
    /// One or several faults, an event, or both.
    pub(super) fn new(random: &mut Rng, vendors: &[&str]) -> Self {
        let event = Event::ALL[random.usize(..Event::ALL.len())];
        let count = match event {
            Event::Nothing => random.usize(1..=4),
            _ => random.usize(0..=2),
        };
        let of_a_vendor = |_| {
            let vendor = vendors[random.usize(..vendors.len())];
            fault(random, vendor)
        };
        let faults = (0..count).map(of_a_vendor).collect();
        let (after_ms, latency_ms) = (random.u64(0..900), [0, 50, 200, 500][random.usize(..4)]);
        Self { faults, event, after_ms, latency_ms }
    }
}

fn fault(random: &mut Rng, vendor: &str) -> Value {
    let method = ["POST", "PUT", "PATCH", "DELETE", "GET"][random.usize(..5)];
    let mut fault = json!({"vendor": vendor, "times": random.u64(1..=2), "after": random.bool()});
    if random.u8(..4) > 0 {
        fault["method"] = method.into();
    }
    match random.u8(..8) {
        0..=2 => {
            fault["kind"] = "status".into();
            fault["status"] = [400, 401, 403, 404, 409, 429, 500, 502, 503, 504][random.usize(..10)].into();
            if fault["status"] == 429 {
                fault["retry_after"] = 1.into();
            }
        }
        3 => {
            fault["kind"] = "delay".into();
            fault["delay_ms"] = random.u64(200..3000).into();
        }
        4 => fault["kind"] = "garbage".into(),
        5 => fault["kind"] = "truncate".into(),
        6 => fault["kind"] = "drop".into(),
        _ => match vendor {
            "vult" | "fiven" => fault["kind"] = "expire_token".into(),
            "onekosmos" => fault["kind"] = "rotate_key".into(),
            _ => fault["kind"] = "drop".into(),
        },
    }
    fault
}

impl fmt::Display for Disturbance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} after {} ms, latency {} ms", self.event, self.after_ms, self.latency_ms)?;
        self.faults.iter().try_for_each(|fault| write!(f, ", {fault}"))
    }
}
