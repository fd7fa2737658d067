//! What is examined in the same way at every vendor: the way there, the clocks, and what becomes of the credentials.

use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::framework::health::CheckResult;
use crate::http::{Client, Error, Kind, Probe};

/// Looks at the way to the vendor, and if there is one at `beyond`: what takes a vendor that answers.
pub(in crate::vendors) async fn of(http: &Client, beyond: BoxFuture<'_, Vec<CheckResult>>) -> Vec<CheckResult> {
    match Box::pin(http.probe()).await {
        Ok(reached) => {
            let mut findings = way_there(&reached);
            findings.append(&mut beyond.await);
            findings
        }
        Err(error) => {
            let (tls, failed) = (error.kind() == Kind::Tls, error.to_string());
            let skipped = CheckResult::skipped("credentials", "There is no way to the vendor.");
            if tls {
                vec![CheckResult::ok("reachable", "There is a server."), CheckResult::failed("tls", failed), skipped]
            } else {
                vec![CheckResult::failed("reachable", failed), skipped]
            }
        }
    }
}

fn way_there(reached: &Probe) -> Vec<CheckResult> {
    let Probe { url, status, took, .. } = reached;
    let tls = if reached.encrypted {
        CheckResult::ok("tls", "This machine trusts the certificate.")
    } else if reached.local {
        CheckResult::ok("tls", "Plain HTTP, which does not leave this machine.")
    } else {
        CheckResult::warning(
            "tls",
            "Plain HTTP: whoever sits in between can read the credentials. Use an `https` address.",
        )
    };
    vec![CheckResult::ok("reachable", format!("{url} answered within {took:.0?} ({status}).")), tls, clock(reached)]
}

fn clock(reached: &Probe) -> CheckResult {
    let Some(skew) = reached.clock_skew else {
        return CheckResult::skipped("clock", "The vendor's answer does not say what time it is.");
    };
    if let Some(words) = reached.notable_skew() {
        return CheckResult::warning("clock", format!("{words} Set this machine's clock."));
    }
    let apart = Duration::from_secs(skew.abs().as_secs().unsigned_abs());
    CheckResult::ok("clock", format!("Within {:?} of the vendor's.", apart.max(Duration::from_secs(1))))
}

/// What a request that needs the credentials says about them.
pub(in crate::vendors) fn credentials<T>(result: Result<T, Error>) -> CheckResult {
    match result {
        Ok(_) => CheckResult::ok("credentials", "The vendor accepts them."),
        Err(error) if error.kind() == Kind::Forbidden => CheckResult::warning("credentials", error.to_string()),
        Err(error) => CheckResult::failed("credentials", error.to_string()),
    }
}
