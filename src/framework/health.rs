//! What a vendor's client finds when a person asks whether Terraform could work with the vendor.

use std::any::Any;

use async_trait::async_trait;
use serde::Serialize;

/// How one thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// As it should be.
    Ok,
    /// It may be meant so, and may be in the way of something.
    Warning,
    /// Terraform cannot work with it.
    Failed,
    /// Not looked at, because of something that was found before.
    Skipped,
}

/// One thing that was looked at, how it stands, and what a person is told of it.
#[derive(Clone, Debug, Serialize)]
pub struct CheckResult {
    /// What was looked at, in one word: `credentials`.
    pub check: &'static str,
    /// How it stands.
    pub verdict: CheckStatus,
    /// Why, and the way out where one is needed: the first line says it, more lines explain. Never a secret.
    pub detail: String,
}

impl CheckResult {
    /// Something that is as it should be.
    pub fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, verdict: CheckStatus::Ok, detail: detail.into() }
    }

    /// Something that may be meant so.
    pub fn warning(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, verdict: CheckStatus::Warning, detail: detail.into() }
    }

    /// Something that Terraform cannot work with.
    pub fn failed(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, verdict: CheckStatus::Failed, detail: detail.into() }
    }

    /// Something that was not looked at.
    pub fn skipped(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, verdict: CheckStatus::Skipped, detail: detail.into() }
    }
}

/// Something that can say how it stands with the other side.
#[async_trait]
pub trait HealthCheck: Any + Send + Sync {
    /// Looks at each thing that has to hold before an object can be managed, as far as one depends on nothing that failed.
    ///
    /// Reads a little and changes nothing. What the credentials may do with single types is not looked at.
    async fn check_health(&self) -> Vec<CheckResult>;
}
