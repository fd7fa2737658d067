//! Turns the loop of a [`Listable`] into a stream of values.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::{DynList, Item, ListSink, Listable, Listed};
use crate::framework::clients::{Client, Clients};
use crate::framework::diagnostics::{Diagnostic, Diagnostics};
use crate::framework::identity::IdentitySchema;
use crate::framework::panics::catch_panic;
use crate::framework::schema::Schema;
use crate::framework::value::Value;
use crate::framework::{check, model, plan};

/// A list with its schemas, which are built once.
struct ListAdapter<R> {
    resource: R,
    filters: Schema,
    schema: Schema,
    identity: IdentitySchema,
}

/// Makes a list usable behind `dyn`.
pub fn erase<R: Listable>(resource: R) -> Arc<dyn DynList> {
    let (filters, schema, identity) = (resource.filters(), resource.schema(), IdentitySchema::new(resource.identity()));
    Arc::new(ListAdapter { resource, filters, schema, identity })
}

#[async_trait]
impl<R: Listable> DynList for ListAdapter<R> {
    fn name(&self) -> &'static str {
        R::NAME
    }

    fn vendor(&self) -> &'static str {
        R::Client::VENDOR
    }

    fn filters(&self) -> &Schema {
        &self.filters
    }

    fn import_id(&self, state: &Value) -> Result<String, Diagnostics> {
        Ok(self.resource.import_id(&model::decode(state.clone())?))
    }

    fn validate(&self, filter: &Value) -> Diagnostics {
        check::mistakes(&self.filters, filter)
    }

    fn available(&self, clients: &Clients) -> Result<(), Diagnostics> {
        self.client(clients).map(drop)
    }

    fn limit(&self) -> Option<String> {
        self.resource.limit()
    }

    async fn built_in(&self, clients: &Clients) -> Result<Vec<Value>, Diagnostics> {
        let client = self.client(clients)?;
        let models = catch_panic(self.resource.built_in(&client)).await?;
        models.iter().map(|model| model::encode(model).map(Value::without_unknowns)).collect()
    }

    fn list(self: Arc<Self>, filter: Value, clients: &Clients) -> BoxStream<'static, Item> {
        let client = match self.client(clients) {
            Ok(client) => client,
            Err(diagnostics) => return stream::iter([failed(diagnostics)]).boxed(),
        };
        let (sender, receiver) = mpsc::channel(1);
        let (adapter, lister) = (Arc::clone(&self), Arc::clone(&client));
        let listing = async move {
            let mut sink = ListSink { objects: sender, expected: 0, limits: Diagnostics::new() };
            let outcome = catch_panic(self.resource.list(&lister, filter, &mut sink)).await;
            let mut problems = sink.limits;
            problems.append(outcome.err().unwrap_or_default());
            (!problems.is_empty()).then(|| failed(problems))
        };
        let found =
            ReceiverStream::new(receiver).map(move |listed| adapter.item(listed, &client).unwrap_or_else(failed));
        let failure = stream::once(listing).filter_map(std::future::ready);
        // Polls the loop and the channel in turn. The loop waits for each object to be taken, so a failure comes last.
        stream::select(found, failure).boxed()
    }
}

impl<R: Listable> ListAdapter<R> {
    /// The client, if its API has the list.
    fn client(&self, clients: &Clients) -> Result<Arc<R::Client>, Diagnostics> {
        let client = clients.get::<R::Client>()?;
        self.resource.available(&client)?;
        Ok(client)
    }

    fn item(&self, listed: Listed<R::Model>, client: &R::Client) -> Result<Item, Diagnostics> {
        let Listed { display_name, model, expected } = listed;
        let state = plan::with_defaults(&self.schema, check::conform_response(&self.schema, model::encode(&model)?)?);
        let state = state.without_unknowns();
        let identity = self.identity.of_state(&state, Some(&client.tenant_identity()));
        if !self.identity.is_complete(&identity) {
            let detail = format!(
                "\"{display_name}\" lacks an attribute that an import needs. The vendor's response differs from its documentation; \
                 please report it."
            );
            return Err(Diagnostic::error("An object without an identity", detail).into());
        }
        Ok(Item { identity, display_name, state, expected, diagnostics: Diagnostics::new() })
    }
}

/// Errors or warnings in place of an object.
fn failed(diagnostics: Diagnostics) -> Item {
    Item { identity: Value::Null, display_name: String::new(), state: Value::Null, expected: 0, diagnostics }
}
