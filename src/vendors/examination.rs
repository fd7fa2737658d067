//! What is examined in the same way at every vendor: the way there, the clocks, and what becomes of the credentials.

use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::framework::examination::Finding;
use crate::http::{Client, Error, Kind, Reached};

/// Looks at the way to the vendor, and if there is one at `beyond`: what takes a vendor that answers.
pub(super) async fn of(http: &Client, beyond: BoxFuture<'_, Vec<Finding>>) -> Vec<Finding> {
    match Box::pin(http.reach()).await {
        Ok(reached) => {
            let mut findings = way_there(&reached);
            findings.append(&mut beyond.await);
            findings
        }
        Err(error) => {
            let (tls, failed) = (error.kind() == Kind::Tls, error.to_string());
            let skipped = Finding::skipped("credentials", "There is no way to the vendor.");
            if tls {
                vec![Finding::ok("reachable", "There is a server."), Finding::failed("tls", failed), skipped]
            } else {
                vec![Finding::failed("reachable", failed), skipped]
            }
        }
    }
}

fn way_there(reached: &Reached) -> Vec<Finding> {
    let Reached { url, status, took, .. } = reached;
    let tls = if reached.encrypted {
        Finding::ok("tls", "This machine trusts the certificate.")
    } else if reached.local {
        Finding::ok("tls", "Plain HTTP, which does not leave this machine.")
    } else {
        Finding::warning("tls", "Plain HTTP: whoever sits in between can read the credentials. Use an `https` address.")
    };
    vec![Finding::ok("reachable", format!("{url} answered within {took:.0?} ({status}).")), tls, clock(reached)]
}

fn clock(reached: &Reached) -> Finding {
    let Some(skew) = reached.clock_skew else {
        return Finding::skipped("clock", "The vendor's answer does not say what time it is.");
    };
    if let Some(words) = reached.notable_skew() {
        return Finding::warning("clock", format!("{words} Set this machine's clock."));
    }
    let apart = Duration::from_secs(skew.abs().as_secs().unsigned_abs());
    Finding::ok("clock", format!("Within {:?} of the vendor's.", apart.max(Duration::from_secs(1))))
}

/// What a request that needs the credentials says about them.
pub(super) fn credentials<T>(result: Result<T, Error>) -> Finding {
    match result {
        Ok(_) => Finding::ok("credentials", "The vendor accepts them."),
        Err(error) if error.kind() == Kind::Forbidden => Finding::warning("credentials", error.to_string()),
        Err(error) => Finding::failed("credentials", error.to_string()),
    }
}
