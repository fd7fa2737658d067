//! OpenAPI documents: reads them, and compares them with what the provider's clients use.
//!
//! A client declares its calls as an [`Api`], beside the code that sends them. VULT's client finds its routes in a [`Document`], and
//! the doctor compares a document with the APIs of a vendor. It knows no vendor, no Terraform and no HTTP.

mod api;
mod compare;
mod document;
mod find;
mod schema;

pub use api::{ALSO_NAMED, ANY_FORM, Api, Call, MAY_BE_ABSENT, MAY_BE_TEXT, NO_OBJECT};
pub use compare::{Comparison, Difference, Impact, Kind, compare};
pub use document::{Document, Operation};
pub use find::{normalized, with_id, without_names};
pub use schema::member_names;
