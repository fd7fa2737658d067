//! Didit: webhook destinations, workflows, questionnaires, lists and the look of verification pages.

pub mod sandbox;

use crate::framework::provider::{AnyClient, Common, Object};
use crate::framework::{Attribute, Diagnostic, Diagnostics, Value, Vendor};

/// The vendor.
pub struct Didit;

impl Vendor for Didit {
    fn name(&self) -> &'static str {
        "didit"
    }

    fn title(&self) -> &'static str {
        "Didit"
    }

    fn description(&self) -> &'static str {
        "Didit. Needed by every type that begins with `idv_didit_`."
    }

    fn attributes(&self) -> Vec<Attribute> {
        Vec::new()
    }

    fn connect(&self, _: Value, _: &Common) -> Result<AnyClient, Diagnostics> {
        Err(Diagnostic::error("Didit has no objects yet", "Remove `didit` from the provider block.").into())
    }

    fn objects(&self) -> Vec<Object> {
        Vec::new()
    }
}
