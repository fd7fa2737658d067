//! Promotion: the configuration of one tenant, for another one.
//!
//! Objects of the two tenants are matched by their natural keys. A matched object is imported by the target's id, so that the plan
//! shows what changes; another one is created. What cannot exist at the target is left out and named: data about people, objects
//! whose creation fails by the provider's own plan, and objects that depend on what the target does not have.

use std::collections::{BTreeMap, BTreeSet};

use super::capture::{Capture, Captured};
use super::promotion::{Count, Promotion};
use crate::framework::environment::Environment;
use crate::framework::resource::{Capabilities, DynResource, PlanRequest};
use crate::framework::{Diagnostics, Private, Provider, Severity, Value, check, plan};
use crate::tenant::{self, Directory, Entry, FileError, words};

/// Why data about people is left out.
pub(super) const PERSONAL: &str = "They are data about people, which stays in its tenant.";

/// The tenant for which a configuration is exported.
pub struct Target {
    /// The provider, which is configured for the tenant by its environment.
    pub(super) provider: Provider,
    /// What messages call it: the path of its file.
    pub(super) title: String,
}

impl Target {
    /// Reads the file of environment variables that configure the tenant: lines of `NAME=value` or `export NAME=value`.
    pub fn read(path: &str, new: impl Fn(Environment) -> Provider) -> Result<Self, FileError> {
        Ok(Self { provider: new(Environment::of(tenant::variables(path)?)), title: path.to_owned() })
    }
}

/// Both tenants, while objects of one are prepared for the other.
pub(super) struct Tenants<'t> {
    /// What the ids of the source refer to.
    pub(super) source: &'t Directory,
    /// What the ids of the target refer to.
    pub(super) target: &'t Directory,
    /// The provider of the target.
    pub(super) provider: &'t Provider,
}

/// An object of the source, and the one of the target that has its natural key.
struct Pair {
    source: Captured,
    target: Option<Captured>,
}

/// How applying an object changes the target.
enum Effect {
    Added,
    Unchanged,
    Changed,
    Replaced,
}

/// What applying an object does.
struct Plan {
    effect: Effect,
    /// Whether it needs the secrets that no vendor returns.
    needs_secrets: bool,
}

/// The objects that are promoted, by type and id of the source.
type Promoted = BTreeSet<(&'static str, String)>;

impl Tenants<'_> {
    /// Prepares the captures of the source for the target, whose captures are by type.
    pub(super) async fn promote(
        &self,
        captures: Vec<Capture>,
        mut targets: BTreeMap<String, Capture>,
        promotion: &mut Promotion,
    ) -> Vec<Capture> {
        let mut paired = Vec::new();
        for mut capture in captures {
            let objects = std::mem::take(&mut capture.objects);
            if capture.resource.is_personal() {
                let what = format!("{} ({})", capture.type_name, words::count(objects.len(), "object"));
                promotion.leave_out(what, PERSONAL);
                continue;
            }
            let Some(target) = targets.remove(&capture.type_name).filter(Capture::is_complete) else {
                let what = format!("{} ({})", capture.type_name, words::count(objects.len(), "object"));
                promotion.leave_out(what, "The target could not list them, so what exists there is not known.");
                promotion.is_complete = false;
                continue;
            };
            let pairs = self.pairs(&capture, objects, target, promotion);
            paired.push((capture, pairs));
        }
        self.settle(paired, promotion).await
    }

    /// Matches the objects of a type.
    fn pairs(&self, capture: &Capture, source: Vec<Captured>, target: Capture, promotion: &mut Promotion) -> Vec<Pair> {
        let resource = capture.resource.as_ref();
        let with_names = |objects: Vec<Captured>, directory: &Directory| -> Vec<(Value, Captured)> {
            let named = |object: &Captured| tenant::name_references(resource, object.config.clone(), directory);
            objects.into_iter().map(|object| (named(&object), object)).collect()
        };
        let (source, target) = (with_names(source, self.source), with_names(target.objects, self.target));
        let key = |(config, _): &(Value, Captured)| tenant::key(resource, config);
        let mut counts: BTreeMap<Vec<Value>, (usize, usize)> = BTreeMap::new();
        for object in &source {
            counts.entry(key(object)).or_default().0 += 1;
        }
        for object in &target {
            counts.entry(key(object)).or_default().1 += 1;
        }
        let mut pairs = Vec::new();
        for pair in tenant::matched(source, target, key, |(one, _), (other, _)| one == other) {
            match pair {
                (Some((before, source)), Some((after, target))) => {
                    let (ours, theirs) = counts.get(&tenant::key(resource, &before)).copied().unwrap_or_default();
                    if before != after && (ours > 1 || theirs > 1) {
                        promotion.notes.push(format!(
                            "{}: the source has {ours} and the target {theirs} of this name, so they were matched in their order. Check the plan of this one.",
                            capture.address(&source)
                        ));
                    }
                    pairs.push(Pair { source, target: Some(target) });
                }
                (Some((_, source)), None) => pairs.push(Pair { source, target: None }),
                (None, Some((config, _))) => promotion.only_in_target(capture, words::name(resource, &config)),
                (None, None) => {}
            }
        }
        pairs
    }

    /// Leaves out what cannot be promoted, and then what depends on it, until nothing more is.
    async fn settle(&self, mut paired: Vec<(Capture, Vec<Pair>)>, promotion: &mut Promotion) -> Vec<Capture> {
        loop {
            let promoted = promoted(&paired);
            let mut left_out = false;
            for (capture, pairs) in &mut paired {
                for pair in std::mem::take(pairs) {
                    match self.plan(capture.resource.as_ref(), &pair, &promoted).await {
                        Ok(_) => pairs.push(pair),
                        Err(reason) => {
                            promotion.leave_out(capture.address(&pair.source), &reason);
                            left_out = true;
                        }
                    }
                }
            }
            if !left_out {
                let mut captures = Vec::new();
                for (capture, pairs) in paired {
                    captures.push(self.finish(capture, pairs, &promoted, promotion).await);
                }
                return captures;
            }
        }
    }

    /// The capture with what is written for the target.
    async fn finish(
        &self,
        mut capture: Capture,
        pairs: Vec<Pair>,
        promoted: &Promoted,
        promotion: &mut Promotion,
    ) -> Capture {
        let mut count = Count::default();
        for pair in pairs {
            // It was planned before, and nothing has changed since.
            let Ok(Plan { effect, needs_secrets }) = self.plan(capture.resource.as_ref(), &pair, promoted).await else {
                continue;
            };
            match effect {
                Effect::Added => count.added += 1,
                Effect::Unchanged => {}
                Effect::Changed => count.changed += 1,
                Effect::Replaced => count.replaced += 1,
            }
            count.imported += usize::from(pair.target.is_some());
            for attribute in self.foreign_ids(capture.resource.as_ref(), &pair) {
                promotion.notes.push(format!(
                    "{}: `{attribute}` is the id of something that is not exported. The target's value is kept.",
                    capture.address(&pair.source)
                ));
            }
            let Ok(config) = self.translated(capture.resource.as_ref(), &pair, promoted, Form::Written) else {
                continue;
            };
            let violations = pair.source.violations;
            let import_id = pair.target.and_then(|target| target.import_id);
            capture.objects.push(Captured { import_id, config, needs_secrets, violations, ..pair.source });
        }
        capture.objects.sort_by(|a, b| a.name.cmp(&b.name));
        promotion.count(&capture, count);
        capture
    }

    /// What applying an object does to the target; the error is why it cannot be applied.
    async fn plan(&self, resource: &dyn DynResource, pair: &Pair, promoted: &Promoted) -> Result<Plan, String> {
        if pair.target.is_none() && resource.is_created_elsewhere() {
            return Err("The target does not have it, and its API cannot create one.".to_owned());
        }
        // An object that exists needs its secrets only to change.
        if pair.target.is_some() {
            let kept = self.plan_with(resource, pair, promoted, Form::Planned(Secrets::Kept)).await;
            if kept.is_ok() {
                return kept;
            }
        }
        self.plan_with(resource, pair, promoted, Form::Planned(Secrets::Supplied)).await
    }

    async fn plan_with(
        &self,
        resource: &dyn DynResource,
        pair: &Pair,
        promoted: &Promoted,
        form: Form,
    ) -> Result<Plan, String> {
        let config = self.translated(resource, pair, promoted, form)?;
        let prior = pair.target.as_ref().map_or(Value::Null, |target| target.state.clone());
        failure(&resource.validate(config.clone(), Capabilities { write_only: true }))?;
        let proposed = plan::propose(resource.schema(), &prior, &config);
        let (private, identity) = (Private::default(), Value::Null);
        let request = PlanRequest { prior: prior.clone(), proposed, config, private, identity };
        let planned = resource.plan(request, &self.provider.clients().for_trial()).await;
        failure(&planned.diagnostics)?;
        failure(&planned.apply_errors())?;
        let effect = match (prior.is_null(), planned.requires_replace.is_empty()) {
            (true, _) => Effect::Added,
            (false, false) => Effect::Replaced,
            (false, true) if planned.state == prior => Effect::Unchanged,
            (false, true) => Effect::Changed,
        };
        Ok(Plan { effect, needs_secrets: form == Form::Planned(Secrets::Supplied) })
    }

    /// The configuration of an object in the terms of the target. The error is why there is none.
    fn translated(
        &self,
        resource: &dyn DynResource,
        pair: &Pair,
        promoted: &Promoted,
        form: Form,
    ) -> Result<Value, String> {
        let missing = std::cell::RefCell::new(None);
        let foreign = self.foreign_ids(resource, pair);
        let config =
            check::map_object(resource.schema().attributes(), pair.source.config.clone(), &|attribute, value| {
                // A value that the user supplies, by a variable.
                if attribute.is_secret() && form == Form::Planned(Secrets::Supplied) {
                    return if attribute.write_only || attribute.required { Value::Unknown } else { Value::Null };
                }
                let found = value.as_str().and_then(|id| self.source.find(resource.vendor(), &attribute.name, id));
                let Some(entry) = found else { return value };
                let is_promoted = is_promoted(entry, promoted);
                match (form, self.target.counterpart(entry).and_then(Entry::id)) {
                    // The reference to the resource takes its place.
                    (Form::Written, _) if is_promoted => value,
                    (_, Some((_, id))) => id.into(),
                    (Form::Planned(_), None) if is_promoted => Value::Unknown,
                    (_, None) => {
                        let what = tenant::reference(entry.resource.as_ref(), &entry.state);
                        missing.replace(Some(format!("It refers to {what}, which the target does not have.")));
                        value
                    }
                }
            });
        if let Some(reason) = missing.into_inner() {
            return Err(reason);
        }
        let Value::Map(mut entries) = config else { return Ok(config) };
        for name in foreign {
            let Some(target) = &pair.target else {
                return Err(format!(
                    "`{name}` is the id of something that is not exported, and the target has another one."
                ));
            };
            entries.insert(name.to_owned(), target.config.get(name).clone());
        }
        Ok(Value::Map(entries))
    }

    /// The attributes of an object that are ids of something that is neither exported nor known. Natural keys are names, and what
    /// is nested is not the vendor's.
    fn foreign_ids<'r>(&self, resource: &'r dyn DynResource, pair: &Pair) -> Vec<&'r str> {
        let config = &pair.source.config;
        let is_foreign = |name: &&str| {
            let value = config.get(name);
            let found = value.as_str().and_then(|id| self.source.find(resource.vendor(), name, id));
            let is_name = resource.natural_key().contains(name) && !self.may_refer(resource.vendor(), name);
            name.ends_with("_id") && !value.is_null() && !is_name && found.is_none()
        };
        resource.schema().attributes().iter().map(|attribute| attribute.name.as_str()).filter(is_foreign).collect()
    }

    /// Whether objects of any type of a vendor can be referred to by an attribute of this name.
    fn may_refer(&self, vendor: &str, attribute: &str) -> bool {
        let mut resources = self.provider.resources.values().filter(|resource| resource.vendor() == vendor);
        resources.any(|resource| tenant::refers_to(attribute, resource.as_ref()))
    }
}

/// What a translated configuration is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// To plan it here: ids of the target, and unknown values for what an apply creates.
    Planned(Secrets),
    /// To write it: the source's ids where references take their place, and ids of the target elsewhere.
    Written,
}

/// What a plan assumes about secrets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Secrets {
    /// The user supplies them.
    Supplied,
    /// They stay as they are.
    Kept,
}

fn promoted(paired: &[(Capture, Vec<Pair>)]) -> Promoted {
    let of_capture = |(capture, pairs): &(Capture, Vec<Pair>)| {
        let resource = capture.resource.clone();
        let ids = pairs.iter().filter_map(|pair| id(resource.as_ref(), &pair.source.state)).collect::<Vec<_>>();
        ids.into_iter().map(move |id| (resource.name(), id)).collect::<Vec<_>>()
    };
    paired.iter().flat_map(of_capture).collect()
}

fn id(resource: &dyn DynResource, state: &Value) -> Option<String> {
    tenant::identifying(resource).find_map(|attribute| state.get(&attribute.name).as_str()).map(str::to_owned)
}

fn is_promoted(entry: &Entry, promoted: &Promoted) -> bool {
    entry.id().is_some_and(|(_, id)| promoted.contains(&(entry.resource.name(), id.to_owned())))
}

/// The first error, as a reason.
fn failure(diagnostics: &Diagnostics) -> Result<(), String> {
    let error = diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error);
    error.map_or(Ok(()), |error| Err(format!("{}. {}", error.summary, error.detail)))
}
