//! What a person, or a pipeline, is told of an health.

use std::fmt;

use serde::Serialize;

use crate::framework::health::{CheckResult, CheckStatus};

/// What was found of each vendor that is configured. Its `Display` is for people, its serialised form for pipelines.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// In the order of the provider block.
    pub vendors: Vec<Examined>,
}

/// What was found of one vendor.
#[derive(Clone, Debug, Serialize)]
pub struct Examined {
    /// Its attribute in the provider block.
    pub vendor: &'static str,
    /// Its name as people write it.
    pub title: &'static str,
    /// In the order in which one depends on the other.
    pub findings: Vec<CheckResult>,
}

impl Report {
    /// Whether nothing failed. A warning is no failure.
    pub fn is_well(&self) -> bool {
        let mut findings = self.vendors.iter().flat_map(|examined| &examined.findings);
        findings.all(|finding| finding.verdict != CheckStatus::Failed)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let findings = self.vendors.iter().flat_map(|examined| &examined.findings);
        let width = findings.map(|finding| finding.check.len()).max().unwrap_or_default();
        for (index, Examined { title, findings, .. }) in self.vendors.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            writeln!(f, "{title}")?;
            for CheckResult { check, verdict, detail } in findings {
                let (first, more) = detail.split_once('\n').unwrap_or((detail, ""));
                writeln!(f, "  {:<7}  {check:<width$}  {first}", word(*verdict))?;
                for line in more.lines() {
                    writeln!(f, "  {:<7}  {:width$}  {line}", "", "")?;
                }
            }
        }
        Ok(())
    }
}

fn word(verdict: CheckStatus) -> &'static str {
    match verdict {
        CheckStatus::Ok => "ok",
        CheckStatus::Warning => "warning",
        CheckStatus::Failed => "FAILED",
        CheckStatus::Skipped => "skipped",
    }
}
