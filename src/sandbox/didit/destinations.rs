//! Webhook destinations: the list is a bare array without secrets, a read returns the secret.

use axum::{Json, extract::Path, http::StatusCode};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use super::{
    access::Authorized,
    created,
    fields::{self, Fields},
    state::{Kind, State, before_any_test},
    stored::{Stored, position},
};
use crate::sandbox::engine::{Body, Handle, Reply};

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

/// A secret like the vendor's: 43 characters that are valid in a URL.
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

    /// The destination as a row of the list.
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

    /// The destination as a read returns it.
    fn detail(&self) -> Value {
        let mut response = self.row();
        response["secret_shared_key"] = json!(self.secret_shared_key);
        response["summary"] = json!({
            "total_deliveries": 0, "failed_deliveries": 0, "error_rate_percentage": 0, "min_response_time_ms": null,
            "avg_response_time_ms": null, "max_response_time_ms": null, "last_delivery_at": null,
        });
        response
    }
}

fn address(value: Value) -> Result<String, String> {
    let text = fields::text(2048)(value)?;
    match Url::parse(&text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(text),
        _ => Err("Enter a valid URL.".to_owned()),
    }
}

impl Stored for Destination {
    fn all(state: &State) -> &[Self] {
        &state.webhook_destinations
    }

    fn all_mut(state: &mut State) -> &mut Vec<Self> {
        &mut state.webhook_destinations
    }

    fn uuid(&self) -> &str {
        &self.uuid
    }

    fn response(&self, _: &State) -> Value {
        self.detail()
    }
}

impl State {
    /// Rejects a URL that another destination has.
    fn check_url(&self, fields: &mut Fields, destination: &Destination) {
        let known = |other: &Destination| other.uuid != destination.uuid && other.url == destination.url;
        if self.webhook_destinations.iter().any(known) {
            fields.reject("url", "A webhook destination with this URL already exists.");
        }
    }
}

/// GET `/v3/webhook/destinations/`.
pub(super) async fn list(_: Authorized, handle: Handle) -> Reply {
    let state = handle.read::<State>()?;
    Ok(Json(state.webhook_destinations.iter().map(Destination::row).collect()))
}

/// POST `/v3/webhook/destinations/`.
pub(super) async fn create(
    _: Authorized,
    handle: Handle,
    Body(mut fields): Body<Fields>,
) -> Reply<(StatusCode, Json<Value>)> {
    let now = handle.timestamp();
    handle.update(|state: &mut State| {
        fields.require(&["label", "url"]);
        let mut destination = Destination::new(state.new_id(Kind::Destination), &now);
        destination.change(&mut fields);
        state.check_url(&mut fields, &destination);
        fields.finish()?;
        let response = destination.detail();
        state.webhook_destinations.push(destination);
        Ok(created(response))
    })
}

/// PATCH `/v3/webhook/destinations/{uuid}/`: a list of events replaces the previous one.
pub(super) async fn update(
    _: Authorized,
    handle: Handle,
    Path(uuid): Path<String>,
    Body(mut fields): Body<Fields>,
) -> Reply {
    let now = handle.timestamp();
    handle.update(|state: &mut State| {
        let index = position::<Destination>(state, &uuid)?;
        let mut destination = state.webhook_destinations[index].clone();
        destination.change(&mut fields);
        state.check_url(&mut fields, &destination);
        fields.finish()?;
        destination.updated_at = now;
        state.webhook_destinations[index] = destination;
        Ok(Json(state.webhook_destinations[index].detail()))
    })
}
