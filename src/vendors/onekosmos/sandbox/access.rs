//! Who may do what: the headers `publickey`, `requestid` and `licensekey`, and bodies that only the service can read.

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
    Refusal,
    crypto::Channel,
    state::{Encoding, State},
};
use crate::sandbox::{Handle, parse_json, parse_json_text};

/// The levels of a license, lowest first: a call that a lower one may make, a higher one may make too.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    ServiceExt,
    Service,
    System,
}

/// A caller whose `publickey` and `requestid` are in order. The state is the one its request was checked against.
pub(super) struct Caller {
    pub(super) state: State,
    channel: Channel,
    headers: HeaderMap,
}

/// What `requestid` holds.
#[derive(Deserialize)]
struct RequestId {
    /// Seconds since 1970.
    ts: i64,
    appid: String,
    uuid: String,
}

/// The body that carries another one, encrypted or not.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<T> {
    data: T,
}

impl FromRequestParts<Handle> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, handle: &Handle) -> Result<Self, Refusal> {
        let state: State = handle.read()?;
        let public_key = header(&parts.headers, "publickey")?;
        let channel = state
            .curve
            .channel(&state.service_private_key, public_key)
            .ok_or_else(|| Refusal::bad_request("publickey is not a valid public key"))?;
        let caller = Self { state, channel, headers: parts.headers.clone() };
        caller.check_request_id(handle.now().as_second())?;
        Ok(caller)
    }
}

impl Caller {
    fn check_request_id(&self, now: i64) -> Result<(), Refusal> {
        let text = self.decrypted_header("requestid")?;
        let id: RequestId =
            parse_json_text(text.as_bytes()).map_err(|error| Refusal::bad_request(format!("requestid: {error}")))?;
        if id.appid.is_empty() {
            return Err(Refusal::bad_request("requestid: appid must not be empty"));
        }
        if !Uuid::parse_str(&id.uuid).is_ok_and(|uuid| uuid.get_version_num() == 4) {
            return Err(Refusal::bad_request("requestid: uuid must be a version 4 UUID"));
        }
        let span = self.state.allowed_time_span;
        if now.abs_diff(id.ts) > span.unsigned_abs() {
            return Err(Refusal::unauthorized(format!("requestid: ts is more than {span} seconds from now")));
        }
        Ok(())
    }

    /// Lets through whom a license of this level or a higher one lets through.
    pub(super) fn at_least(&self, needed: Level) -> Result<(), Refusal> {
        if !self.headers.contains_key("licensekey") {
            return Err(Refusal::unauthorized("licensekey is required"));
        }
        let license = self.decrypted_header("licensekey")?;
        match self.state.licenses.get(&license) {
            None => Err(Refusal::unauthorized("the license is not valid")),
            Some(level) if *level < needed => Err(Refusal::forbidden("the license does not permit this call")),
            Some(_) => Ok(()),
        }
    }

    fn decrypted_header(&self, name: &str) -> Result<String, Refusal> {
        let text = header(&self.headers, name)?;
        self.channel.open(text).ok_or_else(|| Refusal::bad_request("This header can't be decrypted"))
    }

    /// Reads a body whose plain form is the object itself.
    pub(super) fn bare<T: DeserializeOwned>(&self, encoding: Encoding, body: &Bytes) -> Result<T, Refusal> {
        match encoding {
            Encoding::Plain => parse_json(&self.headers, body).map_err(Refusal::bad_request),
            Encoding::Encrypted => self.encrypted(body),
        }
    }

    /// Reads a body whose plain form is `{"data": {...}}`.
    pub(super) fn enveloped<T: DeserializeOwned>(&self, encoding: Encoding, body: &Bytes) -> Result<T, Refusal> {
        match encoding {
            Encoding::Plain => {
                let envelope: Envelope<T> = parse_json(&self.headers, body).map_err(Refusal::bad_request)?;
                Ok(envelope.data)
            }
            Encoding::Encrypted => self.encrypted(body),
        }
    }

    fn encrypted<T: DeserializeOwned>(&self, body: &Bytes) -> Result<T, Refusal> {
        let envelope: Envelope<String> = parse_json(&self.headers, body)
            .map_err(|error| Refusal::bad_request(format!("the body must be encrypted: {error}")))?;
        let text = self.channel.open(&envelope.data).ok_or_else(|| Refusal::bad_request("data can't be decrypted"))?;
        parse_json_text(text.as_bytes()).map_err(|error| Refusal::bad_request(format!("in data: {error}")))
    }

    /// Puts an answer under `data`, encrypted where the state says so.
    pub(super) fn answer(&self, data: &Value) -> Result<Json<Value>, Refusal> {
        if !self.state.encrypt_answers {
            return Ok(Json(json!({"data": data})));
        }
        let sealed = self.channel.seal(&data.to_string());
        let sealed = sealed
            .ok_or_else(|| Refusal(StatusCode::INTERNAL_SERVER_ERROR, "the answer can't be encrypted".to_owned()))?;
        Ok(Json(json!({"data": sealed})))
    }
}

impl State {
    /// Lets through a path of this deployment's tenant and one of its communities.
    pub(super) fn check_place(&self, tenant_id: &str, community_id: &str) -> Result<(), Refusal> {
        if self.tenant.id == tenant_id && self.communities.iter().any(|community| community.id == community_id) {
            return Ok(());
        }
        Err(Refusal::forbidden(format!("no access to community {community_id} of tenant {tenant_id}")))
    }
}

fn header<'headers>(headers: &'headers HeaderMap, name: &str) -> Result<&'headers str, Refusal> {
    let value = headers.get(name).ok_or_else(|| Refusal::bad_request(format!("{name} is required")))?;
    value.to_str().map_err(|_| Refusal::bad_request(format!("{name} must be ASCII")))
}
