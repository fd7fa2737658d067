//! What an object's author sees of Terraform: schemas, values, diagnostics, and one trait per kind of object.
//!
//! The framework knows the rules that Terraform core enforces on a provider (what may be planned, what must be
//! returned after an apply) and nothing else: no protobuf, no HTTP, no vendor. The protocol layer translates its
//! values to the wire, vendors implement its traits, and both can be tested without the other.

pub mod action;
pub mod attr;
pub mod check;
pub mod config;
pub mod data_source;
pub mod diagnostics;
pub mod environment;
pub mod ephemeral;
mod field_errors;
pub mod function;
pub mod health;
pub mod identity;
pub mod list;
pub mod model;
pub mod moved;
pub mod number;
pub mod panics;
mod parse_import_id;
pub mod path;
pub mod plan;
pub mod private;
pub mod provider;
pub mod resource;
pub mod rules;
pub mod schema;
pub mod secret;
pub mod types;
pub mod value;

pub use action::Action;
pub use attr::Attr;
pub use data_source::DataSource;
pub use diagnostics::{Diagnostic, Diagnostics, Severity};
pub use ephemeral::Ephemeral;
pub use list::{ListSink, Listable};
pub use model::Model;
pub use number::Number;
pub use path::Path;
pub use private::Private;
pub use provider::{Client, Provider, Vendor};
pub use resource::{Change, Context, Resource};
pub use rules::Rule;
pub use schema::{Attribute, Schema};
pub use secret::Secret;
pub use types::Type;
pub use value::Value;
