//! Terraform's plugin protocol, version 6.11, over the framework.
//!
//! `generated` is the wire, `convert` translates single values, `rpc` has one file for each family of calls, and
//! [`Service`] ties them to tonic. `schema_json` is the form that tools read without a server. This layer knows the
//! framework and no vendor; what core demands of an answer's content is the framework's business, what it demands of the
//! wire is settled here. A failure of ours, even a panic, reaches the user as a diagnostic and never as a broken call.

mod convert;
pub mod generated;
mod rpc;
pub mod schema_json;
mod service;
#[cfg(test)]
mod tests;

pub use service::Service;

/// The major version of the protocol that go-plugin negotiates.
pub const VERSION: u32 = 6;
