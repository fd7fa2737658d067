//! Actions: something that is done once, when the user says so, and leaves no state.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::check;
use super::diagnostics::Diagnostics;
use super::field_errors;
use super::model::{self, Model};
use super::panics::catch_panic;
use super::provider::{Client, Clients};
use super::schema::Schema;
use super::value::Value;

/// Something that a vendor does on request.
#[async_trait]
pub trait Action: Send + Sync + 'static {
    /// The vendor's client.
    type Client: Client;
    /// Its attributes.
    type Model: Model;

    /// The type's name after the provider's prefix: `vult_delete_session`.
    const NAME: &'static str;

    /// Its attributes, with descriptions and rules.
    fn schema(&self) -> Schema;

    /// What the user should know before it is done, such as that it cannot be undone.
    fn plan(&self, config: &Self::Model) -> Diagnostics;

    /// Does it, and tells how it goes.
    async fn invoke(&self, client: &Self::Client, config: Self::Model, progress: &Progress) -> Result<(), Diagnostics>;
}

/// Where an action tells the user how it goes.
pub struct Progress(mpsc::UnboundedSender<String>);

impl Progress {
    /// A line that is shown at once. No secrets.
    pub fn say(&self, message: impl Into<String>) {
        // A user who has gone misses nothing: the action goes on.
        let _ = self.0.send(message.into());
    }
}

/// An action without its types, as the protocol layer drives it. Implemented for every [`Action`].
#[async_trait]
pub trait DynAction: Send + Sync {
    /// The type's name after the provider's prefix.
    fn name(&self) -> &'static str;
    /// The vendor's name, which is its attribute in the provider block.
    fn vendor(&self) -> &'static str;
    /// The schema.
    fn schema(&self) -> &Schema;
    /// What the model keeps of a value: all of it where model and schema agree, which a test over all objects holds.
    fn round_trip(&self, value: Value) -> Result<Value, Diagnostics>;
    /// Every mistake in a configuration.
    fn validate(&self, config: &Value) -> Diagnostics;
    /// What the user should know before it is done.
    fn plan(&self, config: Value) -> Diagnostics;
    /// Does it. Messages go to `progress`, which is closed at the end.
    async fn invoke(
        &self,
        config: Value,
        clients: Arc<Clients>,
        progress: mpsc::UnboundedSender<String>,
    ) -> Diagnostics;
}

/// An action with its schema built once.
struct ActionAdapter<A> {
    action: A,
    schema: Schema,
}

/// Makes an action usable behind `dyn`.
pub fn erase<A: Action>(action: A) -> Arc<dyn DynAction> {
    Arc::new(ActionAdapter { schema: action.schema(), action })
}

#[async_trait]
impl<A: Action> DynAction for ActionAdapter<A> {
    fn name(&self) -> &'static str {
        A::NAME
    }

    fn vendor(&self) -> &'static str {
        A::Client::VENDOR
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn round_trip(&self, value: Value) -> Result<Value, Diagnostics> {
        model::round_trip::<A::Model>(value)
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        check::rules(&self.schema, config)
    }

    fn plan(&self, config: Value) -> Diagnostics {
        model::decode(config).map_or_else(|misfit| misfit, |model| self.action.plan(&model))
    }

    async fn invoke(
        &self,
        config: Value,
        clients: Arc<Clients>,
        progress: mpsc::UnboundedSender<String>,
    ) -> Diagnostics {
        let progress = Progress(progress);
        let invoked = async {
            let client = clients.get::<A::Client>()?;
            self.action.invoke(&client, model::decode(config)?, &progress).await
        };
        field_errors::locate(&self.schema, catch_panic(invoked).await.err().unwrap_or_default())
    }
}
