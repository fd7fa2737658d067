//! The vendors: a folder each, and the only list of them.
//!
//! A vendor's folder has its part of the provider block (`mod.rs`), its client, which knows no Terraform, one file for
//! each kind of object, and its stand-in for the sandbox, which shares no type with the client. Vendors do not know each
//! other; what they share is in the files beside this one.

mod access_token;
mod claims;
mod common;
pub mod didit;
mod errors;
mod examination;
pub mod fiven;
mod import_id;
mod look;
pub mod onekosmos;
mod original;
mod takeovers;
pub mod vult;
pub mod xident;

use crate::framework::environment::Environment;
use crate::framework::{Provider, Vendor};
use crate::sandbox;

/// A vendor, and who stands in for it.
pub type Entry = (&'static dyn Vendor, sandbox::Vendor);

/// Every vendor, in the order of the sandbox's ports.
pub static VENDORS: &[Entry] = &[
    (&vult::Vult, vult::sandbox::VENDOR),
    (&onekosmos::OneKosmos, onekosmos::sandbox::VENDOR),
    (&fiven::Fiven, fiven::sandbox::VENDOR),
    (&xident::Xident, xident::sandbox::VENDOR),
    (&didit::Didit, didit::sandbox::VENDOR),
];

/// The stand-ins that the sandbox serves.
pub fn sandboxes() -> Vec<&'static sandbox::Vendor> {
    VENDORS.iter().map(|(_, sandbox)| sandbox).collect()
}

/// The provider with every vendor.
pub fn provider(environment: Environment) -> Provider {
    let description = "Manages the admin side of identity-verification vendors. Each vendor is configured by an attribute of \
                       its own; only those whose objects are used need to be.";
    let vendors = VENDORS.iter().map(|(vendor, _)| *vendor).collect();
    Provider::new("idv", env!("CARGO_PKG_VERSION"), description, common::attributes(), vendors, environment)
}
