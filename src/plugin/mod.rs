//! Placeholder.

mod generated;
