//! The bucket of a community, in which the evidence of its sessions is stored.

use axum::{body::Bytes, extract::Path};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    access::{Caller, Level},
    state::State,
};
use crate::sandbox::engine::{ApiError, Handle, Reply, present};

/// A bucket as it is stored.
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

/// The body of a PUT. The page has no rule that the credentials must be those of the type.
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

    /// The bucket as a read returns it, with its secrets only if the state allows it.
    fn response(&self, state: &State) -> Value {
        let mut response = json!(self);
        if state.show_bucket_secrets {
            return response;
        }
        for secret in ["/aws_credential/secretKey", "/gcp_credential/privateKey", "/azure_credential/accountKey"] {
            if let Some(value) = response.pointer_mut(secret) {
                *value = Value::from("********");
            }
        }
        response
    }
}

/// GET `/bucket/tenant/{tenantId}/community/{communityId}`.
pub(super) async fn get(caller: Caller, Path((tenant_id, community_id)): Path<(String, String)>) -> Reply {
    caller.at_least(Level::Service)?;
    caller.state.check_place(&tenant_id, &community_id)?;
    let bucket = caller.state.buckets.iter().find(|bucket| bucket.is_of(&tenant_id, &community_id));
    caller.response(bucket.map_or(Value::Null, |bucket| bucket.response(&caller.state)))
}

/// PUT `/bucket/tenant/{tenantId}/community/{communityId}`: replaces all settings of an existing bucket.
pub(super) async fn put(
    caller: Caller,
    handle: Handle,
    Path((tenant_id, community_id)): Path<(String, String)>,
    body: Bytes,
) -> Reply {
    caller.at_least(Level::Service)?;
    caller.state.check_place(&tenant_id, &community_id)?;
    let settings: Settings = caller.enveloped(caller.state.body_encryption.bucket_put, &body)?;
    if settings.bucket_name.is_empty() {
        return Err(ApiError::bad_request("data.bucketName is not allowed to be empty"));
    }
    let now = handle.timestamp();
    let response = handle.update(|state: &mut State| {
        let index = state.buckets.iter().position(|bucket| bucket.is_of(&tenant_id, &community_id));
        let (id, created_ts) = match index.map(|index| state.buckets.remove(index)) {
            Some(before) => (before.id, before.created_ts),
            None => (state.new_id(), now.clone()),
        };
        let bucket = Bucket { id, tenant_id, community_id, created_ts, updated_ts: now, settings };
        let response = bucket.response(state);
        state.buckets.push(bucket);
        Ok::<_, ApiError>(response)
    })?;
    caller.response(response)
}
