//! Everything about a vendor is in its folder; this is the only list of them.

//K
pub mod vult;

use crate::sandbox;

/// The stand-ins that the sandbox serves, in the order of their ports.
pub static SANDBOXES: &[sandbox::Vendor] = &[vult::sandbox::VENDOR];
