//! Faults on request: which failure, for which requests, how often.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::StandIn;

/// The failure that a fault injects.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// The response has the given status.
    Status,
    /// The request is delayed, or with `after` its response.
    Delay,
    /// The connection is closed without a response.
    Drop,
    /// The connection closes before the announced length was sent.
    Truncate,
    /// The response is 200 with bytes that are not JSON.
    Garbage,
    /// The vendor revokes every token that it issued.
    ExpireToken,
    /// The vendor replaces its key pair.
    RotateKey,
}

/// One fault as `POST /faults` accepts it.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fault {
    vendor: String,
    /// Any account if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    /// Any method if absent.
    method: Option<String>,
    /// A prefix of the path, or a pattern for the whole path if it contains a `*`. Any path if absent.
    path: Option<String>,
    pub(super) kind: Kind,
    /// For `status`: 200 to 599.
    pub(super) status: Option<u16>,
    /// How many requests receive it.
    #[serde(default = "once")]
    times: u32,
    /// Whether the request is applied before the fault is injected.
    #[serde(default)]
    pub(super) after: bool,
    /// For `delay`.
    pub(super) delay_ms: Option<u64>,
    /// For `status`: the `Retry-After` header, in seconds.
    pub(super) retry_after: Option<u64>,
    /// For `status`: further headers.
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    /// For `status`: the body, instead of the vendor's own error. A string is sent as it is, anything else as JSON.
    pub(super) body: Option<Value>,
}

fn once() -> u32 {
    1
}

impl Fault {
    /// Rejects a fault that could never be injected, so that no fault is silently without effect.
    fn check(&self, vendors: &[&StandIn], tenants: &[Arc<str>]) -> Result<(), String> {
        let names: Vec<_> = vendors.iter().map(|vendor| vendor.name).collect();
        let Some(vendor) = vendors.iter().find(|vendor| vendor.name == self.vendor) else {
            return Err(format!("vendor: there is no `{}`; there are {}", self.vendor, names.join(", ")));
        };
        if let Some(tenant) = self.tenant.as_deref().filter(|tenant| !tenants.iter().any(|known| **known == **tenant)) {
            return Err(format!("tenant: there is no `{tenant}`"));
        }
        if self.times == 0 {
            return Err("times: 0 would inject nothing; use 1 or more".to_owned());
        }
        match self.kind {
            Kind::Status => self.check_status(),
            Kind::Delay if self.delay_ms.is_none() => Err("delay_ms: required by `delay`, in milliseconds".to_owned()),
            Kind::ExpireToken if vendor.expire_token.is_none() => {
                Err(format!("kind: `{}` has no tokens that could expire", self.vendor))
            }
            Kind::RotateKey if vendor.rotate_key.is_none() => {
                Err(format!("kind: `{}` has no key that could rotate", self.vendor))
            }
            _ => Ok(()),
        }
    }

    fn check_status(&self) -> Result<(), String> {
        match self.status {
            Some(200..=599) => {}
            Some(status) => return Err(format!("status: {status} is not a final status; use 200 to 599")),
            None => return Err("status: required by a fault of kind `status`, 200 to 599".to_owned()),
        }
        for (name, value) in &self.headers {
            HeaderName::from_bytes(name.as_bytes()).map_err(|error| format!("headers: `{name}`: {error}"))?;
            HeaderValue::from_str(value).map_err(|error| format!("headers: the value of `{name}`: {error}"))?;
        }
        Ok(())
    }

    fn matches(&self, vendor: &str, tenant: Option<&str>, method: &Method, path: &str) -> bool {
        self.vendor == vendor
            && (self.tenant.is_none() || self.tenant.as_deref() == tenant)
            && self.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method.as_str()))
            && self.path.as_ref().is_none_or(|pattern| path_matches(pattern, path))
    }

    /// The status of a `status` fault.
    pub(super) fn status_code(&self) -> StatusCode {
        // `check` accepts no other status.
        self.status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// Returns whether a path matches. In a pattern with `*`, which must match the whole path, each `*` stands for any
/// characters including `/`; a pattern without `*` matches as a prefix.
fn path_matches(pattern: &str, path: &str) -> bool {
    let Some((prefix, rest)) = pattern.split_once('*') else {
        return path.starts_with(pattern);
    };
    let Some(mut remaining) = path.strip_prefix(prefix) else {
        return false;
    };
    let mut pieces: Vec<_> = rest.split('*').collect();
    let suffix = pieces.pop().unwrap_or_default();
    // Matching each piece as early as possible leaves the most text for the following pieces.
    for piece in pieces {
        match remaining.split_once(piece) {
            Some((_, after)) => remaining = after,
            None => return false,
        }
    }
    remaining.ends_with(suffix)
}

/// The faults that have not been injected, oldest first.
#[derive(Default)]
pub(super) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    /// Adds a fault, or returns why it could never be injected.
    pub(super) fn add(&self, fault: Fault, vendors: &[&StandIn], tenants: &[Arc<str>]) -> Result<(), String> {
        fault.check(vendors, tenants)?;
        self.list_mut().push(fault);
        Ok(())
    }

    /// Returns the oldest fault that matches a request, and counts it as injected.
    pub(super) fn take(&self, vendor: &str, tenant: Option<&str>, method: &Method, path: &str) -> Option<Fault> {
        let mut list = self.list_mut();
        let index = list.iter().position(|fault| fault.matches(vendor, tenant, method, path))?;
        let fault = list[index].clone();
        if fault.times > 1 {
            list[index].times -= 1;
        } else {
            list.remove(index);
        }
        Some(fault)
    }

    /// A copy of the faults that have not been injected.
    pub(super) fn list(&self) -> Vec<Fault> {
        self.list_mut().clone()
    }

    /// Removes all faults.
    pub(super) fn clear(&self) {
        self.list_mut().clear();
    }

    fn list_mut(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sandbox::engine::{Routes, State, StateType};

    #[derive(Clone, serde::Serialize, serde::Deserialize)]
    struct Nothing {}

    impl State for Nothing {
        fn of_tenant(&self, _: &str, _: usize) -> Self {
            Self {}
        }
    }

    static VENDORS: [StandIn; 1] = [StandIn {
        title: "Test",
        name: "library",
        routes: Routes::new,
        state: StateType::of::<Nothing>(),
        account: |_, _| None,
        environment: |_| Ok(Vec::new()),
        error_body: |error| json!(error.message),
        expire_token: Some(|_| Ok(())),
        rotate_key: None,
        replay: None,
    }];

    fn fault(value: Value) -> Fault {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_path_is_a_prefix_or_a_pattern() {
        for (pattern, path, expected) in [
            ("/books", "/books/7", true),
            ("/books", "/book", false),
            ("/books/*", "/books/7", true),
            ("/books/*", "/books", false),
            ("/*/7", "/books/7", true),
            ("/*/7", "/books/7/pages", false),
            ("*/page*/3", "/books/7/pages/page-3/3", true),
            ("/a*b*b", "/ab", false),
            ("*", "/", true),
        ] {
            assert_eq!(path_matches(pattern, path), expected, "{pattern} against {path}");
        }
    }

    #[test]
    fn injects_as_often_as_requested_and_only_into_matching_requests() {
        let faults = Faults::default();
        let two = json!({"vendor": "library", "method": "get", "path": "/books", "kind": "drop", "times": 2});
        faults.add(fault(two), &[&VENDORS[0]], &[]).unwrap();
        assert!(faults.take("archive", None, &Method::GET, "/books").is_none());
        assert!(faults.take("library", None, &Method::POST, "/books").is_none());
        assert!(faults.take("library", None, &Method::GET, "/maps").is_none());
        assert!(faults.take("library", None, &Method::GET, "/books/1").is_some());
        assert!(faults.take("library", None, &Method::GET, "/books/2").is_some());
        assert!(faults.take("library", None, &Method::GET, "/books/3").is_none());
    }

    #[test]
    fn a_fault_of_a_tenant_is_injected_into_its_requests_only() {
        let faults = Faults::default();
        let one = json!({"vendor": "library", "tenant": "tenant-001", "kind": "drop"});
        faults.add(fault(one), &[&VENDORS[0]], &["tenant-001".into()]).unwrap();
        for other in [None, Some("tenant-002")] {
            assert!(faults.take("library", other, &Method::GET, "/").is_none(), "{other:?}");
        }
        assert!(faults.take("library", Some("tenant-001"), &Method::GET, "/").is_some());
    }

    #[test]
    fn the_older_of_two_faults_is_injected_first() {
        let faults = Faults::default();
        for status in [500, 503] {
            faults
                .add(fault(json!({"vendor": "library", "kind": "status", "status": status})), &[&VENDORS[0]], &[])
                .unwrap();
        }
        let injected: Vec<_> = (0..2).filter_map(|_| faults.take("library", None, &Method::GET, "/")?.status).collect();
        assert_eq!(injected, [500, 503]);
    }

    #[test]
    fn a_fault_that_could_never_be_injected_is_rejected() {
        for (given, expected) in [
            (json!({"vendor": "libary", "kind": "drop"}), "there are library"),
            (json!({"vendor": "library", "kind": "drop", "times": 0}), "times"),
            (json!({"vendor": "library", "tenant": "tenant-9", "kind": "drop"}), "tenant-9"),
            (json!({"vendor": "library", "kind": "status"}), "status"),
            (json!({"vendor": "library", "kind": "status", "status": 99}), "99"),
            (json!({"vendor": "library", "kind": "status", "status": 500, "headers": {"a b": "c"}}), "a b"),
            (json!({"vendor": "library", "kind": "delay"}), "delay_ms"),
            (json!({"vendor": "library", "kind": "rotate_key"}), "no key"),
        ] {
            let error = Faults::default().add(fault(given), &[&VENDORS[0]], &[]).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
