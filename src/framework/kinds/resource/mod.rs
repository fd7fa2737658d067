//! Managed resources.
//!
//! An implementation sees typed models and its vendor's client. The adapter does once what core enforces on every resource:
//! planning, null for write-only attributes, partial state after a failure, and private state that survives every call.

mod adapter;
mod apply_errors;
mod deferred;
mod dynamic;

use async_trait::async_trait;
use serde_json::Value as Json;

use crate::framework::claims::Claim;
use crate::framework::clients::Client;
use crate::framework::diagnostics::{Diagnostic, Diagnostics};
use crate::framework::effect::Effect;
use crate::framework::identity::IdentityAttribute;
use crate::framework::impact::{Period, Reach};
use crate::framework::model::Model;
use crate::framework::moved::RestObject;
use crate::framework::path::Path;
use crate::framework::private::Private;
use crate::framework::schema::Schema;
use crate::framework::value::Value;

pub use adapter::erase;
pub use deferred::plan_deferred;
pub use dynamic::{ApplyRequest, Capabilities, DynResource, ImportBy, PlanRequest, PlanResponse, StateResponse};

/// An object that Terraform creates, reads, changes and deletes at a vendor.
#[async_trait]
pub trait Resource: Send + Sync + 'static {
    /// The vendor's client.
    type Client: Client;
    /// Its attributes.
    type Model: Model;

    /// The type's name after the provider's prefix: `vult_webhook`.
    const NAME: &'static str;

    /// The paths at which generic REST providers managed such an object; `{name}` stands for one segment. With the default,
    /// none, nothing can be moved to the type.
    const MOVES_FROM: &'static [&'static str] = &[];

    /// The attributes by which people tell the objects of a tenant apart, also across tenants; empty if a tenant has one.
    const NATURAL_KEY: &'static [&'static str];

    /// Whether every tenant has it without Terraform: a create adopts it, and a destroy does not delete it.
    const IS_ADOPTED: bool = false;

    /// Whether objects come into being only outside of Terraform: a create adopts one that the vendor lists, and fails otherwise.
    const IS_CREATED_ELSEWHERE: bool = false;

    /// Whether an object is data about one person. Such data stays in its tenant: it is never promoted to another one.
    const IS_PERSONAL: bool = false;

    /// Whether the objects are settings that a tenant has once for each natural key, so that two resources must not share one.
    const IS_SINGLETON: bool = false;

    /// Its attributes, with descriptions and rules.
    fn schema(&self) -> Schema;

    /// The attributes that identify one object: attributes of the object, or of the client's tenant.
    fn identity(&self) -> Vec<IdentityAttribute>;

    /// Checks what the schema's rules cannot: several attributes together. Offline; values may be unknown.
    fn validate(&self, _config: &Self::Model, _diagnostics: &mut Diagnostics) {}

    /// Changes the plan where the schema's rules are not enough. Pure, like all planning.
    fn plan(&self, _planning: &mut Planning<Self::Model>) -> Result<(), Diagnostics> {
        Ok(())
    }

    /// Reads the vendor, and says what the create of a plan would overwrite there. It changes nothing: the plan has to be the
    /// same whatever the vendor has. Called for a create, and for a replacement, if the vendor is configured.
    async fn preview(&self, _client: &Self::Client, _planning: &Planning<Self::Model>) -> Diagnostics {
        Diagnostics::new()
    }

    /// What a plan claims for itself alone, so that no other resource of the configuration may manage it too; `None` if
    /// nothing, or if that is not known yet.
    fn claim(&self, _plan: &Self::Model) -> Option<Claim> {
        None
    }

    /// Warns of what a user should know before the object is destroyed.
    fn plan_destroy(&self, _prior: &Self::Model, _private: &Private) -> Diagnostics {
        Diagnostics::new()
    }

    /// Creates the object. Call [`Context::save`] as soon as something exists at the vendor: a later failure then keeps it in
    /// state.
    async fn create(
        &self,
        client: &Self::Client,
        plan: Self::Model,
        ctx: &mut Context<Self::Model>,
    ) -> Result<Self::Model, Diagnostics>;

    /// Reads the object; `None` if it does not exist.
    async fn read(
        &self,
        client: &Self::Client,
        state: Self::Model,
        ctx: &mut Context<Self::Model>,
    ) -> Result<Option<Self::Model>, Diagnostics>;

    /// Changes the object in place. The default is for objects that every attribute replaces: it is never called.
    async fn update(
        &self,
        _client: &Self::Client,
        _change: Change<Self::Model>,
        _ctx: &mut Context<Self::Model>,
    ) -> Result<Self::Model, Diagnostics> {
        let detail = "Every attribute of this object requires its replacement, but an update was planned. This is a bug in the provider; please report it.";
        Err(Diagnostic::error("This object cannot be changed in place", detail).into())
    }

    /// Deletes the object, or does what its description says that destroy does. An object that does not exist is no error.
    async fn delete(
        &self,
        client: &Self::Client,
        state: Self::Model,
        ctx: &mut Context<Self::Model>,
    ) -> Result<(), Diagnostics>;

    /// The attributes that an import id names; a read fills in the rest. The error for a wrong id names the expected form.
    fn import(&self, id: &str) -> Result<Self::Model, Diagnostics>;

    /// The id that imports an object; the inverse of [`Resource::import`].
    fn import_id(&self, state: &Self::Model) -> String;

    /// The attributes of an object that a generic REST provider managed at one of [`Resource::MOVES_FROM`]; a read fills in
    /// the rest. The provider may not be configured here. The default is for types without such paths: it is never called.
    fn move_from(&self, _object: RestObject) -> Result<Self::Model, Diagnostics> {
        let detail = "The type names paths that it can be moved from but does not implement the move. This is a bug in the provider; please report it.";
        Err(Diagnostic::error("The object cannot be moved", detail).into())
    }

    /// What it does to the verification of people that the object exists. `related` finds the attributes of the object with an
    /// id, such as the list of an entry.
    fn existence(&self, _state: &Value, _related: &dyn Fn(&str) -> Option<Value>) -> Option<Effect> {
        None
    }

    /// Counts the verifications of a period that the object concerned. `object` is the object before a change of it, or as it is
    /// planned if it is new; values may be unknown. The default is for objects to which no vendor links its sessions.
    async fn reach(&self, _client: &Self::Client, _object: &Value, _period: &Period) -> Result<Reach, Diagnostics> {
        Ok(Reach::not_known("The vendor does not link its sessions to objects of this kind."))
    }

    /// Converts state of an older schema version to the current one.
    fn upgrade(&self, _version: i64, state: Json) -> Result<Json, Diagnostics> {
        Ok(state)
    }
}

/// An update.
#[derive(Clone)]
pub struct Change<M> {
    /// The state before.
    pub prior: M,
    /// The planned state; what the apply determines is unknown.
    pub plan: M,
}

/// A plan that a resource may change.
pub struct Planning<M> {
    /// The state before; `None` for a create.
    pub prior: Option<M>,
    /// The configuration, write-only values included.
    pub config: M,
    /// The planned state, which may be changed.
    pub plan: M,
    /// Attributes whose change replaces the object; may be added to.
    pub requires_replace: Vec<Path>,
    /// The resource's private state, as of the last read.
    pub private: Private,
    /// Warnings for the user.
    pub diagnostics: Diagnostics,
    /// Errors of the apply, such as a secret that is not set. The plan shows them as warnings, since a plan without secrets is
    /// what looks for drift. The apply then fails before it changes anything.
    pub apply_errors: Diagnostics,
}

/// What a call has beside its models.
pub struct Context<M> {
    /// The configuration with its write-only values; `None` where core sends none (read and delete).
    pub config: Option<M>,
    /// The resource's private state.
    pub private: Private,
    warnings: Diagnostics,
    saved: Option<M>,
}

impl<M: Model> Context<M> {
    fn new(config: Option<M>, private: Private) -> Self {
        Self { config, private, warnings: Diagnostics::new(), saved: None }
    }

    /// Saves a state that is kept if this call fails later. Unknown attributes become null in it.
    pub fn save(&mut self, state: &M) {
        self.saved = Some(state.clone());
    }

    /// Warns the user.
    pub fn warn(&mut self, summary: impl Into<String>, detail: impl Into<String>) {
        self.warnings.push(Diagnostic::warning(summary, detail));
    }

    /// Passes on warnings that another part of the provider made.
    pub fn append(&mut self, warnings: impl IntoIterator<Item = Diagnostic>) {
        self.warnings.append(warnings.into_iter().collect());
    }
}
