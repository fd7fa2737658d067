//! Health checks: whether Terraform can work with a vendor as it is configured.

use std::any::Any;

use async_trait::async_trait;
use serde::Serialize;

/// The operation of a read of an object that does not exist, in a recording.
pub const READING_ABSENT: &str = "reading an object that does not exist";

/// The status of one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// It passed.
    Ok,
    /// It may be intended, but may prevent some operations.
    Warning,
    /// Terraform cannot work with it.
    Failed,
    /// Not run, because an earlier check failed.
    Skipped,
}

/// The result of one check.
#[derive(Clone, Debug, Serialize)]
pub struct CheckResult {
    /// What was checked, in one word: `credentials`.
    pub check: &'static str,
    /// The status.
    pub verdict: CheckStatus,
    /// The reason, and what to do if it did not pass: a summary line, then the explanation. Never a secret.
    pub detail: String,
}

impl CheckResult {
    /// A check that passed.
    pub fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, verdict: CheckStatus::Ok, detail: detail.into() }
    }

    /// A check with a warning.
    pub fn warning(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, verdict: CheckStatus::Warning, detail: detail.into() }
    }

    /// A check that failed.
    pub fn failed(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, verdict: CheckStatus::Failed, detail: detail.into() }
    }

    /// A check that was not run.
    pub fn skipped(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, verdict: CheckStatus::Skipped, detail: detail.into() }
    }
}

/// A client that can check its connection to the vendor.
#[async_trait]
pub trait HealthCheck: Any + Send + Sync {
    /// Checks everything that has to work before an object can be managed, and skips what depends on a failed check.
    ///
    /// Sends a few reads and changes nothing. The permissions for single types are not checked.
    async fn check_health(&self) -> Vec<CheckResult>;

    /// Sends a read of an object that does not exist, so that a recording shows how the vendor says so. The error is a sentence.
    ///
    /// `path` has one parameter in braces, which `id` replaces. By default nothing is sent.
    async fn read_absent(&self, _method: &str, _path: &str, _id: &str) -> Result<(), String> {
        Ok(())
    }
}
