//! API keys, which today's generation calls tokens: the response to a create has the secret, later ones do not.

use axum::{extract::Path, http::StatusCode, response::Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{PageQuery, access::Caller, check_length, state::State};
use crate::sandbox::engine::{ApiError, Body, Handle, Parameters, Reply, present};

/// A key with its secret.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApiKey {
    pub(super) id: u64,
    name: String,
    #[serde(default)]
    callback_url: Option<String>,
    #[serde(default)]
    expires_at: Option<String>,
    #[serde(default)]
    rule_id: Option<i64>,
    created_at: String,
    token: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    name: String,
    #[serde(default, deserialize_with = "present")]
    callback_url: Option<String>,
    #[serde(default, deserialize_with = "present")]
    expires_at: Option<String>,
    #[serde(default, deserialize_with = "present")]
    rule_id: Option<i64>,
}

impl ApiKey {
    /// Whether a request has this key.
    pub(super) fn is(&self, presented: &str) -> bool {
        self.token == presented
    }

    /// The key as a read returns it.
    fn row(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "callback_url": self.callback_url,
            "expires_at": self.expires_at,
            "rule_id": self.rule_id,
            "created_at": self.created_at,
        })
    }
}

/// POST `/verify/v1/tokens`.
pub(super) async fn create(caller: Caller, handle: Handle, Body(create): Body<Create>) -> Reply<Response> {
    check_length("name", &create.name, 255)?;
    if let Some(text) = &create.expires_at
        && text.parse::<Timestamp>().is_err()
    {
        return Err(ApiError::bad_request("expires_at must be an RFC 3339 time"));
    }
    let created_at = handle.timestamp();
    let key = handle.update(|state: &mut State| {
        let Create { name, callback_url, expires_at, rule_id } = create;
        let (id, token) = (state.new_id(), format!("sk_test_{}", uuid::Uuid::new_v4().simple()));
        let key = ApiKey { id, name, callback_url, expires_at, rule_id, created_at, token };
        state.api_keys.push(key.clone());
        Ok::<_, ApiError>(key)
    })?;
    let mut row = key.row();
    row["token"] = key.token.into();
    Ok(caller.response(&handle, StatusCode::CREATED, row))
}

/// GET `/verify/v1/tokens`.
pub(super) async fn list(caller: Caller, handle: Handle, Parameters(page): Parameters<PageQuery>) -> Reply<Response> {
    let state = handle.read::<State>()?;
    let rows: Vec<Value> = state.api_keys.iter().map(ApiKey::row).collect();
    let (rows, pagination) = page.cut(state.page_cap, rows)?;
    Ok(caller.page(&handle, rows, pagination))
}

/// GET `/verify/v1/tokens/{id}`.
pub(super) async fn get(caller: Caller, handle: Handle, Path(id): Path<String>) -> Reply<Response> {
    let state = handle.read::<State>()?;
    let key = state.api_keys.iter().find(|key| key.id.to_string() == id).ok_or_else(|| not_found(&id))?;
    Ok(caller.response(&handle, StatusCode::OK, key.row()))
}

/// DELETE `/verify/v1/tokens/{id}`.
pub(super) async fn delete(_: Caller, handle: Handle, Path(id): Path<String>) -> Reply<StatusCode> {
    handle.update(|state: &mut State| {
        let index = state.api_keys.iter().position(|key| key.id.to_string() == id).ok_or_else(|| not_found(&id))?;
        state.api_keys.remove(index);
        Ok(StatusCode::NO_CONTENT)
    })
}

fn not_found(id: &str) -> ApiError {
    ApiError::not_found(format!("there is no API key {id}"))
}
