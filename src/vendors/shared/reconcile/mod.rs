//! Reconciles a write whose outcome is not known with what the vendor has.
//!
//! A write may have been applied although its response was lost, was an error of a gateway or could not be read. Then the
//! vendor is read again, and the result is one of four: the object is found, it is absent, several objects may be it
//! (ambiguous), or the read fails too (unknown). Only the first becomes state.
//!
//! - [`Creates`] does this for creates, one value for each list of a vendor. Creates run in parallel. Those whose response
//!   carries the id share one list of the process where the vendor would accept an object twice, and none else; creates without
//!   an id share one list before and one after.
//! - [`confirm`] does it for a write to an object that is known already, such as a replaced set of settings.
//!
//! An object that is not certainly ours is never adopted. A row of a list is ours only if it was not there before (by its
//! creation time or by an earlier read), no other create of this process received it, and every field that was sent
//! matches. What a vendor adds is a [`Lookup`] and a [`Noun`].

mod confirm;
mod creates;
mod messages;
mod shared_read;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::framework::{Diagnostic, Diagnostics};
use crate::http::{Error, List};

pub(in crate::vendors) use confirm::{Confirmed, confirm, read_until, retry_once};
pub(in crate::vendors) use creates::{Creates, CreatesByList};

/// How long a write is searched in reads that may lag behind it: one wait before each read.
pub(in crate::vendors) const WAITS: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
];

/// What an object is called in messages.
#[derive(Clone, Copy, Debug)]
pub(in crate::vendors) struct Noun<'n> {
    /// The vendor, as people write it: `Didit`.
    pub vendor: &'static str,
    /// The kind of object in lower case, without an article: `list entry`.
    pub kind: &'static str,
    /// What tells this object from its kind, such as its name; empty for a singleton. It is shown, so it may not be a secret.
    pub name: &'n str,
    /// The type's name after the provider's prefix: `didit_list_entry`.
    pub type_name: &'static str,
    /// Where a person sees the object: `the Business Console`.
    pub console: &'static str,
}

impl Noun<'_> {
    /// A summary such as `The list "EU" stays at Didit`: the name is cut so that it has at most 60 characters.
    pub(in crate::vendors) fn summary(&self, rest: &str) -> String {
        messages::summary(self, rest)
    }
}

/// Finds an object that was created among those that a vendor lists.
#[async_trait]
pub(in crate::vendors) trait Lookup: Send + Sync {
    /// A row of the list.
    type Row: Clone + Send + Sync;

    /// What the object is called.
    fn noun(&self) -> Noun<'_>;

    /// Reads the whole list again, also after the provider was asked to stop: as
    /// [`CachePolicy::RefreshAfterWrite`](crate::http::CachePolicy::RefreshAfterWrite) does.
    /// `known` is the last read of this process, for a vendor whose lists are long and change by its own creates.
    async fn rows(&self, known: Option<&List<Self::Row>>) -> Result<Arc<List<Self::Row>>, Diagnostics>;

    /// The id of a row.
    fn id(&self, row: &Self::Row) -> String;

    /// Whether every field that was sent has the same meaning in the row. Fields that the vendor does not return count as equal.
    fn matches(&self, row: &Self::Row) -> bool;

    /// When the row was created, as the vendor says; `None` if it does not say.
    fn created_at(&self, _row: &Self::Row) -> Option<Timestamp> {
        None
    }

    /// The time on the vendor's clock, from the `Date` header of its responses; `None` if it sends none.
    fn vendor_time(&self) -> Option<Timestamp> {
        None
    }

    /// The waits before the reads that search the row of a create without an id.
    fn waits(&self) -> &[Duration] {
        &WAITS
    }

    /// The import id of a row.
    fn import_id(&self, row: &Self::Row) -> String {
        self.id(row)
    }

    /// The import id of an object whose id is not known, with a word in place of the id.
    fn import_id_without_row(&self) -> String {
        "ID".to_owned()
    }

    /// Whether the list can be read at all with the provider's configuration.
    fn has_list(&self) -> bool {
        true
    }

    /// A row with the fields that only a read of it alone has. Called for rows that match, since it may be a request for each.
    async fn complete(&self, row: Self::Row) -> Result<Self::Row, Diagnostics> {
        Ok(row)
    }

    /// Fails if the list may not have the object although it exists. Called where no row can be the object.
    async fn check_list_is_conclusive(&self) -> Result<(), Diagnostics> {
        Ok(())
    }
}

/// An object that was created.
#[derive(Debug)]
pub(in crate::vendors) struct Created<R> {
    /// What the response, or the list, says of it.
    pub row: R,
    /// Set if the response was lost and the list has the object.
    pub warning: Option<Diagnostic>,
    /// The warning about objects with the same fields; see [`IfPresent::WarnRecent`].
    pub present: Option<Diagnostic>,
}

impl<R> Created<R> {
    /// Takes what the user has to know of the create.
    pub(in crate::vendors) fn warnings(&mut self) -> impl Iterator<Item = Diagnostic> + use<R> {
        self.warning.take().into_iter().chain(self.present.take())
    }
}

/// Why a create has no object to put into state.
#[derive(Debug)]
pub(in crate::vendors) enum CreateFailure {
    /// The vendor refused the create, or it was not sent: nothing was created. A vendor's client may know more about the cause.
    Rejected(Error),
    /// Anything else, ready for the user.
    Unresolved(Diagnostics),
}

impl From<CreateFailure> for Diagnostics {
    fn from(failure: CreateFailure) -> Self {
        match failure {
            CreateFailure::Rejected(error) => error.into(),
            CreateFailure::Unresolved(diagnostics) => diagnostics,
        }
    }
}

/// What to do where the list already has an object with the fields that are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::vendors) enum IfPresent {
    /// Nothing is sent, and the error has the lines that import the object.
    Refuse,
    /// The object is created, with a warning if another one is so recent that an apply that was killed may have left it. It is no
    /// error, because the other one may be what this one replaces: with `create_before_destroy` both exist for a while, and
    /// Terraform does not say that the create is part of a replacement.
    WarnRecent,
    /// The object is created without a look at the list: the vendor itself refuses a second one.
    Create,
}

/// The error of an object that exists already, with the block that imports it.
pub(in crate::vendors) fn already_exists(noun: &Noun<'_>, import_id: &str) -> Diagnostic {
    messages::already_exists(noun, import_id)
}

/// The block that imports an object.
pub(in crate::vendors) fn import_block(type_name: &str, import_id: &str) -> String {
    messages::import_block(type_name, import_id)
}
