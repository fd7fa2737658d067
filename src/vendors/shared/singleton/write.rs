//! Writes the settings that are managed, and finds out what the vendor has after it.

use super::{Fields, Singleton, messages, warn};
use crate::framework::{Context, Diagnostics, Value};
use crate::http::CachePolicy;
use crate::vendors::shared::reconcile::{WAITS, confirm, read_until};

/// Writes the managed settings if one of them differs, and returns the values that the vendor has then. Settings that do not
/// exist yet are written in any case: the next read would not find them otherwise.
///
/// A create that fails loses its private state (Terraform 1.15.5): the original would be lost, and the next create would
/// keep the values of this one as the original. So a write whose response is lost counts as applied if a read shows it.
pub(super) async fn write<S: Singleton>(
    singleton: &S,
    client: &S::Client,
    plan: &Value,
    current: Fields,
    exists: bool,
    ctx: &mut Context<Value>,
) -> Result<Fields, Diagnostics> {
    let wanted = wanted::<S>(&current, plan, ctx.config.as_ref().unwrap_or(&Value::Null));
    if exists && wanted == current {
        return Ok(current);
    }
    let label = singleton.label(plan);
    let applied = |found: &Option<Fields>| found.as_ref().is_some_and(|found| shows::<S>(found, &wanted, &current));
    let read = || singleton.fetch(client, plan, CachePolicy::RefreshAfterWrite);
    match singleton.store(client, plan, &wanted, Some(&current)).await {
        Ok(Some(after)) => Ok(after),
        Ok(None) => match read_until(&WAITS, read, applied).await {
            Ok(Some(after)) => Ok(after),
            Ok(None) => Err(messages::missing_after_write(&S::TITLE, label).into()),
            Err(unread) => {
                warn(ctx, messages::written_but_not_read(&S::TITLE, label, &unread));
                Ok(wanted)
            }
        },
        Err(error) => {
            let (noun, recovery) = (S::TITLE.noun(label.as_deref()), messages::recovery(&S::TITLE));
            let confirmed = confirm(&noun, "updated", error, read, applied, &recovery).await?;
            warn(ctx, confirmed.warning);
            Ok(confirmed.value.unwrap_or(wanted))
        }
    }
}

/// The vendor's values with the planned ones of the settings that the configuration sets. A planned value that means the
/// same as the vendor's is no change.
pub(super) fn wanted<S: Singleton>(current: &Fields, plan: &Value, config: &Value) -> Fields {
    let value_of = |(name, value): (&String, &Value)| {
        let planned = plan.get(name);
        let managed = !config.get(name).is_null() && planned.is_wholly_known() && !planned.is_null();
        let wanted = if managed && !S::equal(planned, value) { planned } else { value };
        (name.clone(), wanted.clone())
    };
    current.iter().map(value_of).collect()
}

/// Whether every setting that a write changes has its new value.
fn shows<S: Singleton>(found: &Fields, wanted: &Fields, before: &Fields) -> bool {
    let mut changed = wanted.iter().filter(|(name, value)| before.get(*name) != Some(*value));
    changed.all(|(name, value)| found.get(name).is_some_and(|found| S::equal(found, value)))
}
