//! Lists: ten of the system's own, which stay, and those that people make.

use axum::{
    Json,
    extract::{Path, State as Extract},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    ApiError, Body,
    access::Authorized,
    created,
    entries::Entry,
    fields::{self, Fields},
    page::Page,
    state::{Kind, State, before_any_test},
};
use crate::sandbox::engine::Handle;

const ROWS_OF_A_PAGE: usize = 25;

const ENTRY_TYPES: [&str; 12] = [
    "face",
    "document",
    "phone",
    "email",
    "ip_address",
    "device_fingerprint",
    "wallet_address",
    "bank_account",
    "user",
    "business",
    "country",
    "key",
];

/// A list and what is in it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct List {
    pub(super) uuid: String,
    name: String,
    #[serde(default)]
    description: String,
    list_type: String,
    pub(super) entry_type: String,
    #[serde(default)]
    is_system: bool,
    #[serde(default = "before_any_test")]
    created_at: String,
    #[serde(default = "before_any_test")]
    updated_at: String,
    /// In order of creation.
    #[serde(default)]
    pub(super) entries: Vec<Entry>,
}

impl List {
    /// The block lists that every application has: one for each type of entry but the last two, which block nobody.
    pub(super) fn of_the_system() -> Vec<Self> {
        let list = |(number, entry_type): (u64, &&str)| Self {
            uuid: format!("b0000000-0000-4000-8000-{number:012x}"),
            name: format!("Blocklist: {}", entry_type.replace('_', " ")),
            description: String::new(),
            list_type: "blocklist".to_owned(),
            entry_type: (*entry_type).to_owned(),
            is_system: true,
            created_at: before_any_test(),
            updated_at: before_any_test(),
            entries: Vec::new(),
        };
        (1..).zip(&ENTRY_TYPES[..10]).map(list).collect()
    }

    fn answer(&self) -> Value {
        json!({
            "uuid": self.uuid,
            "name": self.name,
            "description": self.description,
            "list_type": self.list_type,
            "entry_type": self.entry_type,
            "is_system": self.is_system,
            "entry_count": self.entries.len(),
            "last_entry_added_at": self.entries.last().map(|entry| &entry.created_at),
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        })
    }

    /// What can be changed later, too.
    fn change(&mut self, fields: &mut Fields) {
        fields.set("name", &mut self.name, fields::text(255));
        fields.set("description", &mut self.description, fields::blank_or_text(2000));
    }
}

impl State {
    pub(super) fn list(&self, uuid: &str) -> Result<usize, ApiError> {
        self.lists.iter().position(|it| it.uuid == uuid).ok_or_else(ApiError::not_found)
    }

    fn refuse_known_name(&self, fields: &mut Fields, list: &List) {
        if self.lists.iter().any(|other| other.uuid != list.uuid && other.name == list.name) {
            fields.refuse("name", "A list with this name already exists.");
        }
    }
}

/// GET `/v3/lists/`.
pub(super) async fn list(_: Authorized, Extract(handle): Extract<Handle>, page: Page) -> Result<Json<Value>, ApiError> {
    page.refuse_but(&["list_type"])?;
    let state: State = handle.read()?;
    let wanted = |it: &&List| page.filter("list_type").is_none_or(|list_type| list_type == it.list_type);
    let rows = state.lists.iter().rev().filter(wanted).map(List::answer).collect();
    Ok(page.of(&handle, ROWS_OF_A_PAGE, state.page_cap, rows))
}

/// POST `/v3/lists/`.
pub(super) async fn create(
    _: Authorized,
    Extract(handle): Extract<Handle>,
    Body(body): Body,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let now = handle.now().to_string();
    handle.update(|state: &mut State| {
        let mut fields = Fields::of(body);
        fields.require(&["name", "list_type", "entry_type"]);
        let mut list = List {
            uuid: state.next_id(Kind::List),
            name: String::new(),
            description: String::new(),
            list_type: String::new(),
            entry_type: String::new(),
            is_system: false,
            created_at: now.clone(),
            updated_at: now,
            entries: Vec::new(),
        };
        list.change(&mut fields);
        fields.set("list_type", &mut list.list_type, fields::choice(&["allowlist", "custom"]));
        fields.set("entry_type", &mut list.entry_type, fields::choice(&ENTRY_TYPES));
        state.refuse_known_name(&mut fields, &list);
        fields.finish()?;
        let answer = list.answer();
        state.lists.push(list);
        Ok(created(answer))
    })
}

/// GET `/v3/lists/{uuid}/`.
pub(super) async fn get(
    _: Authorized,
    Extract(handle): Extract<Handle>,
    Path(uuid): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let state: State = handle.read()?;
    Ok(Json(state.lists[state.list(&uuid)?].answer()))
}

/// PATCH `/v3/lists/{uuid}/`: name and description, and nothing else.
pub(super) async fn update(
    _: Authorized,
    Extract(handle): Extract<Handle>,
    Path(uuid): Path<String>,
    Body(body): Body,
) -> Result<Json<Value>, ApiError> {
    let now = handle.now().to_string();
    handle.update(|state: &mut State| {
        let index = state.list(&uuid)?;
        let mut list = state.lists[index].clone();
        let mut fields = Fields::of(body);
        list.change(&mut fields);
        state.refuse_known_name(&mut fields, &list);
        if list.is_system && list.name != state.lists[index].name {
            fields.refuse("name", "System lists cannot be renamed.");
        }
        fields.finish()?;
        list.updated_at = now;
        let answer = list.answer();
        state.lists[index] = list;
        Ok(Json(answer))
    })
}

/// DELETE `/v3/lists/{uuid}/`.
pub(super) async fn delete(
    _: Authorized,
    Extract(handle): Extract<Handle>,
    Path(uuid): Path<String>,
) -> Result<StatusCode, ApiError> {
    handle.update(|state: &mut State| {
        let index = state.list(&uuid)?;
        if state.lists[index].is_system {
            return Err(ApiError::bad_request("System lists cannot be deleted."));
        }
        state.lists.remove(index);
        Ok(StatusCode::NO_CONTENT)
    })
}
