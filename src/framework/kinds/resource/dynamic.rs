//! A resource without its types: one call for each of the protocol's.

use async_trait::async_trait;
use serde_json::Value as Json;

use super::apply_errors;
use crate::framework::clients::Clients;
use crate::framework::diagnostics::Diagnostics;
use crate::framework::effect::Effect;
use crate::framework::identity::{IdentitySchema, TenantIdentity};
use crate::framework::impact::{Period, Reach};
use crate::framework::moved;
use crate::framework::path::Path;
use crate::framework::private::Private;
use crate::framework::schema::Schema;
use crate::framework::value::Value;

/// The features of Terraform core, or whatever calls the provider in its place.
#[derive(Clone, Copy, Debug, Default)]
pub struct Capabilities {
    /// It keeps write-only values out of plan and state (Terraform and OpenTofu from 1.11).
    pub write_only: bool,
}

/// The result of a plan.
pub struct PlanResponse {
    /// The planned state; null for a destroy.
    pub state: Value,
    /// Attributes whose change replaces the object.
    pub requires_replace: Vec<Path>,
    /// Private state to carry into the apply.
    pub private: Private,
    /// The identity; null unless it is wholly known.
    pub identity: Value,
    /// Warnings and errors.
    pub diagnostics: Diagnostics,
}

impl PlanResponse {
    /// The errors with which an apply of this plan would fail. The plan has them as warnings.
    pub fn apply_errors(&self) -> Diagnostics {
        apply_errors::take(&mut self.private.clone()).err().unwrap_or_default()
    }
}

/// The result of a read, an apply or an import.
pub struct StateResponse {
    /// The new state; null if the object does not exist.
    pub state: Value,
    /// Private state to keep.
    pub private: Private,
    /// The object's identity; null if the object does not exist or the identity is not wholly known.
    pub identity: Value,
    /// Warnings and errors.
    pub diagnostics: Diagnostics,
}

impl StateResponse {
    pub(super) fn failed(diagnostics: Diagnostics, state: Value, private: Private) -> Self {
        Self { state, private, identity: Value::Null, diagnostics }
    }
}

/// What to apply.
pub struct ApplyRequest {
    /// The state before; null for a create.
    pub prior: Value,
    /// The planned state; null for a destroy.
    pub planned: Value,
    /// The configuration; null for a destroy.
    pub config: Value,
    /// Private state of the plan.
    pub private: Private,
    /// The planned identity: that of the object, or of the one to create; null unless it was wholly known.
    pub identity: Value,
}

/// What to plan.
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

/// A resource as the protocol layer drives it. Implemented for every [`Resource`](super::Resource).
#[async_trait]
pub trait DynResource: Send + Sync {
    /// The type's name after the provider's prefix.
    fn name(&self) -> &'static str;
    /// The vendor's name, which is its attribute in the provider block.
    fn vendor(&self) -> &'static str;
    /// The schema.
    fn schema(&self) -> &Schema;
    /// Reads a value as the model and writes it again. A test compares: the value changes where model and schema differ.
    fn round_trip(&self, value: Value) -> Result<Value, Diagnostics>;
    /// Returns every mistake in a configuration.
    fn validate(&self, config: Value, capabilities: Capabilities) -> Diagnostics;
    /// The attributes by which people tell the objects of a tenant apart.
    fn natural_key(&self) -> &'static [&'static str];
    /// Whether every tenant has it without Terraform.
    fn is_adopted(&self) -> bool;
    /// Whether objects come into being only outside of Terraform.
    fn is_created_elsewhere(&self) -> bool;
    /// Whether an object is data about one person.
    fn is_personal(&self) -> bool;
    /// Whether the objects are settings that a tenant has once for each natural key.
    fn is_singleton(&self) -> bool;
    /// What it does to the verification of people that the object exists.
    fn existence(&self, state: &Value, related: &dyn Fn(&str) -> Option<Value>) -> Option<Effect>;
    /// Counts the verifications of a period that an object concerned.
    async fn reach(&self, object: &Value, period: &Period, clients: &Clients) -> Result<Reach, Diagnostics>;
    /// The tenant that its client is configured for; empty if there is no client.
    fn tenant(&self, clients: &Clients) -> TenantIdentity;
    /// The schema of its identity.
    fn identity(&self) -> &IdentitySchema;
    /// Plans a create, an update or a destroy.
    async fn plan(&self, request: PlanRequest, clients: &Clients) -> PlanResponse;
    /// Applies a plan.
    async fn apply(&self, request: ApplyRequest, clients: &Clients) -> StateResponse;
    /// Refreshes a state. The identity is null for state from before there were identities.
    async fn read(&self, state: Value, identity: Value, private: Private, clients: &Clients) -> StateResponse;
    /// The state that an import starts with; a read completes it.
    fn import(&self, by: &ImportBy, clients: &Clients) -> StateResponse;
    /// The attributes that an import id names, and null for all others.
    fn parse_import_id(&self, id: &str) -> Result<Value, Diagnostics>;
    /// The configuration that a user would write for a state.
    fn generate_config(&self, state: Value) -> Value;
    /// The state of an object that another provider managed. `target` is the full name of this type.
    fn move_from(&self, source: &moved::Source, target: &str, clients: &Clients) -> Result<StateResponse, Diagnostics>;
    /// Converts stored state to the current schema version.
    fn upgrade(&self, version: i64, state: Json) -> Result<Json, Diagnostics>;
}

/// How an import names the object.
pub enum ImportBy {
    /// The import id of the type.
    Id(String),
    /// An identity.
    Identity(Value),
}
