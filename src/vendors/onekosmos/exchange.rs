//! Sends a call and reads its response: the one place for encrypted bodies, the `data` member and hints about errors.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::endpoints::{Endpoint, Endpoints};
use super::session::{Access, Session, is_late};
use crate::http::{Error, Kind, Request, Response};

/// A call that is ready to be sent.
pub(super) struct Call {
    request: Request,
    endpoint: Option<Endpoint>,
    payload: Payload,
}

/// The part of a response that a call reads.
#[derive(Clone, Copy)]
enum Payload {
    /// The whole body.
    Whole,
    /// The member `data`, which may be encrypted; the whole body if it has no `data`.
    Data,
    /// Nothing.
    Nothing,
}

impl Call {
    /// A call without a body of its own and without the license.
    pub(super) fn new(request: Request) -> Self {
        Self { request, endpoint: None, payload: Payload::Whole }
    }

    /// A call without a body of its own, with the license.
    pub(super) fn licensed(request: Request) -> Self {
        Self::new(request.extension(Access { license: true, sealed: false }))
    }

    /// Reads `data` of the response.
    pub(super) fn in_data(self) -> Self {
        Self { payload: Payload::Data, ..self }
    }

    /// Reads nothing of the response.
    pub(super) fn without_payload(self) -> Self {
        Self { payload: Payload::Nothing, ..self }
    }
}

/// The member of a response that has its content.
pub(super) const DATA: &str = "data";

/// A response that is encrypted as a whole.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    data: String,
    #[serde(rename = "publicKey")]
    public_key: Option<String>,
}

/// The forms of a response of which a call reads `data`: the value in `data`, or the value alone.
pub(super) struct InData<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for InData<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("InData_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<T>();
        let wrapped = json_schema!({"type": "object", "properties": {"data": value}, "required": ["data"]});
        json_schema!({"anyOf": [wrapped, value]})
    }
}

/// Sends the calls of one client.
pub(super) struct Exchange {
    session: Arc<Session>,
    endpoints: Endpoints,
}

impl Exchange {
    /// Sends with the keys of `session`, and bodies in the form that `endpoints` says.
    pub(super) fn new(session: Arc<Session>, endpoints: Endpoints) -> Self {
        Self { session, endpoints }
    }

    /// A call with a body, in the form that its endpoint takes: plain or encrypted.
    pub(super) fn with_body(&self, request: Request, endpoint: Endpoint, body: &impl Serialize) -> Call {
        let (access, body) = self.endpoints.prepare(endpoint, body);
        Call { endpoint: Some(endpoint), ..Call::new(request.extension(access).json(&body)) }
    }

    /// Sends a call and reads its response.
    pub(super) async fn call<T: DeserializeOwned>(&self, call: Call) -> Result<T, Error> {
        self.call_with_response(call).await.map(|(value, _)| value)
    }

    /// Sends a call and reads its response; `None` if the vendor has no such object.
    pub(super) async fn call_opt<T: DeserializeOwned>(&self, call: Call) -> Result<Option<T>, Error> {
        match self.call(call).await {
            Err(error) if error.is_not_found() => Ok(None),
            result => result.map(Some),
        }
    }

    /// Sends a call and reads its response, which is returned too for further errors about it.
    pub(super) async fn call_with_response<T: DeserializeOwned>(&self, call: Call) -> Result<(T, Response), Error> {
        let Call { request, endpoint, payload } = call;
        self.send(request, payload).await.map_err(|error| self.with_hint(error, endpoint))
    }

    async fn send<T: DeserializeOwned>(&self, request: Request, payload: Payload) -> Result<(T, Response), Error> {
        let response = request.send().await?;
        let value = match payload {
            // No whole response that is plain has this form.
            Payload::Whole => match response.json::<Sealed>() {
                Ok(Sealed { data, public_key }) => {
                    decode(&response, self.open(&response, &data, public_key.as_deref()).await?)?
                }
                Err(_) => response.json()?,
            },
            Payload::Data => decode(&response, self.data(&response).await?)?,
            Payload::Nothing => decode(&response, Json::Null)?,
        };
        Ok((value, response))
    }

    /// The member `data`, decrypted if it is text; null if it is an empty object.
    async fn data(&self, response: &Response) -> Result<Json, Error> {
        let mut body = response.json::<Json>()?;
        let public_key = body.get("publicKey").and_then(Json::as_str).map(str::to_owned);
        let data = match body.get_mut("data") {
            Some(data) => data.take(),
            None => body,
        };
        let data = match data {
            Json::String(sealed) => self.open(response, &sealed, public_key.as_deref()).await?,
            data => data,
        };
        let is_empty = data.as_object().is_some_and(serde_json::Map::is_empty);
        Ok(if is_empty { Json::Null } else { data })
    }

    /// Decrypts a part of a response.
    async fn open(&self, response: &Response, sealed: &str, public_key: Option<&str>) -> Result<Json, Error> {
        let opened = self.session.open(response, sealed, public_key).await?;
        response.record_decrypted(&opened);
        serde_json::from_str(&opened).map_err(|_| response.error("its decrypted content is not JSON"))
    }

    fn with_hint(&self, error: Error, endpoint: Option<Endpoint>) -> Error {
        let error = hint(error);
        match endpoint {
            Some(endpoint) if error.kind() == Kind::Invalid => error.with_hint(self.endpoints.other_form(endpoint)),
            _ => error,
        }
    }
}

/// Reads a part of a response that may have been encrypted. The error names the field and no value.
fn decode<T: DeserializeOwned>(response: &Response, data: Json) -> Result<T, Error> {
    serde_path_to_error::deserialize(data).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { "the whole body".to_owned() } else { format!("`{path}`") };
        response.other_form(format!("in the response, {field} is missing or has an unexpected type"))
    })
}

/// Whether a body is an error of the service: `{statusCode, error, message}` as on its page, or one of the forms that it is known
/// to send, which are `{code, message}`, `{error_code, message, status}` and `{errors: [...]}`.
pub(super) fn is_own_error(body: &Json) -> bool {
    let has = |name: &str| body.get(name).is_some_and(|value| value.is_string() || value.is_number());
    let is_coded = has("code") || has("error_code") || (has("statusCode") && has("error"));
    (has("message") && is_coded) || body.get("errors").is_some_and(Json::is_array)
}

/// Says where the user can fix the cause of an error.
fn hint(error: Error) -> Error {
    match error.kind() {
        Kind::Auth | Kind::Invalid if is_late(&error) => error.with_hint(
            "Every request carries the time, and the service refuses a time that differs from its own clock by more than a minute. \
             Set this machine's clock.",
        ),
        Kind::Auth => error.with_hint(
            "The license is `license_key` in `onekosmos = { ... }` of the provider block, or IDV_ONEKOSMOS_LICENSE_KEY.",
        ),
        Kind::Forbidden => error.with_hint(
            "The call needs a license of a higher level (`system` for service keys, `system` or `service` for the bucket and the \
             list of sessions), or the license belongs to another tenant than `tenant_id` and `community_id`.",
        ),
        Kind::Invalid if error.message().is_some_and(|message| message.contains("decrypt")) => error.with_hint(
            "Requests are encrypted with the public key that the service returns, which was fetched again before this attempt. Check \
             that the address is that of the service: `tenant_dns` or `base_url` in `onekosmos = { ... }`, or \
             IDV_ONEKOSMOS_TENANT_DNS or IDV_ONEKOSMOS_BASE_URL. If it is, ask 1Kosmos.",
        ),
        Kind::Connect | Kind::Tls | Kind::Timeout | Kind::NotFound | Kind::Decode => error.with_hint(
            "The address is `tenant_dns` or `base_url` in `onekosmos = { ... }`, or IDV_ONEKOSMOS_TENANT_DNS or \
             IDV_ONEKOSMOS_BASE_URL.",
        ),
        _ => error,
    }
}
