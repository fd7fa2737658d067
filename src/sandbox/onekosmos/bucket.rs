//! The bucket of a community: where the evidence of its sessions goes.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State as Extract},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    ApiError,
    access::{Caller, Level},
    state::State,
};
use crate::sandbox::engine::{Handle, present};

/// A bucket as it is kept.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bucket {
    #[serde(rename = "_id")]
    pub(super) id: String,
    tenant_id: String,
    community_id: String,
    /// RFC 3339.
    #[serde(rename = "createdTS")]
    created_ts: String,
    #[serde(rename = "updatedTS")]
    updated_ts: String,
    #[serde(flatten)]
    settings: Settings,
}

/// The page's enumeration for `type`.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Type {
    Aws,
    Gcp,
    Azure,
}

/// What a PUT takes. The page lists no rule that the credentials must be those of the type.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(rename = "type")]
    kind: Type,
    #[serde(rename = "bucketName")]
    bucket_name: String,
    #[serde(rename = "isEnabled")]
    is_enabled: bool,
    #[serde(rename = "createdBy")]
    created_by: String,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    aws_credential: Option<AwsCredential>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    gcp_credential: Option<GcpCredential>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    azure_credential: Option<AzureCredential>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct AwsCredential {
    access_key: String,
    secret_key: String,
    region: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct GcpCredential {
    projectid: String,
    client_email: String,
    private_key: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct AzureCredential {
    account_name: String,
    account_key: String,
}

impl Bucket {
    fn is_of(&self, tenant_id: &str, community_id: &str) -> bool {
        self.tenant_id == tenant_id && self.community_id == community_id
    }

    /// As it comes back: with its secrets only where the state says so.
    fn answer(&self, state: &State) -> Value {
        let mut answer = json!(self);
        if state.show_bucket_secrets {
            return answer;
        }
        for secret in ["/aws_credential/secretKey", "/gcp_credential/privateKey", "/azure_credential/accountKey"] {
            if let Some(value) = answer.pointer_mut(secret) {
                *value = Value::from("********");
            }
        }
        answer
    }
}

/// GET `/bucket/tenant/{tenantId}/community/{communityId}`.
pub(super) async fn get(
    caller: Caller,
    Path((tenant_id, community_id)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    caller.at_least(Level::Service)?;
    caller.state.check_place(&tenant_id, &community_id)?;
    let bucket = caller.state.buckets.iter().find(|bucket| bucket.is_of(&tenant_id, &community_id));
    caller.answer(&bucket.map_or(Value::Null, |bucket| bucket.answer(&caller.state)))
}

/// PUT `/bucket/tenant/{tenantId}/community/{communityId}`: replaces all settings of the one there is.
pub(super) async fn put(
    caller: Caller,
    Extract(handle): Extract<Handle>,
    Path((tenant_id, community_id)): Path<(String, String)>,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    caller.at_least(Level::Service)?;
    caller.state.check_place(&tenant_id, &community_id)?;
    let settings: Settings = caller.enveloped(caller.state.body_encryption.bucket_put, &body)?;
    if settings.bucket_name.is_empty() {
        return Err(ApiError::bad_request("data.bucketName is not allowed to be empty"));
    }
    let now = handle.now().to_string();
    let answer = handle.update(|state: &mut State| {
        let index = state.buckets.iter().position(|bucket| bucket.is_of(&tenant_id, &community_id));
        let (id, created_ts) = match index.map(|index| state.buckets.remove(index)) {
            Some(before) => (before.id, before.created_ts),
            None => (state.next_id(), now.clone()),
        };
        let bucket = Bucket { id, tenant_id, community_id, created_ts, updated_ts: now, settings };
        let answer = bucket.answer(state);
        state.buckets.push(bucket);
        Ok::<_, ApiError>(answer)
    })?;
    caller.answer(&answer)
}
