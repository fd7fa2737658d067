//! The kinds of objects that a provider offers, one folder each.
//!
//! A folder has the trait that an object implements with typed models (`mod.rs`), its form without types that the protocol
//! layer and the commands drive (`dynamic.rs`), and the adapter that makes the one into the other and does whatever Terraform
//! core requires of every object (`adapter.rs`). A function has no model, so its trait is used behind `dyn` as it is.

pub mod action;
pub mod data_source;
pub mod ephemeral;
pub mod function;
pub mod list;
pub mod resource;
