//! The health checks that all vendors have: the connection, the clock and the credentials.

use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::framework::health::{CheckResult, READING_ABSENT};
use crate::http::{Client, Error, Kind, Method, Path, Probe};

/// Checks the connection to the vendor. If there is one, `beyond` adds the checks that need it.
pub(in crate::vendors) async fn of(http: &Client, beyond: BoxFuture<'_, Vec<CheckResult>>) -> Vec<CheckResult> {
    match Box::pin(http.probe()).await {
        Ok(probe) => {
            let mut results = connection(&probe);
            results.append(&mut beyond.await);
            results
        }
        Err(error) => {
            let (tls, failed) = (error.kind() == Kind::Tls, error.to_string());
            let skipped = CheckResult::skipped("credentials", "The vendor cannot be reached.");
            if tls {
                vec![
                    CheckResult::ok("reachable", "A server accepts connections."),
                    CheckResult::failed("tls", failed),
                    skipped,
                ]
            } else {
                vec![CheckResult::failed("reachable", failed), skipped]
            }
        }
    }
}

/// Reads an object that does not exist. A vendor that responds with something else than "not found" is an error.
pub(in crate::vendors) async fn read_absent(http: &Client, method: &str, path: &str, id: &str) -> Result<(), String> {
    let method = Method::from_bytes(method.as_bytes()).map_err(|error| error.to_string())?;
    let request = http.request(method, Path::filled(path, &[id])).operation(READING_ABSENT).read_only();
    match request.send_opt().await {
        Ok(None) => Ok(()),
        Ok(Some(_)) => Err(format!("{READING_ABSENT} at {path} succeeded")),
        Err(error) => Err(error.to_string()),
    }
}

fn connection(probe: &Probe) -> Vec<CheckResult> {
    let Probe { url, status, took, .. } = probe;
    let tls = if probe.encrypted {
        CheckResult::ok("tls", "This machine trusts the certificate.")
    } else if probe.local {
        CheckResult::ok("tls", "Plain HTTP, which does not leave this machine.")
    } else {
        CheckResult::warning(
            "tls",
            "Plain HTTP: others on the network can read the credentials. Use an `https` address.",
        )
    };
    vec![CheckResult::ok("reachable", format!("{url} responded within {took:.0?} ({status}).")), tls, clock(probe)]
}

fn clock(probe: &Probe) -> CheckResult {
    let Some(skew) = probe.clock_skew else {
        return CheckResult::skipped("clock", "The vendor's response has no `Date` header.");
    };
    if let Some(words) = probe.notable_skew() {
        return CheckResult::warning("clock", format!("{words} Set this machine's clock."));
    }
    let apart = Duration::from_secs(skew.abs().as_secs().unsigned_abs());
    CheckResult::ok("clock", format!("Within {:?} of the vendor's.", apart.max(Duration::from_secs(1))))
}

/// The result of a request that needs the credentials.
pub(in crate::vendors) fn credentials<T>(result: Result<T, Error>) -> CheckResult {
    match result {
        Ok(_) => CheckResult::ok("credentials", "The vendor accepts them."),
        Err(error) if error.kind() == Kind::Forbidden => CheckResult::warning("credentials", error.to_string()),
        Err(error) => CheckResult::failed("credentials", error.to_string()),
    }
}
