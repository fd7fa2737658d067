//! Scan sessions: `POST /document_share_session/create` creates one, which is then one of the proofing sessions.
//!
//! The body follows the page's schema: its required fields are required, and unknown fields are rejected, except in a
//! connector's `config` and in `workflowMetadata`. The page shows other settings for another kind of connector, and states
//! that the metadata may have more fields.

use axum::body::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    access::{Caller, Level},
    information::is_tenants_host,
    sessions::{Capture, DocumentType, Session, Status, User},
    state::{Community, State},
};
use crate::sandbox::engine::{ApiError, Handle, Reply, present};

const OPEN_FOR_MINUTES: u32 = 15;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Create {
    connector: Connector,
    verification: Verification,
    session_request: SessionRequest,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Connector {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    config: ConnectorConfig,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "fields whose type is checked and that are not used")]
struct ConnectorConfig {
    license: String,
    #[serde(rename = "clientId", default, deserialize_with = "present")]
    client_id: Option<String>,
    #[serde(rename = "clientSecret", default, deserialize_with = "present")]
    client_secret: Option<String>,
    #[serde(rename = "verifierUrl")]
    verifier_url: String,
    document_share_session_enabled: bool,
    #[serde(flatten)]
    more: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "fields whose type is checked and that are not used")]
struct Verification {
    id: String,
    tag: String,
    /// In the page's cURL line, and not in its schema.
    #[serde(rename = "type", default, deserialize_with = "present")]
    kind: Option<String>,
    config: VerificationConfig,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "fields whose type is checked and that are not used")]
struct VerificationConfig {
    verifier: String,
    debug: bool,
    skip: bool,
    #[serde(default, deserialize_with = "present")]
    return_raw_data: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    fraud_detect_failure_bypass: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    expire_session_in_min: Option<u32>,
    #[serde(default, deserialize_with = "present")]
    abandon_session_in_min: Option<u32>,
    #[serde(default, deserialize_with = "present")]
    max_retries: Option<u32>,
    #[serde(default)]
    checks: Vec<Check>,
}

/// The page's list of `checks`.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Check {
    DocumentLivenessFront,
    DocumentLivenessBack,
    SelfieLiveness,
    FaceCompare,
    FraudDetection,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "fields whose type is checked and that are not used")]
struct SessionRequest {
    #[serde(rename = "tenantDNS")]
    tenant_dns: String,
    community_name: String,
    document_type: DocumentType,
    tenant_id: String,
    community_id: String,
    #[serde(default, deserialize_with = "present")]
    did: Option<String>,
    /// In the page's cURL line; its schema has `user.uid`.
    #[serde(rename = "userUID", default, deserialize_with = "present")]
    user_uid: Option<String>,
    #[serde(default)]
    user: User,
    #[serde(default)]
    workflow_metadata: WorkflowMetadata,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct WorkflowMetadata {
    #[serde(deserialize_with = "present")]
    wf_instance_id: Option<String>,
    #[serde(deserialize_with = "present")]
    workflow_id: Option<String>,
}

impl Create {
    /// Rejects empty fields, and ids and names that do not belong together.
    fn check(&self, handle: &Handle, state: &State) -> Result<(), ApiError> {
        let Self { connector, verification, session_request: place } = self;
        for (name, value) in [
            ("connector.id", &connector.id),
            ("connector.type", &connector.kind),
            ("connector.config.license", &connector.config.license),
            ("connector.config.verifierUrl", &connector.config.verifier_url),
            ("verification.id", &verification.id),
            ("verification.tag", &verification.tag),
            ("verification.config.verifier", &verification.config.verifier),
        ] {
            if value.is_empty() {
                return Err(ApiError::bad_request(format!("{name} is not allowed to be empty")));
            }
        }
        state.check_place(&place.tenant_id, &place.community_id)?;
        if !is_tenants_host(handle, state, &place.tenant_dns) {
            return Err(ApiError::bad_request("sessionRequest.tenantDNS is not the tenant's"));
        }
        let is_it =
            |community: &Community| community.id == place.community_id && community.name == place.community_name;
        if !state.communities.iter().any(is_it) {
            return Err(ApiError::bad_request("sessionRequest.communityName is not the community's"));
        }
        Ok(())
    }

    fn into_session(self, state: &mut State, now: i64) -> Session {
        let Self { connector, verification, session_request: request } = self;
        let minutes = verification.config.expire_session_in_min.unwrap_or(OPEN_FOR_MINUTES);
        let object_id = state.new_id();
        let mut user = request.user;
        if let Some(uid) = request.user_uid {
            user.uid = uid;
        }
        Session {
            id: format!("scan-session-{object_id}"),
            object_id,
            dvc_id: verification.id,
            tenant_dns: request.tenant_dns,
            tenant_id: request.tenant_id,
            community_name: request.community_name,
            community_id: request.community_id,
            document_type: request.document_type,
            status: Status::Pending,
            expiry_ts: now + i64::from(minutes) * 60_000,
            created_ts: now,
            started_ts: None,
            completed_ts: None,
            result_status: None,
            user,
            capture: Capture {
                license: connector.config.license,
                workflow_id: request.workflow_metadata.workflow_id,
                wf_instance_id: request.workflow_metadata.wf_instance_id,
            },
        }
    }
}

/// POST `/document_share_session/create`. The page's URL is a placeholder; here it is at the tenant's host, which does not exist.
pub(super) async fn create(caller: Caller, handle: Handle, body: Bytes) -> Reply {
    caller.at_least(Level::Service)?;
    let create: Create = caller.bare(caller.state.body_encryption.session_create, &body)?;
    create.check(&handle, &caller.state)?;
    let now = handle.now().as_millisecond();
    let response = handle.update(|state: &mut State| {
        let session = create.into_session(state, now);
        let response = json!({
            "sessionId": session.id,
            "url": format!("https://{}/scan/{}", state.tenant.dns, session.id),
        });
        state.sessions.push(session);
        Ok::<_, ApiError>(response)
    })?;
    caller.bare_response(response)
}
