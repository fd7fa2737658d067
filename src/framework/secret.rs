//! The three attributes of a secret that is sent to a vendor: `X`, `X_wo` and `X_wo_version`.
//!
//! `X_wo` is write-only: it is stored in neither plan nor state. Terraform and OpenTofu support that from 1.11; `X` is for earlier
//! versions and is stored in state as a sensitive value. Exactly one of the two is set. Terraform cannot see a write-only
//! value change, so a change of `X_wo_version` sends it.

use super::attr::Attr;
use super::diagnostics::{Diagnostic, Diagnostics, summary};
use super::path::Path;
use super::schema::Attribute;
use crate::secret::Secret;

/// The three attributes of a secret. `what` is a sentence about it, such as "The secret key of the access key."
pub fn attributes(name: &str, what: &str) -> [Attribute; 3] {
    let (wo, version) = (format!("{name}_wo"), format!("{name}_wo_version"));
    [
        Attribute::string(name).optional().sensitive().describe(format!(
            "{what} It is kept in state as a sensitive value. With Terraform or OpenTofu 1.11 or later set `{wo}` instead, which is \
             kept nowhere; exactly one of the two is set."
        )),
        Attribute::string(&wo).optional().sensitive().write_only().describe(format!(
            "{what} It is sent to the vendor and kept neither in plan nor in state. A new value is sent when `{version}` changes, \
             or with any other change of the object."
        )),
        Attribute::string(&version).optional().describe(format!(
            "Any text that you change when `{wo}` has a new value, such as a date: Terraform cannot see a write-only value change."
        )),
    ]
}

/// Checks that at most one of the two is set, and that a version does not come with the plain value. An unknown value may turn
/// out to be null.
///
/// A version with neither is no mistake: a pipeline that looks for drift has no secrets.
pub fn check(
    name: &str,
    plain: &Attr<Secret>,
    write_only: &Attr<Secret>,
    version: &Attr<String>,
    path: &Path,
    diagnostics: &mut Diagnostics,
) {
    let wo = format!("{name}_wo");
    if plain.known().is_some() && write_only.known().is_some() {
        let detail = format!("`{path}` sets both. Keep `{wo}`, which leaves no trace in state, and remove `{name}`.");
        diagnostics.error(path.attribute(name), format!("`{name}` and `{wo}` exclude each other"), detail);
    }
    if version.known().is_some() && write_only.is_null() && plain.known().is_some() {
        let detail = format!(
            "`{name}_wo_version` says when to send `{wo}`, and the configuration sets `{name}`. Set `{wo}` in its place, or remove \
             the version."
        );
        diagnostics.error(path.attribute(format!("{name}_wo_version")), format!("A version without `{wo}`"), detail);
    }
}

/// The error of an apply if a secret that has to be sent is missing: for a create or a change. An imported object needs none
/// until then, because the vendor has it. `kind` and `label` name the object, such as `the bucket` and its name.
pub fn missing(name: &str, path: &Path, kind: &str, label: &str) -> Diagnostic {
    let detail = format!(
        "To create or change {kind}, the vendor needs `{name}`, and the configuration sets neither `{wo}` nor `{name}`. The plan shows \
         the change, and an apply fails. Set `{wo}`, or `{name}` on a Terraform before 1.11.",
        wo = path.attribute(format!("{name}_wo")),
    );
    Diagnostic::error(summary(&format!("`{name}` is missing for {kind}"), label, ""), detail).at(path.attribute(name))
}

/// The secret to send: the one of the two that the configuration sets.
pub fn chosen<'s>(plain: &'s Attr<Secret>, write_only: &'s Attr<Secret>) -> Option<&'s Secret> {
    write_only.known().or(plain.known())
}
