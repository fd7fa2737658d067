//! `idv_onekosmos_service_key`: a service key that exists, adopted by its tag; `idv_onekosmos_service_keys` lists them.
//!
//! The vendor has no create. What its API calls a delete makes a new key under the same tag, for everyone, so it happens
//! only where the user asks for it in so many words, by a change of `rotate_when`. No secret is read here at all.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::Client;
use crate::framework::resource::{Change, Context, Planning, Resource};
use crate::framework::{
    Attr, Attribute, DataSource, Diagnostic, Diagnostics, ListSink, Listable, Path, Private, Rule, Schema, Type, Value,
    identity,
};
use crate::http::CachePolicy;
use crate::vendors::shared::errors::outcome_unknown;
use crate::vendors::shared::import_id;
use crate::vendors::shared::reconcile::retry_once;

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

/// Under this key of the private state: whether the key was seen with another id than the last apply left it with.
const RESET_ELSEWHERE: &str = "reset_elsewhere";

fn keep(ctx: &mut Context<ServiceKeyModel>, reset_elsewhere: bool) -> Result<(), Diagnostics> {
    if reset_elsewhere {
        return ctx.private.set(RESET_ELSEWHERE, &true);
    }
    ctx.private.remove(RESET_ELSEWHERE);
    Ok(())
}

/// Whether an update rotates: the first value only records what holds now, so that an import rotates nothing.
fn rotates(prior: &ServiceKeyModel, plan: &ServiceKeyModel) -> bool {
    !prior.rotate_when.is_null() && !plan.rotate_when.is_null() && prior.rotate_when != plan.rotate_when
}

/// The key with a tag; more than one is refused, since a reset would hit either.
async fn find(client: &Client, tag: &str, policy: CachePolicy) -> Result<Option<wire::ServiceKey>, Diagnostics> {
    let mut rows = client.service_keys::<wire::ServiceKey>(policy).await?;
    rows.retain(|row| row.tag == tag);
    if rows.len() > 1 {
        return Err(not_unique(tag).into());
    }
    Ok(rows.pop())
}

/// The id of the key with a tag, by asking anew; an error where there is none.
pub(super) async fn existing(client: &Client, tag: &str) -> Result<String, Diagnostics> {
    match find(client, tag, CachePolicy::Refresh).await? {
        Some(row) => Ok(row.key_id),
        None => Err(no_such_tag(client, tag).await?.into()),
    }
}

pub(super) fn not_unique(tag: &str) -> Diagnostic {
    let detail = format!(
        "1Kosmos has more than one service key with the tag `{tag}`, so Terraform cannot tell which is meant. Ask 1Kosmos to remove \
         all but one."
    );
    Diagnostic::error("The tag is not unique", detail).at(Path::to("tag"))
}

#[async_trait]
impl Resource for ServiceKey {
    type Client = Client;
    type Model = ServiceKeyModel;

    const NAME: &'static str = "onekosmos_service_key";

    fn schema(&self) -> Schema {
        Schema::new(
            "A service key of the 1Kosmos deployment, found by its tag. Creating this resource adopts the key as it is, and destroying \
             it leaves the key as it is: Terraform only forgets it. A change of `rotate_when` resets the key, which gives it a new id \
             and a new secret for everyone who uses it. The secret never reaches plan or state. Needs a license of level `system`.",
            vec![
                Attribute::string("tag")
                    .required()
                    .requires_replace()
                    .rule(Rule::Length(1, usize::MAX))
                    .describe("The tag of the key."),
                Attribute::of("rotate_when", Type::map(Type::String)).optional().describe(
                    "Any texts, such as `{ quarter = \"2026-Q4\" }`. A change of them resets the key once. Setting them for the first \
                     time, or removing them, resets nothing.",
                ),
                Attribute::string("key_id").computed().describe("The id of the key. A reset changes it."),
                Attribute::string("type").computed().describe("The kind of key, as the vendor names it."),
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
                "The service key was reset already",
                format!(
                    "`rotate_when` changes, and the key with the tag `{tag}` has been reset since the last apply: by an apply that was \
                     interrupted, or elsewhere. It is not reset again. To reset it all the same, use the action \
                     `idv_onekosmos_reset_service_key`.",
                    tag = prior.tag()
                ),
            );
            planning.plan.key_id.clone_from(&prior.key_id);
            planning.plan.kind.clone_from(&prior.kind);
        } else if rotates(prior, &planning.plan) {
            planning.diagnostics.warn(
                Path::to("rotate_when"),
                "The service key will be reset",
                format!(
                    "`rotate_when` changes, so the apply deletes the key with the tag `{tag}` and makes a new one. Everyone who uses its \
                     secret has to take the new one. If it is the service's own key, every client's requests fail until it has fetched \
                     the new public key.",
                    tag = prior.tag()
                ),
            );
        } else {
            planning.plan.key_id.clone_from(&prior.key_id);
            planning.plan.kind.clone_from(&prior.kind);
        }
        Ok(())
    }

    fn plan_destroy(&self, prior: &ServiceKeyModel, _: &Private) -> Diagnostics {
        let detail = format!(
            "Terraform stops managing the service key `{}`. The key stays in use as it is: 1Kosmos has no way to remove one.",
            prior.tag()
        );
        Diagnostic::warning("Destroy forgets the service key", detail).into()
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
                "A service key is gone",
                format!(
                    "1Kosmos has no service key with the tag `{}` any more. An apply can adopt it again only once it exists. To stop \
                     managing it, remove the resource and run `terraform apply`.",
                    state.tag()
                ),
            );
        }
        // An apply that was killed after the reset left the old id in state. The next one must not reset again.
        if let (Some(row), Some(known)) = (&row, state.key_id.as_str())
            && row.key_id != known
        {
            keep(ctx, true)?;
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
        if rotates(&change.prior, &change.plan) && !already {
            let before = change.prior.key_id.as_str().unwrap_or_default();
            if let Some(warning) = reset(client, change.prior.tag(), before).await? {
                ctx.warn("The service key was reset though 1Kosmos reported an error", warning);
            }
        }
        keep(ctx, false)?;
        let row = find(client, change.plan.tag(), CachePolicy::RefreshAfterWrite).await?;
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

/// Resets the key once. An answer that did not come is no reason to reset again: the list tells whether it happened, and then
/// the error is a warning.
pub(super) async fn reset(client: &Client, tag: &str, before: &str) -> Result<Option<String>, Diagnostics> {
    let look = || find(client, tag, CachePolicy::RefreshAfterWrite);
    match client.reset_service_key(before).await {
        Ok(()) => Ok(None),
        Err(error) if error.may_have_applied() => match retry_once(look).await {
            Ok(Some(row)) if row.key_id != before => Ok(Some(format!(
                "The key has a new id all the same, which is the one that counts.\n{}",
                error.description()
            ))),
            Ok(_) => Err(error
                .with_observation(format!(
                    "The key still has its id `{before}`, so most likely it was not reset. Apply again."
                ))
                .into()),
            Err(look) => {
                let way_out = format!(
                    "Before you reset it again, look at its id: another one than `{before}` says that it was reset."
                );
                Err(outcome_unknown(error, way_out, look))
            }
        },
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn no_such_tag(client: &Client, tag: &str) -> Result<Diagnostic, Diagnostics> {
    let rows = client.service_keys::<wire::ServiceKey>(CachePolicy::UseCached).await?;
    let tags = rows.iter().map(|row| format!("`{}`", row.tag)).collect::<Vec<_>>().join(", ");
    let known = if tags.is_empty() { "There are none.".to_owned() } else { format!("The tags are {tags}.") };
    let detail = format!("1Kosmos has no service key with the tag `{tag}`, and its API cannot create one. {known}");
    Ok(Diagnostic::error("No such service key", detail).at(Path::to("tag")))
}

/// Every service key, without secrets.
pub(super) struct ServiceKeys;

/// The attributes of the list.
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
            column("type", "The kind of key, as the vendor names it."),
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
    //! A row of `GET /servicekeys`. Its `keySecret`, which may be the service's own private key, is never read.

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
