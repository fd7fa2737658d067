//! Ephemeral resources: values that live for one run and reach neither plan nor state.
//!
//! Core opens one in the plan and again in the apply, renews it while the run lasts, and closes it at the end. A close
//! receives the private state of the open, never that of a renewal. Core (Terraform 1.15.5 for one) skips the close if an
//! object that uses the value fails or the run is interrupted, so the provider closes what is open when it ends: see
//! [`OpenEphemerals`].

mod adapter;
mod dynamic;
mod open;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::framework::clients::Client;
use crate::framework::diagnostics::Diagnostics;
use crate::framework::model::Model;
use crate::framework::private::Private;
use crate::framework::schema::Schema;

pub use adapter::erase;
pub use dynamic::{DynEphemeral, OpenResponse};
pub use open::OpenEphemerals;

/// Something that a vendor issues for a limited time.
#[async_trait]
pub trait Ephemeral: Send + Sync + 'static {
    /// The vendor's client.
    type Client: Client;
    /// Its attributes.
    type Model: Model;

    /// The type's name after the provider's prefix: `vult_access_token`.
    const NAME: &'static str;

    /// Its attributes, with descriptions and rules.
    fn schema(&self) -> Schema;

    /// Checks what the schema's rules cannot. Offline; values may be unknown.
    fn validate(&self, _config: &Self::Model, _diagnostics: &mut Diagnostics) {}

    /// Opens it. Set [`Opening::private`] to what a close needs as soon as there is something to close: an open that fails
    /// after that is closed at once.
    async fn open(
        &self,
        client: &Self::Client,
        config: Self::Model,
        opening: &mut Opening,
    ) -> Result<Self::Model, Diagnostics>;

    /// Renews it and returns when to renew it again. Called only if [`Opening::renew_at`] was set.
    ///
    /// An error ends the renewals, and from 1.17 Terraform also fails the run with it. So it is for a value that cannot be used
    /// any more. Warnings are not shown.
    async fn renew(&self, _client: &Self::Client, _private: &mut Private) -> Result<Option<Timestamp>, Diagnostics> {
        Ok(None)
    }

    /// Releases it. The default does nothing.
    async fn close(&self, _client: &Self::Client, _private: &Private) -> Result<(), Diagnostics> {
        Ok(())
    }
}

/// What an open leaves beside its values.
#[derive(Default)]
pub struct Opening {
    /// What renewals and the close need.
    pub private: Private,
    /// When to renew; never if it is not set.
    pub renew_at: Option<Timestamp>,
    /// Warnings for the user.
    pub warnings: Diagnostics,
}
