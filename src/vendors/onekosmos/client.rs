//! 1Kosmos' API: the route of each call and what its response holds. Knows no Terraform.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;
use url::Url;

use super::endpoints::{Body, Endpoint, Endpoints};
use super::exchange::{Call, DATA, Exchange, InData};
use super::session::Session;
use super::template_wire::{CreateTemplate, Template, TemplateList, UpdateTemplate};
use crate::http::{self, CachePolicy, Error, Kind, List, Method, Request};
use crate::openapi;
use crate::vendors::shared::reconcile::Creates;
use crate::vendors::shared::route::Route;
use crate::vendors::shared::singleton::Adoptions;

/// The lookup of tenant and community, which is at the host itself and not below the service's own path.
const COMMUNITY: Route = Route::new(Method::POST, "/api/r1/system/community_info/fetch");

const TEMPLATES_OF_SESSION: Route = Route::new(Method::GET, "/proofingtemplates/{sessionId}");
const CREATE_TEMPLATE: Route = Route::new(Method::PUT, "/proofingtemplates/tenant/{tenantId}/community/{communityId}");
const UPDATE_TEMPLATE: Route = Route::new(Method::PATCH, TEMPLATE);
const DELETE_TEMPLATE: Route = Route::new(Method::DELETE, TEMPLATE);
const TEMPLATE: &str = "/proofingtemplates/tenant/{tenantId}/community/{communityId}/id/{id}";

const READ_BUCKET: Route = Route::new(Method::GET, BUCKET);
const WRITE_BUCKET: Route = Route::new(Method::PUT, BUCKET);
const BUCKET: &str = "/bucket/tenant/{tenantId}/community/{communityId}";

const SERVICE_KEYS: Route = Route::new(Method::GET, "/servicekeys");
const RESET_SERVICE_KEY: Route = Route::new(Method::DELETE, "/servicekey/{keyId}");

const CREATE_SESSION: Route = Route::new(Method::POST, "/document_share_session/create");
const DECLINE_SESSION: Route = Route::new(Method::GET, "/proofingsession/{sessionId}/decline");

/// The calls about the community and its templates.
pub(super) fn calls() -> Vec<openapi::Call> {
    vec![
        COMMUNITY.call().sends::<FetchCommunity<'_>>().reads::<CommunityInfo>(),
        TEMPLATES_OF_SESSION.call().reads::<TemplateList>().with_content("list"),
        Endpoint::TemplateCreate.declare(CREATE_TEMPLATE.call().sends::<CreateTemplate<'_>>().reads::<Template>()),
        Endpoint::TemplateUpdate.declare(UPDATE_TEMPLATE.call().sends::<UpdateTemplate>().reads::<Template>()),
        DELETE_TEMPLATE.call(),
    ]
}

/// The calls about the bucket, whose body is `B` and whose response has a `T`.
pub(super) fn bucket_calls<B: JsonSchema, T: JsonSchema>() -> [openapi::Call; 2] {
    let write = WRITE_BUCKET.call().sends::<Body<'_, B>>().reads::<InData<T>>().with_content(DATA);
    let read = READ_BUCKET.call().reads::<InData<Option<T>>>().with_content(DATA).may_not_exist();
    [read, Endpoint::BucketPut.declare(write)]
}

/// The calls about service keys, whose rows are `T`.
pub(super) fn service_key_calls<T: JsonSchema>() -> [openapi::Call; 2] {
    [SERVICE_KEYS.call().reads::<InData<Vec<T>>>().with_content(DATA), RESET_SERVICE_KEY.call()]
}

/// The calls about a scan session, whose body is `B` and whose response has a `T`.
pub(super) fn scan_session_calls<B: JsonSchema, T: JsonSchema>() -> [openapi::Call; 2] {
    let create = CREATE_SESSION.optional_call().sends::<B>().reads::<InData<T>>().with_content(DATA);
    [Endpoint::SessionCreate.declare(create), DECLINE_SESSION.optional_call()]
}

/// The cache tag of the templates.
const TEMPLATES: &str = "templates";

/// The tenant and community that the provider is configured for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Community {
    /// The tenant's id.
    pub(super) tenant_id: String,
    /// The community's id.
    pub(super) community_id: String,
    /// The tenant's name, if it was looked up.
    pub(super) tenant_name: Option<String>,
    /// The community's name, if it was looked up or configured.
    pub(super) community_name: Option<String>,
}

/// The configuration of the tenant and community.
pub(super) struct Tenancy {
    /// The host name by which the service knows the tenant.
    pub(super) dns: String,
    /// The tenant's id, if it is configured.
    pub(super) tenant_id: Option<String>,
    /// The community's id, if it is configured.
    pub(super) community_id: Option<String>,
    /// The community's name, if it is configured.
    pub(super) community_name: Option<String>,
}

/// A client of one community.
pub(super) struct Client {
    /// The transport.
    pub(super) http: http::Client,
    /// The host itself, above the service's own path.
    origin: http::Client,
    /// Encrypts and authenticates the requests.
    pub(super) session: Arc<Session>,
    /// Sends the calls.
    pub(super) exchange: Exchange,
    tenancy: Tenancy,
    community: OnceCell<Community>,
    /// A live session through which templates can be read.
    pub(super) template_session_id: Option<String>,
    /// The creates of templates.
    pub(super) template_creates: Creates<Template>,
    /// Who manages the bucket.
    pub(super) adoptions: Adoptions,
}

/// The body of the lookup of tenant and community.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct FetchCommunity<'t> {
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_id: Option<&'t str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dns: Option<&'t str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    community_id: Option<&'t str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    community_name: Option<&'t str>,
}

/// The response to the lookup. It has a secret, `otpSeed`, which is not read.
#[derive(Deserialize, JsonSchema)]
struct CommunityInfo {
    tenant: Named,
    community: Named,
}

#[derive(Deserialize, JsonSchema)]
struct Named {
    id: String,
    name: String,
}

impl Client {
    /// A client over a transport that authenticates its requests with `session`.
    pub(super) fn new(
        http: http::Client,
        session: Arc<Session>,
        endpoints: Endpoints,
        tenancy: Tenancy,
        template_session_id: Option<String>,
    ) -> Result<Self, Error> {
        let mut root: Url = http.base_url().clone();
        root.set_path("");
        let origin = http.at(root)?;
        Ok(Self {
            http,
            origin,
            exchange: Exchange::new(Arc::clone(&session), endpoints),
            session,
            tenancy,
            community: OnceCell::new(),
            template_session_id,
            template_creates: Creates::default(),
            adoptions: Adoptions::default(),
        })
    }

    /// The address of the service, without a slash at its end.
    pub(super) fn address(&self) -> &str {
        self.http.base_url().as_str().trim_end_matches('/')
    }

    /// The host name by which the service knows the tenant.
    pub(super) fn tenant_dns(&self) -> &str {
        &self.tenancy.dns
    }

    /// The configured community. Ids that are not configured are looked up once.
    pub(super) async fn community(&self) -> Result<&Community, Error> {
        self.community
            .get_or_try_init(|| async {
                match (&self.tenancy.tenant_id, &self.tenancy.community_id) {
                    (Some(tenant_id), Some(community_id)) => Ok(Community {
                        tenant_id: tenant_id.clone(),
                        community_id: community_id.clone(),
                        tenant_name: None,
                        community_name: self.tenancy.community_name.clone(),
                    }),
                    _ => self.discover().await,
                }
            })
            .await
    }

    /// Looks up the tenant and the community.
    pub(super) async fn discover(&self) -> Result<Community, Error> {
        let Tenancy { dns, tenant_id, community_id, community_name } = &self.tenancy;
        let name = community_name.as_deref().unwrap_or("default");
        let body = FetchCommunity {
            tenant_id: tenant_id.as_deref(),
            dns: tenant_id.is_none().then_some(dns.as_str()),
            community_id: community_id.as_deref(),
            community_name: community_id.is_none().then_some(name),
        };
        let request = self.origin.request(COMMUNITY.method, COMMUNITY.path).json(&body).read_only().without_auth();
        let request = request.operation("looking up tenant and community").shared("community");
        let info = self.exchange.call::<CommunityInfo>(Call::new(request)).await.map_err(|error| {
            error.with_hint(
                "Check `tenant_dns`, `tenant_id`, `community_name` and `community_id` in `onekosmos = { ... }`: the names are \
                 those of the tenant's admin console. With both `tenant_id` and `community_id` set, nothing is looked up.",
            )
        })?;
        Ok(Community {
            tenant_id: info.tenant.id,
            community_id: info.community.id,
            tenant_name: Some(info.tenant.name),
            community_name: Some(info.community.name),
        })
    }

    /// A request about the community, whose route has the ids of tenant and community, and then `rest`.
    async fn request(&self, operation: &'static str, route: Route, rest: &[&str]) -> Result<Request, Error> {
        let community = self.community().await.map_err(|error| error.needed_for_operation(operation))?;
        let values = [&[community.tenant_id.as_str(), community.community_id.as_str()], rest].concat();
        let path = route.at(&values);
        Ok(self.http.request(route.method, path).operation(operation))
    }

    /// The templates that a session shows.
    pub(super) async fn templates(&self, session_id: &str, policy: CachePolicy) -> Result<Arc<List<Template>>, Error> {
        let operation = "listing the proofing templates";
        let load = |policy| async move {
            let request = self.http.request(TEMPLATES_OF_SESSION.method, TEMPLATES_OF_SESSION.at(&[session_id]));
            let request = request.operation(operation).without_auth();
            let call = Call::new(request.cache_policy(policy).shared(TEMPLATES));
            let (templates, response) = self.exchange.call_with_response::<TemplateList>(call).await?;
            Ok((List::new(templates.list, |row| row.id.clone()), response.bytes().len()))
        };
        self.http.value(TEMPLATES, session_id, operation, policy, load).await.map_err(|error| match error.kind() {
            Kind::NotFound | Kind::Invalid | Kind::Auth => error.with_hint(
                "Templates are read through a live proofing session: check `template_session_id` in `onekosmos = { ... }` of \
                 the provider block; sessions expire.",
            ),
            _ => error,
        })
    }

    /// Creates a template. The vendor may have several with the same `dvcID` and document type.
    pub(super) async fn create_template(&self, body: &CreateTemplate<'_>) -> Result<Template, Error> {
        let request = self.request("creating the proofing template", CREATE_TEMPLATE, &[]).await?;
        let request = request.once().invalidates(TEMPLATES);
        self.exchange.call(self.exchange.with_body(request, Endpoint::TemplateCreate, body)).await
    }

    /// Replaces the workflow of a template; `None` if it does not exist.
    pub(super) async fn update_template(&self, id: &str, body: &UpdateTemplate) -> Result<Option<Template>, Error> {
        let operation = "updating the proofing template";
        let request = self.request(operation, UPDATE_TEMPLATE, &[id]).await?;
        let request = request.idempotent().invalidates(TEMPLATES);
        self.exchange.call_opt(self.exchange.with_body(request, Endpoint::TemplateUpdate, body)).await
    }

    /// Deletes a template. A template that does not exist counts as deleted.
    pub(super) async fn delete_template(&self, id: &str) -> Result<(), Error> {
        let operation = "deleting the proofing template";
        let request = self.request(operation, DELETE_TEMPLATE, &[id]).await?;
        let call = Call::new(request.invalidates(TEMPLATES)).without_payload();
        self.exchange.call_opt::<()>(call).await.map(drop)
    }

    /// The community's bucket. The vendor does not document the response if there is none: null, a 404 in the form of its errors,
    /// and a 400 that says so count.
    pub(super) async fn bucket<T: DeserializeOwned>(&self, policy: CachePolicy) -> Result<Option<T>, Error> {
        let request = self.request("reading the storage bucket", READ_BUCKET, &[]).await?;
        let call = Call::licensed(request.cache_policy(policy).shared("bucket")).in_data();
        match self.exchange.call_opt::<Option<T>>(call).await {
            Err(error) if says_there_is_no_bucket(&error) => Ok(None),
            result => result.map(Option::flatten),
        }
    }

    /// Creates or replaces the community's bucket.
    pub(super) async fn put_bucket<T: DeserializeOwned>(&self, body: impl Serialize + Send + Sync) -> Result<T, Error> {
        let request = self.request("writing the storage bucket", WRITE_BUCKET, &[]).await?;
        let call = self.exchange.with_body(request.invalidates("bucket"), Endpoint::BucketPut, &body).in_data();
        self.exchange.call(call).await
    }

    /// Every service key. The response has their secrets, which `T` must not read unless the user asks for a secret.
    pub(super) async fn service_keys<T: DeserializeOwned>(&self, policy: CachePolicy) -> Result<Vec<T>, Error> {
        let request = self.http.request(SERVICE_KEYS.method, SERVICE_KEYS.path).operation("listing the service keys");
        let call = Call::licensed(request.cache_policy(policy).shared("service_keys")).in_data();
        self.exchange.call(call).await
    }

    /// Deletes a service key, in whose place the vendor creates one with the same tag, a new id and a new secret.
    pub(super) async fn reset_service_key(&self, key_id: &str) -> Result<(), Error> {
        let request = self.http.request(RESET_SERVICE_KEY.method, RESET_SERVICE_KEY.at(&[key_id]));
        let request = request.operation("resetting the service key").once().invalidates("service_keys");
        let result = self.exchange.call(Call::licensed(request).without_payload()).await;
        // It may have been the service's own key, with which every request is encrypted.
        self.session.forget();
        result
    }

    /// Creates a scan session; the vendor counts each.
    pub(super) async fn create_session<T: DeserializeOwned>(&self, body: &(impl Serialize + Sync)) -> Result<T, Error> {
        let request = self.http.request(CREATE_SESSION.method, CREATE_SESSION.path);
        let request = request.operation("creating the proofing session");
        let call = self.exchange.with_body(request.invalidates("sessions"), Endpoint::SessionCreate, body).in_data();
        self.exchange.call(call).await
    }

    /// Declines a session, so that nobody can continue it. A session that has ended counts as declined.
    pub(super) async fn decline_session(&self, session_id: &str) -> Result<(), Error> {
        let request = self.http.request(DECLINE_SESSION.method, DECLINE_SESSION.at(&[session_id]));
        let request = request.operation("declining the proofing session");
        match self.exchange.call(Call::new(request).without_payload()).await {
            Err(error) if error.is_not_found() || error.kind() == Kind::Invalid => Ok(()),
            result => result,
        }
    }

    /// A public response of the service, such as `/info` or `/healthz`.
    pub(super) async fn public<T: DeserializeOwned>(&self, route: Route, operation: &str) -> Result<T, Error> {
        let request = self.http.request(route.method, route.path).operation(operation);
        let request = request.without_auth().report().shared("public");
        self.exchange.call(Call::new(request)).await
    }
}

/// Whether a 400 is about a bucket that does not exist. Any other 400 stays an error: a bucket that is not read would be planned
/// for creation.
fn says_there_is_no_bucket(error: &Error) -> bool {
    let message = error.message().unwrap_or_default().to_lowercase();
    let denies = ["no bucket", "not found", "not exist", "not configured", "not set"];
    error.status().is_some_and(|status| status == 400)
        && message.contains("bucket")
        && denies.iter().any(|words| message.contains(words))
}
