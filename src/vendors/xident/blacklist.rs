//! The calls about the blacklist. `v1` can only add an entry; `verify/v1` lists and deletes entries.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::client::{Api, Client, ListRoute, Row};
use crate::http::{CachePolicy, Error, List, Method};
use crate::openapi::Call;
use crate::vendors::shared::loose::{self, LooseText, Whole};
use crate::vendors::shared::route::Route;

/// The list of entries.
const BLACKLIST: ListRoute =
    ListRoute { path: "/blacklist", operation: "listing the blacklist", noun: "blacklist entries", tag: "blacklist" };

const ADD_FACE: Route = Route::new(Method::POST, "/blacklist/add");
const ADD_IMAGE: Route = Route::new(Method::POST, "/blacklist/image");
const DELETE: Route = Route::new(Method::DELETE, "/blacklist/{id}");

/// The calls of a generation about the blacklist.
pub(super) fn calls(api: Api) -> Vec<Call> {
    match api {
        Api::V1 => vec![ADD_FACE.call().sends::<AddFace<'_>>().reads::<Added>()],
        Api::VerifyV1 => {
            vec![BLACKLIST.call::<BlacklistRow>(), ADD_IMAGE.call().sends::<AddImage<'_>>(), DELETE.call()]
        }
    }
}

/// What adding an entry is called in errors.
const ADDING: &str = "adding a face to the blacklist";

/// An entry of the blacklist as `verify/v1` lists it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
pub(super) struct BlacklistRow {
    /// The id that a delete takes.
    #[serde(deserialize_with = "loose::whole")]
    #[schemars(with = "Whole")]
    pub id: i64,
    /// Why the face is rejected.
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    pub reason: Option<String>,
    /// `image` or `session`.
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    pub source: Option<String>,
    /// When the entry was added, as the vendor writes it.
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    pub created_at: Option<String>,
}

impl BlacklistRow {
    /// Whether the entry was made from an image, and not from a session.
    pub(super) fn is_of_image(&self) -> bool {
        self.source.as_deref().is_none_or(|source| source == "image")
    }
}

impl Row for BlacklistRow {
    fn key(&self) -> String {
        self.id.to_string()
    }
}

/// The body of `POST /v1/blacklist/add`.
#[derive(Serialize, JsonSchema)]
struct AddFace<'b> {
    face_image: &'b str,
    reason: &'b str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: &'b BTreeMap<String, String>,
}

#[derive(Deserialize, JsonSchema)]
struct Added {
    blacklist_id: String,
}

/// The body of `POST /verify/v1/blacklist/image`.
#[derive(Serialize, JsonSchema)]
struct AddImage<'b> {
    image: &'b str,
    reason: &'b str,
}

impl Client {
    /// Adds a face through `v1` and returns the id of the entry.
    pub(super) async fn add_to_blacklist(
        &self,
        image: &str,
        reason: &str,
        metadata: &BTreeMap<String, String>,
    ) -> Result<String, Error> {
        let body = AddFace { face_image: image, reason, metadata };
        let added: Result<Added, _> =
            self.read(self.http.request(ADD_FACE.method, ADD_FACE.path).operation(ADDING).json(&body)).await;
        added.map(|added| added.blacklist_id).map_err(|error| {
            if !error.may_have_applied() {
                return error;
            }
            error.with_hint(
                "The API `v1` lists no entries. Check in Xident's dashboard whether the face is on the blacklist; another apply adds \
                 it once more.",
            )
        })
    }

    /// Adds a face through `verify/v1`, which processes the image later and returns no id.
    pub(super) async fn add_image_to_blacklist(&self, image: &str, reason: &str) -> Result<(), Error> {
        let body = AddImage { image, reason };
        let request = self.http.request(ADD_IMAGE.method, ADD_IMAGE.path).operation(ADDING).json(&body);
        self.write(request.invalidates(BLACKLIST.tag)).await
    }

    /// Reads every entry of the blacklist. Only `verify/v1` has this call.
    pub(super) async fn blacklist(&self, policy: CachePolicy) -> Result<Arc<List<BlacklistRow>>, Error> {
        self.list(BLACKLIST, policy).await
    }

    /// Removes an entry. Only `verify/v1` has this call.
    pub(super) async fn delete_from_blacklist(&self, id: &str) -> Result<(), Error> {
        let operation = "removing a face from the blacklist";
        self.only(Api::VerifyV1, operation)?;
        let request = self.http.request(DELETE.method, DELETE.at(&[id])).operation(operation);
        self.delete(request.invalidates(BLACKLIST.tag)).await
    }
}
