//! The blacklist: what either generation of the API can do with it, and how an entry without an id is told from others.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::sync::MutexGuard;
use tokio::time::Instant;

use super::client::{Api, Client, List, Row, hint};
use crate::http::{CachePolicy, Error, Path};
use crate::vendors::shared::reconcile::retry_once;

/// How old a look at the blacklist may be that a create compares with.
const AS_GOOD_AS_NOW: Duration = Duration::from_secs(2);

/// The list of entries.
const BLACKLIST: List =
    List { path: "/blacklist", operation: "listing the blacklist", noun: "blacklist entries", tag: "blacklist" };

/// An entry of the blacklist as `verify/v1` lists it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct BlacklistRow {
    /// What delete takes.
    pub id: i64,
    /// Why the face is turned away.
    pub reason: Option<String>,
    /// `image` or `session`.
    pub source: Option<String>,
    /// When it was added, as the vendor writes it.
    pub created_at: Option<String>,
}

impl Row for BlacklistRow {
    fn key(&self) -> String {
        self.id.to_string()
    }
}

impl Client {
    /// Keeps this process from adding another entry while the guard lives: `verify/v1` answers no id, and what is new in the
    /// list after a create is only known to be ours if one is added at a time.
    pub(super) async fn adding(&self) -> Adding<'_> {
        Adding { client: self, known: self.adding.lock().await }
    }

    /// Adds a face to the blacklist; the id, where the generation tells it. `metadata` is for `v1`.
    pub(super) async fn add_to_blacklist(
        &self,
        image: &str,
        reason: &str,
        metadata: &BTreeMap<String, String>,
    ) -> Result<Option<String>, Error> {
        #[derive(Deserialize)]
        struct Added {
            blacklist_id: String,
        }
        let operation = "adding a face to the blacklist";
        if self.api() == Api::VerifyV1 {
            let body = json!({"image": image, "reason": reason});
            let request =
                self.http.post("/blacklist/image").operation(operation).json(&body).invalidates(BLACKLIST.tag);
            return request.send().await.map(|_| None).map_err(hint);
        }
        let mut body = json!({"face_image": image, "reason": reason});
        if !metadata.is_empty() {
            body["metadata"] = json!(metadata);
        }
        let added: Result<Added, _> =
            self.read(self.http.post("/blacklist/add").operation(operation).json(&body)).await;
        added.map(|added| Some(added.blacklist_id)).map_err(|error| {
            if !error.may_have_applied() {
                return error;
            }
            error.with_hint(
                "The API `v1` shows no entries, so only Xident's dashboard tells whether the face is on the blacklist now. Another \
                 apply adds it once more.",
            )
        })
    }

    /// Every entry of the blacklist, which `verify/v1` alone lists.
    pub(super) async fn blacklist(&self, policy: CachePolicy) -> Result<Vec<BlacklistRow>, Error> {
        self.list(BLACKLIST, policy).await
    }

    /// Removes an entry; one that is gone already is none. `verify/v1` alone can.
    pub(super) async fn delete_from_blacklist(&self, id: &str) -> Result<(), Error> {
        let operation = "removing a face from the blacklist";
        self.only(Api::VerifyV1, operation)?;
        let request =
            self.http.delete(Path::new("/blacklist").segment(id)).operation(operation).invalidates(BLACKLIST.tag);
        request.send_opt().await.map(drop).map_err(hint)
    }
}

/// The ids that a look at the blacklist found.
pub(super) struct Known {
    at: Instant,
    ids: BTreeSet<i64>,
}

/// The right to add to the blacklist, and what was on it just before.
pub(super) struct Adding<'c> {
    client: &'c Client,
    known: MutexGuard<'c, Option<Known>>,
}

impl Adding<'_> {
    /// The ids on the blacklist now. The look that ended the create before is as good, so a row of creates costs two requests
    /// each and not three; an older one could miss what somebody else has added since.
    pub(super) async fn before(&mut self) -> Result<BTreeSet<i64>, Error> {
        if let Some(known) = self.known.take().filter(|known| known.at.elapsed() < AS_GOOD_AS_NOW) {
            return Ok(known.ids);
        }
        let rows = self.client.blacklist(CachePolicy::Refresh).await?;
        Ok(self.remember(&rows))
    }

    /// Everything on the blacklist after a create.
    pub(super) async fn after(&mut self) -> Result<Vec<BlacklistRow>, Error> {
        let client = self.client;
        let rows = retry_once(|| client.blacklist(CachePolicy::RefreshAfterWrite)).await?;
        self.remember(&rows);
        Ok(rows)
    }

    fn remember(&mut self, rows: &[BlacklistRow]) -> BTreeSet<i64> {
        let ids: BTreeSet<_> = rows.iter().map(|row| row.id).collect();
        *self.known = Some(Known { at: Instant::now(), ids: ids.clone() });
        ids
    }
}
