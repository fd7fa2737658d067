//! Changes, for a person: what a plan changes, how a tenant has drifted, and how two tenants differ.
//!
//! Three commands make [`Changes`] and one engine shows them. [`plan`](report) reads the JSON of a plan, [`drift`](drift::drift)
//! compares a state with the live tenant, [`compare`](compare::compare) two tenants or exports. Each pairs objects; `diff` compares
//! a pair by the schema of its type, `flow` compares workflows of steps, and `render` shows the result. No command writes to a
//! vendor. [`count_verifications`] adds how many verifications the objects of a plan concerned.
//!
//! What a change does to the verification of people (stricter, looser) is declared in the schemas, as
//! [`Effect`](crate::framework::Effect): there is no code for any type here.

mod compare;
mod diff;
mod drift;
mod exported;
mod flow;
mod impact;
mod live;
mod marks;
mod model;
mod object;
mod plan;
mod render;
mod state;

use crate::tenant::FileError;

pub use self::compare::compare;
pub use self::drift::{Scope, drift};
pub use self::impact::count_verifications;
pub use self::model::{Action, Changes, FieldChange, FlowChange, Impact, ObjectChange};
pub use self::plan::report;
pub use self::render::{Format, render};

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be used.
    #[error(transparent)]
    File(#[from] FileError),
    /// No vendor is configured.
    #[error(transparent)]
    NothingConfigured(#[from] crate::framework::clients::NothingConfigured),
    /// Something about the configuration or the vendors.
    #[error("{}", listed(.0))]
    Diagnostics(crate::framework::Diagnostics),
}

fn listed(diagnostics: &crate::framework::Diagnostics) -> String {
    diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n")
}

impl Error {
    fn content(path: &str, problem: impl Into<String>) -> Self {
        FileError::Content { path: path.to_owned(), problem: problem.into() }.into()
    }
}
