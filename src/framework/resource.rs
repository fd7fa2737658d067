//! Managed resources: the trait that an object implements, and its erased form that the protocol layer drives.
//!
//! An implementation sees typed models and its vendor's client. Everything that core enforces is done here once:
//! planning, null for write-only, partial state after a failure, and private state that survives every call.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt;
use serde_json::Value as Json;

use super::diagnostics::{Diagnostic, Diagnostics};
use super::identity::{self, Part};
use super::model::{self, Model};
use super::moved::{self, RestObject};
use super::path::Path;
use super::private::Private;
use super::provider::{Client, Clients};
use super::schema::Schema;
use super::value::Value;
use super::{check, plan};

/// What a vendor's object can do under Terraform.
#[async_trait]
pub trait Resource: Send + Sync + 'static {
    /// The vendor's client.
    type Client: Client;
    /// Its attributes.
    type Model: Model;

    /// The type's name after the provider's prefix: `vult_webhook`.
    const NAME: &'static str;

    /// The paths at which generic REST providers managed such an object; `{name}` stands for one segment. None by default:
    /// then nothing can be moved to the type.
    const MOVES_FROM: &'static [&'static str] = &[];

    /// Its attributes, with descriptions and rules.
    fn schema(&self) -> Schema;

    /// What tells one object from every other. Its parts are attributes, or parts of the client's place.
    fn identity(&self) -> Vec<Part>;

    /// Checks what the schema's rules cannot: several attributes together. Offline; values may be unknown.
    fn validate(&self, _config: &Self::Model, _diagnostics: &mut Diagnostics) {}

    /// Changes the plan where the schema's rules are not enough. Pure, like all planning.
    fn plan(&self, _planning: &mut Planning<Self::Model>) -> Result<(), Diagnostics> {
        Ok(())
    }

    /// What a user should know before the object is destroyed.
    fn plan_destroy(&self, _prior: &Self::Model, _private: &Private) -> Diagnostics {
        Diagnostics::new()
    }

    /// Creates the object. As soon as something exists at the vendor, [`Context::save`] it: a later failure then keeps it.
    async fn create(
        &self,
        client: &Self::Client,
        plan: Self::Model,
        ctx: &mut Context<Self::Model>,
    ) -> Result<Self::Model, Diagnostics>;

    /// Reads the object; `None` when it is gone.
    async fn read(
        &self,
        client: &Self::Client,
        state: Self::Model,
        ctx: &mut Context<Self::Model>,
    ) -> Result<Option<Self::Model>, Diagnostics>;

    /// Changes the object in place. Objects whose every attribute replaces keep this default, which is never reached.
    async fn update(
        &self,
        _client: &Self::Client,
        _change: Change<Self::Model>,
        _ctx: &mut Context<Self::Model>,
    ) -> Result<Self::Model, Diagnostics> {
        let detail = "Every attribute of this object replaces it, and yet an update was planned. This is a bug in the provider; please report it.";
        Err(Diagnostic::error("This object cannot be changed in place", detail).into())
    }

    /// Removes the object, or does what its description says that destroy does. An object that is gone already is no error.
    async fn delete(
        &self,
        client: &Self::Client,
        state: Self::Model,
        ctx: &mut Context<Self::Model>,
    ) -> Result<(), Diagnostics>;

    /// The attributes that an import id names; a read fills in the rest. A wrong id says which form is expected.
    fn import(&self, id: &str) -> Result<Self::Model, Diagnostics>;

    /// The id by which an object is imported; the inverse of [`Resource::import`].
    fn import_id(&self, state: &Self::Model) -> String;

    /// The attributes that tell of an object which a generic REST provider managed at one of [`Resource::MOVES_FROM`]; a read
    /// fills in the rest. No provider block is known here. Types without such paths keep this default, which is never reached.
    fn move_from(&self, _object: RestObject) -> Result<Self::Model, Diagnostics> {
        let detail =
            "The type has paths to move from and does not say how. This is a bug in the provider; please report it.";
        Err(Diagnostic::error("The object cannot be moved", detail).into())
    }

    /// Brings state of an older schema version up to date.
    fn upgrade(&self, _version: i64, state: Json) -> Result<Json, Diagnostics> {
        Ok(state)
    }
}

/// An update: what was and what is to be.
#[derive(Clone)]
pub struct Change<M> {
    /// The state before.
    pub prior: M,
    /// The planned state; what the apply must tell is unknown.
    pub plan: M,
}

/// A plan in the making.
pub struct Planning<M> {
    /// The state before; `None` for a create.
    pub prior: Option<M>,
    /// The configuration, write-only values included.
    pub config: M,
    /// The planned state, which may be changed.
    pub plan: M,
    /// Attributes whose change replaces the object; may be added to.
    pub requires_replace: Vec<Path>,
    /// What the resource keeps out of the user's sight, as of the last read.
    pub private: Private,
    /// Warnings for the user.
    pub diagnostics: Diagnostics,
}

/// What a call may use beside its models.
pub struct Context<M> {
    /// The configuration with its write-only values; `None` where core sends none (read and delete).
    pub config: Option<M>,
    /// What the resource keeps out of the user's sight.
    pub private: Private,
    warnings: Diagnostics,
    saved: Option<M>,
}

impl<M: Model> Context<M> {
    fn new(config: Option<M>, private: Private) -> Self {
        Self { config, private, warnings: Diagnostics::new(), saved: None }
    }

    /// Keeps a state for the case that this call fails later. Unknown attributes become null in it.
    pub fn save(&mut self, state: &M) {
        self.saved = Some(state.clone());
    }

    /// Tells the user something without failing.
    pub fn warn(&mut self, summary: impl Into<String>, detail: impl Into<String>) {
        self.warnings.push(Diagnostic::warning(summary, detail));
    }
}

/// What the client of the protocol can do.
#[derive(Clone, Copy, Debug, Default)]
pub struct Capabilities {
    /// It keeps write-only values out of plan and state (Terraform and OpenTofu from 1.11).
    pub write_only: bool,
}

/// A plan for the protocol layer.
pub struct Planned {
    /// The planned state; null for a destroy.
    pub state: Value,
    /// Attributes whose change replaces the object.
    pub requires_replace: Vec<Path>,
    /// Private state to carry into the apply.
    pub private: Private,
    /// The identity as far as it is known; null where there is nothing to say.
    pub identity: Value,
    /// Warnings and errors.
    pub diagnostics: Diagnostics,
}

/// A state for the protocol layer, after a read, an apply or an import.
pub struct Outcome {
    /// The new state; null when the object is gone or was never made.
    pub state: Value,
    /// Private state to keep.
    pub private: Private,
    /// The object's identity; null when it is gone or not wholly known.
    pub identity: Value,
    /// Warnings and errors.
    pub diagnostics: Diagnostics,
}

impl Outcome {
    fn failed(diagnostics: Diagnostics, state: Value, private: Private) -> Self {
        Self { state, private, identity: Value::Null, diagnostics }
    }
}

/// One apply for the protocol layer.
pub struct Apply {
    /// The state before; null for a create.
    pub prior: Value,
    /// The planned state; null for a destroy.
    pub planned: Value,
    /// The configuration; null for a destroy.
    pub config: Value,
    /// Private state of the plan.
    pub private: Private,
}

/// One plan for the protocol layer.
pub struct Propose {
    /// The state before; null for a create.
    pub prior: Value,
    /// Core's proposal; null for a destroy.
    pub proposed: Value,
    /// The configuration; null for a destroy.
    pub config: Value,
    /// Private state of the object.
    pub private: Private,
    /// The object's identity; null for a create, and for state from before there were identities.
    pub identity: Value,
}

/// A resource without its types, as the protocol layer drives it. Implemented for every [`Resource`].
#[async_trait]
pub trait Object: Send + Sync {
    /// The type's name after the provider's prefix.
    fn name(&self) -> &'static str;
    /// The vendor's name, which is its attribute in the provider block.
    fn vendor(&self) -> &'static str;
    /// The schema.
    fn schema(&self) -> &Schema;
    /// What the model keeps of a value: all of it where model and schema agree, which a test over all objects holds.
    fn through_model(&self, value: Value) -> Result<Value, Diagnostics>;
    /// Every mistake in a configuration.
    fn validate(&self, config: Value, capabilities: Capabilities) -> Diagnostics;
    /// The parts of its identity.
    fn identity(&self) -> &[Part];
    /// Plans a create, an update or a destroy.
    fn plan(&self, propose: Propose, clients: &Clients) -> Planned;
    /// Carries a plan out.
    async fn apply(&self, apply: Apply, clients: &Clients) -> Outcome;
    /// Refreshes a state.
    async fn read(&self, state: Value, private: Private, clients: &Clients) -> Outcome;
    /// The state that an import begins with.
    fn import(&self, by: &ImportBy, clients: &Clients) -> Outcome;
    /// The attributes that an import id names, and null for all others.
    fn parse_import_id(&self, id: &str) -> Result<Value, Diagnostics>;
    /// The configuration that a user would write for a state.
    fn generate_config(&self, state: Value) -> Value;
    /// The state of an object that another provider managed. `target` is the full name of this type.
    fn move_from(&self, source: &moved::Source, target: &str, clients: &Clients) -> Result<Outcome, Diagnostics>;
    /// Stored state in today's shape.
    fn upgrade(&self, version: i64, state: Json) -> Result<Json, Diagnostics>;
}

/// What an import names the object by.
pub enum ImportBy {
    /// The import id of the type.
    Id(String),
    /// An identity.
    Identity(Value),
}

/// A resource with its schema built once.
struct Erased<R> {
    resource: R,
    schema: Schema,
    identity: Vec<Part>,
}

/// Makes a resource usable behind `dyn`.
pub fn object<R: Resource>(resource: R) -> Arc<dyn Object> {
    Arc::new(Erased { schema: resource.schema(), identity: resource.identity(), resource })
}

#[async_trait]
impl<R: Resource> Object for Erased<R> {
    fn name(&self) -> &'static str {
        R::NAME
    }

    fn vendor(&self) -> &'static str {
        R::Client::VENDOR
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn through_model(&self, value: Value) -> Result<Value, Diagnostics> {
        model::through::<R::Model>(value)
    }

    fn validate(&self, config: Value, capabilities: Capabilities) -> Diagnostics {
        let mut diagnostics = check::rules(&self.schema, &config);
        if !capabilities.write_only {
            diagnostics.append(check::write_only_unsupported(&self.schema, &config));
        }
        match model::decode(config) {
            Ok(model) => self.resource.validate(&model, &mut diagnostics),
            Err(misfit) => diagnostics.append(misfit),
        }
        diagnostics
    }

    fn identity(&self) -> &[Part] {
        &self.identity
    }

    fn plan(&self, propose: Propose, clients: &Clients) -> Planned {
        let private = propose.private.clone();
        self.propose(propose, clients).unwrap_or_else(|diagnostics| Planned {
            state: Value::Null,
            requires_replace: Vec::new(),
            private,
            identity: Value::Null,
            diagnostics,
        })
    }

    async fn apply(&self, apply: Apply, clients: &Clients) -> Outcome {
        let (prior, private) = (apply.prior.clone(), apply.private.clone());
        let client = match clients.get::<R::Client>() {
            Ok(client) => client,
            Err(diagnostics) => return Outcome::failed(diagnostics, prior, private),
        };
        let result = if apply.planned.is_null() {
            self.destroy(&client, apply).await
        } else {
            self.create_or_update(&client, apply).await
        };
        self.identified(result.unwrap_or_else(|diagnostics| Outcome::failed(diagnostics, prior, private)), &client)
    }

    async fn read(&self, state: Value, private: Private, clients: &Clients) -> Outcome {
        let (prior, kept) = (state.clone(), private.clone());
        self.refresh(state, private, clients)
            .await
            .unwrap_or_else(|diagnostics| Outcome::failed(diagnostics, prior, kept))
    }

    fn import(&self, by: &ImportBy, clients: &Clients) -> Outcome {
        self.begin_import(by, clients)
            .unwrap_or_else(|diagnostics| Outcome::failed(diagnostics, Value::Null, Private::default()))
    }

    fn parse_import_id(&self, id: &str) -> Result<Value, Diagnostics> {
        model::encode(&self.resource.import(id)?)
    }

    fn generate_config(&self, state: Value) -> Value {
        super::config::generate(&self.schema, state)
    }

    fn move_from(&self, source: &moved::Source, target: &str, clients: &Clients) -> Result<Outcome, Diagnostics> {
        let moved = self.resource.move_from(source.rest_object(target, R::MOVES_FROM)?)?;
        let state = self.begun(model::encode(&moved)?)?;
        let (private, identity, diagnostics) = (Private::default(), Value::Null, Diagnostics::new());
        let outcome = Outcome { state, private, identity, diagnostics };
        // Core moves with a provider that it has not configured. Then the tenant is not known, and the next read tells the
        // identity.
        Ok(match clients.get::<R::Client>() {
            Ok(client) => self.identified(outcome, &client),
            Err(_) => outcome,
        })
    }

    fn upgrade(&self, version: i64, state: Json) -> Result<Json, Diagnostics> {
        if version == self.schema.version { Ok(state) } else { self.resource.upgrade(version, state) }
    }
}

/// Runs a call of a resource so that even a panic leaves what it has saved in the caller's hands.
pub(super) async fn unbroken<T>(call: impl Future<Output = Result<T, Diagnostics>>) -> Result<T, Diagnostics> {
    AssertUnwindSafe(call).catch_unwind().await.unwrap_or_else(|panic| {
        let detail = format!(
            "The provider failed half-way: {}. What it knows of the object is kept in state. This is a bug in the \
             provider; please report it.",
            super::panic_message(panic.as_ref())
        );
        Err(Diagnostic::error("The provider crashed", detail).into())
    })
}

impl<R: Resource> Erased<R> {
    fn propose(&self, propose: Propose, clients: &Clients) -> Result<Planned, Diagnostics> {
        let Propose { prior, proposed, config, private, identity } = propose;
        if proposed.is_null() {
            let diagnostics = self.resource.plan_destroy(&model::decode(prior)?, &private);
            return Ok(Planned { state: Value::Null, requires_replace: Vec::new(), private, identity, diagnostics });
        }
        let place = clients.get::<R::Client>().ok().map(|client| client.place());
        let created = prior.is_null();
        let plan = plan::plan(&self.schema, &prior, &config, proposed);
        let mut planning = Planning {
            prior: if prior.is_null() { None } else { Some(model::decode(prior)?) },
            config: model::decode(config)?,
            plan: model::decode(plan.state)?,
            requires_replace: plan.requires_replace,
            private,
            diagnostics: Diagnostics::new(),
        };
        self.resource.plan(&mut planning)?;
        let state = check::answer(&self.schema, model::encode(&planning.plan)?)?;
        // An update keeps the identity; a create, and state from before there were identities, gets one that is known in
        // full: `terraform show -json` fails on a plan whose identity has an unknown part.
        let planned = identity::of_state(&self.identity, &state, place.as_ref());
        let complete = identity::is_complete(&self.identity, &planned);
        let identity = if (created || identity.is_null()) && complete { planned } else { identity };
        let Planning { requires_replace, private, diagnostics, .. } = planning;
        Ok(Planned { state, requires_replace, private, identity, diagnostics })
    }

    /// The outcome with the identity of its state.
    fn identified(&self, mut outcome: Outcome, client: &R::Client) -> Outcome {
        let identity = identity::of_state(&self.identity, &outcome.state, Some(&client.place()));
        if !outcome.state.is_null() && identity::is_complete(&self.identity, &identity) {
            outcome.identity = identity;
        }
        outcome
    }

    /// A state that a read completes.
    fn begun(&self, named: Value) -> Result<Value, Diagnostics> {
        Ok(plan::with_defaults(&self.schema, check::answer(&self.schema, named)?).without_unknowns())
    }

    fn begin_import(&self, by: &ImportBy, clients: &Clients) -> Result<Outcome, Diagnostics> {
        let client = clients.get::<R::Client>()?;
        let named = match by {
            ImportBy::Id(id) => self.parse_import_id(id)?,
            ImportBy::Identity(identity) => {
                Value::Map(identity::to_attributes(&self.identity, identity, &self.schema.empty(), &client.place())?)
            }
        };
        let state = self.begun(named)?;
        let (private, identity, diagnostics) = (Private::default(), Value::Null, Diagnostics::new());
        Ok(self.identified(Outcome { state, private, identity, diagnostics }, &client))
    }

    async fn create_or_update(&self, client: &R::Client, apply: Apply) -> Result<Outcome, Diagnostics> {
        let plan: R::Model = model::decode(apply.planned.clone())?;
        let mut ctx = Context::new(Some(model::decode(apply.config)?), apply.private);
        let result = if apply.prior.is_null() {
            unbroken(self.resource.create(client, plan, &mut ctx)).await
        } else {
            let change = Change { prior: model::decode(apply.prior.clone())?, plan };
            unbroken(self.resource.update(client, change, &mut ctx)).await
        };
        let (state, mut diagnostics) = match result {
            Ok(model) => (Some(model), Diagnostics::new()),
            Err(diagnostics) => (ctx.saved, diagnostics),
        };
        let failed = diagnostics.has_errors();
        let mut state = match state {
            Some(model) => {
                let state = check::answer(&self.schema, model::encode(&model)?)?;
                plan::keep_spelling(&self.schema, &apply.planned, state)
            }
            None => apply.prior,
        };
        if failed {
            state = state.without_unknowns();
        } else {
            diagnostics.append(check::applied(&self.schema, &apply.planned, &state));
        }
        diagnostics.append(ctx.warnings);
        Ok(Outcome { state: state.without_unknowns(), private: ctx.private, identity: Value::Null, diagnostics })
    }

    async fn destroy(&self, client: &R::Client, apply: Apply) -> Result<Outcome, Diagnostics> {
        let mut ctx = Context::new(None, apply.private);
        let result = unbroken(self.resource.delete(client, model::decode(apply.prior.clone())?, &mut ctx)).await;
        let (state, mut diagnostics) = match result {
            Ok(()) => (Value::Null, Diagnostics::new()),
            Err(diagnostics) => match ctx.saved {
                Some(model) => (check::answer(&self.schema, model::encode(&model)?)?.without_unknowns(), diagnostics),
                None => (apply.prior, diagnostics),
            },
        };
        diagnostics.append(ctx.warnings);
        Ok(Outcome { state, private: ctx.private, identity: Value::Null, diagnostics })
    }

    async fn refresh(&self, state: Value, private: Private, clients: &Clients) -> Result<Outcome, Diagnostics> {
        let client = clients.get::<R::Client>()?;
        let mut ctx = Context::new(None, private);
        let found = self.resource.read(&client, model::decode(state.clone())?, &mut ctx).await?;
        let state = match found {
            Some(model) => {
                let found = check::answer(&self.schema, model::encode(&model)?)?.without_unknowns();
                plan::keep_spelling(&self.schema, &state, found)
            }
            None => Value::Null,
        };
        let outcome = Outcome { state, private: ctx.private, identity: Value::Null, diagnostics: ctx.warnings };
        Ok(self.identified(outcome, &client))
    }
}
