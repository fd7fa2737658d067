//! 1Kosmos' API: where a call goes, what it needs, how its answer is unwrapped. Knows no Terraform.

use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use tokio::sync::OnceCell;
use url::Url;

use super::endpoints::{Endpoint, Endpoints};
use super::session::{Access, Session};
use crate::http::{self, CachePolicy, Error, Kind, Page, PageRequest, PageSource, Pages, Path, Request, Response};
use crate::vendors::shared::adoption::Adoptions;

/// How many sessions a page asks for, as on the vendor's page.
const PAGE: usize = 100;

/// Sessions that match a query.
pub(super) struct Sessions<T> {
    /// The first of them, in the vendor's order.
    pub(super) rows: Vec<T>,
    /// How many there are in all, where the vendor says so.
    pub(super) total: Option<usize>,
    /// Whether `rows` has every one.
    pub(super) complete: bool,
}

/// The tenant and community that the provider is configured for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Community {
    /// The tenant's id.
    pub(super) tenant_id: String,
    /// The community's id.
    pub(super) community_id: String,
    /// The tenant's name, where the service was asked.
    pub(super) tenant_name: Option<String>,
    /// The community's name, where the service was asked or the user gave it.
    pub(super) community_name: Option<String>,
}

/// What the user says about the community.
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
    /// Signs its requests in.
    pub(super) session: Arc<Session>,
    endpoints: Endpoints,
    tenancy: Tenancy,
    community: OnceCell<Community>,
    /// A live session through which templates can be read.
    pub(super) template_session_id: Option<String>,
    /// Who manages the bucket.
    pub(super) adoptions: Adoptions,
}

const PUBLIC: Access = Access { license: false, sealed: false };
const LICENSED: Access = Access { license: true, sealed: false };

impl Client {
    /// A client over a transport that signs its requests in with `session`.
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
        let (community, adoptions) = (OnceCell::new(), Adoptions::default());
        Ok(Self { http, origin, session, endpoints, tenancy, community, template_session_id, adoptions })
    }

    /// The address of the service, without a slash at its end.
    pub(super) fn address(&self) -> &str {
        self.http.base_url().as_str().trim_end_matches('/')
    }

    /// The host name by which the service knows the tenant.
    pub(super) fn tenant_dns(&self) -> &str {
        &self.tenancy.dns
    }

    /// The configured community; asks the service for what is not configured, once.
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

    /// Asks the service who the tenant and the community are. Its answer has a secret, which is not read.
    pub(super) async fn discover(&self) -> Result<Community, Error> {
        #[derive(Deserialize)]
        struct Named {
            id: String,
            name: String,
        }
        #[derive(Deserialize)]
        struct Answer {
            tenant: Named,
            community: Named,
        }
        let mut body = match &self.tenancy.tenant_id {
            Some(tenant_id) => json!({ "tenantId": tenant_id }),
            None => json!({ "dns": self.tenancy.dns }),
        };
        match (&self.tenancy.community_id, &self.tenancy.community_name) {
            (Some(id), _) => body["communityId"] = id.as_str().into(),
            (None, name) => body["communityName"] = name.as_deref().unwrap_or("default").into(),
        }
        let request = self.origin.post("/api/r1/system/community_info/fetch").json(&body).read_only().without_auth();
        let answer = request.operation("looking up tenant and community").shared("community").send().await;
        let answer = answer.and_then(|answer| answer.json::<Answer>()).map_err(|error| {
            hint(error).with_hint(
                "Check `tenant_dns`, `tenant_id`, `community_name` and `community_id` in `onekosmos = { ... }`: the names are \
                 those of the tenant's admin console. With both `tenant_id` and `community_id` set, nothing is looked up.",
            )
        })?;
        Ok(Community {
            tenant_id: answer.tenant.id,
            community_id: answer.community.id,
            tenant_name: Some(answer.tenant.name),
            community_name: Some(answer.community.name),
        })
    }

    /// Every template that a session can see.
    pub(super) async fn templates<T: DeserializeOwned>(
        &self,
        session_id: &str,
        policy: CachePolicy,
    ) -> Result<Vec<T>, Error> {
        #[derive(Deserialize)]
        struct Answer<T> {
            list: Vec<T>,
        }
        let path = Path::new("/proofingtemplates").segment(session_id);
        let request = self.http.get(path).operation("listing the proofing templates").without_auth();
        let answer = request.cache_policy(policy).shared("templates").send().await.map_err(|error| match error.kind() {
            Kind::NotFound | Kind::Invalid | Kind::Auth => hint(error).with_hint(
                "Templates are read through a live proofing session: check `template_session_id` in `onekosmos = { ... }` of \
                 the provider block; sessions expire.",
            ),
            _ => hint(error),
        })?;
        answer.json::<Answer<T>>().map(|answer| answer.list).map_err(hint)
    }

    /// Creates a template. The vendor documents no answer for one that exists, and no way to ask.
    pub(super) async fn create_template<T: DeserializeOwned>(&self, body: Json) -> Result<T, Error> {
        let operation = "creating the proofing template";
        let path = self.path("/proofingtemplates", operation).await?;
        let request = self.http.put(path).operation(operation).once().invalidates("templates");
        self.send(request, Endpoint::TemplateCreate, body).await?.json().map_err(hint)
    }

    /// Replaces the workflow of a template; `None` when there is no such template.
    pub(super) async fn update_template<T: DeserializeOwned>(&self, id: &str, body: Json) -> Result<Option<T>, Error> {
        let operation = "updating the proofing template";
        let path = self.path("/proofingtemplates", operation).await?.then("/id").segment(id);
        let request = self.http.patch(path).operation(operation).idempotent().invalidates("templates");
        found(self.send(request, Endpoint::TemplateUpdate, body).await)
    }

    /// Replaces the workflow of the template for a device verification configuration; `None` when there is none. By this it is
    /// found out what became of a create, also when the provider was asked to stop.
    pub(super) async fn update_template_by_dvc_id<T: DeserializeOwned>(
        &self,
        dvc_id: &str,
        body: Json,
    ) -> Result<Option<T>, Error> {
        let operation = "updating the proofing template by dvcId";
        let path = self.path("/proofingtemplates", operation).await?.then("/dvcId").segment(dvc_id);
        let request = self.http.patch(path).operation(operation).idempotent().invalidates("templates").settling();
        found(self.send(request, Endpoint::TemplateUpdateByDvcId, body).await)
    }

    /// Deletes a template; one that is gone already is none.
    pub(super) async fn delete_template(&self, id: &str) -> Result<(), Error> {
        let operation = "deleting the proofing template";
        let path = self.path("/proofingtemplates", operation).await?.then("/id").segment(id);
        let request = self.http.delete(path).operation(operation).note(PUBLIC).invalidates("templates");
        request.send_opt().await.map(drop).map_err(hint)
    }

    /// The community's bucket. The vendor documents no answer for a community without one: null and 404 both count.
    pub(super) async fn bucket<T: DeserializeOwned>(&self, policy: CachePolicy) -> Result<Option<T>, Error> {
        let operation = "reading the storage bucket";
        let request = self.http.get(self.path("/bucket", operation).await?).operation(operation).note(LICENSED);
        let Some(answer) = request.cache_policy(policy).shared("bucket").send_opt().await.map_err(hint)? else {
            return Ok(None);
        };
        let data = self.data(&answer, operation).await?;
        let empty = data.is_null() || data.as_object().is_some_and(serde_json::Map::is_empty);
        if empty { Ok(None) } else { decode(&answer, data).map(Some) }
    }

    /// Creates or replaces the community's bucket.
    pub(super) async fn put_bucket<T: DeserializeOwned>(&self, body: Json) -> Result<T, Error> {
        let operation = "writing the storage bucket";
        let request = self.http.put(self.path("/bucket", operation).await?).operation(operation).invalidates("bucket");
        let answer = self.send(request, Endpoint::BucketPut, body).await?;
        let data = self.data(&answer, operation).await?;
        decode(&answer, data)
    }

    /// Every service key. The answer has their secrets, which `T` must not read unless it was asked for them.
    pub(super) async fn service_keys<T: DeserializeOwned>(&self, policy: CachePolicy) -> Result<Vec<T>, Error> {
        let operation = "listing the service keys";
        let request = self.http.get("/servicekeys").operation(operation).note(LICENSED);
        let answer = request.cache_policy(policy).shared("service_keys").send().await.map_err(hint)?;
        let data = self.data(&answer, operation).await?;
        decode(&answer, data)
    }

    /// Deletes a service key and makes another under the same tag: everyone who uses it has to take the new one.
    pub(super) async fn reset_service_key(&self, key_id: &str) -> Result<(), Error> {
        let path = Path::new("/servicekey").segment(key_id);
        let request = self.http.delete(path).operation("resetting the service key").note(LICENSED).once();
        let answer = request.invalidates("service_keys").send().await;
        // It may have been the service's own key, by which every request is encrypted.
        self.session.forget();
        answer.map(drop).map_err(hint)
    }

    /// The first `most` sessions that match a query.
    pub(super) async fn sessions<T: SessionRow>(&self, query: &Json, most: usize) -> Result<Sessions<T>, Error> {
        let source = SessionPages { client: self, query, rows: PhantomData };
        let (mut pages, mut rows) = (Pages::new(source, CachePolicy::UseCached), Vec::new());
        while rows.len() < most
            && let Some(mut page) = pages.next().await?
        {
            rows.append(&mut page);
        }
        let complete = pages.is_finished() && rows.len() <= most;
        rows.truncate(most);
        Ok(Sessions { rows, total: pages.total(), complete })
    }

    /// Creates a scan session; the vendor counts each.
    pub(super) async fn create_session<T: DeserializeOwned>(&self, body: Json) -> Result<T, Error> {
        let operation = "creating the proofing session";
        let request = self.http.post("/document_share_session/create").operation(operation).invalidates("sessions");
        let answer = self.send(request, Endpoint::SessionCreate, body).await?;
        let data = self.data(&answer, operation).await?;
        decode(&answer, data)
    }

    /// Declines a session, so that nobody can go through with it. One that is over already needs none.
    pub(super) async fn decline_session(&self, session_id: &str) -> Result<(), Error> {
        let path = Path::new("/proofingsession").segment(session_id).then("decline");
        let request = self.http.get(path).operation("declining the proofing session").note(PUBLIC);
        match request.send().await {
            Err(error) if error.is_not_found() || error.kind() == Kind::Invalid => Ok(()),
            result => result.map(drop).map_err(hint),
        }
    }

    /// A public answer of the service, such as `/info` or `/healthz`.
    pub(super) async fn public<T: DeserializeOwned>(&self, path: &str, operation: &str) -> Result<T, Error> {
        let answer =
            self.http.get(path).operation(operation).without_auth().shared("public").send().await.map_err(hint)?;
        answer.json().map_err(hint)
    }

    /// The path of something of the community, for the request that `operation` names.
    async fn path(&self, service: &str, operation: &str) -> Result<Path, Error> {
        let community = self.community().await.map_err(|error| error.needed_for_operation(operation))?;
        let path = Path::new(service).then("/tenant").segment(&community.tenant_id);
        Ok(path.then("/community").segment(&community.community_id))
    }

    /// Sends a body in the form that the endpoint wants. Whether it does is inferred, so a refusal says how to change it.
    async fn send(&self, request: Request, endpoint: Endpoint, body: Json) -> Result<Response, Error> {
        let (access, body) = self.endpoints.prepare(endpoint, body);
        request.note(access).json(&body).send().await.map_err(|error| match error.kind() {
            Kind::Invalid => hint(error).with_hint(self.endpoints.other_form(endpoint)),
            _ => hint(error),
        })
    }

    /// What is inside `data`, decrypted if it is text; the whole answer if it has no `data`.
    async fn data(&self, answer: &Response, operation: &str) -> Result<Json, Error> {
        let whole = answer.json::<Json>().map_err(hint)?;
        let (sealed, beside) = match &whole {
            Json::String(sealed) => (sealed, None),
            Json::Object(members) => match members.get("data") {
                Some(Json::String(sealed)) => (sealed, members.get("publicKey").and_then(Json::as_str)),
                Some(data) => return Ok(data.clone()),
                None => return Ok(whole),
            },
            _ => return Ok(whole),
        };
        let opened = self.session.open(sealed, beside, operation).await?;
        serde_json::from_str(&opened).map_err(|_| hint(answer.error("what was encrypted in it is not JSON")))
    }
}

/// A row of the list of sessions.
pub(super) trait SessionRow: DeserializeOwned + Send {
    /// The session's id.
    fn id(&self) -> &str;
}

/// Requests the pages of the sessions that match a query.
struct SessionPages<'c, T> {
    client: &'c Client,
    query: &'c Json,
    rows: PhantomData<fn() -> T>,
}

#[async_trait]
impl<T: SessionRow> PageSource for SessionPages<'_, T> {
    type Row = T;

    fn noun(&self) -> &'static str {
        "proofing sessions"
    }

    fn key(&self, row: &T) -> String {
        row.id().to_owned()
    }

    async fn page(&self, at: &PageRequest) -> Result<Page<T>, Error> {
        #[derive(Deserialize)]
        struct Body<T> {
            data: Vec<T>,
            page: Option<Position>,
        }
        #[derive(Deserialize)]
        struct Position {
            total: Option<usize>,
        }
        let operation = "listing the proofing sessions";
        let community = self.client.community().await?;
        let body = json!({
            "query": self.query,
            "pIndex": at.index,
            "pSize": PAGE,
            "tenantId": community.tenant_id,
            "communityId": community.community_id,
        });
        let request = self.client.http.post("/proofingsession/fetch").operation(operation).read_only();
        let response = self.client.send(request.shared("sessions").page(at), Endpoint::SessionFetch, body).await?;
        let data = self.client.data(&response, operation).await?;
        let Body { data, page } = decode::<Body<T>>(&response, data)?;
        Ok(Page::new(data, response).with_total(page.and_then(|position| position.total)))
    }
}

/// Reads a part of an answer that may have been encrypted. The error names the field and no value.
fn decode<T: DeserializeOwned>(answer: &Response, data: Json) -> Result<T, Error> {
    serde_path_to_error::deserialize(data).map_err(|error| {
        let path = error.path().to_string();
        let place = if path == "." { "the whole of it".to_owned() } else { format!("`{path}`") };
        hint(answer.error(format!("in the answer, {place} is missing or has another type than expected")))
    })
}

fn found<T: DeserializeOwned>(result: Result<Response, Error>) -> Result<Option<T>, Error> {
    match result {
        Err(error) if error.is_not_found() => Ok(None),
        result => result.and_then(|answer| answer.json().map_err(hint)).map(Some),
    }
}

/// Says where the user can mend it.
fn hint(error: Error) -> Error {
    let late = error.clock_skew().is_some_and(|skew| skew.abs() > jiff::SignedDuration::from_secs(30));
    match error.kind() {
        Kind::Auth | Kind::Invalid if late => error.with_hint(
            "Every request carries the time, and the service refuses one that differs from its own clock by more than a minute. \
             Set this machine's clock.",
        ),
        Kind::Auth => error.with_hint(
            "The license is `license_key` in `onekosmos = { ... }` of the provider block, or IDV_ONEKOSMOS_LICENSE_KEY.",
        ),
        Kind::Forbidden => error.with_hint(
            "The call needs a license of a higher level (`system` for service keys, `system` or `service` for the bucket and the \
             list of sessions), or the license belongs to another tenant than `tenant_id` and `community_id` say.",
        ),
        Kind::Invalid if error.message().is_some_and(|message| message.contains("decrypt")) => error.with_hint(
            "Requests are encrypted for the key that the service shows, which was fetched again before this attempt. Check that the \
             address is the service itself: `tenant_dns` or `base_url` in `onekosmos = { ... }`, or IDV_ONEKOSMOS_TENANT_DNS or \
             IDV_ONEKOSMOS_BASE_URL. If it is, ask 1Kosmos.",
        ),
        Kind::Connect | Kind::Tls | Kind::Timeout | Kind::NotFound | Kind::Decode => error.with_hint(
            "The address is `tenant_dns` or `base_url` in `onekosmos = { ... }`, or IDV_ONEKOSMOS_TENANT_DNS or \
             IDV_ONEKOSMOS_BASE_URL.",
        ),
        _ => error,
    }
}
