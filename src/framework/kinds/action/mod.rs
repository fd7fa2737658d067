//! Actions: operations that a user starts, and that leave no state.

mod adapter;
mod dynamic;

use async_trait::async_trait;
use tokio::sync::mpsc;

use crate::framework::clients::Client;
use crate::framework::diagnostics::Diagnostics;
use crate::framework::model::Model;
use crate::framework::schema::Schema;

pub use adapter::erase;
pub use dynamic::DynAction;

/// An operation that a vendor performs on request.
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

    /// Warns of what the user should know before the action runs, such as that it cannot be undone.
    fn plan(&self, config: &Self::Model) -> Diagnostics;

    /// Performs the action and streams progress to the user.
    async fn invoke(&self, client: &Self::Client, config: Self::Model, progress: &Progress) -> Result<(), Diagnostics>;
}

/// Streams the progress of an action to the user.
pub struct Progress(mpsc::UnboundedSender<String>);

impl Progress {
    /// Progress that is sent to a channel.
    fn new(sender: mpsc::UnboundedSender<String>) -> Self {
        Self(sender)
    }

    /// Shows a line at once. It must not contain a secret.
    pub fn say(&self, message: impl Into<String>) {
        // Without a receiver the action still goes on.
        let _ = self.0.send(message.into());
    }
}
