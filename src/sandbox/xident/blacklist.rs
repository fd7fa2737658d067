//! The blacklist: both generations add to it; today's also lists and deletes.

use std::collections::BTreeMap;

use axum::{extract::Path, http::StatusCode, response::Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{PageQuery, access, access::Caller, check_image, check_length, state::State};
use crate::sandbox::engine::{ApiError, Body, Handle, Parameters, Reply, present};

/// A face that is to be rejected.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) id: u64,
    pub(super) reason: String,
    /// Base64, as it was sent.
    pub(super) image: String,
    #[serde(default)]
    pub(super) metadata: BTreeMap<String, String>,
    /// In seconds since 1970.
    pub(super) created_at: i64,
    /// When the list begins to show it, in seconds since 1970.
    #[serde(default)]
    pub(super) listed_at: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Add {
    face_image: String,
    reason: String,
    #[serde(default, deserialize_with = "present")]
    metadata: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AddImage {
    image: String,
    reason: String,
}

/// POST `/v1/blacklist/add`.
pub(super) async fn add(caller: Caller, handle: Handle, Body(add): Body<Add>) -> Reply<Response> {
    let id = store(&handle, add.face_image, add.reason, add.metadata.unwrap_or_default())?;
    let body = json!({"success": true, "blacklist_id": format!("bl_{id:06}")});
    Ok(caller.response(&handle, StatusCode::OK, body))
}

/// POST `/verify/v1/blacklist/image`.
pub(super) async fn add_image(caller: Caller, handle: Handle, Body(add): Body<AddImage>) -> Reply<Response> {
    store(&handle, add.image, add.reason, BTreeMap::new())?;
    Ok(caller.response(&handle, StatusCode::CREATED, json!({"status": "processing"})))
}

fn store(handle: &Handle, image: String, reason: String, metadata: BTreeMap<String, String>) -> Result<u64, ApiError> {
    check_image(&image)?;
    check_length("reason", &reason, 500)?;
    let now = handle.now().as_second();
    handle.update(|state: &mut State| {
        access::pay(state)?;
        let (id, listed_at) = (state.new_id(), now.saturating_add(state.processing_seconds));
        state.blacklist.push(Entry { id, reason, image, metadata, created_at: now, listed_at });
        Ok(id)
    })
}

/// GET `/verify/v1/blacklist`.
pub(super) async fn list(caller: Caller, handle: Handle, Parameters(page): Parameters<PageQuery>) -> Reply<Response> {
    let (state, now) = (handle.read::<State>()?, handle.now().as_second());
    let listed = state.blacklist.iter().rev().filter(|entry| entry.listed_at <= now);
    let rows: Vec<Value> = listed.map(row).collect();
    let (rows, pagination) = page.cut(state.page_cap, rows)?;
    Ok(caller.page(&handle, rows, pagination))
}

fn row(entry: &Entry) -> Value {
    let created_at = Timestamp::from_second(entry.created_at).map(|at| at.to_string()).unwrap_or_default();
    json!({"id": entry.id, "reason": entry.reason, "source": "image", "created_at": created_at})
}

/// DELETE `/verify/v1/blacklist/{id}`.
pub(super) async fn delete(caller: Caller, handle: Handle, Path(id): Path<String>) -> Reply<Response> {
    handle.update(|state: &mut State| {
        let index = state.blacklist.iter().position(|entry| entry.id.to_string() == id);
        let index = index.ok_or_else(|| ApiError::not_found(format!("there is no blacklist entry {id}")))?;
        state.blacklist.remove(index);
        Ok::<_, ApiError>(())
    })?;
    Ok(caller.response(&handle, StatusCode::OK, json!({"message": "deleted"})))
}
