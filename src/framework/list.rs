//! Lists: what a tenant has of a type, for `terraform query` and for the export.
//!
//! A list is one stream, and a page is requested only when the object after the last of the page before is wanted. Whatever
//! cannot be read is an item with an error: a list that is incomplete never looks complete.
//!
//! An implementation writes a loop that pushes objects, since it reads pages inside pages and fails half-way, both of which
//! are a `for` and a `?` in a loop but nested combinators in a stream. The adapter turns the loop into the stream.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::diagnostics::{Diagnostic, Diagnostics};
use super::model;
use super::panics::catch_panic;
use super::provider::{Client, Clients};
use super::resource::Resource;
use super::schema::Schema;
use super::value::Value;
use super::{check, identity, plan};

/// A resource whose objects the vendor can list.
#[async_trait]
pub trait Listable: Resource {
    /// The filters that a list takes, all optional.
    fn filters(&self) -> Schema;

    /// Whether the API that the client is configured for has such a list at all; always, unless a type says otherwise.
    ///
    /// The error says which generation of the API has it. Whoever asks for the list gets that error; an export of whatever
    /// there is goes on without the type and tells of it, since nothing failed.
    fn available(&self, _: &Self::Client) -> Result<(), Diagnostic> {
        Ok(())
    }

    /// Pushes every object that matches, page by page. [`ListSink::push`] waits until the object is taken, and the call is
    /// dropped when no more is wanted.
    ///
    /// An object that vanishes meanwhile is skipped; any other failure is returned.
    async fn list(
        &self,
        client: &Self::Client,
        filter: Value,
        sink: &mut ListSink<Self::Model>,
    ) -> Result<(), Diagnostics>;
}

/// Takes the objects of a list.
pub struct ListSink<M>(mpsc::Sender<(String, M)>);

impl<M> ListSink<M> {
    /// Hands over an object under a name for people, and waits until it is taken.
    pub async fn push(&mut self, display_name: impl Into<String> + Send, model: M) {
        // The stream owns receiver and call, so neither fails while the call runs. The channel holds one object: there is room
        // again when this one is taken.
        let _ = self.0.send((display_name.into(), model)).await;
        let _ = self.0.reserve().await;
    }
}

/// One object of a list for the protocol layer, or why there is none.
pub struct Item {
    /// The object's identity; null with an error.
    pub identity: Value,
    /// Its name for people.
    pub display_name: String,
    /// Its state, as a read after an import would have it.
    pub state: Value,
    /// What went wrong.
    pub diagnostics: Diagnostics,
}

impl Item {
    fn failed(diagnostics: Diagnostics) -> Self {
        Self { identity: Value::Null, display_name: String::new(), state: Value::Null, diagnostics }
    }
}

/// A list without its types, as the protocol layer and the export drive it. Implemented for every [`Listable`].
#[async_trait]
pub trait DynList: Send + Sync {
    /// The type's name after the provider's prefix.
    fn name(&self) -> &'static str;
    /// The vendor's name, which is its attribute in the provider block.
    fn vendor(&self) -> &'static str;
    /// The schema of the filters.
    fn filters(&self) -> &Schema;
    /// The id by which a state is imported.
    fn import_id(&self, state: &Value) -> Result<String, Diagnostics>;
    /// Every mistake in the filters.
    fn validate(&self, filter: &Value) -> Diagnostics;
    /// Whether the API that is configured has such a list; the error says which has. Asks the vendor nothing.
    fn available(&self, clients: &Clients) -> Result<(), Diagnostics>;
    /// Lists every object that matches the filters; a failure is the last item. To stop early, drop the stream.
    fn list(self: Arc<Self>, filter: Value, clients: &Clients) -> BoxStream<'static, Item>;
}

/// A list with its schemas built once.
struct ListAdapter<R> {
    resource: R,
    filters: Schema,
    schema: Schema,
    identity: Vec<identity::IdentityAttribute>,
}

/// Makes a list usable behind `dyn`.
pub fn erase<R: Listable>(resource: R) -> Arc<dyn DynList> {
    let (filters, schema, identity) = (resource.filters(), resource.schema(), resource.identity());
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
        check::rules(&self.filters, filter)
    }

    fn available(&self, clients: &Clients) -> Result<(), Diagnostics> {
        self.client(clients).map(drop)
    }

    fn list(self: Arc<Self>, filter: Value, clients: &Clients) -> BoxStream<'static, Item> {
        let client = match self.client(clients) {
            Ok(client) => client,
            Err(diagnostics) => return stream::iter([Item::failed(diagnostics)]).boxed(),
        };
        let (sender, receiver) = mpsc::channel(1);
        let (adapter, lister) = (Arc::clone(&self), Arc::clone(&client));
        let listing = async move {
            let mut sink = ListSink(sender);
            catch_panic(self.resource.list(&lister, filter, &mut sink)).await.err().map(Item::failed)
        };
        let found = ReceiverStream::new(receiver)
            .map(move |(display_name, model)| adapter.item(display_name, &model, &client).unwrap_or_else(Item::failed));
        let failure = stream::once(listing).filter_map(std::future::ready);
        stream::select(found, failure).boxed()
    }
}

impl<R: Listable> ListAdapter<R> {
    /// The client, if it can list.
    fn client(&self, clients: &Clients) -> Result<Arc<R::Client>, Diagnostics> {
        let client = clients.get::<R::Client>()?;
        self.resource.available(&client)?;
        Ok(client)
    }

    fn item(&self, display_name: String, model: &R::Model, client: &R::Client) -> Result<Item, Diagnostics> {
        let state = plan::with_defaults(&self.schema, check::conform_response(&self.schema, model::encode(model)?)?);
        let state = state.without_unknowns();
        let identity = identity::of_state(&self.identity, &state, Some(&client.tenant_identity()));
        if !identity::is_complete(&self.identity, &identity) {
            let detail = format!(
                "\"{display_name}\" lacks a part by which it could be imported. The vendor's answer differs from its documentation; \
                 please report it."
            );
            return Err(Diagnostic::error("An object without an identity", detail).into());
        }
        Ok(Item { identity, display_name, state, diagnostics: Diagnostics::new() })
    }
}
