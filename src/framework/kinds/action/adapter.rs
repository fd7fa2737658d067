//! Drives an [`Action`] with values in place of its model.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::{Action, DynAction, Progress};
use crate::framework::clients::{Client, Clients};
use crate::framework::diagnostics::Diagnostics;
use crate::framework::panics::catch_panic;
use crate::framework::schema::Schema;
use crate::framework::value::Value;
use crate::framework::{check, field_errors, model};

/// An action with its schema, which is built once.
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
        let mut diagnostics = check::mistakes(&self.schema, config);
        diagnostics.append(check::deprecated_type(A::NAME, &self.schema));
        diagnostics
    }

    fn plan(&self, config: Value) -> Diagnostics {
        model::decode(config).map_or_else(|mismatch| mismatch, |model| self.action.plan(&model))
    }

    async fn invoke(
        &self,
        config: Value,
        clients: Arc<Clients>,
        progress: mpsc::UnboundedSender<String>,
    ) -> Diagnostics {
        let progress = Progress::new(progress);
        let invoked = async {
            let client = clients.get::<A::Client>()?;
            self.action.invoke(&client, model::decode(config)?, &progress).await
        };
        field_errors::locate(&self.schema, catch_panic(invoked).await.err().unwrap_or_default())
    }
}
