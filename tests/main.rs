//! The whole acceptance suite.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is how a test fails")]
#![allow(clippy::needless_raw_string_hashes, reason = "UPDATE_EXPECT=1 writes goldens with them")]
#![allow(clippy::print_stderr, reason = "a failed test prints what Terraform said")]

mod actions;
mod adapting;
mod architecture;
mod changes;
mod chaos;
mod contract;
mod contract_fields;
mod docs;
mod doctor;
mod ephemeral;
mod examples;
mod export;
mod fleet;
mod functions;
mod fuzz;
mod generated;
mod install;
mod lifecycle;
mod lint;
mod mistakes;
mod models;
mod moved;
mod mutual_tls;
mod openapi;
mod pipelines;
mod process;
mod proxies;
mod recording;
mod repeated_secrets;
mod replay;
mod sandbox;
mod schema;
mod schema_json;
mod secrets;
mod semantics;
mod shells;
mod support;
mod versions;
mod workflows;
