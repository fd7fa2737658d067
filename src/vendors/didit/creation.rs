//! Creates, and finding out what became of one whose answer was lost.
//!
//! Only the answer tells the id of what was created. So the list is read before, and where no answer comes, again: what is
//! new in it and like ours is ours, since this process creates one object at a time.

use serde_json::Value as Json;
use tokio::sync::MutexGuard;

use super::client::{Client, Collection, Row};
use crate::framework::{Context, Diagnostic, Diagnostics, Model};
use crate::http::{CachePolicy, Error};
use crate::vendors::shared::errors::outcome_unknown;
use crate::vendors::shared::reconcile::retry_once;

/// A create that is about to be sent. While it lives, no other is sent by this process.
pub(super) struct Creation<'c, T> {
    client: &'c Client,
    collection: Collection,
    before: Vec<T>,
    _alone: MutexGuard<'c, ()>,
}

impl<'c, T: Row> Creation<'c, T> {
    /// Waits for its turn and reads what there is.
    pub(super) async fn begin(client: &'c Client, collection: Collection) -> Result<Self, Error> {
        let alone = client.creating().await;
        let before = client.list(&collection, CachePolicy::Refresh).await?;
        Ok(Self { client, collection, before, _alone: alone })
    }

    /// What the list had before.
    pub(super) fn before(&self) -> &[T] {
        &self.before
    }

    /// Creates it. `name` is what a message calls it, `ours` tells a row of the list that may be it.
    pub(super) async fn create<M: Model>(
        self,
        name: &str,
        body: &Json,
        ours: impl Fn(&T) -> bool,
        ctx: &mut Context<M>,
    ) -> Result<T, Diagnostics> {
        let one = self.collection.one();
        if let Some(row) = self.before.iter().find(|row| ours(row)) {
            let detail = format!(
                "Didit has the {one} `{}` of the same name, and this is another one. If an apply that was cut off left it behind, import \
                 it in place of the new one, or delete it in the Business Console.",
                row.key()
            );
            ctx.warn(format!("There is a {one} named \"{name}\" already"), detail);
        }
        let error = match self.client.create(&self.collection, name, body).await {
            Ok(created) => return Ok(created),
            Err(error) if error.may_have_applied() => error,
            Err(error) => return Err(error.into()),
        };
        let known = |row: &T| self.before.iter().any(|before| before.key() == row.key());
        let look = || self.client.list(&self.collection, CachePolicy::RefreshAfterWrite);
        let rows: Vec<T> = match retry_once(look).await {
            Ok(rows) => rows,
            Err(look) => {
                let way_out = format!(
                    "Nothing of it is in state. CachePolicy for the {one} in the Business Console: if it is there, import it, else apply again."
                );
                return Err(outcome_unknown(error, way_out, look));
            }
        };
        let mut new = rows.into_iter().filter(|row| ours(row) && !known(row));
        match (new.next(), new.next()) {
            (Some(row), None) => {
                let detail =
                    format!("The list shows it as `{}`, and it is kept in state.\n{}", row.key(), error.description());
                ctx.warn(format!("The {one} was created though Didit gave no clear answer"), detail);
                Ok(row)
            }
            (None, _) => {
                let hint = format!(
                    "The list was asked and does not show the {one}, so most likely it was not created. Apply again."
                );
                Err(error.with_observation(hint).into())
            }
            (Some(_), Some(_)) => {
                let detail = format!(
                    "Didit gave no clear answer, and its list has more than one new {one} named \"{name}\": somebody else created one \
                     at the same time. Delete all but one in the Business Console, and import the one that is left.\n{}",
                    error.description()
                );
                Err(Diagnostic::error(format!("The {one} was created more than once"), detail).into())
            }
        }
    }
}
