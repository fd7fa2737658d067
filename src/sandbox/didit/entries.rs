//! Entries of a list: added, found among the others, taken out; never read or changed by their id.

use axum::{
    Json,
    extract::{Path, State as Extract},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    ApiError, Body,
    access::Authorized,
    created,
    fields::{self, Fields},
    page::Page,
    state::{Kind, State, before_any_test},
    values,
};
use crate::sandbox::engine::Handle;

const ROWS_OF_A_PAGE: usize = 25;

/// An entry, whose value is stored as the vendor spells it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) uuid: String,
    value: String,
    #[serde(default)]
    display_label: String,
    #[serde(default)]
    comment: String,
    #[serde(default)]
    metadata: Option<Map<String, Value>>,
    #[serde(default = "before_any_test")]
    pub(super) created_at: String,
}

impl Entry {
    fn answer(&self) -> Value {
        json!({
            "uuid": self.uuid,
            "value": self.value,
            "display_label": self.display_label,
            "comment": self.comment,
            "added_by": "api",
            "reference_session_id": null,
            "reference_session_number": null,
            "reference_object_uuid": null,
            "metadata": self.metadata,
            "created_at": self.created_at,
        })
    }

    fn has(&self, term: &str) -> bool {
        self.value.to_lowercase().contains(term) || self.display_label.to_lowercase().contains(term)
    }
}

/// GET `/v3/lists/{uuid}/entries/`.
pub(super) async fn list(
    _: Authorized,
    Extract(handle): Extract<Handle>,
    Path(uuid): Path<String>,
    page: Page,
) -> Result<Json<Value>, ApiError> {
    page.refuse_but(&["search"])?;
    let state: State = handle.read()?;
    let term = page.filter("search").unwrap_or_default().to_lowercase();
    let entries = &state.lists[state.list(&uuid)?].entries;
    let rows = entries.iter().rev().filter(|entry| entry.has(&term)).map(Entry::answer).collect();
    Ok(page.of(&handle, ROWS_OF_A_PAGE, state.page_cap, rows))
}

/// POST `/v3/lists/{uuid}/entries/`.
pub(super) async fn create(
    _: Authorized,
    Extract(handle): Extract<Handle>,
    Path(uuid): Path<String>,
    Body(body): Body,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let created_at = handle.now().to_string();
    handle.update(|state: &mut State| {
        let index = state.list(&uuid)?;
        let uuid = state.next_id(Kind::Entry);
        let list = &mut state.lists[index];
        let mut fields = Fields::of(body);
        fields.require(&["value"]);
        let mut entry = Entry {
            uuid,
            value: String::new(),
            display_label: String::new(),
            comment: String::new(),
            metadata: None,
            created_at,
        };
        fields.set("value", &mut entry.value, |value| values::stored(&list.entry_type, &fields::text(500)(value)?));
        fields.set("display_label", &mut entry.display_label, fields::blank_or_text(255));
        fields.set("comment", &mut entry.comment, fields::blank_or_text(2000));
        fields.set("metadata", &mut entry.metadata, fields::nullable(fields::object));
        if list.entries.iter().any(|known| known.value == entry.value) {
            fields.refuse("value", "This value is in the list already.");
        }
        fields.finish()?;
        let answer = entry.answer();
        list.entries.push(entry);
        Ok(created(answer))
    })
}

/// DELETE `/v3/lists/{uuid}/entries/{entry_uuid}/`.
pub(super) async fn delete(
    _: Authorized,
    Extract(handle): Extract<Handle>,
    Path((uuid, entry_uuid)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    handle.update(|state: &mut State| {
        let index = state.list(&uuid)?;
        let entries = &mut state.lists[index].entries;
        let index = entries.iter().position(|entry| entry.uuid == entry_uuid).ok_or_else(ApiError::not_found)?;
        entries.remove(index);
        Ok(StatusCode::NO_CONTENT)
    })
}
