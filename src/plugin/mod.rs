//! A go-plugin server, which Terraform starts as a child process and calls over gRPC.
//!
//! It has the handshake on standard output, mutual TLS, the services that go-plugin expects, log lines on standard error,
//! crash reports, signals, and the debug mode. It serves the routes that it is given. It knows neither `tfplugin6` nor
//! vendors, and only environment variables of Terraform. It imports nothing else of the crate.
//!
//! Nothing is printed before the socket accepts connections. Nothing is built before Terraform's cookie was found, since a
//! run of Terraform starts several such processes and waits for each of them.

mod announcement;
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
pub use server::{Application, run};
