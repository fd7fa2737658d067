//! Settings that a tenant always has: weights and document requirements.
//!
//! Neither can be created or deleted at the vendor, only replaced as a whole. What they share is here: a value that the
//! user leaves out keeps the tenant's, one change sends the whole set with only that value different, and destroy does
//! what `on_destroy` says with the original that was captured when Terraform took over.

use async_trait::async_trait;
use serde_json::{Map, Value as Json};

use super::client::{Client, Scope};
use super::scope;
use super::table::{Fields, Table, same_double};
use crate::framework::moved::RestObject;
use crate::framework::resource::{Change, Context, Resource};
use crate::framework::{
    Attribute, Diagnostic, Diagnostics, ListSink, Listable, Private, Schema, Value, check, identity,
};
use crate::http::{CachePolicy, Error};
use crate::vendors::shared::reconcile::retry_once;
use crate::vendors::shared::{adoption, import_id, restore};

/// What differs between the kinds of settings.
#[async_trait]
pub(super) trait Settings: Send + Sync + 'static {
    /// The type's name after the provider's prefix.
    const NAME: &'static str;
    /// The fields.
    const TABLE: Table;
    /// Where generic REST providers managed them.
    const MOVES_FROM: &'static [&'static str];
    /// What they are called in a sentence: "the weights".
    const WHAT: &'static str;

    /// What the resource is, in full sentences.
    fn description(&self) -> String;
    /// The attributes beside scope, fields and `on_destroy` that make the key; each replaces.
    fn key(&self) -> Vec<Attribute>;
    /// The key on the wire, scope excluded: the vendor's field names with the values of a state.
    fn wire_key<'s>(&self, state: &'s Value) -> Vec<(&'static str, &'s Value)>;
    /// Key and scope of a set on the wire, as attributes.
    fn read_key(&self, row: &Map<String, Json>) -> Fields;
    /// What tells one set from every other, scope and tenant excluded.
    fn identity(&self) -> Vec<identity::IdentityAttribute>;
    /// Reads the set of a state's key; `None` where the vendor has none.
    async fn fetch(&self, client: &Client, state: &Value, policy: CachePolicy) -> Result<Option<Fields>, Diagnostics>;
    /// Replaces the set.
    async fn store(&self, client: &Client, body: &Json) -> Result<(), Error>;
    /// The values of key and scope that an import id names.
    fn parse_id(&self, id: &str) -> Option<Vec<(&'static str, Value)>>;
    /// The import id of a state, from its scope and key.
    fn import_id(&self, scope: &Scope, state: &Value) -> String;
    /// The forms of an import id, with examples.
    fn id_forms(&self) -> &'static str;
    /// Every set that the vendor has in a scope, or in all it knows of: key and scope as attributes, and the fields.
    async fn all(&self, client: &Client, within: &Scope) -> Result<Vec<(Fields, Fields)>, Diagnostics>;
    /// A set's name for people, from its key; empty where the scope says it all.
    fn key_words(&self, state: &Value) -> String;
}

/// What was there when Terraform took over.
enum Original {
    /// This set.
    Set(Fields),
    /// The vendor had none.
    Nothing,
    /// It was not captured.
    Unknown,
}

/// Whether two sets are the same to the vendor.
fn same(a: &Fields, b: &Fields) -> bool {
    a.len() == b.len()
        && a.iter().all(|(name, value)| b.get(name).is_some_and(|other| value == other || same_double(value, other)))
}

/// The managed resource for a kind of settings.
#[derive(Clone, Copy)]
pub(super) struct Managed<S>(pub S);

impl<S: Settings> Managed<S> {
    fn key_names(&self) -> Vec<String> {
        let key = self.0.key().into_iter().map(|attribute| attribute.name);
        key.chain(["client_id".to_owned(), "user_id".to_owned()]).collect()
    }

    /// Key and scope for a sentence.
    fn whose(&self, state: &Value) -> String {
        let part = |name: String| state.get(&name).as_str().map(|value| format!("{name} = \"{value}\""));
        let parts: Vec<_> = self.key_names().into_iter().filter_map(part).collect();
        if parts.is_empty() { "the tenant".to_owned() } else { parts.join(", ") }
    }

    /// What a first set begins from, where the vendor says that there is none. A requirement that is left out is none; a number
    /// that is left out cannot be guessed, since zero would switch a check off or make it fail for everybody.
    fn first(&self, plan: &Value, config: &Value) -> Result<Fields, Diagnostics> {
        let blank = S::TABLE.blank();
        let left_out: Vec<_> = blank.iter().filter(|(name, _)| config.get(name).is_null()).collect();
        match left_out.first() {
            Some((name, Value::Number(_))) => {
                let detail = format!(
                    "VULT says that it has none for {}, and documents that it always does. {} of the {} numbers are left out, \
                     such as `{name}`, and there is no value of the tenant's to keep. Nothing was written. Check `base_url` and \
                     the routes of `get_weights` and `update_weights` in `paths` of `vult = {{ ... }}`, or set all of the numbers.",
                    self.whose(plan),
                    left_out.len(),
                    blank.len(),
                );
                Err(Diagnostic::error(format!("{} are not there", capitalised(S::WHAT)), detail).into())
            }
            _ => Ok(blank),
        }
    }

    /// What tells these settings from all others of the tenant.
    fn key(&self, state: &Value) -> String {
        format!("{} {}", S::NAME, self.0.import_id(&Scope::of(state), state))
    }

    /// A state: key and `on_destroy` from `base`, fields from the vendor.
    fn state(&self, base: &Value, fields: Fields) -> Value {
        let kept = self.key_names().into_iter().chain(["on_destroy".to_owned()]);
        let kept = kept.map(|name| (name.clone(), base.get(&name).clone()));
        Value::Map(kept.chain(fields).collect())
    }

    async fn store(&self, client: &Client, state: &Value, fields: &Fields) -> Result<(), Error> {
        let scope = ["client_id", "user_id"].into_iter().map(|name| (name, state.get(name)));
        let key: Vec<_> = self.0.wire_key(state).into_iter().chain(scope).collect();
        self.0.store(client, &S::TABLE.body(&key, fields)).await
    }

    /// Writes what the configuration sets over what the tenant has now, if that changes anything; answers what is there after.
    async fn write(
        &self,
        client: &Client,
        plan: &Value,
        config: &Value,
        current: Fields,
        ctx: &mut Context<Value>,
    ) -> Result<Fields, Diagnostics> {
        let mut wanted = current.clone();
        for (name, value) in &mut wanted {
            let configured = config.get(name);
            if !configured.is_null() && !same_double(configured, value) {
                value.clone_from(configured);
            }
        }
        if wanted == current {
            return Ok(current);
        }
        let stored = self.store(client, plan, &wanted).await;
        if let Err(error) = &stored
            && !error.may_have_applied()
        {
            return Err(error.clone().into());
        }
        // The destroy of an object whose create failed gets nothing of what is private (Terraform 1.15.5): the original would be
        // lost, and what was just written would be taken for it. So what is there counts, not what was answered.
        let look = || self.0.fetch(client, plan, CachePolicy::RefreshAfterWrite);
        match (retry_once(look).await, stored) {
            (Ok(Some(after)), Ok(())) => Ok(after),
            (Ok(Some(after)), Err(error)) if same(&after, &wanted) => {
                ctx.warn(format!("VULT has taken over {} though it reported an error", S::WHAT), error.description());
                Ok(after)
            }
            (Err(unread), Ok(())) => {
                let detail = "What was sent is kept in state; the next plan reads what is there.";
                ctx.warn(
                    format!("VULT has accepted {} and cannot be asked for them", S::WHAT),
                    format!("{detail}\n{}", unread.details()),
                );
                Ok(wanted)
            }
            (_, Err(error)) => Err(error.into()),
            (Ok(None), Ok(())) => {
                let detail = format!(
                    "VULT accepted {} and has none when asked again. CachePolicy at the tenant, then plan again.",
                    S::WHAT
                );
                Err(Diagnostic::error("An update was accepted and is not there", detail).into())
            }
        }
    }

    fn original(private: &Private) -> Original {
        match restore::kept(private) {
            Some(Json::Null) => Original::Nothing,
            Some(Json::Object(row)) => {
                S::TABLE.read(&row, "reading the original").map_or(Original::Unknown, Original::Set)
            }
            _ => Original::Unknown,
        }
    }

    fn capture(private: &mut Private, fields: Option<&Fields>) -> Result<(), Diagnostics> {
        restore::keep(private, &fields.map_or(Json::Null, |fields| S::TABLE.body(&[], fields)))
    }
}

#[async_trait]
impl<S: Settings> Resource for Managed<S> {
    type Client = Client;
    type Model = Value;

    const NAME: &'static str = S::NAME;

    const MOVES_FROM: &'static [&'static str] = S::MOVES_FROM;

    fn schema(&self) -> Schema {
        let key = self.0.key().into_iter().chain(scope::attributes()).map(Attribute::requires_replace);
        Schema::new(self.0.description(), key.chain(S::TABLE.attributes(true)).chain([restore::on_destroy()]).collect())
    }

    fn identity(&self) -> Vec<identity::IdentityAttribute> {
        let scope = [
            identity::optional("client_id", "The client that the settings are for; the tenant itself without it."),
            identity::optional("user_id", "The user that the settings are for; all without it."),
            super::tenant(),
        ];
        self.0.identity().into_iter().chain(scope).collect()
    }

    fn plan_destroy(&self, prior: &Value, private: &Private) -> Diagnostics {
        let (original, restores) = (Self::original(private), restore::restores(prior));
        let known = !matches!(original, Original::Unknown);
        let mut warning = restore::destroy_warning("VULT", S::WHAT, restores, known);
        if restores && matches!(original, Original::Nothing) {
            warning.detail = format!(
                "There was nothing when Terraform took over, and VULT cannot delete {what}: the destroy writes a set in \
                 which nothing is required.",
                what = S::WHAT
            );
        }
        warning.into()
    }

    async fn create(&self, client: &Client, plan: Value, ctx: &mut Context<Value>) -> Result<Value, Diagnostics> {
        let takeover = client.adoptions.of(&self.key(&plan));
        let mut taken_over = takeover.lock().await;
        let before = self.0.fetch(client, &plan, CachePolicy::Refresh).await?;
        Self::capture(&mut ctx.private, before.as_ref())?;
        let config = ctx.config.clone().unwrap_or_default();
        let current = before.map_or_else(|| self.first(&plan, &config), Ok)?;
        let after = self.write(client, &plan, &config, current, ctx).await?;
        *taken_over = true;
        Ok(self.state(&plan, after))
    }

    async fn read(
        &self,
        client: &Client,
        state: Value,
        ctx: &mut Context<Value>,
    ) -> Result<Option<Value>, Diagnostics> {
        let Some(fields) = self.0.fetch(client, &state, CachePolicy::UseCached).await? else {
            ctx.warn(
                format!("{} are gone", capitalised(S::WHAT)),
                format!(
                    "VULT has none for {}. They were removed outside of Terraform and are planned for creation. To stop \
                     managing them instead, remove the resource and run `terraform apply`.",
                    self.whose(&state)
                ),
            );
            return Ok(None);
        };
        // An import, or state from a version that captured nothing: this is when Terraform takes over.
        if matches!(Self::original(&ctx.private), Original::Unknown) {
            Self::capture(&mut ctx.private, Some(&fields))?;
            if restore::restores(&state) {
                restore::warn_lost(ctx, "VULT", S::WHAT);
            }
        }
        Ok(Some(self.state(&state, fields)))
    }

    async fn update(
        &self,
        client: &Client,
        change: Change<Value>,
        ctx: &mut Context<Value>,
    ) -> Result<Value, Diagnostics> {
        let current = self.0.fetch(client, &change.plan, CachePolicy::Refresh).await?;
        let current = current.ok_or_else(|| {
            let detail = format!(
                "VULT has none for {}. They were removed after the plan was made. Plan again, which creates them.",
                self.whose(&change.plan)
            );
            Diagnostic::error(format!("{} are gone", capitalised(S::WHAT)), detail)
        })?;
        let config = ctx.config.clone().unwrap_or_default();
        let mut after = self.write(client, &change.plan, &config, current, ctx).await?;
        for (name, value) in &mut after {
            let planned = change.plan.get(name);
            let left_out = config.get(name).is_null();
            if left_out && planned.is_wholly_known() && planned != value {
                ctx.warn(
                    format!("`{name}` was changed outside of Terraform"),
                    format!(
                        "After the plan was made, somebody changed `{name}` of {}. The configuration leaves it out, so \
                         the tenant keeps its new value; the next plan reads it.",
                        S::WHAT
                    ),
                );
                value.clone_from(planned);
            }
        }
        Ok(self.state(&change.plan, after))
    }

    async fn delete(&self, client: &Client, state: Value, ctx: &mut Context<Value>) -> Result<(), Diagnostics> {
        if !restore::restores(&state) {
            return Ok(());
        }
        let original = match Self::original(&ctx.private) {
            Original::Set(fields) => fields,
            Original::Nothing => S::TABLE.blank(),
            Original::Unknown => {
                restore::warn_not_restored(ctx, "VULT", S::WHAT);
                return Ok(());
            }
        };
        let takeover = client.adoptions.of(&self.key(&state));
        let taken_over = takeover.lock().await;
        if *taken_over {
            adoption::warn_left_alone(ctx, S::WHAT);
            return Ok(());
        }
        Ok(self.store(client, &state, &original).await?)
    }

    fn import(&self, id: &str) -> Result<Value, Diagnostics> {
        let named = self.0.parse_id(id).ok_or_else(|| import_id::wrong(S::NAME, id, self.0.id_forms()))?;
        let mut state = self.schema().empty();
        state.extend(named.into_iter().map(|(name, value)| (name.to_owned(), value)));
        let state = Value::Map(state);
        let mistakes = check::rules(&self.schema(), &state);
        let of_the_id = |mistake: Diagnostic| {
            Diagnostic::error(
                "Wrong import id",
                format!("In the import id `{id}` of `idv_{}`: {}", S::NAME, mistake.detail),
            )
        };
        let mistakes: Diagnostics = mistakes.into_iter().map(of_the_id).collect();
        mistakes.into_result().map(|()| state)
    }

    fn move_from(&self, object: RestObject) -> Result<Value, Diagnostics> {
        let key = self.0.read_key(&object.fields);
        if let Some(missing) = self.0.key().into_iter().find(|attribute| key[&attribute.name].is_null()) {
            let detail = format!(
                "The state of the other provider does not tell the `{}` of {}. Take the old resource out of state with `terraform \
                 state rm`, and import them. The import id is {}.",
                missing.name,
                S::WHAT,
                self.0.id_forms()
            );
            return Err(Diagnostic::error("The state to move is not complete", detail).into());
        }
        // What was sent and answered may be part of a set; the read that follows a move tells all of it.
        let fields = S::TABLE.read(&object.fields, "reading the state to move").unwrap_or_default();
        let mut state = self.schema().empty();
        state.extend(fields.into_iter().chain(key));
        Ok(Value::Map(state))
    }

    fn import_id(&self, state: &Value) -> String {
        self.0.import_id(&Scope::of(state), state)
    }
}

#[async_trait]
impl<S: Settings + Copy> Listable for Managed<S> {
    fn filters(&self) -> Schema {
        let filter = |name, what| Attribute::string(name).optional().describe(what);
        Schema::new(
            format!("{} of the tenant, of its clients and users.", capitalised(S::WHAT)),
            vec![
                filter("client_id", "Only the settings of this client."),
                filter("user_id", "Only the settings of this user."),
            ],
        )
    }

    async fn list(&self, client: &Client, filter: Value, sink: &mut ListSink<Value>) -> Result<(), Diagnostics> {
        for (key, fields) in self.0.all(client, &Scope::of(&filter)).await? {
            let base = Value::Map(key);
            let name = match (Scope::of(&base).words(), self.0.key_words(&base)) {
                (of, words) if words.is_empty() => of.unwrap_or_else(|| "the tenant".to_owned()),
                (None, words) => words,
                (Some(of), words) => format!("{words} ({of})"),
            };
            sink.push(name, self.state(&base, fields)).await;
        }
        Ok(())
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
