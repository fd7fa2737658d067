//! Managed resources: the trait that an object implements, and its erased form that the protocol layer drives.
//!
//! An implementation sees typed models and its vendor's client. Everything that core enforces is done once, in `erased`:
//! planning, null for write-only, partial state after a failure, and private state that survives every call. `object` is
//! what the protocol layer sees of that, and the values that go in and out.

mod erased;
mod object;

use async_trait::async_trait;
use serde_json::Value as Json;

use super::diagnostics::{Diagnostic, Diagnostics};
use super::identity::IdentityAttribute;
use super::model::Model;
use super::moved::RestObject;
use super::path::Path;
use super::private::Private;
use super::provider::Client;
use super::schema::Schema;

pub use erased::erase;
pub use object::{ApplyRequest, Capabilities, DynResource, ImportBy, PlanRequest, PlanResponse, StateResponse};

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
    fn identity(&self) -> Vec<IdentityAttribute>;

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
    pub(super) warnings: Diagnostics,
    pub(super) saved: Option<M>,
}

impl<M: Model> Context<M> {
    pub(super) fn new(config: Option<M>, private: Private) -> Self {
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

    /// Passes on warnings that another part of the provider made.
    pub fn append(&mut self, warnings: impl IntoIterator<Item = Diagnostic>) {
        self.warnings.append(warnings.into_iter().collect());
    }
}
