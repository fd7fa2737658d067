//! Data sources: objects that a configuration reads and does not manage.

mod adapter;
mod dynamic;

use async_trait::async_trait;

use crate::framework::clients::Client;
use crate::framework::diagnostics::Diagnostics;
use crate::framework::model::Model;
use crate::framework::schema::Schema;

pub use adapter::erase;
pub use dynamic::DynDataSource;

/// Something that can be read at a vendor.
#[async_trait]
pub trait DataSource: Send + Sync + 'static {
    /// The vendor's client.
    type Client: Client;
    /// Its attributes.
    type Model: Model;

    /// The type's name after the provider's prefix: `vult_service`.
    const NAME: &'static str;

    /// Its attributes, with descriptions and rules.
    fn schema(&self) -> Schema;

    /// Checks what the schema's rules cannot. Offline; values may be unknown.
    fn validate(&self, _config: &Self::Model, _diagnostics: &mut Diagnostics) {}

    /// Reads it. Warnings go into `warnings`.
    async fn read(
        &self,
        client: &Self::Client,
        config: Self::Model,
        warnings: &mut Diagnostics,
    ) -> Result<Self::Model, Diagnostics>;
}
