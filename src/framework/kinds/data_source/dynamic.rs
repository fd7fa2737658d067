//! A data source without its types.

use async_trait::async_trait;

use crate::framework::clients::Clients;
use crate::framework::diagnostics::Diagnostics;
use crate::framework::schema::Schema;
use crate::framework::value::Value;

/// A data source as the protocol layer drives it. Implemented for every [`DataSource`](super::DataSource).
#[async_trait]
pub trait DynDataSource: Send + Sync {
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
    /// Reads it. Returns the state, or null with errors; and the warnings in both cases.
    async fn read(&self, config: Value, clients: &Clients) -> (Value, Diagnostics);
}
