//! VULT's KYC API: routes, pages and error hints. It knows nothing of Terraform; the object files define the rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::operations::{Operation, Operations};
use super::wire;
use crate::http::{
    self, CachePolicy, Error, Kind, List, Method, OAuth2ClientCredentials, Page, PageRequest, PageSource, Pages, Path,
    Request, Response, Token,
};
use crate::vendors::shared::reconcile::CreatesByList;
use crate::vendors::shared::singleton::Adoptions;

/// How many webhooks a page asks for. The vendor documents `take` without a range.
const PAGE: usize = 100;

/// The cache tag of the document requirements.
const REQUIREMENTS: &str = "requirements";

/// The cache tag of the webhooks.
const WEBHOOKS: &str = "webhooks";

/// Whom settings are for: the tenant, one of its clients, or one user.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub(super) struct Scope {
    /// The client; the tenant itself without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The user; all without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
}

/// The scopes that are known of a tenant.
#[derive(Default)]
pub(super) struct KnownScopes {
    /// The scopes, among them the tenant itself.
    pub(super) scopes: BTreeSet<Scope>,
    /// Why the webhooks, which name more of them, could not be listed.
    pub(super) webhooks_failed: Option<Error>,
}

/// A row of the webhook list. The vendor documents the list without its rows, so these fields are inferred.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, JsonSchema)]
pub(super) struct WebhookRow {
    /// The id, which a delete needs.
    pub id: String,
    /// The name.
    pub name: String,
    /// The address that events are sent to.
    pub url: String,
    /// The client whose events are sent.
    #[serde(default)]
    pub client_id: Option<String>,
}

/// A client of one tenant.
pub(super) struct Client {
    /// The transport.
    pub(super) http: http::Client,
    auth: Arc<OAuth2ClientCredentials>,
    operations: Operations,
    /// The creates of webhooks, by the client that they are for; empty for the tenant itself.
    pub(super) webhook_creates: CreatesByList<WebhookRow>,
    /// The settings that this run adopted.
    pub(super) adoptions: Adoptions,
}

impl Client {
    /// A client over a transport whose requests `auth` signs.
    pub(super) fn new(http: http::Client, auth: Arc<OAuth2ClientCredentials>, operations: Operations) -> Self {
        Self { http, auth, operations, webhook_creates: CreatesByList::default(), adoptions: Adoptions::default() }
    }

    /// The address of the tenant, without a trailing slash.
    pub(super) fn address(&self) -> &str {
        self.http.base_url().as_str().trim_end_matches('/')
    }

    /// Reads the current weights of a scope; `None` if a client or a user has none of their own.
    ///
    /// A tenant always has weights. Where the vendor responds with 404 to a read of these, the route is wrong.
    pub(super) async fn weights<T: DeserializeOwned>(
        &self,
        scope: &Scope,
        policy: CachePolicy,
    ) -> Result<Option<T>, Error> {
        if *scope != Scope::default()
            && let Some(found) = self.optional(self.read_weights(scope, policy)?).await?
        {
            return Ok(Some(found));
        }
        let of_tenant = self.send(self.read_weights(&Scope::default(), policy)?).await.map_err(wrong_route)?;
        if *scope == Scope::default() { of_tenant.json().map(Some) } else { Ok(None) }
    }

    fn read_weights(&self, scope: &Scope, policy: CachePolicy) -> Result<Request, Error> {
        let request = self.read(Operation::GetWeights, "reading the weights", None, scope)?;
        Ok(request.cache_policy(policy).shared("weights"))
    }

    /// Reads a historical set of weights.
    pub(super) async fn weights_by_id<T: DeserializeOwned>(&self, id: &str) -> Result<Option<T>, Error> {
        self.optional(self.read(Operation::GetWeightsById, "reading weights by id", Some(id), &Scope::default())?).await
    }

    /// Replaces the current weights of a scope. `weights` has the scope and all 27 numbers.
    pub(super) async fn update_weights(&self, weights: &Json) -> Result<(), Error> {
        let request = self.call(Operation::UpdateWeights, "updating the weights", None)?;
        // A request replaces the whole set, so a retry has no further effect.
        self.send(request.json(weights).idempotent().invalidates("weights")).await.map(drop)
    }

    /// Reads every set of requirements of a scope.
    pub(super) async fn requirements<T>(&self, scope: &Scope, policy: CachePolicy) -> Result<Arc<Vec<T>>, Error>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let operation = "reading the document requirements";
        let load = |policy| async move {
            let request = self.read(Operation::GetRequirements, operation, None, scope)?;
            let response = request.cache_policy(policy).shared(REQUIREMENTS).send().await?;
            Ok((response.json::<wire::Requirements<T>>()?.requirements, response.bytes().len()))
        };
        with_hint(self.http.value(REQUIREMENTS, &format!("{scope:?}"), operation, policy, load)).await
    }

    /// Replaces one set of requirements, with its key and all 25 booleans.
    pub(super) async fn update_requirements(&self, requirements: &Json) -> Result<(), Error> {
        let request = self.call(Operation::UpdateRequirements, "updating the document requirements", None)?;
        self.send(request.json(requirements).idempotent().invalidates(REQUIREMENTS)).await.map(drop)
    }

    /// The scopes that the tenant's webhooks and requirements name, since the vendor lists none. The requirements of each scope
    /// are listed, because a list without a scope may show the tenant's own sets only.
    pub(super) async fn known_scopes(&self) -> Result<KnownScopes, Error> {
        let filled = |part: Option<String>| part.filter(|text| !text.is_empty());
        let (mut known, mut waiting) = (KnownScopes::default(), BTreeSet::from([Scope::default()]));
        let mut pages = self.webhook_pages(WebhookFilter::default());
        loop {
            match pages.next().await {
                Ok(Some(rows)) => {
                    waiting
                        .extend(rows.into_iter().map(|row| Scope { client_id: filled(row.client_id), user_id: None }));
                }
                Ok(None) => break,
                Err(error) => {
                    known.webhooks_failed = Some(error);
                    break;
                }
            }
        }
        while let Some(scope) = waiting.pop_first() {
            let rows = self.requirements::<Scope>(&scope, CachePolicy::UseCached).await?;
            let named = rows.iter().cloned();
            let named = named.map(|row| Scope { client_id: filled(row.client_id), user_id: filled(row.user_id) });
            known.scopes.insert(scope);
            waiting.extend(named.filter(|scope| !known.scopes.contains(scope)));
        }
        Ok(known)
    }

    /// Creates a webhook. The response has no id.
    pub(super) async fn create_webhook(&self, client_id: Option<&str>, name: &str, url: &str) -> Result<(), Error> {
        let request = self.call(Operation::WebhookCreate, format!("creating the webhook \"{name}\""), None)?;
        self.send(request.json(&wire::NewWebhook { name, url, client_id }).invalidates(WEBHOOKS)).await.map(drop)
    }

    /// Every webhook that matches.
    pub(super) async fn webhooks(&self, filter: &WebhookFilter<'_>) -> Result<Arc<List<WebhookRow>>, Error> {
        self.http.list(WEBHOOKS, WebhookPages { client: self, filter: *filter }, filter.policy).await
    }

    /// Every webhook that matches, after a create. `known` is an earlier read.
    pub(super) async fn webhooks_after_create(
        &self,
        filter: &WebhookFilter<'_>,
        known: Option<&List<WebhookRow>>,
    ) -> Result<Arc<List<WebhookRow>>, Error> {
        self.http.list_after_write(WEBHOOKS, WebhookPages { client: self, filter: *filter }, known).await
    }

    /// The webhooks that match, page by page.
    pub(super) fn webhook_pages<'c>(&'c self, filter: WebhookFilter<'c>) -> Pages<WebhookPages<'c>> {
        Pages::new(WebhookPages { client: self, filter }, filter.policy)
    }

    /// Deletes a webhook. A 404 means that the webhook is gone already, or that the route is wrong.
    pub(super) async fn delete_webhook(&self, id: &str) -> Result<(), Error> {
        let request = self.call(Operation::WebhookDelete, "deleting the webhook", Some(id))?;
        self.send(request.json(&wire::WebhookId { id }).idempotent().invalidates(WEBHOOKS)).await.map(drop)
    }

    /// Erases a person's data. The call is idempotent: a 404 after an attempt that may have been applied means that the object
    /// is erased. A 404 at the first attempt means that the id is wrong.
    pub(super) async fn erase(&self, operation: Operation, field: &str, id: &str, what: &str) -> Result<(), Error> {
        let request = self.call(operation, format!("sending the request to {what}"), Some(id))?;
        match self.send(request.json(&BTreeMap::from([(field, id)])).idempotent()).await {
            Err(error) if error.is_not_found() && error.may_have_applied() => Ok(()),
            result => result.map(drop),
        }
    }

    /// The access token of the requests; requests one if there is none yet.
    pub(super) async fn token(&self) -> Result<Arc<Token>, Error> {
        with_hint(self.auth.token()).await
    }

    /// Reads an operation of the "Utility" group; `None` if the service does not have it. The vendor documents these operations
    /// without authorization, so they are sent without an access token.
    pub(super) async fn service<T: DeserializeOwned>(&self, operation: Operation) -> Result<Option<T>, Error> {
        if self.operations.route(operation).is_none() {
            return Ok(None);
        }
        let request = self.call(operation, "reading the service's status", None)?;
        match self.optional(request.without_auth().report().shared("service")).await {
            Err(error) if error.is_wrong_route() => Ok(None),
            result => result,
        }
    }

    async fn optional<T: DeserializeOwned>(&self, request: Request) -> Result<Option<T>, Error> {
        with_hint(async { request.send_opt().await?.map(|response| response.json()).transpose() }).await
    }

    async fn send(&self, request: Request) -> Result<Response, Error> {
        with_hint(request.send()).await
    }

    /// A read with parameters, which are in the query of a GET and in the body of any other method.
    fn read(
        &self,
        operation: Operation,
        description: &str,
        id: Option<&str>,
        parameters: &impl Serialize,
    ) -> Result<Request, Error> {
        let request = self.call(operation, description, id)?.read_only();
        let get = self.operations.route(operation).is_some_and(|route| route.method == Method::GET);
        Ok(if get { request.query(parameters) } else { request.json(parameters) })
    }

    pub(super) fn call(
        &self,
        operation: Operation,
        description: impl Into<String>,
        id: Option<&str>,
    ) -> Result<Request, Error> {
        let description = description.into();
        let Some(route) = self.operations.route(operation) else {
            return Err(Error::new(Kind::Request, "VULT", description, "its route is not known").with_hint(
                "The document in `openapi_file` has no such operation. Name its route in `paths` of `vult = { ... }`.",
            ));
        };
        let path = |path: &str| Path::filled(path, id.as_slice());
        let request = self.http.request(route.method.clone(), path(&route.path)).operation(description);
        let (method, documented) = operation.default_route();
        Ok(request.documented_as(method, &path(documented)))
    }
}

/// Which webhooks to list.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WebhookFilter<'f> {
    /// Only webhooks of this client.
    pub client_id: Option<&'f str>,
    /// Only webhooks that contain this text.
    pub search_term: Option<&'f str>,
    /// Whether a list that the run has read is read again.
    pub policy: CachePolicy,
}

/// Requests the pages of the webhooks that match a filter.
#[derive(Clone, Copy)]
pub(super) struct WebhookPages<'c> {
    client: &'c Client,
    filter: WebhookFilter<'c>,
}

#[async_trait]
impl PageSource for WebhookPages<'_> {
    type Row = WebhookRow;

    fn noun(&self) -> &'static str {
        "webhooks"
    }

    fn part(&self) -> String {
        let WebhookFilter { client_id, search_term, .. } = self.filter;
        format!("{client_id:?} {search_term:?}")
    }

    fn key(&self, row: &WebhookRow) -> String {
        row.id.clone()
    }

    async fn page(&self, at: &PageRequest) -> Result<Page<WebhookRow>, Error> {
        let WebhookFilter { client_id, search_term, .. } = self.filter;
        let query =
            wire::WebhookQuery { take: self.client.http.page_size(PAGE), skip: at.offset, client_id, search_term };
        let request = self.client.call(Operation::WebhookList, "listing the webhooks", None)?.json(&query).read_only();
        with_hint(async {
            let response = request.shared(WEBHOOKS).page(at).send().await?;
            let wire::WebhookList { webhooks, statistics } = response.json()?;
            Ok(Page::new(webhooks, response).with_total(statistics.total))
        })
        .await
    }
}

/// Awaits a call and adds the hint to its error. Every call goes through this function.
pub(super) async fn with_hint<T>(call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    call.await.map_err(hint)
}

/// Says of a 404 for what every tenant has that the route is wrong.
fn wrong_route(error: Error) -> Error {
    if !(error.is_not_found() || error.is_wrong_route()) || error.is_token_request() {
        return error;
    }
    error.with_hint(
        "Every tenant has weights, so this is not their route: set `get_weights` in `paths`, such as \
         `paths = { get_weights = \"GET /idv/weights\" }`.",
    )
}

/// Adds the setting of the provider block that the user can correct.
fn hint(error: Error) -> Error {
    match error.kind() {
        Kind::Connect | Kind::Tls | Kind::Timeout | Kind::NotFound | Kind::Decode if error.is_token_request() => error.with_hint(
            "Tokens are requested at `token_url` in `vult = { ... }`, or IDV_VULT_TOKEN_URL. Without it, at the address in \
             `openapi_file`, or at `/oauth/token` below `base_url`, or IDV_VULT_BASE_URL.",
        ),
        Kind::Auth => error.with_hint(
            "They are `client_id` and `client_secret` in `vult = { ... }` of the provider block, or IDV_VULT_CLIENT_ID and \
             IDV_VULT_CLIENT_SECRET. If the token endpoint is elsewhere, set `token_url`; if it wants the credentials in the \
             form, set `client_auth = \"post\"`.",
        ),
        Kind::Forbidden => error.with_hint("The token may lack a scope. See `scopes` and `audience` in `vult = { ... }`."),
        Kind::NotFound => error.with_hint(
            "The vendor does not publish its routes, so the provider's are assumptions. If no object is missing, set `openapi_file` or \
             `paths` in `vult = { ... }`.",
        ),
        Kind::Connect | Kind::Tls | Kind::Timeout | Kind::Decode => {
            error.with_hint("The address is `base_url` in `vult = { ... }`, or IDV_VULT_BASE_URL.")
        }
        _ => error,
    }
}
