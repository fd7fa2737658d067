//! The calls about API keys, which `verify/v1` calls tokens.
//!
//! The vendor documents only the fields of a request. Inferred: a response repeats them and adds an id, and the response to
//! a create has the secret, once.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value as Json, json};

use super::client::{Api, Client, ListRoute, Row, enveloped};
use crate::framework::Secret;
use crate::http::{CachePolicy, Error, List, Method};
use crate::openapi::{ALSO_NAMED, Call, NO_OBJECT};
use crate::vendors::shared::loose::{self, LooseText, Whole};
use crate::vendors::shared::route::Route;

/// The list of API keys.
const API_KEYS: ListRoute =
    ListRoute { path: "/tokens", operation: "listing the API keys", noun: "API keys", tag: "tokens" };

/// The members of a response that may have the secret, the most likely first.
const SECRETS: [&str; 5] = ["token", "secret_key", "secret", "api_key", "key"];

const CREATE: Route = Route::new(Method::POST, "/tokens");
const READ: Route = Route::new(Method::GET, "/tokens/{id}");
const DELETE: Route = Route::new(Method::DELETE, "/tokens/{id}");

/// The calls about API keys, which only `verify/v1` has.
pub(super) fn calls() -> Vec<Call> {
    vec![
        API_KEYS.call::<ApiKeyRow>(),
        enveloped::<CreatedApiKey>(CREATE.call().sends::<NewApiKey<'_>>()),
        enveloped::<ApiKeyRow>(READ.call()).reads_one(NO_OBJECT),
        DELETE.call(),
    ]
}

/// The schema of the response to a create, which has the secret as well.
struct CreatedApiKey;

impl JsonSchema for CreatedApiKey {
    fn schema_name() -> Cow<'static, str> {
        "CreatedApiKey".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let [name, others @ ..] = SECRETS;
        let secret = json!({"type": ["string", "null"], (ALSO_NAMED): others});
        json_schema!({"type": "object", "properties": {(name): secret}, "allOf": [ApiKeyRow::json_schema(generator)]})
    }
}

/// The body of a create.
#[derive(Serialize, JsonSchema)]
pub(super) struct NewApiKey<'b> {
    /// The name.
    pub name: &'b str,
    /// Where users are sent after a verification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback_url: Option<&'b str>,
    /// When the key expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<&'b str>,
    /// The number of a verification rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_id: Option<i64>,
}

/// An API key as the vendor returns it. No `Debug`: it may have the secret.
#[derive(Clone, Deserialize, JsonSchema)]
pub(super) struct ApiKeyRow {
    pub(super) id: Id,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    pub(super) name: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    pub(super) callback_url: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    pub(super) expires_at: Option<String>,
    #[serde(default, deserialize_with = "loose::whole_or_null")]
    #[schemars(with = "Option<Whole>")]
    pub(super) rule_id: Option<i64>,
    #[serde(default, deserialize_with = "loose::text")]
    #[schemars(with = "LooseText")]
    pub(super) created_at: Option<String>,
    #[serde(flatten)]
    others: BTreeMap<String, Json>,
}

impl ApiKeyRow {
    /// Removes and returns the secret, which only the response to a create has.
    pub(super) fn take_secret(&mut self) -> Option<Secret> {
        SECRETS.iter().find_map(|name| match self.others.remove(*name) {
            Some(Json::String(text)) if !text.is_empty() => Some(text.into()),
            _ => None,
        })
    }
}

impl ApiKeyRow {
    /// Whether the key was deactivated, by any member that may say so: the vendor lists such keys, and accepts none of them.
    pub(super) fn is_inactive(&self) -> bool {
        let has = |names: &[&str], wanted: bool| {
            names.iter().any(|name| self.others.get(*name).and_then(Json::as_bool) == Some(wanted))
        };
        let status = self.others.get("status").and_then(Json::as_str).unwrap_or_default().to_lowercase();
        has(&["is_active", "active", "enabled"], false)
            || has(&["revoked", "is_revoked", "disabled"], true)
            || ["inactive", "deactivated", "revoked", "disabled"].contains(&status.as_str())
    }
}

impl Row for ApiKeyRow {
    fn key(&self) -> String {
        self.id.0.clone()
    }
}

/// An id, which may be a number.
#[derive(Clone)]
pub(super) struct Id(pub(super) String);

impl JsonSchema for Id {
    fn schema_name() -> Cow<'static, str> {
        "Id".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "integer"]})
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Json::deserialize(deserializer)? {
            Json::String(text) if !text.is_empty() => Ok(Self(text)),
            Json::Number(number) => Ok(Self(number.to_string())),
            _ => Err(serde::de::Error::custom("an id is text or a number")),
        }
    }
}

impl Client {
    /// Reads every API key, without secrets.
    pub(super) async fn api_keys(&self, policy: CachePolicy) -> Result<Arc<List<ApiKeyRow>>, Error> {
        self.list(API_KEYS, policy).await
    }

    /// Requests the first page of API keys, to check the secret key.
    pub(super) async fn check_api_keys(&self) -> Result<(), Error> {
        self.only(Api::VerifyV1, API_KEYS.operation)?;
        self.read::<IgnoredAny>(self.page_request(API_KEYS, 1)).await.map(drop)
    }

    /// Reads one API key, without its secret.
    pub(super) async fn api_key(&self, id: &str) -> Result<Option<ApiKeyRow>, Error> {
        let operation = "reading an API key";
        self.only(Api::VerifyV1, operation)?;
        self.read_opt(self.http.request(READ.method, READ.at(&[id])).operation(operation)).await
    }

    /// Creates an API key. The response has its secret, once.
    pub(super) async fn create_api_key(&self, key: &NewApiKey<'_>) -> Result<ApiKeyRow, Error> {
        let operation = "creating an API key";
        self.only(Api::VerifyV1, operation)?;
        self.read(
            self.http.request(CREATE.method, CREATE.path).operation(operation).json(key).invalidates(API_KEYS.tag),
        )
        .await
    }

    /// Deletes an API key.
    pub(super) async fn delete_api_key(&self, id: &str) -> Result<(), Error> {
        let operation = "deleting an API key";
        self.only(Api::VerifyV1, operation)?;
        let request = self.http.request(DELETE.method, DELETE.at(&[id])).operation(operation);
        self.delete(request.invalidates(API_KEYS.tag)).await
    }
}
