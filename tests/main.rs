//! The whole acceptance suite.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is how a test fails")]

mod generated;
mod sandbox;
mod support;
