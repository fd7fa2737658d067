//! The vendors: a folder each.
//!
//! A vendor's folder has its part of the provider block (`mod.rs`), its client, which knows no Terraform, and one file for
//! each kind of object. A vendor imports no other vendor; what two of them need is in [`shared`].

pub mod didit;
pub mod fiven;
pub mod onekosmos;
mod shared;
pub mod vult;
pub mod xident;

pub(crate) use shared::config::provider_attributes;
