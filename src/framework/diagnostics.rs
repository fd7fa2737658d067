//! Errors and warnings for the user, each with the path of the attribute that it is about.

use std::fmt;

use super::path::Path;
use crate::secret::redact;

/// The severity of a diagnostic, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The operation failed.
    Error,
    /// The operation succeeded, and the user should know.
    Warning,
}

/// The longest summary: Terraform shows it in one line beside the address.
const SUMMARY: usize = 60;

/// A summary that names an object, such as `The list "EU" is gone`. The name is cut so that at most 60 characters result.
///
/// Terraform shows only the first of several warnings with one summary. So each names its object, and a name is cut in its
/// middle, where names of one naming scheme differ least.
pub fn summary(start: &str, name: &str, end: &str) -> String {
    let length = |text: &str| text.chars().count();
    let around = format!("{start} {end}").trim().to_owned();
    // Two quotes, and the blank before them.
    let room = SUMMARY.saturating_sub(length(&around) + 3);
    let name = match length(name) {
        0 => return around,
        count if count <= room => name.to_owned(),
        _ if room < 4 => return around,
        count => {
            let tail = room / 2;
            let head: String = name.chars().take(room - 1 - tail).collect();
            let tail: String = name.chars().skip(count - tail).collect();
            format!("{head}…{tail}")
        }
    };
    format!("{start} \"{name}\" {end}").trim().to_owned()
}

/// `the weights` as the beginning of a sentence.
pub fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// One message to the user.
///
/// The summary is one line that says what happened. The detail says what came back, the most likely cause, and what to do.
/// Secrets are redacted from both, since what came back may repeat them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// One line of at most 60 characters without a full stop, specific to the object.
    pub summary: String,
    /// Whole sentences; may be empty.
    pub detail: String,
    /// The path in the configuration; the root if it is about the whole object.
    pub path: Path,
    /// The fields of a request that a vendor rejects: names of members, and positions in lists as digits. The adapter of the
    /// object sets `path` to the attribute of the first one that is an attribute, unless `path` is set already.
    pub vendor_fields: Vec<Vec<String>>,
    /// The vendor refused access: the credentials are not accepted, or not for this.
    pub is_denied: bool,
}

impl Diagnostic {
    /// An error about the whole object.
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            summary: redact(&summary.into()).into_owned(),
            detail: redact(&detail.into()).into_owned(),
            path: Path::root(),
            vendor_fields: Vec::new(),
            is_denied: false,
        }
    }

    /// A warning about the whole object.
    pub fn warning(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(summary, detail) }
    }

    /// Sets the path.
    #[must_use]
    pub fn at(mut self, path: Path) -> Self {
        self.path = path;
        self
    }

    /// Adds the paths of the fields that a vendor rejects.
    #[must_use]
    pub fn with_vendor_fields(mut self, fields: Vec<Vec<String>>) -> Self {
        self.vendor_fields = fields;
        self
    }
}

/// Messages in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// No messages.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one message.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds an error at a path.
    pub fn error(&mut self, path: Path, summary: impl Into<String>, detail: impl Into<String>) {
        self.push(Diagnostic::error(summary, detail).at(path));
    }

    /// Adds a warning at a path.
    pub fn warn(&mut self, path: Path, summary: impl Into<String>, detail: impl Into<String>) {
        self.push(Diagnostic::warning(summary, detail).at(path));
    }

    /// Appends the messages of another operation.
    pub fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether any of them is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The messages in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// The errors among them.
    pub fn into_errors(self) -> impl Iterator<Item = Diagnostic> {
        self.0.into_iter().filter(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// The details of all messages as one text, one line each.
    pub fn details(&self) -> String {
        self.0.iter().map(|diagnostic| diagnostic.detail.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// `Err(self)` if any message is an error, else `Ok(())`, which drops the warnings.
    pub fn into_result(self) -> Result<(), Self> {
        if self.has_errors() { Err(self) } else { Ok(()) }
    }
}

/// The summary, and the detail on the next line.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.summary, self.detail)
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(diagnostics: I) -> Self {
        Self(diagnostics.into_iter().collect())
    }
}

impl<'d> IntoIterator for &'d Diagnostics {
    type Item = &'d Diagnostic;
    type IntoIter = std::slice::Iter<'d, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::summary;

    #[test]
    fn a_summary_has_the_name_and_at_most_60_characters() {
        assert_eq!(summary("Destroy forgets the weights", "", ""), "Destroy forgets the weights");
        assert_eq!(summary("The weights", "client-7", "are gone"), "The weights \"client-7\" are gone");
        let long = |end: &str| summary("The webhook", &format!("{}{end}", "x".repeat(100)), "is gone");
        assert_eq!(long("a").chars().count(), 60, "{}", long("a"));
        assert_ne!(long("a"), long("b"));
        assert_eq!(summary(&"y".repeat(58), "name", ""), "y".repeat(58));
    }
}
