//! The entries of a list: created, listed and deleted; there is no read or update by id.

use axum::{Json, extract::Path, http::StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    access::Authorized,
    created,
    fields::{self, Fields},
    lists::List,
    page::PageQuery,
    state::{Kind, State, before_any_test},
    stored::{not_found, position},
    values,
};
use crate::sandbox::engine::{Body, Handle, Reply};

const ROWS_OF_A_PAGE: usize = 25;

/// An entry, whose value is stored in the vendor's spelling.
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
    fn response(&self) -> Value {
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
pub(super) async fn list(_: Authorized, handle: Handle, Path(uuid): Path<String>, page: PageQuery) -> Reply {
    page.allow(&["search"])?;
    let state = handle.read::<State>()?;
    let term = page.filter("search").unwrap_or_default().to_lowercase();
    let entries = &state.lists[position::<List>(&state, &uuid)?].entries;
    let entries = entries.iter().rev().filter(|entry| entry.has(&term)).collect();
    Ok(page.response(&handle, ROWS_OF_A_PAGE, state.page_cap, entries, Entry::response))
}

/// POST `/v3/lists/{uuid}/entries/`.
pub(super) async fn create(
    _: Authorized,
    handle: Handle,
    Path(uuid): Path<String>,
    Body(mut fields): Body<Fields>,
) -> Reply<(StatusCode, Json<Value>)> {
    let created_at = handle.timestamp();
    handle.update(|state: &mut State| {
        let index = position::<List>(state, &uuid)?;
        let uuid = state.new_id(Kind::Entry);
        let list = &mut state.lists[index];
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
            fields.reject("value", "This value is already in the list.");
        }
        fields.finish()?;
        let response = entry.response();
        list.entries.push(entry);
        Ok(created(response))
    })
}

/// DELETE `/v3/lists/{uuid}/entries/{entry_uuid}/`.
pub(super) async fn delete(
    _: Authorized,
    handle: Handle,
    Path((uuid, entry_uuid)): Path<(String, String)>,
) -> Reply<StatusCode> {
    handle.update(|state: &mut State| {
        let index = position::<List>(state, &uuid)?;
        let entries = &mut state.lists[index].entries;
        let index = entries.iter().position(|entry| entry.uuid == entry_uuid).ok_or_else(not_found)?;
        entries.remove(index);
        Ok(StatusCode::NO_CONTENT)
    })
}
