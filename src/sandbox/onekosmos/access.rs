//! Authentication: the headers `publickey`, `requestid` and `licensekey`, and encrypted bodies.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, request::Parts},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    crypto::Channel,
    state::{Encoding, State},
};
use crate::sandbox::engine::{
    Account, ApiError, Handle, Presented, Reply, ResponseForm, account_with, parse_json, parse_json_text,
};

/// The levels of a license, lowest first. A higher level may make every call of a lower one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    ServiceExt,
    Service,
    System,
}

/// A caller with a valid `publickey` and `requestid`, and the state at the time of the check.
pub(super) struct Caller {
    pub(super) state: Arc<State>,
    channel: Channel,
    headers: HeaderMap,
    form: ResponseForm,
}

/// The content of `requestid`.
#[derive(Deserialize)]
struct RequestId {
    /// Seconds since 1970.
    ts: i64,
    appid: String,
    uuid: String,
}

/// A body that contains another one, encrypted or not.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<T> {
    data: T,
}

/// Finds the tenant whose license a request has. A request without one names its tenant in the path or, for discovery, in the
/// body, or a session in the path.
pub(super) fn account(handles: &[Handle], presented: &Presented) -> Option<Account> {
    let Presented { path, headers, body } = presented;
    let license = header(headers, "licensekey").ok().and_then(|sealed| {
        let state = handles.first()?.read::<State>().ok()?;
        let peer = header(headers, "publickey").ok()?;
        state.curve.channel(&state.service_private_key, peer)?.open(sealed)
    });
    if let Some(license) = license {
        return account_with(handles, |state: &State| state.licenses.contains_key(&license));
    }
    let named = serde_json::from_slice::<Value>(body).unwrap_or_default();
    account_with(handles, |state: &State| {
        let in_path = |text: &str| path.split('/').any(|part| part == text);
        in_path(&state.tenant.id)
            || named["tenantId"] == state.tenant.id.as_str()
            || named["dns"] == state.tenant.dns.as_str()
            || state.sessions.iter().any(|session| in_path(&session.id))
    })
}

impl FromRequestParts<Handle> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, handle: &Handle) -> Result<Self, ApiError> {
        let state = handle.read::<State>()?;
        let public_key = header(&parts.headers, "publickey")?;
        let channel = state
            .curve
            .channel(&state.service_private_key, public_key)
            .ok_or_else(|| ApiError::bad_request("publickey is not a valid public key"))?;
        let form = ResponseForm::of(&parts.extensions);
        let caller = Self { state, channel, headers: parts.headers.clone(), form };
        caller.check_request_id(handle.now().as_second())?;
        Ok(caller)
    }
}

impl Caller {
    fn check_request_id(&self, now: i64) -> Result<(), ApiError> {
        let text = self.decrypted_header("requestid")?;
        let id: RequestId =
            parse_json_text(text.as_bytes()).map_err(|error| ApiError::bad_request(format!("requestid: {error}")))?;
        if id.appid.is_empty() {
            return Err(ApiError::bad_request("requestid: appid must not be empty"));
        }
        if !Uuid::parse_str(&id.uuid).is_ok_and(|uuid| uuid.get_version_num() == 4) {
            return Err(ApiError::bad_request("requestid: uuid must be a version 4 UUID"));
        }
        let span = self.state.allowed_time_span;
        if now.abs_diff(id.ts) > span.unsigned_abs() {
            return Err(ApiError::unauthorized(format!("requestid: ts is more than {span} seconds from now")));
        }
        Ok(())
    }

    /// Rejects a caller whose license has a lower level.
    pub(super) fn at_least(&self, needed: Level) -> Result<(), ApiError> {
        if !self.headers.contains_key("licensekey") {
            return Err(ApiError::unauthorized("licensekey is required"));
        }
        let license = self.decrypted_header("licensekey")?;
        match self.state.licenses.get(&license) {
            None => Err(ApiError::unauthorized("the license is not valid")),
            Some(level) if *level < needed => Err(ApiError::forbidden("the license does not permit this call")),
            Some(_) => Ok(()),
        }
    }

    fn decrypted_header(&self, name: &str) -> Result<String, ApiError> {
        let text = header(&self.headers, name)?;
        self.channel.open(text).ok_or_else(|| ApiError::bad_request("This header can't be decrypted"))
    }

    /// Reads a body whose plain form is the object itself.
    pub(super) fn bare<T: DeserializeOwned>(&self, encoding: Encoding, body: &Bytes) -> Result<T, ApiError> {
        match encoding {
            Encoding::Plain => parse_json(&self.headers, body).map_err(ApiError::bad_request),
            Encoding::Encrypted => self.encrypted(body),
        }
    }

    /// Reads a body whose plain form is `{"data": {...}}`.
    pub(super) fn enveloped<T: DeserializeOwned>(&self, encoding: Encoding, body: &Bytes) -> Result<T, ApiError> {
        match encoding {
            Encoding::Plain => {
                let envelope: Envelope<T> = parse_json(&self.headers, body).map_err(ApiError::bad_request)?;
                Ok(envelope.data)
            }
            Encoding::Encrypted => self.encrypted(body),
        }
    }

    fn encrypted<T: DeserializeOwned>(&self, body: &Bytes) -> Result<T, ApiError> {
        let envelope: Envelope<String> = parse_json(&self.headers, body)
            .map_err(|error| ApiError::bad_request(format!("the body must be encrypted: {error}")))?;
        let text = self.channel.open(&envelope.data).ok_or_else(|| ApiError::bad_request("data can't be decrypted"))?;
        parse_json_text(text.as_bytes()).map_err(|error| ApiError::bad_request(format!("in data: {error}")))
    }

    /// Returns a response under `data`, encrypted if the state requires it.
    pub(super) fn response(&self, data: Value) -> Reply {
        if self.encrypts_response() { self.encrypted_response(data) } else { Ok(Json(json!({"data": data}))) }
    }

    /// Returns a response without `data`, or one under `data` if it is encrypted.
    pub(super) fn bare_response(&self, body: Value) -> Reply {
        if self.encrypts_response() { self.encrypted_response(body) } else { Ok(Json(body)) }
    }

    /// A recorded response decides, and the state for a call that the recording does not have.
    fn encrypts_response(&self) -> bool {
        self.form.is_encrypted().unwrap_or(self.state.encrypt_responses)
    }

    fn encrypted_response(&self, data: Value) -> Reply {
        let sealed = self.channel.seal(&self.form.fit(data).to_string());
        let sealed = sealed
            .ok_or_else(|| ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "the response can't be encrypted"))?;
        Ok(Json(json!({"data": sealed})))
    }
}

impl State {
    /// Rejects a path that is not of this deployment's tenant and one of its communities.
    pub(super) fn check_place(&self, tenant_id: &str, community_id: &str) -> Result<(), ApiError> {
        if self.tenant.id == tenant_id && self.communities.iter().any(|community| community.id == community_id) {
            return Ok(());
        }
        Err(ApiError::forbidden(format!("no access to community {community_id} of tenant {tenant_id}")))
    }
}

fn header<'headers>(headers: &'headers HeaderMap, name: &str) -> Result<&'headers str, ApiError> {
    let value = headers.get(name).ok_or_else(|| ApiError::bad_request(format!("{name} is required")))?;
    value.to_str().map_err(|_| ApiError::bad_request(format!("{name} must be ASCII")))
}
