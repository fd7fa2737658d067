//! The report of the doctor, for a person or a pipeline.

use std::fmt;

use serde::Serialize;

use crate::framework::health::{CheckResult, CheckStatus};

/// The results for each configured vendor. `Display` is for people, the serialised form for pipelines.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// In the order of the provider block.
    pub vendors: Vec<VendorReport>,
}

/// The results for one vendor.
#[derive(Clone, Debug, Serialize)]
pub struct VendorReport {
    /// Its attribute in the provider block.
    pub vendor: &'static str,
    /// Its name as people write it.
    pub title: &'static str,
    /// The results in order of dependency: a later check needs the earlier ones.
    pub findings: Vec<CheckResult>,
}

impl Report {
    /// Returns whether no check failed. A warning is not a failure.
    pub fn is_well(&self) -> bool {
        let mut findings = self.vendors.iter().flat_map(|vendor| &vendor.findings);
        findings.all(|finding| finding.verdict != CheckStatus::Failed)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let findings = self.vendors.iter().flat_map(|vendor| &vendor.findings);
        let width = findings.map(|finding| finding.check.len()).max().unwrap_or_default();
        for (index, VendorReport { title, findings, .. }) in self.vendors.iter().enumerate() {
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
