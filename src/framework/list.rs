//! Lists: what a tenant has of a type, for `terraform query` and for the export.
//!
//! A list offers objects one by one and stops when nobody wants more, so that no page is read in vain. What it cannot
//! read it reports: a list that is not complete never looks as if it were.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::diagnostics::{Diagnostic, Diagnostics};
use super::model;
use super::provider::{Client, Clients};
use super::resource::{self, Resource};
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

    /// Offers every object that matches, page after page, until [`Found::offer`] says that it is enough.
    ///
    /// An object that vanishes meanwhile is skipped; any other failure is returned.
    async fn list(
        &self,
        client: &Self::Client,
        filter: Value,
        sink: &mut ListSink<Self::Model>,
    ) -> Result<(), Diagnostics>;
}

/// Where a list puts what it finds.
pub struct ListSink<M> {
    sender: mpsc::Sender<(String, M)>,
    left: Option<u64>,
}

impl<M> ListSink<M> {
    /// Offers an object under a name for people; `false` when no more is wanted.
    pub async fn push(&mut self, display_name: impl Into<String> + Send, model: M) -> bool {
        if self.left == Some(0) || self.sender.send((display_name.into(), model)).await.is_err() {
            return false;
        }
        self.left = self.left.map(|left| left - 1);
        self.left != Some(0)
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
    /// Lists; at most `limit` objects if it is given. Each object or failure goes to `items`; when nobody takes them any
    /// more, the list ends.
    async fn list(&self, filter: Value, limit: Option<u64>, clients: Arc<Clients>, items: mpsc::Sender<Item>);
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

    async fn list(&self, filter: Value, limit: Option<u64>, clients: Arc<Clients>, items: mpsc::Sender<Item>) {
        let client = match self.client(&clients) {
            Ok(client) => client,
            Err(diagnostics) => return drop(items.send(Item::failed(diagnostics)).await),
        };
        // One object under way: a page is asked for only when the one before it is used up.
        let (sender, mut receiver) = mpsc::channel(1);
        let mut sink = ListSink { sender, left: limit };
        let listing = async {
            let result = resource::catch_panic(self.resource.list(&client, filter, &mut sink)).await;
            drop(sink);
            result
        };
        let passing_on = async {
            while let Some((display_name, model)) = receiver.recv().await {
                let item = self.item(display_name, &model, &client).unwrap_or_else(Item::failed);
                if items.send(item).await.is_err() {
                    break;
                }
            }
            // Closed, so that the list sees that nobody takes more.
            drop(receiver);
        };
        let (result, ()) = tokio::join!(listing, passing_on);
        if let Err(diagnostics) = result {
            // A client that has gone has no use for it.
            let _ = items.send(Item::failed(diagnostics)).await;
        }
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
