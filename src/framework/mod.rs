//! What the author of an object uses of Terraform: schemas, values, diagnostics, and one trait for each kind of object.
//!
//! The framework knows the rules that Terraform core enforces on a provider (what may be planned, what must be
//! returned after an apply) and nothing else: no protobuf, no HTTP, no vendor. The protocol layer translates its
//! values to the wire, vendors implement its traits, and both can be tested without the other.

pub mod attr;
pub mod check;
mod claims;
pub mod clients;
pub mod config;
pub mod diagnostics;
pub mod effect;
pub mod environment;
mod field_errors;
pub mod flow;
pub mod health;
pub mod identity;
pub mod impact;
pub mod kinds;
pub mod model;
pub mod moved;
pub mod number;
pub mod panics;
pub mod path;
pub mod plan;
pub mod private;
pub mod provider;
pub mod rules;
pub mod schema;
pub mod secret;
pub mod spelling;
mod tenant;
pub mod types;
pub mod value;
mod variables;

pub use crate::secret::{Secret, age};
pub use attr::Attr;
pub use claims::Claim;
pub use clients::Client;
pub use diagnostics::{Diagnostic, Diagnostics, Severity, summary};
pub use effect::{Direction, Effect};
pub use kinds::action::{self, Action};
pub use kinds::data_source::{self, DataSource};
pub use kinds::ephemeral::{self, Ephemeral};
pub use kinds::function::{self, Function};
pub use kinds::list::{self, ListSink, Listable};
pub use kinds::resource::{self, Change, Context, Resource};
pub use model::Model;
pub use number::Number;
pub use path::Path;
pub use private::Private;
pub use provider::{Provider, Vendor};
pub use rules::Rule;
pub use schema::{Attribute, Schema};
pub use spelling::Spelling;
pub use types::Type;
pub use value::Value;
