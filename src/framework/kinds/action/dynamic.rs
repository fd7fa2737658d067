//! An action without its types.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;

use crate::framework::clients::Clients;
use crate::framework::diagnostics::Diagnostics;
use crate::framework::schema::Schema;
use crate::framework::value::Value;

/// An action as the protocol layer drives it. Implemented for every [`Action`](super::Action).
#[async_trait]
pub trait DynAction: Send + Sync {
    /// The type's name after the provider's prefix.
    fn name(&self) -> &'static str;
    /// The vendor's name, which is its attribute in the provider block.
    fn vendor(&self) -> &'static str;
    /// The schema.
    fn schema(&self) -> &Schema;
    /// Reads a value as the model and writes it again. A test compares: the value changes where model and schema differ.
    fn round_trip(&self, value: Value) -> Result<Value, Diagnostics>;
    /// Returns every mistake in a configuration.
    fn validate(&self, config: &Value) -> Diagnostics;
    /// Warns of what the user should know before the action runs.
    fn plan(&self, config: Value) -> Diagnostics;
    /// Performs the action. Progress goes to `progress`, which is closed at the end.
    async fn invoke(
        &self,
        config: Value,
        clients: Arc<Clients>,
        progress: mpsc::UnboundedSender<String>,
    ) -> Diagnostics;
}
