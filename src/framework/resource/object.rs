//! A resource as the protocol layer drives it: without its types, one call for each of the protocol's.

use async_trait::async_trait;
use serde_json::Value as Json;

use crate::framework::diagnostics::Diagnostics;
use crate::framework::identity::IdentityAttribute;
use crate::framework::moved;
use crate::framework::path::Path;
use crate::framework::private::Private;
use crate::framework::provider::Clients;
use crate::framework::schema::Schema;
use crate::framework::value::Value;

/// What the client of the protocol can do.
#[derive(Clone, Copy, Debug, Default)]
pub struct Capabilities {
    /// It keeps write-only values out of plan and state (Terraform and OpenTofu from 1.11).
    pub write_only: bool,
}

/// A plan for the protocol layer.
pub struct PlanResponse {
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
pub struct StateResponse {
    /// The new state; null when the object is gone or was never made.
    pub state: Value,
    /// Private state to keep.
    pub private: Private,
    /// The object's identity; null when it is gone or not wholly known.
    pub identity: Value,
    /// Warnings and errors.
    pub diagnostics: Diagnostics,
}

impl StateResponse {
    pub(super) fn failed(diagnostics: Diagnostics, state: Value, private: Private) -> Self {
        Self { state, private, identity: Value::Null, diagnostics }
    }
}

/// One apply for the protocol layer.
pub struct ApplyRequest {
    /// The state before; null for a create.
    pub prior: Value,
    /// The planned state; null for a destroy.
    pub planned: Value,
    /// The configuration; null for a destroy.
    pub config: Value,
    /// Private state of the plan.
    pub private: Private,
    /// The planned identity, which is the object's own unless it is created; null where there is nothing to say.
    pub identity: Value,
}

/// One plan for the protocol layer.
pub struct PlanRequest {
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
pub trait DynResource: Send + Sync {
    /// The type's name after the provider's prefix.
    fn name(&self) -> &'static str;
    /// The vendor's name, which is its attribute in the provider block.
    fn vendor(&self) -> &'static str;
    /// The schema.
    fn schema(&self) -> &Schema;
    /// What the model keeps of a value: all of it where model and schema agree, which a test over all objects holds.
    fn round_trip(&self, value: Value) -> Result<Value, Diagnostics>;
    /// Every mistake in a configuration.
    fn validate(&self, config: Value, capabilities: Capabilities) -> Diagnostics;
    /// The parts of its identity.
    fn identity(&self) -> &[IdentityAttribute];
    /// Plans a create, an update or a destroy.
    fn plan(&self, request: PlanRequest, clients: &Clients) -> PlanResponse;
    /// Carries a plan out.
    async fn apply(&self, apply: ApplyRequest, clients: &Clients) -> StateResponse;
    /// Refreshes a state.
    async fn read(&self, state: Value, private: Private, clients: &Clients) -> StateResponse;
    /// The state that an import begins with.
    fn import(&self, by: &ImportBy, clients: &Clients) -> StateResponse;
    /// The attributes that an import id names, and null for all others.
    fn parse_import_id(&self, id: &str) -> Result<Value, Diagnostics>;
    /// The configuration that a user would write for a state.
    fn generate_config(&self, state: Value) -> Value;
    /// The state of an object that another provider managed. `target` is the full name of this type.
    fn move_from(&self, source: &moved::Source, target: &str, clients: &Clients) -> Result<StateResponse, Diagnostics>;
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
