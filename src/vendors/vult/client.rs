//! VULT's KYC API: routes, paging and error hints. Knows no Terraform; shapes belong to the object files.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::operations::{Operation, Operations};
use crate::http::{
    self, CachePolicy, Error, Kind, Method, OAuth2ClientCredentials, Page, PageRequest, PageSource, Pages, Path,
    Request, Token,
};
use crate::vendors::shared::adoption::Adoptions;
use crate::vendors::shared::reconcile::CreatesByList;

/// How many webhooks a page asks for. The vendor documents `take` without a range.
const PAGE: usize = 100;

/// Whom settings are for: the whole tenant, one of its clients, one user.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Scope {
    /// The client; the tenant itself without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The user; all without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
}

/// A row of the webhook list. The page documents the list and not its rows: these fields are inferred.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(super) struct WebhookRow {
    /// What delete takes.
    pub id: String,
    /// The name it was created with.
    pub name: String,
    /// Where events go.
    pub url: String,
    /// The client that it is for.
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
    /// Who manages which settings.
    pub(super) adoptions: Adoptions,
}

impl Client {
    /// A client over a transport whose requests `auth` signs.
    pub(super) fn new(http: http::Client, auth: Arc<OAuth2ClientCredentials>, operations: Operations) -> Self {
        Self { http, auth, operations, webhook_creates: CreatesByList::default(), adoptions: Adoptions::default() }
    }

    /// The address of the tenant, without a slash at its end.
    pub(super) fn address(&self) -> &str {
        self.http.base_url().as_str().trim_end_matches('/')
    }

    /// The current weights of a scope; `None` where the vendor knows no such scope.
    pub(super) async fn weights<T: DeserializeOwned>(
        &self,
        scope: &Scope,
        policy: CachePolicy,
    ) -> Result<Option<T>, Error> {
        let request = self.read(Operation::GetWeights, "reading the weights", None, scope)?;
        self.optional(request.cache_policy(policy).shared("weights")).await
    }

    /// A historical set of weights.
    pub(super) async fn weights_by_id<T: DeserializeOwned>(&self, id: &str) -> Result<Option<T>, Error> {
        self.optional(self.read(Operation::GetWeightsById, "reading weights by id", Some(id), &Scope::default())?).await
    }

    /// Replaces the current weights of a scope. `weights` has the scope and all 27 numbers.
    pub(super) async fn update_weights(&self, weights: &Json) -> Result<(), Error> {
        let request = self.call(Operation::UpdateWeights, "updating the weights", None)?;
        // The whole set is replaced, so a repetition changes nothing more.
        request.json(weights).idempotent().invalidates("weights").send().await.map(drop).map_err(hint)
    }

    /// Every set of requirements of a scope, whatever its document type and data source.
    pub(super) async fn requirements<T: DeserializeOwned>(
        &self,
        scope: &Scope,
        policy: CachePolicy,
    ) -> Result<Vec<T>, Error> {
        #[derive(Deserialize)]
        struct Answer<T> {
            requirements: Vec<T>,
        }
        let request = self.read(Operation::GetRequirements, "reading the document requirements", None, scope)?;
        let answer = request.cache_policy(policy).shared("requirements").send().await.map_err(hint)?;
        answer.json::<Answer<T>>().map(|answer| answer.requirements).map_err(hint)
    }

    /// Replaces one set of requirements, with its key and all 25 booleans.
    pub(super) async fn update_requirements(&self, requirements: &Json) -> Result<(), Error> {
        let request = self.call(Operation::UpdateRequirements, "updating the document requirements", None)?;
        request.json(requirements).idempotent().invalidates("requirements").send().await.map(drop).map_err(hint)
    }

    /// The scopes that the tenant's requirements and webhooks name; the vendor lists none.
    pub(super) async fn known_scopes(&self) -> Result<BTreeSet<Scope>, Error> {
        let rows = self.requirements::<Scope>(&Scope::default(), CachePolicy::UseCached).await?.into_iter();
        let hooks = self.webhooks(&WebhookFilter::default()).await?.into_iter();
        let named = rows.chain(hooks.map(|row| Scope { client_id: row.client_id, user_id: None }));
        let filled = |part: Option<String>| part.filter(|text| !text.is_empty());
        Ok(named.map(|scope| Scope { client_id: filled(scope.client_id), user_id: filled(scope.user_id) }).collect())
    }

    /// Creates a webhook. The vendor answers no id.
    pub(super) async fn create_webhook(&self, client_id: Option<&str>, name: &str, url: &str) -> Result<(), Error> {
        let mut body = json!({"name": name, "url": url});
        if let Some(client_id) = client_id {
            body["client_id"] = client_id.into();
        }
        let request = self.call(Operation::WebhookCreate, format!("creating the webhook \"{name}\""), None)?;
        request.json(&body).invalidates("webhooks").send().await.map(drop).map_err(hint)
    }

    /// Every webhook that matches.
    pub(super) async fn webhooks(&self, filter: &WebhookFilter<'_>) -> Result<Vec<WebhookRow>, Error> {
        self.webhook_pages(*filter).all().await
    }

    /// The webhooks that match, page by page.
    pub(super) fn webhook_pages<'c>(&'c self, filter: WebhookFilter<'c>) -> Pages<WebhookPages<'c>> {
        Pages::new(WebhookPages { client: self, filter }, filter.policy)
    }

    /// Deletes a webhook. A 404 is of a webhook that is gone already, or of a route that is not there.
    pub(super) async fn delete_webhook(&self, id: &str) -> Result<(), Error> {
        let request = self.call(Operation::WebhookDelete, "deleting the webhook", Some(id))?;
        let request = request.json(&json!({"id": id})).idempotent().invalidates("webhooks");
        request.send().await.map(drop).map_err(hint)
    }

    /// Takes a person's data away. Done twice it is done once: after an attempt without a clear answer, an object that is not
    /// there is one that was deleted. At first sight it is a wrong id.
    pub(super) async fn erase(&self, operation: Operation, field: &str, id: &str, what: &str) -> Result<(), Error> {
        let request = self.call(operation, format!("sending the request to {what}"), Some(id))?;
        match request.json(&json!({ field: id })).idempotent().send().await {
            Err(error) if error.is_not_found() && error.may_have_applied() => Ok(()),
            result => result.map(drop).map_err(hint),
        }
    }

    /// The token that requests carry; asks for one if there is none yet.
    pub(super) async fn token(&self) -> Result<Arc<Token>, Error> {
        self.auth.token().await.map_err(hint)
    }

    /// One of the service's own answers; `None` where it has no such operation. Of all operations only these are without
    /// an authorization on the vendor's page: no access token is asked for, and none is sent.
    pub(super) async fn service<T: DeserializeOwned>(&self, operation: Operation) -> Result<Option<T>, Error> {
        if self.operations.route(operation).is_none() {
            return Ok(None);
        }
        let request = self.call(operation, "asking the service about itself", None)?;
        self.optional(request.without_auth().shared("service")).await
    }

    async fn optional<T: DeserializeOwned>(&self, request: Request) -> Result<Option<T>, Error> {
        let answer = request.send_opt().await.map_err(hint)?;
        answer.map(|answer| answer.json()).transpose().map_err(hint)
    }

    /// A read with parameters: in the query of a GET, in the body of anything else.
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

    fn call(&self, operation: Operation, description: impl Into<String>, id: Option<&str>) -> Result<Request, Error> {
        let description = description.into();
        let Some(route) = self.operations.route(operation) else {
            return Err(Error::new(Kind::Request, "VULT", description, "its route is not known").with_hint(
                "The document in `openapi_file` has no such operation. Name its route in `paths` of `vult = { ... }`.",
            ));
        };
        let path = match (route.path.split_once("{id}"), id) {
            (Some((before, "")), Some(id)) => Path::new(before).segment(id),
            (Some((before, after)), Some(id)) => Path::new(before).segment(id).then(after),
            _ => Path::new(&route.path),
        };
        Ok(self.http.request(route.method.clone(), path).operation(description))
    }
}

/// Which webhooks to list.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WebhookFilter<'f> {
    /// Those of this client.
    pub client_id: Option<&'f str>,
    /// Those with this text in them.
    pub search_term: Option<&'f str>,
    /// Whether to ask again where the answer is known from this run.
    pub policy: CachePolicy,
}

/// Requests the pages of the webhooks that match a filter.
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

    fn key(&self, row: &WebhookRow) -> String {
        row.id.clone()
    }

    async fn page(&self, at: &PageRequest) -> Result<Page<WebhookRow>, Error> {
        #[derive(Deserialize)]
        struct Body {
            webhooks: Vec<WebhookRow>,
            /// Its members are not documented; where there is a total, it saves the request for an empty page.
            #[serde(default)]
            statistics: Statistics,
        }
        #[derive(Default, Deserialize)]
        struct Statistics {
            total: Option<usize>,
        }
        let mut body = json!({"take": PAGE, "skip": at.offset});
        if let Some(client_id) = self.filter.client_id {
            body["client_id"] = client_id.into();
        }
        if let Some(search_term) = self.filter.search_term {
            body["search_term"] = search_term.into();
        }
        let request = self.client.call(Operation::WebhookList, "listing the webhooks", None)?.json(&body).read_only();
        let response = request.shared("webhooks").page(at).send().await.map_err(hint)?;
        let Body { webhooks, statistics } = response.json().map_err(hint)?;
        Ok(Page::new(webhooks, response).with_total(statistics.total))
    }
}

/// Says where the user can mend it.
fn hint(error: Error) -> Error {
    match error.kind() {
        Kind::Connect | Kind::Tls | Kind::Timeout | Kind::NotFound | Kind::Decode if error.is_token_request() => error.with_hint(
            "Tokens are asked for at `token_url` in `vult = { ... }`, or IDV_VULT_TOKEN_URL. Without it that is the address that \
             `openapi_file` names, or `/oauth/token` below `base_url`, or IDV_VULT_BASE_URL.",
        ),
        Kind::Auth => error.with_hint(
            "They are `client_id` and `client_secret` in `vult = { ... }` of the provider block, or IDV_VULT_CLIENT_ID and \
             IDV_VULT_CLIENT_SECRET. If the token endpoint is elsewhere, set `token_url`; if it wants the credentials in the \
             form, set `client_auth = \"post\"`.",
        ),
        Kind::Forbidden => error.with_hint("The token may lack a scope: see `scopes` and `audience` in `vult = { ... }`."),
        Kind::NotFound => error.with_hint(
            "The vendor's routes are not public, and the provider's are assumptions. If this is not about a missing \
             object, set `openapi_file` or `paths` in `vult = { ... }`.",
        ),
        Kind::Connect | Kind::Tls | Kind::Timeout | Kind::Decode => {
            error.with_hint("The address is `base_url` in `vult = { ... }`, or IDV_VULT_BASE_URL.")
        }
        _ => error,
    }
}
