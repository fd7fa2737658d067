//! Reports as text and JSON, and the choice of the format.

use std::fmt::Write;

use crate::framework::Severity;

use super::rules::severity_name;
use super::{Report, github, sarif};

/// The format of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Lines for a terminal.
    Text,
    /// The report itself.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions, which annotate a pull request.
    Github,
}

/// Writes a report.
pub fn render(report: &Report, version: &str, format: Format) -> String {
    match format {
        Format::Text => text(report),
        // A report has only texts and numbers, which JSON can hold.
        Format::Json => serde_json::to_string_pretty(report).unwrap_or_default() + "\n",
        Format::Sarif => format!("{:#}\n", sarif::document(report, version)),
        Format::Github => github::commands(report),
    }
}

fn text(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for finding in &report.findings {
        let severity = severity_name(finding.severity);
        let _ = writeln!(
            text,
            "{}:{}:{}: {severity} [{}] {}\n  {}",
            finding.file, finding.line, finding.column, finding.rule, finding.message, finding.hint
        );
    }
    for problem in &report.problems {
        let _ =
            writeln!(text, "{}:{}:{}: not checked: {}", problem.file, problem.line, problem.column, problem.message);
    }
    text + &summary(report) + "\n"
}

/// The last line of the text.
pub(super) fn summary(report: &Report) -> String {
    let count = |number: usize, noun: &str| format!("{number} {noun}{}", if number == 1 { "" } else { "s" });
    let mut summary = format!(
        "{}, {} in {}",
        count(report.count(Severity::Error), "error"),
        count(report.count(Severity::Warning), "warning"),
        count(report.files, "file"),
    );
    for (number, what) in [(report.ignored, "ignored by comments"), (report.problems.len(), "not checked")] {
        if number > 0 {
            let _ = write!(summary, ", {number} {what}");
        }
    }
    summary + "."
}
