//! Fuzzed messages to the real plugin, against a sandbox: each gets a response, the process lives, and its memory is bounded.
//!
//! `FUZZ_MESSAGES` is how many messages are sent and `FUZZ_SEED` which ones; `make fuzz` sets both. A failure names the seed and
//! the message, so that the same run fails again.

mod corpus;
mod fuzzer;
mod node;
mod plugin;
mod response;

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use crate::support::objects;
use crate::support::setting::number;
use fuzzer::Fuzzer;
use plugin::Plugin;

/// How many messages a run of the whole suite sends.
const MESSAGES: u64 = 3000;

/// After how many messages the sandbox is as it was, so that what the plugin reads does not grow.
const RESET: usize = 1000;

/// After how many messages memory has settled, at most.
const WARM_UP: usize = 10_000;

/// The private memory that the plugin may use in any case, in KB: its largest messages need some, whenever they come.
const SETTLED: u64 = 16_000;

/// The stack of the thread that makes the messages, which nest values thousands of levels deep.
const STACK: usize = 256 * 1024 * 1024;

#[test]
fn plugin_survives_fuzzed_messages_in_bounded_memory() {
    let fuzzing = std::thread::Builder::new().stack_size(STACK).spawn(fuzz).unwrap();
    fuzzing.join().expect("the message is above");
}

fn fuzz() {
    let (seed, messages) = (number("FUZZ_SEED", 1), number("FUZZ_MESSAGES", MESSAGES));
    let messages = usize::try_from(messages).unwrap();
    let sandbox = objects::sandbox();
    let state = sandbox.state();
    let started = Instant::now();
    let mut fuzzer = Fuzzer::new(Plugin::start(&sandbox), seed);
    let (mut warm, mut next_reset) = (None, RESET);
    while fuzzer.sent() < messages {
        let step = std::panic::catch_unwind(AssertUnwindSafe(|| fuzzer.step()));
        assert!(step.is_ok(), "message {} of seed {seed}; `make fuzz SEED={seed}` sends it again", fuzzer.sent());
        if fuzzer.sent() >= next_reset {
            next_reset += RESET;
            sandbox.set_state(&state);
            sandbox.forget_requests();
            eprintln!("{:>7} messages, {} KB", fuzzer.sent(), fuzzer.private_memory());
        }
        if warm.is_none() && fuzzer.sent() >= WARM_UP.min(messages / 3) {
            warm = Some(fuzzer.private_memory());
        }
    }
    let (warm, end) = (warm.unwrap(), fuzzer.private_memory());
    // Another configuration has other clients, so these come after the measurement.
    for _ in 0..messages / 100 {
        fuzzer.configure_wrongly();
    }
    fuzzer.configure();
    fuzzer.stop();

    eprintln!("seed {seed}, {} messages in {:.1} s", fuzzer.sent(), started.elapsed().as_secs_f64());
    for (method, outcomes) in &fuzzer.outcomes {
        eprintln!("{method:34} {outcomes:?}");
    }
    eprintln!("private memory: {warm} KB after the warm-up, {end} KB at the end");
    let log = fuzzer.log();
    assert!(!log.contains("panic"), "{log}");
    let bound = SETTLED.max(warm * 3 / 2);
    assert!(end <= bound, "private memory grew from {warm} KB to {end} KB, above {bound} KB (seed {seed})");
}
