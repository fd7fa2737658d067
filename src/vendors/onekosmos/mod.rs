//! 1Kosmos' ID Proofing API.

pub mod sandbox;

use crate::framework::provider::{AnyClient, Common, Object};
use crate::framework::{Attribute, Diagnostics, Value, Vendor};

/// The vendor.
pub struct OneKosmos;

impl Vendor for OneKosmos {
    fn name(&self) -> &'static str {
        "onekosmos"
    }
    fn title(&self) -> &'static str {
        "1Kosmos"
    }
    fn description(&self) -> &'static str {
        "d."
    }
    fn attributes(&self) -> Vec<Attribute> {
        vec![]
    }
    fn connect(&self, _: Value, _: &Common) -> Result<AnyClient, Diagnostics> {
        Err(Diagnostics::new())
    }
    fn objects(&self) -> Vec<Object> {
        vec![]
    }
}
