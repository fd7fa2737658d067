//! Webhook destinations: a bare array, whose rows keep back the secret that each of them shows alone.

use axum::{
    Json,
    extract::{Path, State as Extract},
    http::StatusCode,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::{
    ApiError, Body,
    access::Authorized,
    created,
    fields::{self, Fields},
    state::{Kind, State, before_any_test},
};
use crate::sandbox::engine::Handle;

const EVENTS: [&str; 10] = [
    "status.updated",
    "data.updated",
    "user.status.updated",
    "user.data.updated",
    "business.status.updated",
    "business.data.updated",
    "activity.created",
    "transaction.created",
    "transaction.status.updated",
    "travel_rule.status.updated",
];

/// A destination.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Destination {
    pub(super) uuid: String,
    label: String,
    url: String,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default = "latest")]
    webhook_version: String,
    #[serde(default)]
    subscribed_events: Vec<String>,
    #[serde(default = "secret")]
    secret_shared_key: String,
    #[serde(default = "before_any_test")]
    created_at: String,
    #[serde(default = "before_any_test")]
    updated_at: String,
}

fn yes() -> bool {
    true
}

fn latest() -> String {
    "v3".to_owned()
}

/// 43 characters that fit a URL, as the vendor's are.
fn secret() -> String {
    let bytes: Vec<u8> = [Uuid::new_v4(), Uuid::new_v4()].iter().flat_map(|uuid| *uuid.as_bytes()).collect();
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

impl Destination {
    fn new(uuid: String, now: &str) -> Self {
        Self {
            uuid,
            label: String::new(),
            url: String::new(),
            enabled: true,
            webhook_version: latest(),
            subscribed_events: Vec::new(),
            secret_shared_key: secret(),
            created_at: now.to_owned(),
            updated_at: now.to_owned(),
        }
    }

    fn change(&mut self, fields: &mut Fields) {
        fields.set("label", &mut self.label, fields::text(255));
        fields.set("url", &mut self.url, address);
        fields.set("enabled", &mut self.enabled, fields::flag);
        fields.set("webhook_version", &mut self.webhook_version, fields::choice(&["v1", "v2", "v3"]));
        fields.set("subscribed_events", &mut self.subscribed_events, fields::some(fields::choice(&EVENTS)));
    }

    /// What the list shows of it.
    fn row(&self) -> Value {
        json!({
            "uuid": self.uuid,
            "label": self.label,
            "url": self.url,
            "enabled": self.enabled,
            "webhook_version": self.webhook_version,
            "subscribed_events": self.subscribed_events,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        })
    }

    /// What it shows alone.
    fn answer(&self) -> Value {
        let mut answer = self.row();
        answer["secret_shared_key"] = json!(self.secret_shared_key);
        answer["summary"] = json!({
            "total_deliveries": 0, "failed_deliveries": 0, "error_rate_percentage": 0, "min_response_time_ms": null,
            "avg_response_time_ms": null, "max_response_time_ms": null, "last_delivery_at": null,
        });
        answer
    }
}

fn address(value: Value) -> Result<String, String> {
    let text = fields::text(2048)(value)?;
    match Url::parse(&text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(text),
        _ => Err("Enter a valid URL.".to_owned()),
    }
}

impl State {
    fn destination(&mut self, uuid: &str) -> Result<usize, ApiError> {
        self.webhook_destinations.iter().position(|it| it.uuid == uuid).ok_or_else(ApiError::not_found)
    }

    fn refuse_known_url(&self, fields: &mut Fields, destination: &Destination) {
        let known = |other: &Destination| other.uuid != destination.uuid && other.url == destination.url;
        if self.webhook_destinations.iter().any(known) {
            fields.refuse("url", "A webhook destination with this URL already exists.");
        }
    }
}

/// GET `/v3/webhook/destinations/`.
pub(super) async fn list(_: Authorized, Extract(handle): Extract<Handle>) -> Result<Json<Value>, ApiError> {
    let state: State = handle.read()?;
    Ok(Json(state.webhook_destinations.iter().map(Destination::row).collect()))
}

/// POST `/v3/webhook/destinations/`.
pub(super) async fn create(
    _: Authorized,
    Extract(handle): Extract<Handle>,
    Body(body): Body,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let now = handle.now().to_string();
    handle.update(|state: &mut State| {
        let mut fields = Fields::of(body);
        fields.require(&["label", "url"]);
        let mut destination = Destination::new(state.next_id(Kind::Destination), &now);
        destination.change(&mut fields);
        state.refuse_known_url(&mut fields, &destination);
        fields.finish()?;
        let answer = destination.answer();
        state.webhook_destinations.push(destination);
        Ok(created(answer))
    })
}

/// GET `/v3/webhook/destinations/{uuid}/`.
pub(super) async fn get(
    _: Authorized,
    Extract(handle): Extract<Handle>,
    Path(uuid): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let mut state: State = handle.read()?;
    let index = state.destination(&uuid)?;
    Ok(Json(state.webhook_destinations[index].answer()))
}

/// PATCH `/v3/webhook/destinations/{uuid}/`: a list of events replaces the one before it.
pub(super) async fn update(
    _: Authorized,
    Extract(handle): Extract<Handle>,
    Path(uuid): Path<String>,
    Body(body): Body,
) -> Result<Json<Value>, ApiError> {
    let now = handle.now().to_string();
    handle.update(|state: &mut State| {
        let index = state.destination(&uuid)?;
        let mut destination = state.webhook_destinations[index].clone();
        let mut fields = Fields::of(body);
        destination.change(&mut fields);
        state.refuse_known_url(&mut fields, &destination);
        fields.finish()?;
        destination.updated_at = now;
        let answer = destination.answer();
        state.webhook_destinations[index] = destination;
        Ok(Json(answer))
    })
}

/// DELETE `/v3/webhook/destinations/{uuid}/`.
pub(super) async fn delete(
    _: Authorized,
    Extract(handle): Extract<Handle>,
    Path(uuid): Path<String>,
) -> Result<StatusCode, ApiError> {
    handle.update(|state: &mut State| {
        let index = state.destination(&uuid)?;
        state.webhook_destinations.remove(index);
        Ok(StatusCode::NO_CONTENT)
    })
}
