//! A list without its types.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use crate::framework::clients::Clients;
use crate::framework::diagnostics::Diagnostics;
use crate::framework::schema::Schema;
use crate::framework::value::Value;

/// One object of a list, or the error in its place.
pub struct Item {
    /// The object's identity; null in an item that has only diagnostics.
    pub identity: Value,
    /// Its name for people.
    pub display_name: String,
    /// Its state, as a read after an import would return it; null in an item that has only diagnostics.
    pub state: Value,
    /// How many objects the list has in all; 0 if that is not known.
    pub expected: usize,
    /// Why the object, or the rest of the list, could not be read; or what the list cannot show, which is a warning.
    pub diagnostics: Diagnostics,
}

/// A list as the protocol layer and the commands drive it. Implemented for every [`Listable`](super::Listable).
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
    /// Returns every mistake in the filters.
    fn validate(&self, filter: &Value) -> Diagnostics;
    /// Checks that the configured API has such a list, without a request; the error names the API that has it.
    fn available(&self, clients: &Clients) -> Result<(), Diagnostics>;
    /// What the list can never show, as a sentence.
    fn limit(&self) -> Option<String>;
    /// The states of the objects that are the vendor's own, which no resource can manage but attributes refer to.
    async fn built_in(&self, clients: &Clients) -> Result<Vec<Value>, Diagnostics>;
    /// Lists every object that matches the filters; a failure, or what the list cannot show, is the last item. To stop early, drop the stream.
    fn list(self: Arc<Self>, filter: Value, clients: &Clients) -> BoxStream<'static, Item>;
}
