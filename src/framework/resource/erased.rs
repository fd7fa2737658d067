//! What core enforces, done once for every resource: the way between a protocol layer's values and an implementation's models.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value as Json;

use super::{
    ApplyRequest, Capabilities, Change, Context, DynResource, ImportBy, PlanRequest, PlanResponse, Planning, Resource,
    StateResponse,
};
use crate::framework::diagnostics::{Diagnostic, Diagnostics};
use crate::framework::identity::{self, IdentityAttribute};
use crate::framework::panics::catch_panic;
use crate::framework::private::Private;
use crate::framework::provider::{Client, Clients};
use crate::framework::schema::Schema;
use crate::framework::value::Value;
use crate::framework::{check, config, field_errors, model, moved, plan};

/// A resource with its schema built once.
struct ResourceAdapter<R> {
    resource: R,
    schema: Schema,
    identity: Vec<IdentityAttribute>,
}

/// Makes a resource usable behind `dyn`.
pub fn erase<R: Resource>(resource: R) -> Arc<dyn DynResource> {
    Arc::new(ResourceAdapter { schema: resource.schema(), identity: resource.identity(), resource })
}

#[async_trait]
impl<R: Resource> DynResource for ResourceAdapter<R> {
    fn name(&self) -> &'static str {
        R::NAME
    }

    fn vendor(&self) -> &'static str {
        R::Client::VENDOR
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn round_trip(&self, value: Value) -> Result<Value, Diagnostics> {
        model::round_trip::<R::Model>(value)
    }

    fn validate(&self, config: Value, capabilities: Capabilities) -> Diagnostics {
        let unsupported = if capabilities.write_only {
            Diagnostics::new()
        } else {
            check::write_only_unsupported(&self.schema, &config)
        };
        let mut diagnostics =
            check::config(&self.schema, config, |model, diagnostics| self.resource.validate(model, diagnostics));
        diagnostics.append(unsupported);
        diagnostics
    }

    fn identity(&self) -> &[IdentityAttribute] {
        &self.identity
    }

    fn plan(&self, request: PlanRequest, clients: &Clients) -> PlanResponse {
        let private = request.private.clone();
        self.request(request, clients).unwrap_or_else(|diagnostics| PlanResponse {
            state: Value::Null,
            requires_replace: Vec::new(),
            private,
            identity: Value::Null,
            diagnostics,
        })
    }

    async fn apply(&self, apply: ApplyRequest, clients: &Clients) -> StateResponse {
        let (prior, private, identity) = (apply.prior.clone(), apply.private.clone(), apply.identity.clone());
        let failed = |diagnostics| StateResponse { identity, ..StateResponse::failed(diagnostics, prior, private) };
        let client = match clients.get::<R::Client>() {
            Ok(client) => client,
            // What is not in the answer core would wipe.
            Err(diagnostics) => return failed(diagnostics),
        };
        let result = if apply.planned.is_null() {
            self.destroy(&client, apply).await
        } else {
            self.create_or_update(&client, apply).await
        };
        self.located(self.identified(result.unwrap_or_else(failed), &client))
    }

    async fn read(&self, state: Value, private: Private, clients: &Clients) -> StateResponse {
        let (prior, kept) = (state.clone(), private.clone());
        let refreshed = self.refresh(state, private, clients).await;
        self.located(refreshed.unwrap_or_else(|diagnostics| StateResponse::failed(diagnostics, prior, kept)))
    }

    fn import(&self, by: &ImportBy, clients: &Clients) -> StateResponse {
        self.begin_import(by, clients)
            .unwrap_or_else(|diagnostics| StateResponse::failed(diagnostics, Value::Null, Private::default()))
    }

    fn parse_import_id(&self, id: &str) -> Result<Value, Diagnostics> {
        model::encode(&self.resource.import(id)?)
    }

    fn generate_config(&self, state: Value) -> Value {
        config::generate(&self.schema, state)
    }

    fn move_from(&self, source: &moved::Source, target: &str, clients: &Clients) -> Result<StateResponse, Diagnostics> {
        let moved = self.resource.move_from(source.rest_object(target, R::MOVES_FROM)?)?;
        let state = self.begun(model::encode(&moved)?)?;
        let (private, identity, diagnostics) = (Private::default(), Value::Null, Diagnostics::new());
        let outcome = StateResponse { state, private, identity, diagnostics };
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

impl<R: Resource> ResourceAdapter<R> {
    fn request(&self, request: PlanRequest, clients: &Clients) -> Result<PlanResponse, Diagnostics> {
        let PlanRequest { prior, proposed, config, private, identity } = request;
        if proposed.is_null() {
            let diagnostics = self.resource.plan_destroy(&model::decode(prior)?, &private);
            return Ok(PlanResponse {
                state: Value::Null,
                requires_replace: Vec::new(),
                private,
                identity,
                diagnostics,
            });
        }
        let place = clients.get::<R::Client>().ok().map(|client| client.tenant_identity());
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
        let state = check::conform_response(&self.schema, model::encode(&planning.plan)?)?;
        // An update keeps the identity; a create, and state from before there were identities, gets one that is known in
        // full: `terraform show -json` fails on a plan whose identity has an unknown part.
        let planned = identity::of_state(&self.identity, &state, place.as_ref());
        let complete = identity::is_complete(&self.identity, &planned);
        let identity = match (created || identity.is_null(), complete) {
            (true, true) => planned,
            // In the second pass of a replacement the prior identity is that of the object that goes.
            (true, false) => Value::Null,
            (false, _) => identity,
        };
        let Planning { requires_replace, private, diagnostics, .. } = planning;
        Ok(PlanResponse { state, requires_replace, private, identity, diagnostics })
    }

    /// The outcome with the identity of its state.
    fn identified(&self, mut outcome: StateResponse, client: &R::Client) -> StateResponse {
        let identity = identity::of_state(&self.identity, &outcome.state, Some(&client.tenant_identity()));
        if !outcome.state.is_null() && identity::is_complete(&self.identity, &identity) {
            outcome.identity = identity;
        }
        outcome
    }

    /// The outcome with its diagnostics at the attributes whose fields the vendor rejects.
    fn located(&self, outcome: StateResponse) -> StateResponse {
        StateResponse { diagnostics: field_errors::locate(&self.schema, outcome.diagnostics), ..outcome }
    }

    /// A state that a read completes.
    fn begun(&self, named: Value) -> Result<Value, Diagnostics> {
        Ok(plan::with_defaults(&self.schema, check::conform_response(&self.schema, named)?).without_unknowns())
    }

    fn begin_import(&self, by: &ImportBy, clients: &Clients) -> Result<StateResponse, Diagnostics> {
        let client = clients.get::<R::Client>()?;
        let named = match by {
            ImportBy::Id(id) => self.parse_import_id(id)?,
            ImportBy::Identity(identity) => Value::Map(identity::to_attributes(
                &self.identity,
                identity,
                &self.schema.empty(),
                &client.tenant_identity(),
            )?),
        };
        let state = self.begun(named)?;
        let (private, identity, diagnostics) = (Private::default(), Value::Null, Diagnostics::new());
        Ok(self.identified(StateResponse { state, private, identity, diagnostics }, &client))
    }

    async fn create_or_update(&self, client: &R::Client, apply: ApplyRequest) -> Result<StateResponse, Diagnostics> {
        let plan: R::Model = model::decode(apply.planned.clone())?;
        let mut ctx = Context::new(Some(model::decode(apply.config)?), apply.private);
        let result = if apply.prior.is_null() {
            catch_panic(self.resource.create(client, plan, &mut ctx)).await
        } else {
            let change = Change { prior: model::decode(apply.prior.clone())?, plan };
            catch_panic(self.resource.update(client, change, &mut ctx)).await
        };
        let (model, mut diagnostics) = match result {
            Ok(model) => (Some(model), Diagnostics::new()),
            Err(diagnostics) => (ctx.saved, diagnostics),
        };
        let state = match model {
            Some(model) => {
                let state = self.state_of(&model, &apply.planned, &mut diagnostics);
                plan::keep_spelling(&self.schema, &apply.planned, state)
            }
            None => apply.prior,
        };
        if !diagnostics.has_errors() {
            diagnostics.append(check::verify_applied(&self.schema, &apply.planned, &state));
        }
        diagnostics.append(ctx.warnings);
        Ok(StateResponse { state: state.without_unknowns(), private: ctx.private, identity: Value::Null, diagnostics })
    }

    async fn destroy(&self, client: &R::Client, apply: ApplyRequest) -> Result<StateResponse, Diagnostics> {
        let mut ctx = Context::new(None, apply.private);
        let result = catch_panic(self.resource.delete(client, model::decode(apply.prior.clone())?, &mut ctx)).await;
        let (mut state, mut diagnostics) = match result {
            Ok(()) => (Value::Null, Diagnostics::new()),
            Err(diagnostics) => (apply.prior, diagnostics),
        };
        if let (Some(model), false) = (ctx.saved, state.is_null()) {
            state = self.state_of(&model, &state, &mut diagnostics).without_unknowns();
        }
        diagnostics.append(ctx.warnings);
        Ok(StateResponse { state, private: ctx.private, identity: Value::Null, diagnostics })
    }

    /// The state that a model stands for after a write. What does not fit the schema is told, and the rest is kept: the object
    /// is there, and without a state nobody would manage it. `known` is what was known of it before.
    fn state_of(&self, model: &R::Model, known: &Value, diagnostics: &mut Diagnostics) -> Value {
        let fits = |value: &Value| check::conform_response(&self.schema, value.clone());
        let (value, fitting) = match model::encode(model) {
            Ok(value) => (value.clone(), fits(&value)),
            Err(misfit) => (known.clone(), Err(misfit)),
        };
        fitting.unwrap_or_else(|misfit| {
            diagnostics.append(misfit);
            check::salvage(&self.schema, &value, known)
        })
    }

    async fn refresh(&self, state: Value, private: Private, clients: &Clients) -> Result<StateResponse, Diagnostics> {
        let client = clients.get::<R::Client>()?;
        let mut ctx = Context::new(None, private);
        let found = self.resource.read(&client, model::decode(state.clone())?, &mut ctx).await?;
        let state = match found {
            Some(model) => {
                let found = check::conform_response(&self.schema, model::encode(&model)?)?.without_unknowns();
                plan::keep_spelling(&self.schema, &state, found)
            }
            None => Value::Null,
        };
        let outcome = StateResponse { state, private: ctx.private, identity: Value::Null, diagnostics: ctx.warnings };
        Ok(self.identified(outcome, &client))
    }
}
