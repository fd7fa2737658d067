//! From a failed request to what a user reads.

use crate::framework::{Diagnostic, Diagnostics};
use crate::http::Error;

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        Self::error(error.summary(), error.detail())
    }
}

impl From<Error> for Diagnostics {
    fn from(error: Error) -> Self {
        Diagnostic::from(error).into()
    }
}
