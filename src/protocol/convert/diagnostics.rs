//! Diagnostics and attribute paths on the wire.

use crate::framework::path::{Path, Step};
use crate::framework::{Diagnostic, Diagnostics, Severity};
use crate::protocol::generated::tfplugin6 as wire;

/// All diagnostics, in order.
pub(crate) fn encode(diagnostics: Diagnostics) -> Vec<wire::Diagnostic> {
    diagnostics.into_iter().map(one).collect()
}

fn one(diagnostic: Diagnostic) -> wire::Diagnostic {
    let severity = match diagnostic.severity {
        Severity::Error => wire::diagnostic::Severity::Error,
        Severity::Warning => wire::diagnostic::Severity::Warning,
    };
    wire::Diagnostic {
        severity: severity.into(),
        summary: diagnostic.summary,
        detail: diagnostic.detail,
        attribute: (!diagnostic.path.is_root()).then(|| path(&diagnostic.path)),
    }
}

/// A path.
pub(crate) fn path(path: &Path) -> wire::AttributePath {
    use wire::attribute_path::step::Selector;
    let steps = path.steps().iter().map(|step| {
        let selector = match step {
            Step::Attribute(name) => Selector::AttributeName(name.clone()),
            Step::Key(key) => Selector::ElementKeyString(key.clone()),
            Step::Index(index) => Selector::ElementKeyInt(i64::try_from(*index).unwrap_or(i64::MAX)),
        };
        wire::attribute_path::Step { selector: Some(selector) }
    });
    wire::AttributePath { steps: steps.collect() }
}
