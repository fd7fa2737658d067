//! Errors that only an apply reports: its plan has them as warnings.
//!
//! A pipeline that looks for drift has no secrets. Its plan has to show the change although an apply could not make it. So the
//! planned private state keeps the errors, and the apply fails with them. In a replacement also the destroy reads them: it comes
//! first, and an object that cannot be created again must not be destroyed.

use serde::{Deserialize, Serialize};

use crate::framework::diagnostics::{Diagnostic, Diagnostics, Severity};
use crate::framework::private::Private;

/// The key in planned private state. State never has it.
const APPLY_ERRORS: &str = "apply_errors";

#[derive(Serialize, Deserialize)]
struct Kept {
    summary: String,
    detail: String,
}

/// Keeps the errors for the apply, and returns them as the warnings of the plan.
pub(super) fn postpone(errors: Diagnostics, private: &mut Private) -> Result<Diagnostics, Diagnostics> {
    private.remove(APPLY_ERRORS);
    if !errors.is_empty() {
        let kept = |error: &Diagnostic| Kept { summary: error.summary.clone(), detail: error.detail.clone() };
        private.set(APPLY_ERRORS, &errors.iter().map(kept).collect::<Vec<_>>())?;
    }
    Ok(errors.into_iter().map(|error| Diagnostic { severity: Severity::Warning, ..error }).collect())
}

/// Takes the errors of a plan out of its private state.
pub(super) fn take(private: &mut Private) -> Result<(), Diagnostics> {
    let kept: Vec<Kept> = private.get(APPLY_ERRORS).unwrap_or_default();
    private.remove(APPLY_ERRORS);
    let errors: Diagnostics = kept.into_iter().map(|kept| Diagnostic::error(kept.summary, kept.detail)).collect();
    errors.into_result()
}
