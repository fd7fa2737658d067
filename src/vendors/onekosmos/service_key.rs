//! Resource `idv_onekosmos_service_key`: an existing service key, adopted by its tag; data source `idv_onekosmos_service_keys`.
//!
//! The vendor has no create. Its delete resets the key: it creates a new key with the same tag, for everyone. So the provider
//! resets a key only after a change of `rotate_when`. No secret is read here.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::Client;
use crate::framework::resource::{Change, Context, Planning, Resource};
use crate::framework::{
    Attr, Attribute, Claim, DataSource, Diagnostic, Diagnostics, ListSink, Listable, Path, Private, Rule, Schema, Type,
    Value, identity,
};
use crate::http::CachePolicy;
use crate::vendors::shared::import_id;
use crate::vendors::shared::reconcile::{Noun, WAITS, confirm, read_until};

/// One service key.
#[derive(Clone, Copy)]
pub(super) struct ServiceKey;

/// The attributes of a service key.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct ServiceKeyModel {
    tag: Attr<String>,
    rotate_when: Attr<BTreeMap<String, Attr<String>>>,
    key_id: Attr<String>,
    #[serde(rename = "type")]
    kind: Attr<String>,
}

impl ServiceKeyModel {
    fn tag(&self) -> &str {
        self.tag.as_str().unwrap_or_default()
    }

    fn with(mut self, row: wire::ServiceKey) -> Self {
        self.key_id = row.key_id.into();
        self.kind = row.kind.into();
        self
    }
}

/// The key of the private state that records that the service key has another id than after the last apply.
const RESET_ELSEWHERE: &str = "reset_elsewhere";

fn record_reset_elsewhere(ctx: &mut Context<ServiceKeyModel>, reset_elsewhere: bool) -> Result<(), Diagnostics> {
    if reset_elsewhere {
        return ctx.private.set(RESET_ELSEWHERE, &true);
    }
    ctx.private.remove(RESET_ELSEWHERE);
    Ok(())
}

/// Whether an update resets the key. The first value of `rotate_when` does not, so that an import resets nothing.
fn rotates(prior: &ServiceKeyModel, plan: &ServiceKeyModel) -> bool {
    !prior.rotate_when.is_null() && !plan.rotate_when.is_null() && prior.rotate_when != plan.rotate_when
}

/// What the key with a tag is called in messages.
fn noun(tag: &str) -> Noun<'_> {
    Noun {
        vendor: "1Kosmos",
        kind: "service key",
        name: tag,
        type_name: ServiceKey::NAME,
        console: "the admin console",
    }
}

/// The key with a tag. Several keys with the tag are an error, since a reset could be of any of them.
async fn find(client: &Client, tag: &str, policy: CachePolicy) -> Result<Option<wire::ServiceKey>, Diagnostics> {
    let mut rows = client.service_keys::<wire::ServiceKey>(policy).await?;
    rows.retain(|row| row.tag == tag);
    if rows.len() > 1 {
        return Err(not_unique(tag).into());
    }
    Ok(rows.pop())
}

/// The id of the key with a tag, without the cache. No such key is an error.
pub(super) async fn existing(client: &Client, tag: &str) -> Result<String, Diagnostics> {
    match find(client, tag, CachePolicy::Refresh).await? {
        Some(row) => Ok(row.key_id),
        None => Err(no_such_tag(client, tag).await?.into()),
    }
}

pub(super) fn not_unique(tag: &str) -> Diagnostic {
    let detail = format!(
        "1Kosmos has several service keys with the tag `{tag}`, so the tag is ambiguous. Ask 1Kosmos to remove all but one of them."
    );
    Diagnostic::error(noun(tag).summary("exists several times"), detail).at(Path::to("tag"))
}

#[async_trait]
impl Resource for ServiceKey {
    type Client = Client;
    type Model = ServiceKeyModel;

    const NAME: &'static str = "onekosmos_service_key";

    const NATURAL_KEY: &'static [&'static str] = &["tag"];

    const IS_ADOPTED: bool = true;

    const IS_CREATED_ELSEWHERE: bool = true;

    const IS_SINGLETON: bool = true;

    fn schema(&self) -> Schema {
        Schema::new(
            "A service key of the 1Kosmos deployment, found by its tag. Creating this resource adopts the existing key without a change, \
             and destroying it only stops managing the key. A change of `rotate_when` resets the key: it gets a new id and a new \
             secret for everyone who uses it. The secret is never in plan or state. Needs a license of level `system`.",
            vec![
                Attribute::string("tag")
                    .required()
                    .requires_replace()
                    .rule(Rule::Length(1, usize::MAX))
                    .describe("The tag of the key."),
                Attribute::of("rotate_when", Type::map(Type::String)).optional().describe(
                    "Any texts, such as `{ quarter = \"2026-Q4\" }`. Changing a text resets the key once. Setting the first texts, or \
                     removing them, resets nothing.",
                ),
                Attribute::string("key_id").computed().describe("The id of the key. A reset changes it."),
                Attribute::string("type").computed().describe("The type of the key, in the vendor's terms."),
            ],
        )
    }

    fn identity(&self) -> Vec<identity::IdentityAttribute> {
        vec![identity::required("tag", "The tag of the key."), super::deployment()]
    }

    fn plan(&self, planning: &mut Planning<ServiceKeyModel>) -> Result<(), Diagnostics> {
        let Some(prior) = &planning.prior else { return Ok(()) };
        if rotates(prior, &planning.plan) && planning.private.get::<bool>(RESET_ELSEWHERE) == Some(true) {
            planning.diagnostics.warn(
                Path::to("rotate_when"),
                noun(prior.tag()).summary("was reset already"),
                format!(
                    "`rotate_when` changes, but the key with the tag `{tag}` was already reset since the last apply, by an interrupted \
                     apply or elsewhere. The apply does not reset it again. To reset it anyway, use the action \
                     `idv_onekosmos_reset_service_key`.",
                    tag = prior.tag()
                ),
            );
            planning.plan.key_id.clone_from(&prior.key_id);
            planning.plan.kind.clone_from(&prior.kind);
        } else if rotates(prior, &planning.plan) {
            planning.diagnostics.warn(
                Path::to("rotate_when"),
                noun(prior.tag()).summary("will be reset"),
                format!(
                    "`rotate_when` changes, so the apply replaces the key with the tag `{tag}` by a new one. Everyone who uses its secret \
                     needs the new secret. If it is the service's own key, the requests of every client fail until it has fetched the \
                     new public key.",
                    tag = prior.tag()
                ),
            );
        } else {
            planning.plan.key_id.clone_from(&prior.key_id);
            planning.plan.kind.clone_from(&prior.kind);
        }
        Ok(())
    }

    /// A change of `rotate_when` in either of two resources would reset the key for both.
    fn claim(&self, plan: &ServiceKeyModel) -> Option<Claim> {
        let tag = plan.tag.as_str()?;
        Some(Claim {
            key: tag.to_owned(),
            summary: noun(tag).summary("has two resources"),
            object: format!("the service key \"{tag}\""),
        })
    }

    fn plan_destroy(&self, prior: &ServiceKeyModel, _: &Private) -> Diagnostics {
        let detail = format!(
            "Terraform stops managing the service key `{}`. The key does not change and stays in use: 1Kosmos cannot delete one.",
            prior.tag()
        );
        Diagnostic::warning(noun(prior.tag()).summary("is not deleted"), detail).into()
    }

    async fn create(
        &self,
        client: &Client,
        plan: ServiceKeyModel,
        _: &mut Context<ServiceKeyModel>,
    ) -> Result<ServiceKeyModel, Diagnostics> {
        match find(client, plan.tag(), CachePolicy::UseCached).await? {
            Some(row) => Ok(plan.with(row)),
            None => Err(no_such_tag(client, plan.tag()).await?.into()),
        }
    }

    async fn read(
        &self,
        client: &Client,
        state: ServiceKeyModel,
        ctx: &mut Context<ServiceKeyModel>,
    ) -> Result<Option<ServiceKeyModel>, Diagnostics> {
        let row = find(client, state.tag(), CachePolicy::UseCached).await?;
        if row.is_none() {
            ctx.warn(
                noun(state.tag()).summary("is gone"),
                format!(
                    "1Kosmos no longer has a service key with the tag `{}`. An apply can adopt the key only if it exists again. To stop \
                     managing it, remove the resource and run `terraform apply`.",
                    state.tag()
                ),
            );
        }
        // An apply that was killed after the reset has left the old id in state. The next apply must not reset the key again.
        if let (Some(row), Some(known)) = (&row, state.key_id.as_str())
            && row.key_id != known
        {
            record_reset_elsewhere(ctx, true)?;
        }
        Ok(row.map(|row| state.with(row)))
    }

    async fn update(
        &self,
        client: &Client,
        change: Change<ServiceKeyModel>,
        ctx: &mut Context<ServiceKeyModel>,
    ) -> Result<ServiceKeyModel, Diagnostics> {
        let already = ctx.private.get::<bool>(RESET_ELSEWHERE) == Some(true);
        let is_reset = rotates(&change.prior, &change.plan) && !already;
        let before = change.prior.key_id.as_str().unwrap_or_default();
        if is_reset {
            ctx.append(reset(client, change.prior.tag(), before).await?);
        }
        record_reset_elsewhere(ctx, false)?;
        let read = || find(client, change.plan.tag(), CachePolicy::RefreshAfterWrite);
        let shows_it =
            |row: &Option<wire::ServiceKey>| !is_reset || row.as_ref().is_some_and(|row| row.key_id != before);
        let row = read_until(&WAITS, read, shows_it).await?;
        match row {
            Some(row) => Ok(change.plan.with(row)),
            None => Err(no_such_tag(client, change.plan.tag()).await?.into()),
        }
    }

    async fn delete(
        &self,
        _: &Client,
        _: ServiceKeyModel,
        _: &mut Context<ServiceKeyModel>,
    ) -> Result<(), Diagnostics> {
        Ok(())
    }

    fn import(&self, id: &str) -> Result<ServiceKeyModel, Diagnostics> {
        if id.is_empty() {
            return Err(import_id::wrong(Self::NAME, id, "the key's tag, such as `pipeline`"));
        }
        Ok(ServiceKeyModel { tag: id.into(), ..ServiceKeyModel::default() })
    }

    fn import_id(&self, state: &ServiceKeyModel) -> String {
        state.tag().to_owned()
    }
}

#[async_trait]
impl Listable for ServiceKey {
    fn filters(&self) -> Schema {
        Schema::new("The service keys of the deployment. Needs a license of level `system`.", Vec::new())
    }

    async fn list(&self, client: &Client, _: Value, sink: &mut ListSink<ServiceKeyModel>) -> Result<(), Diagnostics> {
        for row in client.service_keys::<wire::ServiceKey>(CachePolicy::UseCached).await? {
            let model = ServiceKeyModel { tag: row.tag.as_str().into(), ..ServiceKeyModel::default() };
            sink.push(row.tag.clone(), model.with(row)).await;
        }
        Ok(())
    }
}

/// Resets the key with the id `before` once. If the response is lost, the list shows by the id whether the key was reset; then
/// the result is a warning.
pub(super) async fn reset(client: &Client, tag: &str, before: &str) -> Result<Option<Diagnostic>, Diagnostics> {
    let Err(error) = client.reset_service_key(before).await else { return Ok(None) };
    let read = || find(client, tag, CachePolicy::RefreshAfterWrite);
    let was_reset = |row: &Option<wire::ServiceKey>| row.as_ref().is_some_and(|row| row.key_id != before);
    let recovery = format!(
        "It is not known whether the key was reset. Before you reset it again, check its id: if it is not `{before}`, the key was \
         reset."
    );
    let confirmed = confirm(&noun(tag), "reset", error, read, was_reset, &recovery).await?;
    Ok(Some(confirmed.warning))
}

/// The error of a tag that no key has, with the tags that exist.
pub(super) async fn no_such_tag(client: &Client, tag: &str) -> Result<Diagnostic, Diagnostics> {
    let rows = client.service_keys::<wire::ServiceKey>(CachePolicy::UseCached).await?;
    let tags = rows.iter().map(|row| format!("`{}`", row.tag)).collect::<Vec<_>>().join(", ");
    let known = if tags.is_empty() { "There are no keys.".to_owned() } else { format!("The tags are {tags}.") };
    let detail = format!("1Kosmos has no service key with the tag `{tag}`, and its API cannot create one. {known}");
    Ok(Diagnostic::error(noun(tag).summary("does not exist"), detail).at(Path::to("tag")))
}

/// The data source.
pub(super) struct ServiceKeys;

/// The attributes of the data source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ServiceKeysModel {
    service_keys: Attr<Vec<ServiceKeyRow>>,
}

/// One key of the list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ServiceKeyRow {
    tag: Attr<String>,
    key_id: Attr<String>,
    #[serde(rename = "type")]
    kind: Attr<String>,
}

#[async_trait]
impl DataSource for ServiceKeys {
    type Client = Client;
    type Model = ServiceKeysModel;

    const NAME: &'static str = "onekosmos_service_keys";

    fn schema(&self) -> Schema {
        let column = |name: &str, what: &str| Attribute::string(name).computed().describe(what);
        let row = vec![
            column("tag", "The tag of the key."),
            column("key_id", "The id of the key."),
            column("type", "The type of the key, in the vendor's terms."),
        ];
        Schema::new(
            "Lists the service keys of the 1Kosmos deployment, without their secrets. Needs a license of level `system`.",
            vec![Attribute::objects("service_keys", row).computed().describe("The keys, in the vendor's order.")],
        )
    }

    async fn read(
        &self,
        client: &Client,
        _: ServiceKeysModel,
        _: &mut Diagnostics,
    ) -> Result<ServiceKeysModel, Diagnostics> {
        let rows = client.service_keys::<wire::ServiceKey>(CachePolicy::UseCached).await?.into_iter();
        let rows =
            rows.map(|row| ServiceKeyRow { tag: row.tag.into(), key_id: row.key_id.into(), kind: row.kind.into() });
        Ok(ServiceKeysModel { service_keys: rows.collect::<Vec<_>>().into() })
    }
}

mod wire {
    //! A row of `GET /servicekeys`. Its `keySecret` may be the service's own private key and is never read.

    use serde::Deserialize;

    #[derive(Deserialize)]
    pub(super) struct ServiceKey {
        pub(super) tag: String,
        #[serde(rename = "keyId")]
        pub(super) key_id: String,
        #[serde(rename = "type")]
        pub(super) kind: Option<String>,
    }
}
