//! Xident's API in its two generations: routes, envelopes, keys and error hints. Knows no Terraform.
//!
//! `v1` is the vendor's reference page. `verify/v1` is its newer OpenAPI document, whose base, header and envelope differ.
//! Where a generation lacks a call, the error says which one has it.

use std::fmt;
use std::marker::PhantomData;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value as Json, json};
use tokio::sync::Mutex;

use super::blacklist::Known;
use crate::http::{
    self, Authenticate, CachePolicy, Error, Kind, Page, PageRequest, PageSource, Pages, Path, PreparedRequest, Request,
    Response, StaticHeader,
};

/// The largest page that the vendor's lists give.
const PAGE: usize = 100;

/// A generation of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Api {
    /// As on the vendor's reference page.
    V1,
    /// As in the vendor's newer OpenAPI document.
    VerifyV1,
}

impl Api {
    /// Its name in the provider block, which is its path too.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::VerifyV1 => "verify/v1",
        }
    }

    /// What to do for what this generation has and the configured one has not.
    pub(super) fn way_there(self) -> String {
        let name = self.name();
        format!(
            "`{name}` has it: set `api = \"{name}\"` in `xident = {{ ... }}` of the provider block, or IDV_XIDENT_API."
        )
    }

    /// The generation of this name; the page's without one.
    pub(super) fn named(name: Option<&str>) -> Self {
        if name == Some(Self::VerifyV1.name()) { Self::VerifyV1 } else { Self::V1 }
    }
}

/// Puts the right key on each request: the secret one, unless the request is noted to take the publishable one.
pub(super) struct Keys {
    /// The secret key, where one is configured.
    pub secret: Option<StaticHeader>,
    /// The publishable key, where one is configured and goes into a header.
    pub publishable: Option<StaticHeader>,
}

/// The note of a request that takes the publishable key.
struct Publishable;

impl Authenticate for Keys {
    fn apply(&self, request: &mut PreparedRequest) -> Result<(), Error> {
        let (key, name) = match request.note::<Publishable>() {
            Some(Publishable) => (&self.publishable, "publishable_key"),
            None => (&self.secret, "secret_key"),
        };
        key.as_ref().ok_or_else(|| no_key(name))?.apply(request)
    }
}

fn no_key(name: &str) -> Error {
    let failure = format!("this call needs `{name}`, and none is configured");
    Error::new(Kind::Request, "Xident", "putting the key on the request", failure).with_hint(format!(
        "Set `{name}` in `xident = {{ ... }}` of the provider block, or the environment variable IDV_XIDENT_{}.",
        name.to_uppercase()
    ))
}

/// An enrolled face; each generation knows another part of it.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Face {
    /// The id of the face, which `v1` tells.
    #[serde(default)]
    pub face_id: Option<String>,
    /// When it was enrolled, as the vendor writes it.
    #[serde(default)]
    pub enrolled_at: Option<String>,
    /// Whether the user has a face, which `verify/v1` tells.
    #[serde(default)]
    pub enrolled: bool,
}

/// A client of one project.
pub(super) struct Client {
    /// The transport.
    pub(super) http: http::Client,
    address: String,
    api: Api,
    publishable_key: Option<SecretString>,
    /// Held by whoever adds to the blacklist.
    pub(super) adding: Mutex<Option<Known>>,
}

impl Client {
    /// A client over a transport whose base URL is the address with the generation's path, and whose requests [`Keys`] sign.
    pub(super) fn new(http: http::Client, address: String, api: Api, publishable_key: Option<SecretString>) -> Self {
        Self { http, address, api, publishable_key, adding: Mutex::new(None) }
    }

    /// The address of the service without the generation's path.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The generation that is configured.
    pub(super) fn api(&self) -> Api {
        self.api
    }

    /// Enrolls the face of a user. What the answer of `verify/v1` says is a challenge and not read: [`face`](Self::face) tells.
    pub(super) async fn register_face(&self, user_id: &str, image: &str) -> Result<Face, Error> {
        let operation = format!("enrolling the face of the user \"{user_id}\"");
        match self.api {
            Api::V1 => {
                let body = json!({"user_id": user_id, "face_image": image});
                self.read(self.http.post("/face-2fa/register").operation(operation).json(&body)).await
            }
            Api::VerifyV1 => {
                let body = json!({"user_id": user_id, "image": image});
                let request = self.http.post("/2fa/register").operation(operation).json(&body);
                request.send().await.map(|_| Face::default()).map_err(hint)
            }
        }
    }

    /// The enrollment of a user, if there is one. `verify/v1` alone tells.
    pub(super) async fn face(&self, user_id: &str, policy: CachePolicy) -> Result<Option<Face>, Error> {
        let operation = format!("reading the enrollment of the user \"{user_id}\"");
        self.only(Api::VerifyV1, &operation)?;
        let request = self.http.get(Path::new("/2fa/users").segment(user_id)).operation(operation);
        let Some(answer) = request.cache_policy(policy).send_opt().await.map_err(hint)? else { return Ok(None) };
        Ok(Some(self.data::<Face>(&answer)?).filter(|face| face.enrolled))
    }

    /// Removes the enrollment of a user, if there is one. `verify/v1` alone can.
    pub(super) async fn delete_face(&self, user_id: &str) -> Result<(), Error> {
        let operation = format!("removing the enrollment of the user \"{user_id}\"");
        self.only(Api::VerifyV1, &operation)?;
        let request = self.http.delete(Path::new("/2fa/users").segment(user_id)).operation(operation);
        request.send_opt().await.map(drop).map_err(hint)
    }

    /// Every API key, without secrets.
    pub(super) async fn api_keys<T: Row>(&self, policy: CachePolicy) -> Result<Vec<T>, Error> {
        self.list(API_KEYS, policy).await
    }

    /// Requests the first page of API keys, to check the secret key.
    pub(super) async fn check_api_keys(&self) -> Result<(), Error> {
        self.only(Api::VerifyV1, API_KEYS.operation)?;
        let query = json!({"page": 1, "per_page": PAGE});
        let request = self.http.get(API_KEYS.path).operation(API_KEYS.operation).query(&query).shared(API_KEYS.tag);
        self.read::<IgnoredAny>(request).await.map(drop)
    }

    /// One API key, without its secret.
    pub(super) async fn api_key<T: DeserializeOwned>(&self, id: &str) -> Result<Option<T>, Error> {
        self.only(Api::VerifyV1, "reading an API key")?;
        let request = self.http.get(Path::new("/tokens").segment(id)).operation("reading an API key");
        let answer = request.send_opt().await.map_err(hint)?;
        answer.map(|answer| self.data(&answer)).transpose()
    }

    /// Creates an API key; the answer has its secret, once.
    pub(super) async fn create_api_key<T: DeserializeOwned>(&self, body: &Json) -> Result<T, Error> {
        self.only(Api::VerifyV1, "creating an API key")?;
        self.read(self.http.post("/tokens").operation("creating an API key").json(body).invalidates(API_KEYS.tag)).await
    }

    /// Deletes an API key; one that is gone already is none.
    pub(super) async fn delete_api_key(&self, id: &str) -> Result<(), Error> {
        self.only(Api::VerifyV1, "deleting an API key")?;
        let request = self.http.delete(Path::new("/tokens").segment(id)).operation("deleting an API key");
        request.invalidates(API_KEYS.tag).send_opt().await.map(drop).map_err(hint)
    }

    /// What the project asks of its users, by the publishable key. `user_id` is for `verify/v1`.
    pub(super) async fn requirements(&self, user_id: Option<&str>) -> Result<Json, Error> {
        let operation = "checking the requirements";
        match self.api {
            Api::V1 => {
                let key = self.publishable_key.as_ref().ok_or_else(|| no_key("publishable_key"))?;
                let body = json!({"api_key": key.expose_secret()});
                let request = self.http.post("/requirements/check").operation(operation).json(&body);
                self.public(request.read_only().without_auth()).await
            }
            Api::VerifyV1 => {
                let request =
                    self.http.get("/requirements/check").operation(operation).query(&json!({"user_id": user_id}));
                self.public(request.note(Publishable)).await
            }
        }
    }

    /// What the project used in a period. `v1` alone tells.
    pub(super) async fn usage<T: DeserializeOwned>(
        &self,
        start_date: Option<&str>,
        end_date: Option<&str>,
    ) -> Result<T, Error> {
        self.only(Api::V1, "reading the usage")?;
        let period = json!({"start_date": start_date, "end_date": end_date});
        self.read(self.http.get("/usage").operation("reading the usage").query(&period).shared("usage")).await
    }

    /// Refuses a call that the configured generation does not have.
    pub(super) fn only(&self, has_it: Api, operation: &str) -> Result<(), Error> {
        if self.api == has_it {
            return Ok(());
        }
        let failure = format!("the API `{}` has no such call", self.api.name());
        Err(Error::new(Kind::Request, "Xident", operation, failure).with_hint(has_it.way_there()))
    }

    /// Every row of a list of `verify/v1`.
    pub(super) async fn list<T: Row>(&self, list: List, policy: CachePolicy) -> Result<Vec<T>, Error> {
        self.only(Api::VerifyV1, list.operation)?;
        Pages::new(ListPages { client: self, list, rows: PhantomData }, policy).all().await
    }

    /// What the answer to a request with the secret key carries.
    pub(super) async fn read<T: DeserializeOwned>(&self, request: Request) -> Result<T, Error> {
        self.data(&request.send().await.map_err(hint)?)
    }

    async fn public(&self, request: Request) -> Result<Json, Error> {
        self.data(&request.send().await.map_err(public_hint)?)
    }

    /// What an answer carries: in an envelope on `verify/v1`, bare on `v1`.
    fn data<T: DeserializeOwned>(&self, answer: &Response) -> Result<T, Error> {
        match self.api {
            Api::V1 => answer.json(),
            Api::VerifyV1 => answer.json::<Envelope<T>>().map(|envelope| envelope.data),
        }
        .map_err(hint)
    }
}

/// A list of `verify/v1`.
#[derive(Clone, Copy)]
pub(super) struct List {
    /// The path below the generation's.
    pub path: &'static str,
    /// What a request for a page is for, as a gerund phrase.
    pub operation: &'static str,
    /// What the rows are called in an error.
    pub noun: &'static str,
    /// The tag that the pages are cached under.
    pub tag: &'static str,
}

/// The list of API keys.
const API_KEYS: List = List { path: "/tokens", operation: "listing the API keys", noun: "API keys", tag: "tokens" };

/// A row of a list.
pub(super) trait Row: DeserializeOwned + Send {
    /// The row's id.
    fn key(&self) -> String;
}

/// Requests the pages of a list.
struct ListPages<'c, T> {
    client: &'c Client,
    list: List,
    rows: PhantomData<fn() -> T>,
}

#[async_trait]
impl<T: Row> PageSource for ListPages<'_, T> {
    type Row = T;

    fn noun(&self) -> &'static str {
        self.list.noun
    }

    fn key(&self, row: &T) -> String {
        row.key()
    }

    async fn page(&self, at: &PageRequest) -> Result<Page<T>, Error> {
        let List { path, operation, tag, .. } = self.list;
        let query = json!({"page": at.index + 1, "per_page": PAGE});
        let request = self.client.http.get(path).operation(operation).query(&query).shared(tag).page(at);
        let response = request.send().await.map_err(hint)?;
        let Envelope { data, meta } = response.json::<Envelope<Vec<T>>>().map_err(hint)?;
        let total = meta.and_then(|meta| meta.pagination).and_then(|pagination| pagination.total);
        Ok(Page::new(data, response).with_total(total))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("address", &self.address).field("api", &self.api).finish_non_exhaustive()
    }
}

/// The form of every success of `verify/v1`.
#[derive(Deserialize)]
struct Envelope<T> {
    data: T,
    meta: Option<Meta>,
}

#[derive(Deserialize)]
struct Meta {
    pagination: Option<Pagination>,
}

#[derive(Deserialize)]
struct Pagination {
    total: Option<usize>,
}

/// Says where the user can mend a failure of a call with the secret key.
pub(super) fn hint(error: Error) -> Error {
    let status = error.status().map(|status| status.as_u16());
    let code = error.code().map(str::to_uppercase).unwrap_or_default();
    match (status, code.as_str()) {
        (Some(401), _) => error.with_hint(
            "The key is `secret_key` in `xident = { ... }` of the provider block, or IDV_XIDENT_SECRET_KEY. Check that it is \
             complete, not revoked, of this project, and begins with `sk_`; and that `api` (or IDV_XIDENT_API) is the generation \
             of the API that it is for.",
        ),
        (Some(402), _) => error.with_hint(
            "The project is the one that `secret_key` (or IDV_XIDENT_SECRET_KEY) belongs to. CachePolicy at its plan and billing in Xident's \
             dashboard; what was created before is in state, so apply again afterwards.",
        ),
        (Some(403), "SECRET_KEY_REQUIRED") => error.with_hint(
            "The call needs the secret key: check that `secret_key` in `xident = { ... }` of the provider block, or \
             IDV_XIDENT_SECRET_KEY, begins with `sk_` and is not the publishable key.",
        ),
        (Some(403), _) => error.with_hint(
            "The key in `secret_key` of `xident = { ... }`, or IDV_XIDENT_SECRET_KEY, lacks the scope for this call. Check the \
             key's scopes in Xident's dashboard, or use a key that has it.",
        ),
        (Some(413), _) => error.with_hint(
            "The image in `face_image_wo` (or `face_image`) is too large: Xident takes at most 10,000,000 characters of base64. \
             Check its size and make it smaller.",
        ),
        (Some(429), _) => error.with_hint(
            "Xident limits each endpoint, such as `/blacklist` to 30 requests a minute, for everybody who uses this key. Check what \
             else uses it.",
        ),
        _ => address_hint(error),
    }
}

/// The same for a call with the publishable key.
fn public_hint(error: Error) -> Error {
    match error.kind() {
        Kind::Auth | Kind::Forbidden => error.with_hint(
            "The key is `publishable_key` in `xident = { ... }` of the provider block, or IDV_XIDENT_PUBLISHABLE_KEY. Check that it \
             is complete, of this project, and begins with `pk_`.",
        ),
        _ => hint(error),
    }
}

fn address_hint(error: Error) -> Error {
    match error.kind() {
        Kind::Connect | Kind::Tls | Kind::Timeout | Kind::NotFound | Kind::Decode => error.with_hint(
            "The address is `base_url` in `xident = { ... }`, or IDV_XIDENT_BASE_URL, and the generation of the API `api`, or \
             IDV_XIDENT_API.",
        ),
        _ => error,
    }
}
