//! What a vendor implements: its part of the provider block, its client and its objects.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

use super::registration::Registration;
use crate::framework::clients::AnyClient;
use crate::framework::diagnostics::{Diagnostic, Diagnostics};
use crate::framework::schema::Attribute;
use crate::framework::value::{self, Value};
use crate::openapi;
use crate::recording::Recorder;

/// A vendor: its part of the provider block and its objects.
pub trait Vendor: Send + Sync {
    /// The attribute in the provider block, and the middle of each type's name: `vult`.
    fn name(&self) -> &'static str;
    /// The vendor's name as people write it: `VULT`.
    fn title(&self) -> &'static str;
    /// What the attribute configures, in full sentences.
    fn description(&self) -> &'static str;
    /// The attributes inside. The environment variable `IDV_<VENDOR>_<ATTRIBUTE>` supplies each that is not set.
    fn attributes(&self) -> Vec<Attribute>;
    /// Creates the client. `config` has every value that the block or the environment sets, all known.
    ///
    /// Reports all mistakes at once, with paths from the vendor's own object.
    fn connect(&self, config: Value, common: &Common) -> Result<AnyClient, Diagnostics>;
    /// The APIs that its client calls, such as the generations of one, with `settings`, which are the attributes that are
    /// configured. Empty if nothing is declared, so that no document can be compared with it.
    fn apis(&self, _settings: &Value) -> Result<Vec<openapi::Api>, Diagnostics> {
        Ok(Vec::new())
    }
    /// The objects that it offers.
    fn objects(&self) -> Vec<Registration>;
}

/// Every generation of a vendor's API, whichever is configured.
pub fn declared_apis(vendor: &dyn Vendor) -> Vec<openapi::Api> {
    let unset = vendor.attributes().into_iter().map(|attribute| (attribute.name, Value::Null)).collect();
    // Without settings there is no mistake in one.
    vendor.apis(&Value::Map(unset)).unwrap_or_default()
}

/// The settings that all vendors share.
#[derive(Clone, Debug)]
pub struct Common {
    /// The provider's own attributes, all known.
    pub config: Value,
    /// Such as `Terraform/1.15.5 terraform-provider-idv/0.1.0`.
    pub user_agent: String,
    /// Records every exchange, if the run is recorded.
    pub recorder: Option<Arc<Recorder>>,
    /// Cancelled when Terraform asks the provider to stop: a client starts nothing new and finishes what is under way.
    pub stop: CancellationToken,
}

/// Reads a vendor's part of the provider block. The error names the attribute and no value, which may be a credential.
pub fn configuration<T: DeserializeOwned>(vendor: &str, config: Value) -> Result<T, Diagnostic> {
    value::from_value(config).map_err(|error| {
        Diagnostic::error(format!("The configuration of `{vendor}` cannot be used"), error.to_string())
    })
}
