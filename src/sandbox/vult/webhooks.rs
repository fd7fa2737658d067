//! Webhooks: the response to a create has no id; the list has it; a delete needs it.

use axum::Json;
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use super::{Authorized, done, state::State};
use crate::sandbox::engine::{ApiError, Body, Handle, Page, Reply, present};

const ROWS_OF_A_PAGE: usize = 20;
const MOST_ROWS_OF_A_PAGE: usize = 100;

/// A row of the list.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Webhook {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) url: String,
    #[serde(default)]
    pub(super) client_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    #[serde(default, deserialize_with = "present")]
    client_id: Option<String>,
    name: String,
    url: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct List {
    #[serde(default, deserialize_with = "present")]
    client_id: Option<String>,
    #[serde(default, deserialize_with = "present")]
    take: Option<usize>,
    #[serde(default, deserialize_with = "present")]
    skip: Option<usize>,
    #[serde(default, deserialize_with = "present")]
    search_term: Option<String>,
}

impl List {
    fn matches(&self, webhook: &Webhook) -> bool {
        let term = self.search_term.as_deref().unwrap_or_default().to_lowercase();
        (self.client_id.is_none() || self.client_id == webhook.client_id)
            && (webhook.name.to_lowercase().contains(&term) || webhook.url.to_lowercase().contains(&term))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Delete {
    id: String,
}

/// POST `/webhook/create`.
pub(super) async fn create(
    _: Authorized,
    handle: Handle,
    Body(Create { client_id, name, url }): Body<Create>,
) -> Reply {
    if name.is_empty() {
        return Err(ApiError::bad_request("name must not be empty"));
    }
    if !Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        return Err(ApiError::bad_request("url must be an http or https URL"));
    }
    handle.update(|state: &mut State| {
        let id = state.new_id("whk");
        state.webhooks.push(Webhook { id, name, url, client_id });
        Ok(done())
    })
}

/// POST `/webhook/list`.
pub(super) async fn list(_: Authorized, handle: Handle, Body(list): Body<List>) -> Reply {
    let take = list.take.unwrap_or(ROWS_OF_A_PAGE);
    if !(1..=MOST_ROWS_OF_A_PAGE).contains(&take) {
        return Err(ApiError::bad_request(format!("take must be 1 to {MOST_ROWS_OF_A_PAGE}, found {take}")));
    }
    let state = handle.read::<State>()?;
    let matching: Vec<_> = state.webhooks.iter().filter(|webhook| list.matches(webhook)).collect();
    let total = matching.len();
    let rows = Page::at_offset(list.skip.unwrap_or_default(), take, state.page_cap).of(matching);
    Ok(Json(json!({"webhooks": rows, "statistics": {"total": total}})))
}

/// POST `/webhook/delete`.
pub(super) async fn delete(_: Authorized, handle: Handle, Body(Delete { id }): Body<Delete>) -> Reply {
    handle.update(|state: &mut State| {
        let index = state.webhooks.iter().position(|webhook| webhook.id == id);
        let index = index.ok_or_else(|| ApiError::not_found(format!("there is no webhook {id}")))?;
        state.webhooks.remove(index);
        Ok(done())
    })
}
