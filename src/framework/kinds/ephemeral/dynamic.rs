//! An ephemeral resource without its types.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::framework::clients::Clients;
use crate::framework::diagnostics::Diagnostics;
use crate::framework::private::Private;
use crate::framework::schema::Schema;
use crate::framework::value::Value;

/// The result of an open, for the protocol layer.
#[derive(Default)]
pub struct OpenResponse {
    /// The values; null with errors.
    pub result: Value,
    /// What renewals and the close need.
    pub private: Private,
    /// When to renew.
    pub renew_at: Option<Timestamp>,
    /// Warnings and errors.
    pub diagnostics: Diagnostics,
}

/// An ephemeral resource as the protocol layer drives it. Implemented for every [`Ephemeral`](super::Ephemeral).
#[async_trait]
pub trait DynEphemeral: Send + Sync {
    /// The type's name after the provider's prefix.
    fn name(&self) -> &'static str;
    /// The vendor's name, which is its attribute in the provider block.
    fn vendor(&self) -> &'static str;
    /// The schema.
    fn schema(&self) -> &Schema;
    /// Reads a value as the model and writes it again. A test compares: the value changes where model and schema differ.
    fn round_trip(&self, value: Value) -> Result<Value, Diagnostics>;
    /// Returns every mistake in a configuration.
    fn validate(&self, config: Value) -> Diagnostics;
    /// Opens it.
    async fn open(&self, config: Value, clients: &Clients) -> OpenResponse;
    /// Renews it. Returns the private state and when to renew again.
    async fn renew(&self, private: Private, clients: &Clients) -> Result<(Private, Option<Timestamp>), Diagnostics>;
    /// Releases it.
    async fn close(&self, private: Private, clients: &Clients) -> Result<(), Diagnostics>;
}
