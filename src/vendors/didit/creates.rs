//! Creates, and what became of one whose outcome is unknown.
//!
//! Creates run in parallel. A list is read if the outcome of a create is unknown, or to find the object that has a unique value
//! already. Workflows and questionnaires have no unique value: their list is read once before the first create.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::client::{Client, Collection, Row};
use super::versions::Version;
use super::{list, list_entry, webhook_destination};
use crate::framework::{Context, Diagnostic, Diagnostics, Model};
use crate::http::{CachePolicy, Error, Kind, List};
use crate::vendors::shared::reconcile::{self, CreateFailure, Creates, IfPresent, Lookup, Noun};

/// No create that is under way began longer ago.
const LONGEST_CREATE: SignedDuration = SignedDuration::from_hours(1);

/// The creates of each list of an application.
#[derive(Default)]
pub(super) struct ApplicationCreates {
    pub webhook_destinations: Creates<webhook_destination::wire::Destination>,
    pub workflows: Creates<Version>,
    pub questionnaires: Creates<Version>,
    pub lists: Creates<list::wire::List>,
    entries: Mutex<HashMap<String, Arc<Creates<list_entry::wire::Entry>>>>,
}

impl ApplicationCreates {
    /// The creates of the entries of a list.
    pub(super) fn entries(&self, list_id: &str) -> Arc<Creates<list_entry::wire::Entry>> {
        let mut all = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(list_id.to_owned()).or_default())
    }
}

/// An object that is to be created.
pub(super) struct Creation<'c, T> {
    pub client: &'c Client,
    pub collection: &'c Collection,
    pub type_name: &'static str,
    /// What messages call the object.
    pub name: &'c str,
    /// The part of the import id before the object's own id, with its slash; empty for most.
    pub import_prefix: &'c str,
    /// Whether Didit refuses a second object with the same values.
    pub if_present: IfPresent,
    /// Whether a row has every field that is sent.
    pub matches: &'c (dyn Fn(&T) -> bool + Send + Sync),
}

impl<T: Row> Creation<'_, T> {
    /// Creates the object, and reads the list if the outcome is unknown.
    pub(super) async fn send<M: Model>(
        &self,
        creates: &Creates<T>,
        body: &(impl Serialize + Sync),
        ctx: &mut Context<M>,
    ) -> Result<T, CreateFailure> {
        let request = self.client.create(self.collection, self.name, body);
        let mut object = creates.create(self, self.if_present, request).await?;
        ctx.append(object.warnings());
        Ok(object.row)
    }

    /// The object that has the value of a unique field already, if that is why the vendor rejected the create.
    ///
    /// If the list cannot be read there is none, so that the rejection is what the user reads.
    pub(super) async fn find_duplicate(
        &self,
        error: &Error,
        field: &str,
        is_duplicate: impl Fn(&T) -> bool,
    ) -> Option<T> {
        let names_field = error.fields().iter().any(|rejected| rejected.path.first().is_some_and(|name| name == field));
        if !names_field && error.kind() != Kind::Conflict {
            return None;
        }
        let rows = self.client.list::<T>(self.collection, CachePolicy::Refresh).await.ok()?;
        rows.iter().find(|row| is_duplicate(row)).cloned()
    }

    /// The error of an object that exists already. `name` is its unique value.
    pub(super) fn already_exists(&self, name: &str, row: &T) -> Diagnostic {
        reconcile::already_exists(&Noun { name, ..self.noun() }, &self.import_id(row))
    }
}

#[async_trait]
impl<T: Row> Lookup for Creation<'_, T> {
    type Row = T;

    fn noun(&self) -> Noun<'_> {
        self.collection.noun(self.type_name, self.name)
    }

    async fn rows(&self, _: Option<&List<T>>) -> Result<Arc<List<T>>, Diagnostics> {
        Ok(self.client.list::<T>(self.collection, CachePolicy::RefreshAfterWrite).await?)
    }

    /// The response about a version alone has the time of its creation, and the list may not.
    async fn complete(&self, mut row: T) -> Result<T, Diagnostics> {
        if self.collection.is_versioned() && self.created_at(&row).is_none() {
            let full = self.client.get::<T>(self.collection, row.key(), CachePolicy::RefreshAfterWrite).await?;
            if let Some(full) = full {
                row.extend(full);
            }
        }
        Ok(row)
    }

    fn id(&self, row: &T) -> String {
        row.stable_id().to_owned()
    }

    fn matches(&self, row: &T) -> bool {
        (self.matches)(row)
    }

    /// The time of a change from long ago serves too: the row was created no later.
    fn created_at(&self, row: &T) -> Option<Timestamp> {
        let is_long_ago =
            |at: &Timestamp| self.vendor_time().is_some_and(|now| now.duration_since(*at) > LONGEST_CREATE);
        row.created_at().or_else(|| row.updated_at().filter(is_long_ago))
    }

    fn vendor_time(&self) -> Option<Timestamp> {
        self.client.http.vendor_time()
    }

    fn import_id(&self, row: &T) -> String {
        format!("{}{}", self.import_prefix, row.stable_id())
    }

    fn import_id_without_row(&self) -> String {
        format!("{}ID", self.import_prefix)
    }
}

/// Reads a time of the vendor, such as `2026-04-12T10:30:00Z`.
pub(super) fn parse_time(text: Option<&str>) -> Option<Timestamp> {
    text?.parse().ok()
}
