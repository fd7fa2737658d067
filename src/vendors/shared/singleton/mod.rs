//! Settings that a vendor always has once and cannot delete: how Terraform adopts, changes and releases them.
//!
//! - A create *adopts* the settings: it keeps the values that the vendor has as the original, and writes those that the
//!   configuration sets.
//! - A setting that the configuration leaves out *keeps* the vendor's value. The configuration decides whether a setting is
//!   managed; the plan decides its value, since `ignore_changes` affects the plan alone.
//! - A destroy *restores* the original or *forgets* the settings, as `on_destroy` says. If another resource adopted them in
//!   the same run, it changes nothing.
//!
//! A vendor's settings implement [`Singleton`]; its resource calls [`claim`], [`preview`], [`create`], [`read`],
//! [`update`], [`delete`] and [`plan_destroy`]. A singleton that cannot be restored, such as a bucket, uses [`Adoptions`] alone.

mod adopted;
mod adoption;
mod messages;
mod on_destroy;
mod original;
mod write;

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::Value as Json;

use self::original::Original;
use crate::framework::resource::Planning;
use crate::framework::{Claim, Context, Diagnostic, Diagnostics, Model, Private, Value};
use crate::http::{CachePolicy, Error};

pub(in crate::vendors) use adopted::Changes;
pub(in crate::vendors) use adoption::{Adoptions, warn_adopted_elsewhere};
pub(in crate::vendors) use messages::{Title, claim as claim_of, not_previewed, summary};
pub(in crate::vendors) use on_destroy::{disable_or_forget, forget_or_restore};

/// The values of all settings, by attribute name.
pub(in crate::vendors) type Fields = BTreeMap<String, Value>;

/// Settings that a vendor always has once.
#[async_trait]
pub(in crate::vendors) trait Singleton: Send + Sync {
    /// The vendor's client.
    type Client: Send + Sync;

    /// What the settings are called.
    const TITLE: Title;

    /// The adoptions of the client's tenant.
    fn adoptions(client: &Self::Client) -> &Adoptions;

    /// What identifies the settings of a state among all singletons of the tenant.
    fn key(&self, state: &Value) -> String;

    /// Whether all of what identifies the settings of a plan is known.
    fn is_key_known(&self, _plan: &Value) -> bool {
        true
    }

    /// What tells the settings of a state from others of the type, for people; `None` if the tenant has them once.
    fn label(&self, _state: &Value) -> Option<String> {
        None
    }

    /// Reads the settings that a state names; `None` if the vendor has none.
    async fn fetch(
        &self,
        client: &Self::Client,
        state: &Value,
        policy: CachePolicy,
    ) -> Result<Option<Fields>, Diagnostics>;

    /// Writes the settings that a state names. `current` are the values that the vendor has, if they are known. Returns the
    /// values from the response, or `None` if it has none.
    async fn store(
        &self,
        client: &Self::Client,
        state: &Value,
        wanted: &Fields,
        current: Option<&Fields>,
    ) -> Result<Option<Fields>, Error>;

    /// Whether two values of a setting mean the same to the vendor.
    fn equal(a: &Value, b: &Value) -> bool {
        a == b
    }

    /// The values that a create begins with if the vendor has none.
    fn initial(&self, _plan: &Value, _config: &Value) -> Result<Fields, Diagnostics> {
        Ok(Self::blank())
    }

    /// The values that a restore writes if the vendor had none.
    fn blank() -> Fields {
        Fields::new()
    }

    /// The settings as private state keeps them, in the vendor's own form.
    fn to_private(fields: &Fields) -> Result<Json, Diagnostics>;

    /// The settings from private state; `None` if they cannot be read.
    fn from_private(original: Json) -> Option<Fields>;
}

/// A state with these settings; everything else is as in `base`.
pub(in crate::vendors) fn state(base: &Value, fields: Fields) -> Value {
    let mut state = base.as_map().cloned().unwrap_or_default();
    state.extend(fields);
    Value::Map(state)
}

/// What a plan claims: the settings with its key, if the key is known.
pub(in crate::vendors) fn claim<S: Singleton>(singleton: &S, plan: &Value) -> Option<Claim> {
    singleton.is_key_known(plan).then(|| messages::claim(S::TITLE.settings, singleton.label(plan), singleton.key(plan)))
}

/// Warns what a create overwrites. A vendor that has none has nothing to overwrite.
pub(in crate::vendors) async fn preview<S: Singleton>(
    singleton: &S,
    client: &S::Client,
    planning: &Planning<Value>,
) -> Diagnostics {
    let Planning { plan, config, .. } = planning;
    if !singleton.is_key_known(plan) {
        return Diagnostics::new();
    }
    let label = singleton.label(plan);
    match singleton.fetch(client, plan, CachePolicy::UseCached).await {
        Ok(None) => Diagnostics::new(),
        Ok(Some(current)) => {
            let changes = Changes::of::<S>(&current, plan, config);
            let warning = || messages::overwrites(&S::TITLE, label, &changes, on_destroy::restores(plan));
            (!changes.is_empty()).then(warning).into_iter().collect()
        }
        Err(unread) => not_previewed(S::TITLE.vendor, S::TITLE.settings, label, &unread).into(),
    }
}

/// Warns what a destroy does.
pub(in crate::vendors) fn plan_destroy<S: Singleton>(singleton: &S, prior: &Value, private: &Private) -> Diagnostics {
    let original = Original::of::<S>(private);
    messages::destroy(&S::TITLE, singleton.label(prior), on_destroy::restores(prior), &original).into()
}

/// Adopts the settings and writes those that the configuration sets.
pub(in crate::vendors) async fn create<S: Singleton>(
    singleton: &S,
    client: &S::Client,
    plan: &Value,
    ctx: &mut Context<Value>,
) -> Result<Value, Diagnostics> {
    let mut adoption = S::adoptions(client).lock(&singleton.key(plan)).await;
    let before = singleton.fetch(client, plan, CachePolicy::Refresh).await?;
    original::keep::<S>(&mut ctx.private, before.as_ref())?;
    let exists = before.is_some();
    let current = match before {
        Some(fields) => fields,
        None => singleton.initial(plan, &ctx.config.clone().unwrap_or_default())?,
    };
    let after = write::write(singleton, client, plan, current, exists, ctx).await?;
    adoption.adopt();
    Ok(state(plan, after))
}

/// Reads the settings. The first read of an import keeps them as the original.
pub(in crate::vendors) async fn read<S: Singleton>(
    singleton: &S,
    client: &S::Client,
    prior: &Value,
    ctx: &mut Context<Value>,
) -> Result<Option<Value>, Diagnostics> {
    let Some(fields) = singleton.fetch(client, prior, CachePolicy::UseCached).await? else {
        warn(ctx, messages::gone_on_read(&S::TITLE, singleton.label(prior)));
        return Ok(None);
    };
    if matches!(Original::of::<S>(&ctx.private), Original::Unknown) {
        original::keep::<S>(&mut ctx.private, Some(&fields))?;
        if on_destroy::restores(prior) {
            warn(ctx, messages::original_lost(&S::TITLE, singleton.label(prior)));
        }
    }
    Ok(Some(state(prior, fields)))
}

/// Writes the settings whose planned values differ from the vendor's. A setting that the configuration leaves out keeps the
/// vendor's value, also if it changed after the plan; then the user is warned.
pub(in crate::vendors) async fn update<S: Singleton>(
    singleton: &S,
    client: &S::Client,
    plan: &Value,
    ctx: &mut Context<Value>,
) -> Result<Value, Diagnostics> {
    let current = singleton.fetch(client, plan, CachePolicy::Refresh).await?;
    let current = current.ok_or_else(|| messages::gone_on_update(&S::TITLE, singleton.label(plan)))?;
    let mut after = write::write(singleton, client, plan, current, true, ctx).await?;
    let config = ctx.config.clone().unwrap_or_default();
    for (name, value) in &mut after {
        let planned = plan.get(name);
        if config.get(name).is_null() && planned.is_wholly_known() && planned != value {
            warn(ctx, messages::changed_after_plan(&S::TITLE, singleton.label(plan), name));
            // Terraform requires the planned value; the next read has the vendor's.
            value.clone_from(planned);
        }
    }
    Ok(state(plan, after))
}

/// Restores the original if `on_destroy` says so and no other resource adopted the settings in this run.
pub(in crate::vendors) async fn delete<S: Singleton>(
    singleton: &S,
    client: &S::Client,
    prior: &Value,
    ctx: &mut Context<Value>,
) -> Result<(), Diagnostics> {
    if !on_destroy::restores(prior) {
        return Ok(());
    }
    let original = match Original::of::<S>(&ctx.private) {
        Original::Fields(fields) => fields,
        Original::Nothing => S::blank(),
        Original::Unknown => {
            warn(ctx, messages::not_restored(&S::TITLE, singleton.label(prior)));
            return Ok(());
        }
    };
    let adoption = S::adoptions(client).lock(&singleton.key(prior)).await;
    if adoption.is_adopted() {
        warn_adopted_elsewhere(ctx, S::TITLE.settings, singleton.label(prior));
        return Ok(());
    }
    singleton.store(client, prior, &original, None).await?;
    Ok(())
}

/// Adds a warning to the response.
fn warn<M: Model>(ctx: &mut Context<M>, warning: Diagnostic) {
    ctx.warn(warning.summary, warning.detail);
}
