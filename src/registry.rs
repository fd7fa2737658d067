//! The only list of vendors: one line each, with its provider half and its stand-in for the sandbox.
//!
//! The provider's schema, its environment variables, the sandbox's ports, the documentation and the tests that walk every
//! object follow from [`VENDORS`].

use crate::framework::environment::Environment;
use crate::framework::{Provider, Vendor};
use crate::sandbox::{self, StandIn};
use crate::vendors::{self, didit, fiven, onekosmos, vult, xident};

/// A vendor, and its stand-in for the sandbox.
pub type Entry = (&'static dyn Vendor, StandIn);

/// Every vendor, in the order of the provider block and of the sandbox's ports.
pub static VENDORS: &[Entry] = &[
    (&vult::Vult, sandbox::vult::STAND_IN),
    (&onekosmos::OneKosmos, sandbox::onekosmos::STAND_IN),
    (&fiven::Fiven, sandbox::fiven::STAND_IN),
    (&xident::Xident, sandbox::xident::STAND_IN),
    (&didit::Didit, sandbox::didit::STAND_IN),
];

/// The stand-ins that the sandbox serves.
pub fn stand_ins() -> Vec<&'static StandIn> {
    VENDORS.iter().map(|(_, stand_in)| stand_in).collect()
}

/// The provider with every vendor.
pub fn provider(environment: Environment) -> Provider {
    let description = "Manages the admin side of identity-verification vendors. Each vendor is configured by an attribute of \
                       its own; only those whose objects are used need to be.";
    let vendors = VENDORS.iter().map(|(vendor, _)| *vendor).collect();
    let version = env!("CARGO_PKG_VERSION");
    Provider::new("idv", version, description, vendors::provider_attributes(), vendors, environment)
}
