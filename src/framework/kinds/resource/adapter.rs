//! Drives a [`Resource`] with values in place of its model, and does what core enforces on every resource.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value as Json;

use super::{
    ApplyRequest, Capabilities, Change, Context, DynResource, ImportBy, PlanRequest, PlanResponse, Planning, Resource,
    StateResponse, apply_errors,
};
use crate::framework::clients::{Client, Clients};
use crate::framework::diagnostics::Diagnostics;
use crate::framework::effect::Effect;
use crate::framework::identity::{IdentitySchema, TenantIdentity};
use crate::framework::impact::{Period, Reach};
use crate::framework::panics::catch_panic;
use crate::framework::private::Private;
use crate::framework::schema::Schema;
use crate::framework::value::Value;
use crate::framework::{check, config, field_errors, model, moved, plan, tenant};

/// A resource with its schema and identity, which are built once.
struct ResourceAdapter<R> {
    resource: R,
    schema: Schema,
    identity: IdentitySchema,
}

/// Makes a resource usable behind `dyn`.
pub fn erase<R: Resource>(resource: R) -> Arc<dyn DynResource> {
    let identity = IdentitySchema::new(resource.identity());
    Arc::new(ResourceAdapter { schema: resource.schema(), identity, resource })
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
        diagnostics.append(check::deprecated_type(R::NAME, &self.schema));
        diagnostics
    }

    fn natural_key(&self) -> &'static [&'static str] {
        R::NATURAL_KEY
    }

    fn is_adopted(&self) -> bool {
        R::IS_ADOPTED
    }

    fn is_created_elsewhere(&self) -> bool {
        R::IS_CREATED_ELSEWHERE
    }

    fn is_personal(&self) -> bool {
        R::IS_PERSONAL
    }

    fn is_singleton(&self) -> bool {
        R::IS_SINGLETON
    }

    fn existence(&self, state: &Value, related: &dyn Fn(&str) -> Option<Value>) -> Option<Effect> {
        self.resource.existence(state, related)
    }

    async fn reach(&self, object: &Value, period: &Period, clients: &Clients) -> Result<Reach, Diagnostics> {
        let client = clients.get::<R::Client>()?;
        self.resource.reach(&client, object, period).await
    }

    fn tenant(&self, clients: &Clients) -> TenantIdentity {
        clients.get::<R::Client>().map(|client| client.tenant_identity()).unwrap_or_default()
    }

    fn identity(&self) -> &IdentitySchema {
        &self.identity
    }

    async fn plan(&self, request: PlanRequest, clients: &Clients) -> PlanResponse {
        let private = request.private.clone();
        self.try_plan(request, clients).await.unwrap_or_else(|diagnostics| PlanResponse {
            state: Value::Null,
            requires_replace: Vec::new(),
            private,
            identity: Value::Null,
            diagnostics,
        })
    }

    async fn apply(&self, mut request: ApplyRequest, clients: &Clients) -> StateResponse {
        let refused = apply_errors::take(&mut request.private);
        let (prior, private, identity) = (request.prior.clone(), request.private.clone(), request.identity.clone());
        let failed = |diagnostics| StateResponse { identity, ..StateResponse::failed(diagnostics, prior, private) };
        let client = match clients.get::<R::Client>() {
            Ok(client) => client,
            // Core erases what is not in the response.
            Err(diagnostics) => return failed(diagnostics),
        };
        let object = if request.planned.is_null() { &request.prior } else { &request.planned };
        let tenant = client.tenant_identity();
        let checked = self.check_tenant(object, &request.identity, &request.private, &tenant, clients);
        let result = match checked.and(refused) {
            Err(other) => Err(other),
            Ok(()) if request.planned.is_null() => self.destroy(&client, request).await,
            Ok(()) => self.create_or_update(&client, request).await,
        };
        self.with_locations(self.with_identity(result.unwrap_or_else(failed), &client))
    }

    async fn read(&self, state: Value, identity: Value, private: Private, clients: &Clients) -> StateResponse {
        let failed = {
            let (prior, identity, kept) = (state.clone(), identity.clone(), private.clone());
            |diagnostics| StateResponse { identity, ..StateResponse::failed(diagnostics, prior, kept) }
        };
        let refreshed = self.refresh(state, &identity, private, clients).await;
        self.with_locations(refreshed.unwrap_or_else(failed))
    }

    fn import(&self, by: &ImportBy, clients: &Clients) -> StateResponse {
        self.try_import(by, clients)
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
        let state = self.initial_state(model::encode(&moved)?)?;
        let (private, identity, diagnostics) = (Private::default(), Value::Null, Diagnostics::new());
        let response = StateResponse { state, private, identity, diagnostics };
        // Core may move with a provider that it has not configured. Then the tenant is not known, and the next read returns the
        // identity.
        Ok(match clients.get::<R::Client>() {
            Ok(client) => self.with_identity(response, &client),
            Err(_) => response,
        })
    }

    fn upgrade(&self, version: i64, state: Json) -> Result<Json, Diagnostics> {
        if version == self.schema.version { Ok(state) } else { self.resource.upgrade(version, state) }
    }
}

impl<R: Resource> ResourceAdapter<R> {
    async fn try_plan(&self, request: PlanRequest, clients: &Clients) -> Result<PlanResponse, Diagnostics> {
        let PlanRequest { prior, proposed, config, private, identity } = request;
        let client = clients.get::<R::Client>().ok();
        let tenant = client.as_ref().map(|client| client.tenant_identity());
        if let Some(tenant) = tenant.as_ref().filter(|_| !prior.is_null()) {
            self.check_tenant(&prior, &identity, &private, tenant, clients)?;
        }
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
        let created = prior.is_null();
        // Core sends what the first pass of a replacement planned with the second pass, and nothing with a create.
        let is_second_pass = created && !(identity.is_null() && private.is_empty());
        let plan = plan::plan(&self.schema, &prior, &config, proposed);
        let mut planning = Planning {
            prior: if prior.is_null() { None } else { Some(model::decode(prior)?) },
            config: model::decode(config.clone())?,
            plan: model::decode(plan.state)?,
            requires_replace: plan.requires_replace,
            private,
            diagnostics: Diagnostics::new(),
            apply_errors: Diagnostics::new(),
        };
        self.resource.plan(&mut planning)?;
        let state = check::conform_response(&self.schema, model::encode(&planning.plan)?)?;
        if !is_second_pass {
            if let Some(claim) = self.resource.claim(&planning.plan) {
                clients.claims.claim(R::NAME, claim, &self.schema, &config)?;
            }
            // Core drops the warnings of a second pass.
            if let Some(client) = client.filter(|_| created || !planning.requires_replace.is_empty()) {
                let found = self.resource.preview(&client, &planning).await;
                planning.diagnostics.append(found);
            }
        }
        // An update keeps the identity. A create, and state without an identity, gets one only if it is wholly known:
        // `terraform show -json` fails on a plan whose identity has an unknown attribute.
        let planned = self.identity.of_state(&state, tenant.as_ref());
        let complete = self.identity.is_complete(&planned);
        let identity = match (created || identity.is_null(), complete) {
            (true, true) => planned,
            // In the second pass of a replacement the prior identity is that of the object that is replaced.
            (true, false) => Value::Null,
            (false, _) => identity,
        };
        let Planning { requires_replace, mut private, mut diagnostics, apply_errors, .. } = planning;
        diagnostics.append(apply_errors::postpone(apply_errors, &mut private)?);
        if let Some(tenant) = &tenant {
            tenant::record(&mut private, tenant)?;
        }
        Ok(PlanResponse { state, requires_replace, private, identity, diagnostics })
    }

    /// Fails if an object belongs to another tenant than the provider is configured for.
    fn check_tenant(
        &self,
        state: &Value,
        identity: &Value,
        private: &Private,
        tenant: &TenantIdentity,
        clients: &Clients,
    ) -> Result<(), Diagnostics> {
        let own = self.identity.of_state(state, None);
        let identity = if identity.is_null() { &own } else { identity };
        let object = || (format!("idv_{}", R::NAME), self.name_of(state));
        clients.tenants.check(&self.identity, identity, private, tenant, object)
    }

    /// What a message calls an object: its import id.
    fn name_of(&self, state: &Value) -> String {
        model::decode(state.clone()).map_or_else(|_| String::new(), |it| self.resource.import_id(&it))
    }

    /// The response with the identity of its state.
    fn with_identity(&self, mut response: StateResponse, client: &R::Client) -> StateResponse {
        let identity = self.identity.of_state(&response.state, Some(&client.tenant_identity()));
        if !response.state.is_null() && self.identity.is_complete(&identity) {
            response.identity = identity;
        }
        response
    }

    /// The response with each field error at its attribute.
    fn with_locations(&self, response: StateResponse) -> StateResponse {
        StateResponse { diagnostics: field_errors::locate(&self.schema, response.diagnostics), ..response }
    }

    /// The state that an import or a move starts with; a read completes it.
    fn initial_state(&self, named: Value) -> Result<Value, Diagnostics> {
        Ok(plan::with_defaults(&self.schema, check::conform_response(&self.schema, named)?).without_unknowns())
    }

    fn try_import(&self, by: &ImportBy, clients: &Clients) -> Result<StateResponse, Diagnostics> {
        let client = clients.get::<R::Client>()?;
        let named = match by {
            ImportBy::Id(id) => self.parse_import_id(id)?,
            ImportBy::Identity(identity) => {
                Value::Map(self.identity.to_attributes(identity, &self.schema.empty(), &client.tenant_identity())?)
            }
        };
        let state = self.initial_state(named)?;
        let (private, identity, diagnostics) = (Private::default(), Value::Null, Diagnostics::new());
        Ok(self.with_identity(StateResponse { state, private, identity, diagnostics }, &client))
    }

    async fn create_or_update(&self, client: &R::Client, request: ApplyRequest) -> Result<StateResponse, Diagnostics> {
        let plan: R::Model = model::decode(request.planned.clone())?;
        let mut ctx = Context::new(Some(model::decode(request.config)?), request.private);
        tenant::record(&mut ctx.private, &client.tenant_identity())?;
        let result = if request.prior.is_null() {
            catch_panic(self.resource.create(client, plan, &mut ctx)).await
        } else {
            let change = Change { prior: model::decode(request.prior.clone())?, plan };
            catch_panic(self.resource.update(client, change, &mut ctx)).await
        };
        let (model, mut diagnostics) = match result {
            Ok(model) => (Some(model), Diagnostics::new()),
            Err(diagnostics) => (ctx.saved, diagnostics),
        };
        let mut state = match model {
            Some(model) => {
                let state = self.state_of(&model, &request.planned, &mut diagnostics);
                plan::keep_spelling(&self.schema, &request.planned, state)
            }
            None => request.prior,
        };
        if !diagnostics.has_errors() {
            let (kept, differences) = check::keep_planned(&self.schema, &self.name_of(&state), &request.planned, state);
            state = kept;
            diagnostics.append(differences);
        }
        diagnostics.append(ctx.warnings);
        Ok(StateResponse { state: state.without_unknowns(), private: ctx.private, identity: Value::Null, diagnostics })
    }

    async fn destroy(&self, client: &R::Client, request: ApplyRequest) -> Result<StateResponse, Diagnostics> {
        let mut ctx = Context::new(None, request.private);
        let result = catch_panic(self.resource.delete(client, model::decode(request.prior.clone())?, &mut ctx)).await;
        let (mut state, mut diagnostics) = match result {
            Ok(()) => (Value::Null, Diagnostics::new()),
            Err(diagnostics) => (request.prior, diagnostics),
        };
        if let (Some(model), false) = (ctx.saved, state.is_null()) {
            state = self.state_of(&model, &state, &mut diagnostics).without_unknowns();
        }
        diagnostics.append(ctx.warnings);
        Ok(StateResponse { state, private: ctx.private, identity: Value::Null, diagnostics })
    }

    /// The state of a model after a write. An attribute that does not match the schema is reported, and the others are kept: the
    /// object exists, and without a state nothing would manage it. `known` is what was known of it before.
    fn state_of(&self, model: &R::Model, known: &Value, diagnostics: &mut Diagnostics) -> Value {
        let conform = |value: &Value| check::conform_response(&self.schema, value.clone());
        let (value, conformed) = match model::encode(model) {
            Ok(value) => (value.clone(), conform(&value)),
            Err(errors) => (known.clone(), Err(errors)),
        };
        conformed.unwrap_or_else(|errors| {
            diagnostics.append(errors);
            check::salvage(&self.schema, &value, known)
        })
    }

    async fn refresh(
        &self,
        state: Value,
        identity: &Value,
        private: Private,
        clients: &Clients,
    ) -> Result<StateResponse, Diagnostics> {
        let client = clients.get::<R::Client>()?;
        // What is known without a request comes first: another tenant's address may refuse every request.
        self.check_tenant(&state, identity, &private, &client.tenant_identity(), clients)?;
        let tenant = client.resolve_tenant(&self.identity).await?;
        self.check_tenant(&state, identity, &private, &tenant, clients)?;
        let mut ctx = Context::new(None, private);
        tenant::record(&mut ctx.private, &tenant)?;
        let found = self.resource.read(&client, model::decode(state.clone())?, &mut ctx).await?;
        let state = match found {
            Some(model) => {
                let found = check::conform_response(&self.schema, model::encode(&model)?)?.without_unknowns();
                plan::keep_spelling(&self.schema, &state, found)
            }
            None => Value::Null,
        };
        let response = StateResponse { state, private: ctx.private, identity: Value::Null, diagnostics: ctx.warnings };
        Ok(self.with_identity(response, &client))
    }
}
