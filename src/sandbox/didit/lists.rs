//! Lists: ten system lists, which cannot be deleted, and the application's own.

use axum::{Json, extract::Path, http::StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    access::Authorized,
    created,
    entries::Entry,
    fields::{self, Fields},
    page::PageQuery,
    state::{Kind, State, before_any_test},
    stored::{Stored, position},
};
use crate::sandbox::engine::{ApiError, Body, Handle, Reply};

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

/// A list with its entries.
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
    /// The block lists that every application has: one for each type of entry except the last two.
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

    fn row(&self) -> Value {
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

    /// Reads the fields that an update can change.
    fn change(&mut self, fields: &mut Fields) {
        fields.set("name", &mut self.name, fields::text(255));
        fields.set("description", &mut self.description, fields::blank_or_text(2000));
    }
}

impl Stored for List {
    fn all(state: &State) -> &[Self] {
        &state.lists
    }

    fn all_mut(state: &mut State) -> &mut Vec<Self> {
        &mut state.lists
    }

    fn uuid(&self) -> &str {
        &self.uuid
    }

    fn response(&self, _: &State) -> Value {
        self.row()
    }

    fn check_deletion(&self) -> Result<(), ApiError> {
        if self.is_system { Err(ApiError::bad_request("System lists cannot be deleted.")) } else { Ok(()) }
    }
}

impl State {
    /// Rejects a name that another list has.
    fn check_name(&self, fields: &mut Fields, list: &List) {
        if self.lists.iter().any(|other| other.uuid != list.uuid && other.name == list.name) {
            fields.reject("name", "A list with this name already exists.");
        }
    }
}

/// GET `/v3/lists/`.
pub(super) async fn list(_: Authorized, handle: Handle, page: PageQuery) -> Reply {
    page.allow(&["list_type"])?;
    let state = handle.read::<State>()?;
    let wanted = |it: &&List| page.filter("list_type").is_none_or(|list_type| list_type == it.list_type);
    let lists = state.lists.iter().rev().filter(wanted).collect();
    Ok(page.response(&handle, ROWS_OF_A_PAGE, state.page_cap, lists, List::row))
}

/// POST `/v3/lists/`.
pub(super) async fn create(
    _: Authorized,
    handle: Handle,
    Body(mut fields): Body<Fields>,
) -> Reply<(StatusCode, Json<Value>)> {
    let now = handle.timestamp();
    handle.update(|state: &mut State| {
        fields.require(&["name", "list_type", "entry_type"]);
        let mut list = List {
            uuid: state.new_id(Kind::List),
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
        state.check_name(&mut fields, &list);
        fields.finish()?;
        let row = list.row();
        state.lists.push(list);
        Ok(created(row))
    })
}

/// PATCH `/v3/lists/{uuid}/`: name and description only.
pub(super) async fn update(
    _: Authorized,
    handle: Handle,
    Path(uuid): Path<String>,
    Body(mut fields): Body<Fields>,
) -> Reply {
    let now = handle.timestamp();
    handle.update(|state: &mut State| {
        let index = position::<List>(state, &uuid)?;
        let mut list = state.lists[index].clone();
        list.change(&mut fields);
        state.check_name(&mut fields, &list);
        if list.is_system && list.name != state.lists[index].name {
            fields.reject("name", "System lists cannot be renamed.");
        }
        fields.finish()?;
        list.updated_at = now;
        state.lists[index] = list;
        Ok(Json(state.lists[index].row()))
    })
}
