//! The settings that every tenant has: weights and document requirements.
//!
//! VULT can neither create nor delete them. It replaces a whole set at once, so a change sends every field. How they are
//! adopted and released is in `shared::singleton`; this file adds scopes, the table of fields and imports.

use async_trait::async_trait;
use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde_json::{Map, Value as Json, json};

use super::client::{Client, Scope};
use super::scope;
use super::table::Table;
use crate::framework::diagnostics::capitalized;
use crate::framework::impact::{Period, Reach};
use crate::framework::moved::RestObject;
use crate::framework::resource::{Change, Context, Planning, Resource};
use crate::framework::{
    Attribute, Claim, Diagnostic, Diagnostics, ListSink, Listable, Private, Schema, Spelling, Value, check, identity,
};
use crate::http::{CachePolicy, Error};
use crate::vendors::shared::import_id;
use crate::vendors::shared::singleton::{self, Adoptions, Fields, Singleton, Title};

/// A set in a list.
pub(super) struct Set {
    /// Key and scope, as attributes.
    pub(super) key: Fields,
    /// The settings.
    pub(super) fields: Fields,
}

/// What differs between the kinds of settings.
#[async_trait]
pub(super) trait Settings: Send + Sync + 'static {
    /// What they are called. The type's name is in it.
    const TITLE: Title;
    /// The fields.
    const TABLE: Table;
    /// The attributes by which people tell the sets of a tenant apart.
    const NATURAL_KEY: &'static [&'static str];
    /// The paths at which generic REST providers manage them.
    const MOVES_FROM: &'static [&'static str];

    /// What the resource is, in full sentences.
    fn description(&self) -> String;
    /// The attributes that identify a set within a scope. A change of one replaces the resource.
    fn key(&self) -> Vec<Attribute>;
    /// The key of a state in the vendor's field names, without the scope.
    fn wire_key<'s>(&self, state: &'s Value) -> Vec<(&'static str, &'s Value)>;
    /// Key and scope of a row, as attributes.
    fn read_key(&self, row: &Map<String, Json>) -> Fields;
    /// The identity attributes of the key.
    fn identity(&self) -> Vec<identity::IdentityAttribute>;
    /// Reads the set with the key and scope of a state; `None` if the vendor has none.
    async fn fetch(&self, client: &Client, state: &Value, policy: CachePolicy) -> Result<Option<Fields>, Diagnostics>;
    /// Replaces the set.
    async fn store(&self, client: &Client, body: &Json) -> Result<(), Error>;
    /// The values of key and scope in an import id.
    fn parse_id(&self, id: &str) -> Option<Vec<(&'static str, Value)>>;
    /// The import id of a state, from its scope and key.
    fn import_id(&self, scope: &Scope, state: &Value) -> String;
    /// The forms of an import id, with examples.
    fn id_forms(&self) -> &'static str;
    /// Every set that the vendor returns for a scope.
    async fn sets(&self, client: &Client, scope: &Scope) -> Result<Vec<Set>, Diagnostics>;
    /// Whether a set of another scope only repeats what the tenant has, whose sets are `own`.
    fn is_inherited(&self, own: &[Set], set: &Set) -> bool;
    /// Counts the sessions of a period that the set with the key and scope of a state concerned.
    async fn reach(&self, client: &Client, state: &Value, period: &Period) -> Result<Reach, Diagnostics>;
    /// The key of a state, for people; empty if the scope alone identifies a set.
    fn key_words(&self, state: &Value) -> String;
}

/// The schema of a set on the wire, in either direction: its key, which is required, its scope and its fields.
pub(super) fn row_schema(settings: &impl Settings, generator: &mut SchemaGenerator) -> schemars::Schema {
    let key: Vec<_> = settings.wire_key(&Value::Null).into_iter().map(|(name, _)| name).collect();
    let members: Map<_, _> = key.iter().map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
    let parts = [Scope::json_schema(generator), table_of(settings).schema()];
    json_schema!({"type": "object", "properties": members, "required": key, "allOf": parts})
}

/// The table of a kind of settings.
fn table_of<S: Settings>(_: &S) -> Table {
    S::TABLE
}

/// The managed resource of a kind of settings.
#[derive(Clone, Copy)]
pub(super) struct Managed<S>(pub S);

impl<S: Settings> Managed<S> {
    /// Hands a set over to a list.
    async fn push(&self, set: &Set, sink: &mut ListSink<Value>) {
        let empty = Value::Map(self.schema().empty());
        let state = singleton::state(&singleton::state(&empty, set.key.clone()), set.fields.clone());
        sink.push(self.label(&state).unwrap_or_else(|| S::TITLE.owner.to_owned()), state).await;
    }

    /// The body that replaces a set.
    fn body(&self, state: &Value, fields: &Fields) -> Json {
        let scope = ["client_id", "user_id"].into_iter().map(|name| (name, state.get(name)));
        let key: Vec<_> = self.0.wire_key(state).into_iter().chain(scope).collect();
        S::TABLE.body(&key, fields)
    }
}

#[async_trait]
impl<S: Settings> Singleton for Managed<S> {
    type Client = Client;

    const TITLE: Title = S::TITLE;

    fn adoptions(client: &Client) -> &Adoptions {
        &client.adoptions
    }

    fn key(&self, state: &Value) -> String {
        format!("{} {}", S::TITLE.type_name, self.0.import_id(&Scope::of(state), state))
    }

    fn is_key_known(&self, plan: &Value) -> bool {
        let is_known = |attribute: &Attribute| !plan.get(&attribute.name).is_unknown();
        self.0.key().iter().chain(&scope::attributes()).all(is_known)
    }

    fn label(&self, state: &Value) -> Option<String> {
        match (Scope::of(state).words(), self.0.key_words(state)) {
            (scope, key) if key.is_empty() => scope,
            (None, key) => Some(key),
            (Some(scope), key) => Some(format!("{key} ({scope})")),
        }
    }

    async fn fetch(&self, client: &Client, state: &Value, policy: CachePolicy) -> Result<Option<Fields>, Diagnostics> {
        self.0.fetch(client, state, policy).await
    }

    async fn store(
        &self,
        client: &Client,
        state: &Value,
        wanted: &Fields,
        _: Option<&Fields>,
    ) -> Result<Option<Fields>, Error> {
        self.0.store(client, &self.body(state, wanted)).await.map(|()| None)
    }

    fn equal(a: &Value, b: &Value) -> bool {
        a == b || Spelling::FLOAT.equals_returned(a, b)
    }

    /// A requirement that is left out is not required. A number that is left out cannot be guessed: zero would switch a check
    /// off, or make it fail for everybody.
    fn initial(&self, plan: &Value, config: &Value) -> Result<Fields, Diagnostics> {
        let blank = S::TABLE.blank();
        let left_out: Vec<_> = blank.iter().filter(|(name, _)| config.get(name).is_null()).collect();
        let Some((name, Value::Number(_))) = left_out.first() else { return Ok(blank) };
        let detail = format!(
            "VULT returns none for {}, although its documentation says that there always is a set. The configuration leaves {} of \
             the {} numbers out, such as `{name}`, and the tenant has no values to keep. Nothing was written. Check `base_url` and \
             the routes of `get_weights` and `update_weights` in `paths` of `vult = {{ ... }}`, or set all of the numbers.",
            self.label(plan).as_deref().unwrap_or(S::TITLE.owner),
            left_out.len(),
            blank.len(),
        );
        let summary = format!("{} are not there", capitalized(S::TITLE.settings));
        Err(Diagnostic::error(summary, detail).into())
    }

    fn blank() -> Fields {
        S::TABLE.blank()
    }

    fn to_private(fields: &Fields) -> Result<Json, Diagnostics> {
        Ok(S::TABLE.body(&[], fields))
    }

    fn from_private(original: Json) -> Option<Fields> {
        S::TABLE.read(original.as_object()?, "reading the original").ok()
    }
}

#[async_trait]
impl<S: Settings> Resource for Managed<S> {
    type Client = Client;
    type Model = Value;

    const NAME: &'static str = S::TITLE.type_name;

    const NATURAL_KEY: &'static [&'static str] = S::NATURAL_KEY;

    const IS_ADOPTED: bool = true;

    const IS_SINGLETON: bool = true;

    const MOVES_FROM: &'static [&'static str] = S::MOVES_FROM;

    fn schema(&self) -> Schema {
        let key = self.0.key().into_iter().chain(scope::attributes()).map(Attribute::requires_replace);
        let fields = S::TABLE.attributes(true);
        Schema::new(self.0.description(), key.chain(fields).chain([singleton::forget_or_restore()]).collect())
    }

    fn identity(&self) -> Vec<identity::IdentityAttribute> {
        let scope = [
            identity::optional("client_id", "The client that the settings are for; the tenant itself without it."),
            identity::optional("user_id", "The user that the settings are for; all without it."),
            super::tenant(),
        ];
        self.0.identity().into_iter().chain(scope).collect()
    }

    fn claim(&self, plan: &Value) -> Option<Claim> {
        singleton::claim(self, plan)
    }

    async fn preview(&self, client: &Client, planning: &Planning<Value>) -> Diagnostics {
        singleton::preview(self, client, planning).await
    }

    fn plan_destroy(&self, prior: &Value, private: &Private) -> Diagnostics {
        singleton::plan_destroy(self, prior, private)
    }

    async fn create(&self, client: &Client, plan: Value, ctx: &mut Context<Value>) -> Result<Value, Diagnostics> {
        singleton::create(self, client, &plan, ctx).await
    }

    async fn read(
        &self,
        client: &Client,
        state: Value,
        ctx: &mut Context<Value>,
    ) -> Result<Option<Value>, Diagnostics> {
        singleton::read(self, client, &state, ctx).await
    }

    async fn update(
        &self,
        client: &Client,
        change: Change<Value>,
        ctx: &mut Context<Value>,
    ) -> Result<Value, Diagnostics> {
        singleton::update(self, client, &change.plan, ctx).await
    }

    async fn delete(&self, client: &Client, state: Value, ctx: &mut Context<Value>) -> Result<(), Diagnostics> {
        singleton::delete(self, client, &state, ctx).await
    }

    fn import(&self, id: &str) -> Result<Value, Diagnostics> {
        let named = self.0.parse_id(id).ok_or_else(|| import_id::wrong_parts(Self::NAME, id, self.0.id_forms()))?;
        let mut state = self.schema().empty();
        state.extend(named.into_iter().map(|(name, value)| (name.to_owned(), value)));
        let state = Value::Map(state);
        let in_the_id = |mistake: Diagnostic| {
            let detail = format!("In the import id `{id}` of `idv_{}`: {}", Self::NAME, mistake.detail);
            Diagnostic::error("Wrong import id", detail)
        };
        let mistakes: Diagnostics = check::rules(&self.schema(), &state).into_errors().map(in_the_id).collect();
        mistakes.into_result().map(|()| state)
    }

    fn move_from(&self, object: RestObject) -> Result<Value, Diagnostics> {
        let key = self.0.read_key(&object.fields);
        if let Some(missing) = self.0.key().into_iter().find(|attribute| key[&attribute.name].is_null()) {
            let detail = format!(
                "The state of the other provider has no `{}` of {}. Remove the old resource from state with `terraform state rm`, and \
                 import them. The import id is {}.",
                missing.name,
                S::TITLE.settings,
                self.0.id_forms()
            );
            return Err(Diagnostic::error("The state to move is not complete", detail).into());
        }
        // That state may have part of the fields; the read that follows a move returns all.
        let fields = S::TABLE.read(&object.fields, "reading the state to move").unwrap_or_default();
        let mut state = self.schema().empty();
        state.extend(fields.into_iter().chain(key));
        Ok(Value::Map(state))
    }

    fn import_id(&self, state: &Value) -> String {
        self.0.import_id(&Scope::of(state), state)
    }

    async fn reach(&self, client: &Client, state: &Value, period: &Period) -> Result<Reach, Diagnostics> {
        if !self.is_key_known(state) {
            return Ok(Reach::not_known("Whom the settings are for is known only after the apply."));
        }
        self.0.reach(client, state, period).await
    }
}

#[async_trait]
impl<S: Settings + Copy> Listable for Managed<S> {
    fn filters(&self) -> Schema {
        let filter = |name, what| Attribute::string(name).optional().describe(what);
        Schema::new(
            format!("{} of the tenant, of its clients and users.", capitalized(S::TITLE.settings)),
            vec![
                filter("client_id", "Only the settings of this client."),
                filter("user_id", "Only the settings of this user."),
            ],
        )
    }

    fn limit(&self) -> Option<String> {
        Some(format!(
            "VULT lists no clients and users: {} of one are found only if a webhook or a document requirement names it.",
            S::TITLE.settings
        ))
    }

    /// The tenant's own sets come first. A list without a scope may show no others, so every scope that is known is listed too.
    async fn list(&self, client: &Client, filter: Value, sink: &mut ListSink<Value>) -> Result<(), Diagnostics> {
        let within = Scope::of(&filter);
        let own = self.0.sets(client, &within).await?;
        for set in &own {
            self.push(set, sink).await;
        }
        if within != Scope::default() {
            return Ok(());
        }
        let known = client.known_scopes().await?;
        if let Some(error) = known.webhooks_failed {
            sink.warn(unknown_scopes(error, S::TITLE.settings));
        }
        let mut listed: Vec<_> = own.iter().map(|set| set.key.clone()).collect();
        for scope in known.scopes.iter().filter(|scope| **scope != within) {
            for set in self.0.sets(client, scope).await? {
                if !listed.contains(&set.key) && !self.0.is_inherited(&own, &set) {
                    self.push(&set, sink).await;
                    listed.push(set.key);
                }
            }
        }
        Ok(())
    }
}

/// The warning about a list that may lack the settings of some scopes.
fn unknown_scopes(error: Error, settings: &str) -> Diagnostic {
    let why = Diagnostic::from(error);
    let detail = format!(
        "VULT lists no clients and users, so their names are read from the webhooks and the document requirements. The webhooks \
         could not be listed, so {settings} of clients that only a webhook names are missing. Import these by their ids, or fix \
         this and list again:\n{}\n{}",
        why.summary, why.detail
    );
    Diagnostic::warning(format!("Scopes of webhooks unknown: {settings}"), detail)
}
