//! A server of go-plugin: what Terraform starts as a child process and speaks gRPC with.
//!
//! Handshake on standard output, mutual TLS, the services that go-plugin expects beside a plugin's own, log lines on
//! standard error, crashes, signals, and the mode for debuggers. It serves whatever routes it is given and knows neither
//! `tfplugin6` nor vendors; of Terraform it knows the names of environment variables. It imports nothing else of the crate.
//!
//! The order is a promise: nothing is printed before the socket accepts, and nothing is built before Terraform's cookie
//! was found, since a run of Terraform starts several such processes and waits for each of them.

mod environment;
mod error;
mod generated;
mod handshake;
pub mod hclog;
mod host;
mod listener;
pub mod panic;
mod reattach;
mod server;
mod services;
mod signals;
#[cfg(test)]
mod tests;
mod tls;

pub use environment::{Lookup, process_environment};
pub use error::Error;
pub use handshake::Handshake;
pub use reattach::serve_debug;
pub use server::serve;
