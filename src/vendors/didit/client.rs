//! Didit's management API: collections of objects, pages, keys and tokens, error bodies and hints. Knows no Terraform.
//!
//! All collections have the same form: a list, and objects below it by their uuid, every path with a slash at its end. So one
//! client serves all of them, and an object brings its own rows. Source: the vendor's OpenAPI document and its
//! documentation of the API (docs.didit.me).

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::creates::ApplicationCreates;
use crate::http::{
    self, CachePolicy, Error, FieldError, HeaderMap, Kind, List, OAuth2ClientCredentials, Page, PageRequest,
    PageSource, Pages, Path, Request, Response, StatusCode, Token, VendorError, parse_common,
};
use crate::openapi::{Call, NO_OBJECT};
use crate::vendors::shared::loose::{self, Whole};
use crate::vendors::shared::reconcile::Noun;
use crate::vendors::shared::singleton::Adoptions;

/// How many rows a page of workflows or questionnaires asks for: the vendor's default for workflows.
const PAGE: usize = 50;

/// How many rows a page of lists or entries asks for, since there may be thousands. The vendor's default is 25, and no
/// maximum is documented; if it returns fewer, the next page begins after those.
const LONG_PAGE: usize = 100;

/// The name and the cache tag of the lists.
const LISTS: &str = "lists";

const CUSTOMIZATION: &str = "/v3/customization/";

/// A list of the vendor, and the objects in it.
#[derive(Clone)]
pub(super) struct Collection {
    /// The path, with a parameter for the list that an entry is in.
    template: &'static str,
    path: Path,
    /// The cache tag of the list within a run. A write to one of the objects invalidates it.
    tag: String,
    /// The cache tag of the list that counts these objects. A write invalidates it too.
    counted_in: Option<&'static str>,
    /// What one of the objects is called in a message.
    one: &'static str,
    /// What several of them are called.
    many: &'static str,
    /// How many rows a page asks for; `None` if the vendor returns all rows at once.
    page: Option<usize>,
    /// Whether a change may create another version, so that the request is not idempotent.
    versioned: bool,
}

impl Collection {
    /// A list at a path, whose objects have no versions.
    fn at(template: &'static str, one: &'static str, many: &'static str, page: Option<usize>) -> Self {
        Self {
            template,
            path: Path::new(template),
            tag: many.to_owned(),
            counted_in: None,
            one,
            many,
            page,
            versioned: false,
        }
    }

    /// Webhook destinations.
    pub(super) fn webhook_destinations() -> Self {
        Self::at("/v3/webhook/destinations", "webhook destination", "webhook destinations", None)
    }

    /// Workflows.
    pub(super) fn workflows() -> Self {
        Self { versioned: true, ..Self::at("/v3/workflows", "workflow", "workflows", Some(PAGE)) }
    }

    /// Questionnaires.
    pub(super) fn questionnaires() -> Self {
        Self { versioned: true, ..Self::at("/v3/questionnaires", "questionnaire", "questionnaires", Some(PAGE)) }
    }

    /// Lists of values.
    pub(super) fn lists() -> Self {
        Self::at("/v3/lists", "list", LISTS, Some(LONG_PAGE))
    }

    /// The entries of a list. Each list has a cache tag of its own.
    pub(super) fn entries(list_id: &str) -> Self {
        let all = Self::at("/v3/lists/{list_uuid}/entries", "list entry", "list entries", Some(LONG_PAGE));
        Self {
            path: Path::filled(all.template, &[list_id]),
            tag: format!("{} of {list_id}", all.many),
            counted_in: Some(LISTS),
            ..all
        }
    }

    /// What one of the objects is called in a message.
    pub(super) fn one(&self) -> &'static str {
        self.one
    }

    /// What several of the objects are called in a message.
    pub(super) fn many(&self) -> &'static str {
        self.many
    }

    /// A summary about an object of the collection, such as `The list "EU" is gone`.
    pub(super) fn summary(&self, name: &str, rest: &str) -> String {
        self.noun("", name).summary(rest)
    }

    /// What an object of the collection is called in messages about a write whose outcome was unknown.
    pub(super) fn noun<'n>(&self, type_name: &'static str, name: &'n str) -> Noun<'n> {
        Noun { vendor: "Didit", kind: self.one, name, type_name, console: "the Business Console" }
    }

    /// Whether the objects come in versions.
    pub(super) fn is_versioned(&self) -> bool {
        self.versioned
    }

    /// The call that lists the objects, whose rows are `T`.
    pub(super) fn list_call<T: JsonSchema>(&self) -> Call {
        let call = Call::new("GET", format!("{}/", self.template)).reads::<AnyList<T>>();
        if self.page.is_some() { call.sends::<PageQuery>().with_content("results") } else { call }
    }

    /// The call that creates an object.
    pub(super) fn create_call(&self) -> Call {
        Call::new("POST", format!("{}/", self.template))
    }

    /// The call that reads, changes or deletes an object.
    pub(super) fn object_call(&self, method: &str) -> Call {
        let call = Call::new(method, format!("{}/{{uuid}}/", self.template));
        if method == "GET" { call.reads_one(NO_OBJECT) } else { call }
    }

    fn whole(&self) -> Path {
        self.path.clone().then("")
    }

    fn object(&self, id: &str) -> Path {
        self.path.clone().segment(id).then("")
    }
}

/// A row of a list.
pub(super) trait Row: DeserializeOwned + Clone + Send + Sync + 'static {
    /// The id of the row, which no other row of the list has. The object is read by it.
    fn key(&self) -> &str;

    /// The id of the object, which no change of it changes.
    fn stable_id(&self) -> &str {
        self.key()
    }

    /// When the object was created, if the row has the time.
    fn created_at(&self) -> Option<Timestamp>;

    /// When the object was changed last, if the row has the time.
    fn updated_at(&self) -> Option<Timestamp> {
        None
    }

    /// Adds the fields that only the response about the object alone has.
    fn extend(&mut self, _full: Self) {}
}

/// How the client authenticates.
pub(super) enum SignIn {
    /// By `x-api-key`.
    ApiKey,
    /// By an access token, which this requests.
    Token(Arc<OAuth2ClientCredentials>),
}

/// A client of one application.
pub(super) struct Client {
    /// The transport.
    pub(super) http: http::Client,
    sign_in: SignIn,
    /// The creates under way.
    pub(super) creates: ApplicationCreates,
    /// Who manages the customization.
    pub(super) adoptions: Adoptions,
}

impl Client {
    /// A client over a transport that authenticates its requests as `sign_in` says.
    pub(super) fn new(http: http::Client, sign_in: SignIn) -> Self {
        Self { http, sign_in, creates: ApplicationCreates::default(), adoptions: Adoptions::default() }
    }

    /// The address of the API, without a slash at its end.
    pub(super) fn address(&self) -> &str {
        self.http.base_url().as_str().trim_end_matches('/')
    }

    /// The access token of the requests; requests one if there is none yet. With an API key there is none.
    pub(super) async fn token(&self) -> Result<Arc<Token>, Error> {
        match &self.sign_in {
            SignIn::Token(auth) => auth.token().await.map_err(|error| self.hint(error)),
            SignIn::ApiKey => {
                let failure = "the provider signs in by `api_key`, and only a client has an access token";
                Err(Error::new(Kind::Request, "Didit", http::REQUESTING_TOKEN, failure).with_hint(
                    "Set `client_id` and `client_secret` in `didit = { ... }` of the provider block instead of `api_key`, or \
                     IDV_DIDIT_CLIENT_ID and IDV_DIDIT_CLIENT_SECRET instead of IDV_DIDIT_API_KEY.",
                ))
            }
        }
    }

    /// Every row of a list.
    pub(super) async fn list<T: Row>(
        &self,
        collection: &Collection,
        policy: CachePolicy,
    ) -> Result<Arc<List<T>>, Error> {
        self.http.list(&collection.tag, self.source(collection), policy).await
    }

    /// The rows of a list, page by page.
    pub(super) fn pages<'c, T: Row>(
        &'c self,
        collection: &'c Collection,
        policy: CachePolicy,
    ) -> Pages<CollectionPages<'c, T>> {
        Pages::new(self.source(collection), policy)
    }

    fn source<'c, T: Row>(&'c self, collection: &'c Collection) -> CollectionPages<'c, T> {
        CollectionPages { client: self, collection, rows: PhantomData }
    }

    /// Reads one object in full; `None` if it does not exist.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        collection: &Collection,
        id: &str,
        policy: CachePolicy,
    ) -> Result<Option<T>, Error> {
        let request = self.http.get(collection.object(id)).operation(format!("reading the {} `{id}`", collection.one));
        match self.send(request.cache_policy(policy)).await {
            Ok(response) => response.json().map(Some),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Creates an object. `name` is what an error calls it.
    pub(super) async fn create<T: DeserializeOwned>(
        &self,
        collection: &Collection,
        name: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, Error> {
        let request =
            self.http.post(collection.whole()).operation(format!("creating the {} \"{name}\"", collection.one));
        self.write(collection, request.json(body)).await?.json()
    }

    /// Changes an object.
    pub(super) async fn update<T: DeserializeOwned>(
        &self,
        collection: &Collection,
        id: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, Error> {
        let request =
            self.http.patch(collection.object(id)).operation(format!("changing the {} `{id}`", collection.one));
        let request = if collection.versioned { request } else { request.idempotent() };
        self.write(collection, request.json(body)).await?.json()
    }

    /// Deletes an object. An object that does not exist is no error.
    pub(super) async fn delete(&self, collection: &Collection, id: &str) -> Result<(), Error> {
        let request =
            self.http.delete(collection.object(id)).operation(format!("deleting the {} `{id}`", collection.one));
        match self.write(collection, request).await {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }

    /// Reads the customization, which an application has once.
    pub(super) async fn customization<T: DeserializeOwned>(&self, policy: CachePolicy) -> Result<T, Error> {
        let request = self.http.get(CUSTOMIZATION).operation("reading the customization").shared(CUSTOMIZATION);
        self.send(request.cache_policy(policy)).await?.json()
    }

    /// Changes settings of the customization, and returns the whole.
    pub(super) async fn update_customization<T: DeserializeOwned>(&self, body: &Map<String, Json>) -> Result<T, Error> {
        let request = self.http.patch(CUSTOMIZATION).operation("changing the customization").json(body).idempotent();
        self.send(request.invalidates(CUSTOMIZATION)).await?.json()
    }

    async fn write(&self, collection: &Collection, request: Request) -> Result<Response, Error> {
        let request = collection.counted_in.into_iter().fold(request, Request::invalidates);
        self.send(request.invalidates(&collection.tag)).await
    }

    /// Sends a request of any kind, and adds to an error where the user can fix it.
    async fn send(&self, request: Request) -> Result<Response, Error> {
        request.send().await.map_err(|error| self.hint(error))
    }

    /// Adds where the user can fix an error. Didit returns 403 for a key that it does not know, on most routes.
    fn hint(&self, error: Error) -> Error {
        match (error.kind(), &self.sign_in) {
            (Kind::Auth | Kind::Forbidden, SignIn::ApiKey) => error.with_kind(Kind::Auth).with_hint(
                "It is `api_key` in `didit = { ... }` of the provider block, or IDV_DIDIT_API_KEY. Didit returns this for a wrong key, \
                 for the key of another application, and for one without the permission: compare it with the key that the \
                 Business Console shows for the application.",
            ),
            (Kind::Auth | Kind::Forbidden, SignIn::Token(_)) => error.with_kind(Kind::Auth).with_hint(
                "They are `client_id` and `client_secret` in `didit = { ... }` of the provider block, or IDV_DIDIT_CLIENT_ID and \
                 IDV_DIDIT_CLIENT_SECRET. Compare them with those that the Business Console shows for the application, and check \
                 `auth_url` if tokens come from another server.",
            ),
            (Kind::Connect | Kind::Tls | Kind::Timeout | Kind::NotFound | Kind::Decode, _) if error.is_token_request() => error
                .with_hint(
                    "Tokens are requested from `auth_url` in `didit = { ... }`, or IDV_DIDIT_AUTH_URL, which is another host than \
                     that of the API.",
                ),
            (Kind::Connect | Kind::Tls | Kind::Timeout | Kind::NotFound | Kind::Decode, _) => error.with_hint(
                "The address is `base_url` in `didit = { ... }`, or IDV_DIDIT_BASE_URL.",
            ),
            _ => error,
        }
    }
}

/// The parameters of a page.
#[derive(Serialize, JsonSchema)]
struct PageQuery {
    limit: usize,
    offset: usize,
}

/// A page of a list.
#[derive(Deserialize, JsonSchema)]
struct PageBody<T> {
    #[serde(default, deserialize_with = "loose::whole_or_null")]
    #[schemars(with = "Option<Whole>", extend("x-may-be-absent" = true))]
    count: Option<usize>,
    results: Vec<T>,
}

/// The forms of a list: all rows, or a page.
struct AnyList<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for AnyList<T> {
    fn schema_name() -> Cow<'static, str> {
        PageBody::<T>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let forms = [generator.subschema_for::<Vec<T>>(), generator.subschema_for::<PageBody<T>>()];
        json_schema!({"anyOf": forms})
    }
}

/// The calls about the customization, whose settings are `T`.
pub(super) fn customization_calls<T: JsonSchema>() -> [Call; 2] {
    [Call::new("GET", CUSTOMIZATION).reads::<T>(), Call::new("PATCH", CUSTOMIZATION).sends_any_of::<T>().reads::<T>()]
}

/// Requests the pages of a collection.
pub(super) struct CollectionPages<'c, T> {
    client: &'c Client,
    collection: &'c Collection,
    rows: PhantomData<fn() -> T>,
}

#[async_trait]
impl<T: Row> PageSource for CollectionPages<'_, T> {
    type Row = T;

    fn noun(&self) -> &str {
        self.collection.many
    }

    fn key(&self, row: &T) -> String {
        row.key().to_owned()
    }

    async fn page(&self, at: &PageRequest) -> Result<Page<T>, Error> {
        let Self { client, collection, .. } = self;
        let request = client.http.get(collection.whole()).operation(format!("listing the {}", collection.many));
        let request = match collection.page {
            Some(most) => request.query(&PageQuery { limit: self.client.http.page_size(most), offset: at.offset }),
            None => request,
        };
        let response = client.send(request.shared(&collection.tag).page(at)).await?;
        // The documents of some lists show pages, older ones the bare array, which is the whole list.
        if response.is_array() {
            let rows: Vec<T> = response.json()?;
            let total = rows.len();
            return Ok(Page::new(rows, response).with_total(Some(total)));
        }
        let PageBody { count, results } = response.json()?;
        // A list without pages is whole.
        let count = count.or_else(|| collection.page.is_none().then_some(results.len()));
        Ok(Page::new(results, response).with_total(count))
    }
}

/// Reads `{"detail": ...}` and `{field: [...]}`; the latter may be nested as deep as the rejected body.
pub(super) fn parse_error(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> VendorError {
    let mut error = parse_common(status, headers, body);
    // A message about the whole request says more than those about its fields.
    if error.message.is_none()
        && let Ok(members) = serde_json::from_slice::<Map<String, Json>>(body)
    {
        for (name, value) in &members {
            collect(&mut vec![name.clone()], value, &mut error.fields);
        }
    }
    error
}

/// Whether a body is `{"detail": ...}`, the form of an error about a whole request.
pub(super) fn is_own_error(body: &Json) -> bool {
    body.get("detail").is_some_and(Json::is_string)
}

fn collect(path: &mut Vec<String>, value: &Json, fields: &mut Vec<FieldError>) {
    match value {
        Json::String(message) => fields.push(FieldError { path: path.clone(), message: message.clone() }),
        Json::Object(members) => members.iter().for_each(|(name, value)| below(path, name.clone(), value, fields)),
        // A list of sentences is about the member itself, a list of objects about its elements.
        Json::Array(values) => {
            for (position, value) in values.iter().enumerate() {
                if value.is_string() {
                    collect(path, value, fields);
                } else {
                    below(path, position.to_string(), value, fields);
                }
            }
        }
        _ => {}
    }
}

fn below(path: &mut Vec<String>, step: String, value: &Json, fields: &mut Vec<FieldError>) {
    path.push(step);
    collect(path, value, fields);
    path.pop();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> VendorError {
        parse_error(StatusCode::BAD_REQUEST, &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn a_detail_is_the_message() {
        assert_eq!(read(r#"{"detail": "Not found."}"#).message.as_deref(), Some("Not found."));
        assert_eq!(read("<html>"), VendorError::default());
    }

    #[test]
    fn fields_are_found_at_any_depth() {
        let error =
            read(r#"{"label": ["Too long.", "Odd."], "features": [{}, {"feature": ["Unknown."]}], "count": 3}"#);
        let fields: Vec<_> = error.fields.iter().map(|it| (it.path.join("."), it.message.as_str())).collect();
        let expected = [("features.1.feature", "Unknown."), ("label", "Too long."), ("label", "Odd.")];
        assert_eq!(fields, expected.map(|(path, message)| (path.to_owned(), message)));
    }
}
