//! Placeholder.

pub mod generated;
