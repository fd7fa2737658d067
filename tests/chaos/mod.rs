//! Applies that go wrong in every way at once: faults of vendors, kills, Ctrl-C, a full disk, a vendor that restarts.
//!
//! Each run has a seed, from which everything about it follows. It applies objects while something goes wrong, repairs what is
//! left as a person would with what the errors say, and then checks the vendors: every object of the configuration exists
//! once and is in state, nothing else was created, and the objects of somebody else are unchanged.
//!
//! `make chaos SEED=7 RUNS=600` runs more of them than the suite does.

mod disturbance;
mod kinds;
mod run;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread;

use serde_json::Value;

use crate::support::sandbox::Sandbox;
use crate::support::setting::number;
use crate::support::workspace::Workspace;

use kinds::KINDS;
use run::{Outcome, is_name_shared};

/// How many runs the suite makes.
const RUNS: u64 = 30;

/// How many runs are made at a time. A run mostly waits.
const AT_A_TIME: usize = 4;

/// The tenants in which somebody else has objects of every kind, from long ago.
fn tenants() -> &'static Value {
    static TENANTS: OnceLock<Value> = OnceLock::new();
    TENANTS.get_or_init(|| {
        let sandbox = Sandbox::start().with_variable("IDV_XIDENT_API", "verify/v1");
        let workspace = Workspace::new(&sandbox);
        let foreign = KINDS.iter().filter(|kind| !kind.is_singleton && kind.vendor != "fiven");
        let blocks: Vec<_> = foreign
            .map(|kind| {
                let name = if is_name_shared(kind) { run::name(0) } else { "foreign".to_owned() };
                format!("resource \"{}\" \"foreign\" {{\n{}\n}}\n", kind.type_name, (kind.attributes)(&name, false))
            })
            .collect();
        workspace.configure(&blocks.concat());
        workspace.apply().succeeded();
        let mut state = sandbox.state();
        make_old(&mut state);
        state
    })
}

/// Moves the times at which objects were created and changed far back.
fn make_old(state: &mut Value) {
    match state {
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), &*value) {
                    ("created_at" | "updated_at", Value::String(_)) => *value = "2026-01-01T00:00:00Z".into(),
                    ("created_at" | "updated_at" | "listed_at", Value::Number(_)) => *value = 1_767_225_600.into(),
                    _ => make_old(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(make_old),
        _ => {}
    }
}

#[test]
fn every_object_exists_once_and_is_in_state_after_anything_that_goes_wrong() {
    let (first, runs) = (number("CHAOS_SEED", 1), number("CHAOS_RUNS", RUNS));
    let tenants = tenants();
    let next = AtomicU64::new(first);
    let outcomes: Mutex<Vec<(u64, Outcome)>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + runs {
                        return;
                    }
                    let outcome = run::run(seed, tenants);
                    if runs > RUNS || !outcome.failures.is_empty() {
                        eprintln!("{outcome}");
                    }
                    outcomes.lock().unwrap().push((seed, outcome));
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().unwrap();
    let failed: Vec<_> = outcomes.iter().filter(|(_, outcome)| !outcome.failures.is_empty()).collect();
    let remainders: usize = outcomes.iter().map(|(_, outcome)| outcome.remainders.len()).sum();
    let imports: usize = outcomes.iter().map(|(_, outcome)| outcome.imports).sum();
    eprintln!(
        "chaos: {} runs from seed {first}: {} failed, {imports} objects imported by the lines of an error, {remainders} documented \
         remainders",
        outcomes.len(),
        failed.len()
    );
    for (seed, outcome) in &failed {
        eprintln!("make chaos SEED={seed} RUNS=1\n{outcome}");
    }
    assert_eq!(outcomes.len() as u64, runs);
    assert!(failed.is_empty(), "{} of {runs} runs failed", failed.len());
}
