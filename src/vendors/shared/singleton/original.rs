//! The original: the values that the vendor had when Terraform adopted the settings. Private state keeps it.

use serde_json::Value as Json;

use super::{Fields, Singleton};
use crate::framework::{Diagnostics, Private};

/// The key in private state. Its value is null if the vendor had no settings.
const ORIGINAL: &str = "original";

/// The original as far as it is known.
#[derive(Debug)]
pub(super) enum Original {
    /// These values.
    Fields(Fields),
    /// The vendor had none.
    Nothing,
    /// It was not kept, or it was lost.
    Unknown,
}

impl Original {
    /// Reads the original from private state.
    pub(super) fn of<S: Singleton>(private: &Private) -> Self {
        match private.get(ORIGINAL) {
            None => Self::Unknown,
            Some(Json::Null) => Self::Nothing,
            Some(original) => S::from_private(original).map_or(Self::Unknown, Self::Fields),
        }
    }
}

/// Keeps the original in private state. `None` means that the vendor has no settings.
pub(super) fn keep<S: Singleton>(private: &mut Private, fields: Option<&Fields>) -> Result<(), Diagnostics> {
    let original = fields.map(S::to_private).transpose()?;
    private.set(ORIGINAL, &original.unwrap_or(Json::Null))
}
