//! Terraform's plugin protocol, version 6.11, over the framework.
//!
//! `generated` is the wire, `convert` converts single values, `rpc` has one file for each family of calls, and [`Service`]
//! connects them to tonic. `schema_json` is the form that tools read without a server. This layer knows the framework and no
//! vendor. The framework ensures what core requires of the content of a response, this layer what it requires of the wire. A
//! failure of the provider, even a panic, becomes a diagnostic and never a failed call.

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
