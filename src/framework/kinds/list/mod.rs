//! Lists: the objects of a type that a tenant has, for `terraform query` and for the export.
//!
//! A list is one stream, and a page is requested only when the object after the last of the page before is wanted. Whatever
//! cannot be read is an item with an error: a list that is incomplete never looks complete.
//!
//! An implementation writes a loop that pushes objects, since it reads pages inside pages and fails half-way, both of which
//! are a `for` and a `?` in a loop but nested combinators in a stream. The adapter turns the loop into the stream.

mod adapter;
mod dynamic;
mod found;

use async_trait::async_trait;
use tokio::sync::mpsc;

use crate::framework::diagnostics::{Diagnostic, Diagnostics};
use crate::framework::kinds::resource::Resource;
use crate::framework::schema::Schema;
use crate::framework::value::Value;

pub use adapter::erase;
pub use dynamic::{DynList, Item};
pub use found::{Found, all};

/// A resource whose objects the vendor can list.
#[async_trait]
pub trait Listable: Resource {
    /// The filters that a list takes, all optional.
    fn filters(&self) -> Schema;

    /// Checks that the API that the client is configured for has such a list. The default accepts every client.
    ///
    /// The error names the generation of the API that has it. A query returns that error; an export reports it and goes on
    /// without the type, since nothing failed.
    fn available(&self, _: &Self::Client) -> Result<(), Diagnostic> {
        Ok(())
    }

    /// What the list can never show, as a sentence; the default is nothing.
    fn limit(&self) -> Option<String> {
        None
    }

    /// The objects that are the vendor's own: no resource can manage them, but attributes of other objects refer to them. The
    /// default is none.
    async fn built_in(&self, _: &Self::Client) -> Result<Vec<Self::Model>, Diagnostics> {
        Ok(Vec::new())
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
pub struct ListSink<M> {
    objects: mpsc::Sender<Listed<M>>,
    expected: usize,
    limits: Diagnostics,
}

/// An object on its way from the loop to the stream.
struct Listed<M> {
    display_name: String,
    model: M,
    /// How many objects the loop expected when it pushed this one; 0 if it does not know.
    expected: usize,
}

impl<M> ListSink<M> {
    /// Says how many objects there are in all, if the vendor counts them, for the progress of an export.
    pub fn expect(&mut self, total: Option<usize>) {
        self.expected = total.unwrap_or(self.expected);
    }

    /// Reports what the list cannot show, as a warning after the last object.
    pub fn warn(&mut self, limit: Diagnostic) {
        self.limits.push(limit);
    }

    /// Hands over an object under a name for people, and waits until it is taken.
    pub async fn push(&mut self, display_name: impl Into<String> + Send, model: M) {
        // The stream owns receiver and call, so neither fails while the call runs. The channel holds one object: there is room
        // again when this one is taken.
        let listed = Listed { display_name: display_name.into(), model, expected: self.expected };
        let _ = self.objects.send(listed).await;
        let _ = self.objects.reserve().await;
    }
}
