//! Xident's API in its two generations: keys, envelopes and pages. Knows no Terraform.
//!
//! `v1` is the vendor's reference page. `verify/v1` is its newer OpenAPI document, whose base, header and envelope differ.
//! An error about a call that the configured generation lacks names the generation that has it. The calls themselves are in
//! `blacklist`, `faces`, `api_keys` and `project`.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::api_keys::ApiKeyRow;
use super::blacklist::BlacklistRow;
use super::hints::{Key, with_hints};
use crate::framework::Secret;
use crate::http::{
    self, Authenticate, CachePolicy, Error, Kind, List, Page, PageRequest, PageSource, PreparedRequest, Request,
    Response, StaticHeader,
};
use crate::openapi::Call;
use crate::vendors::shared::loose::{self, Whole};
use crate::vendors::shared::reconcile::Creates;

/// The largest page that the vendor returns.
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
    /// The generation with this name; `v1` without a name.
    pub(super) fn named(name: Option<&str>) -> Self {
        if name == Some(Self::VerifyV1.name()) { Self::VerifyV1 } else { Self::V1 }
    }

    /// The name in the provider block, which is also the path.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::VerifyV1 => "verify/v1",
        }
    }

    /// How to configure this generation, for an error about a call that only it has.
    pub(super) fn how_to_configure(self) -> String {
        let name = self.name();
        format!(
            "`{name}` has it: set `api = \"{name}\"` in `xident = {{ ... }}` of the provider block, or IDV_XIDENT_API."
        )
    }
}

/// Puts the secret key on each request, or the publishable key on those with the extension [`Publishable`].
pub(super) struct Keys {
    /// The secret key, if one is configured.
    pub secret: Option<StaticHeader>,
    /// The publishable key, if one is configured.
    pub publishable: Option<StaticHeader>,
}

/// The extension of a request that takes the publishable key.
pub(super) struct Publishable;

impl Keys {
    /// The key of a request.
    fn of(&self, request: &PreparedRequest) -> Result<&StaticHeader, Error> {
        let (key, name) = match request.extension::<Publishable>() {
            Some(Publishable) => (&self.publishable, "publishable_key"),
            None => (&self.secret, "secret_key"),
        };
        key.as_ref().ok_or_else(|| no_key(name))
    }
}

#[async_trait]
impl Authenticate for Keys {
    fn credential(&self) -> Option<Secret> {
        self.secret.as_ref().or(self.publishable.as_ref())?.credential()
    }

    fn check(&self, request: &PreparedRequest) -> Result<(), Error> {
        self.of(request)?.check(request)
    }

    fn apply(&self, request: &mut PreparedRequest) -> Result<(), Error> {
        self.of(request)?.apply(request)
    }

    async fn renew(&self, refused: &PreparedRequest, error: &Error) -> Result<bool, Error> {
        self.of(refused)?.renew(refused, error).await
    }
}

/// The error of a call whose key is not configured.
pub(super) fn no_key(name: &str) -> Error {
    let failure = format!("this call needs `{name}`, and none is configured");
    Error::new(Kind::Request, "Xident", "putting the key on the request", failure).with_hint(format!(
        "Set `{name}` in `xident = {{ ... }}` of the provider block, or the environment variable IDV_XIDENT_{}.",
        name.to_uppercase()
    ))
}

/// A client of one project.
pub(super) struct Client {
    /// The transport.
    pub(super) http: http::Client,
    address: String,
    api: Api,
    publishable_key: Option<Secret>,
    /// The creates of blacklist entries, whose responses have no id.
    pub(super) blacklist_creates: Creates<BlacklistRow>,
    /// The creates of API keys.
    pub(super) api_key_creates: Creates<ApiKeyRow>,
}

impl Client {
    /// A client over a transport whose base URL is the address with the generation's path, and whose requests [`Keys`] sign.
    pub(super) fn new(http: http::Client, address: String, api: Api, publishable_key: Option<Secret>) -> Self {
        let (blacklist_creates, api_key_creates) = (Creates::default(), Creates::default());
        Self { http, address, api, publishable_key, blacklist_creates, api_key_creates }
    }

    /// The address of the service without the generation's path.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The configured generation.
    pub(super) fn api(&self) -> Api {
        self.api
    }

    /// The publishable key; an error if none is configured.
    pub(super) fn publishable_key(&self) -> Result<&Secret, Error> {
        self.publishable_key.as_ref().ok_or_else(|| no_key("publishable_key"))
    }

    /// Fails if the configured generation is not the one that has a call.
    pub(super) fn only(&self, has_it: Api, operation: &str) -> Result<(), Error> {
        if self.api == has_it {
            return Ok(());
        }
        let failure = format!("the API `{}` has no such call", self.api.name());
        Err(Error::new(Kind::Request, "Xident", operation, failure).with_hint(has_it.how_to_configure()))
    }

    /// Sends a request with the secret key and decodes the data of its response.
    pub(super) async fn read<T: DeserializeOwned>(&self, request: Request) -> Result<T, Error> {
        with_hints(Key::Secret, async { self.data(&request.send().await?) }).await
    }

    /// Like [`read`](Self::read), with `None` if the object does not exist.
    pub(super) async fn read_opt<T: DeserializeOwned>(&self, request: Request) -> Result<Option<T>, Error> {
        with_hints(Key::Secret, async {
            let response = request.send_opt().await?;
            response.map(|response| self.data(&response)).transpose()
        })
        .await
    }

    /// Like [`read`](Self::read), for a request with the publishable key.
    pub(super) async fn read_public<T: DeserializeOwned>(&self, request: Request) -> Result<T, Error> {
        with_hints(Key::Publishable, async { self.data(&request.send().await?) }).await
    }

    /// Sends a write whose response has nothing to read.
    pub(super) async fn write(&self, request: Request) -> Result<(), Error> {
        with_hints(Key::Secret, async { request.send().await.map(drop) }).await
    }

    /// Sends a delete. An object that does not exist is no error.
    pub(super) async fn delete(&self, request: Request) -> Result<(), Error> {
        with_hints(Key::Secret, async { request.send_opt().await.map(drop) }).await
    }

    /// Reads every row of a list of `verify/v1`.
    pub(super) async fn list<T: Row>(&self, list: ListRoute, policy: CachePolicy) -> Result<Arc<List<T>>, Error> {
        self.only(Api::VerifyV1, list.operation)?;
        let source = ListPages { client: self, list, rows: PhantomData };
        with_hints(Key::Secret, self.http.list(list.tag, source, policy)).await
    }

    /// The request for one page of a list; the first page has the number 1.
    pub(super) fn page_request(&self, list: ListRoute, page: usize) -> Request {
        let query = PageQuery { page, per_page: self.http.page_size(PAGE) };
        self.http.get(list.path).operation(list.operation).query(&query).shared(list.tag)
    }

    /// The data of a response: in an envelope on `verify/v1`, bare on `v1`.
    fn data<T: DeserializeOwned>(&self, response: &Response) -> Result<T, Error> {
        match self.api {
            Api::V1 => response.json(),
            Api::VerifyV1 => response.json::<Envelope<T>>().map(|envelope| envelope.data),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("address", &self.address).field("api", &self.api).finish_non_exhaustive()
    }
}

/// A list of `verify/v1`.
#[derive(Clone, Copy)]
pub(super) struct ListRoute {
    /// The path below the generation's.
    pub path: &'static str,
    /// What a request for a page is for, as a gerund phrase.
    pub operation: &'static str,
    /// What the rows are called in an error.
    pub noun: &'static str,
    /// The tag that the pages are cached under.
    pub tag: &'static str,
}

impl ListRoute {
    /// The call that lists rows of this type.
    pub(super) fn call<T: JsonSchema>(&self) -> Call {
        enveloped::<Vec<T>>(Call::new("GET", self.path).sends::<PageQuery>())
    }
}

/// A row of a list.
pub(super) trait Row: DeserializeOwned + Send + Sync + 'static {
    /// The row's id.
    fn key(&self) -> String;
}

/// Requests the pages of a list.
struct ListPages<'c, T> {
    client: &'c Client,
    list: ListRoute,
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
        let response = self.client.page_request(self.list, at.index + 1).page(at).send().await?;
        let Envelope { data, meta } = response.json::<Envelope<Vec<T>>>()?;
        let total = meta.and_then(|meta| meta.pagination).and_then(|pagination| pagination.total);
        Ok(Page::new(data, response).with_total(total))
    }
}

#[derive(Serialize, JsonSchema)]
struct PageQuery {
    page: usize,
    per_page: usize,
}

/// The form of every success of `verify/v1`.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Envelope<T> {
    data: T,
    #[schemars(extend("x-may-be-absent" = true))]
    meta: Option<Meta>,
}

/// Adds that a call reads an envelope.
pub(super) fn enveloped<T: JsonSchema>(call: Call) -> Call {
    call.reads::<Envelope<T>>().with_content("data")
}

#[derive(Deserialize, JsonSchema)]
struct Meta {
    #[schemars(extend("x-may-be-absent" = true))]
    pagination: Option<Pagination>,
}

#[derive(Deserialize, JsonSchema)]
struct Pagination {
    #[serde(default, deserialize_with = "loose::whole_or_null")]
    #[schemars(with = "Option<Whole>", extend("x-may-be-absent" = true))]
    total: Option<usize>,
}
