//! Reports as workflow commands of GitHub Actions: one line for each finding, which annotates the line of the pull request.

use std::fmt::Write;

use super::rules::severity_name;
use super::{Report, report};

/// The commands, and the summary as a plain line.
pub(super) fn commands(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for finding in &report.findings {
        let _ = writeln!(
            text,
            "::{} file={},line={},col={},endLine={},title={}::{}",
            severity_name(finding.severity),
            property(&finding.file),
            finding.line,
            finding.column,
            finding.end_line,
            property(finding.rule),
            data(&format!("{}\n{}", finding.message, finding.hint)),
        );
    }
    for problem in &report.problems {
        let (file, message) = (property(&problem.file), data(&problem.message));
        let _ = writeln!(
            text,
            "::error file={file},line={},col={},title=not checked::{message}",
            problem.line, problem.column
        );
    }
    text + &report::summary(report) + "\n"
}

/// The text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_end_a_command_or_a_property() {
        assert_eq!(data("100%\r\nnext: a, b"), "100%25%0D%0Anext: a, b");
        assert_eq!(property("a,b:c%.tf"), "a%2Cb%3Ac%25.tf");
    }
}
