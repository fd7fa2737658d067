//! Data sources: the trait that an object implements, and its erased form that the protocol layer drives.

use std::sync::Arc;

use async_trait::async_trait;

use super::check;
use super::diagnostics::Diagnostics;
use super::field_errors;
use super::model::{self, Model};
use super::provider::{Client, Clients};
use super::schema::Schema;
use super::value::Value;

/// Something that can be looked up at a vendor.
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

/// A data source without its types, as the protocol layer drives it. Implemented for every [`DataSource`].
#[async_trait]
pub trait DynDataSource: Send + Sync {
    /// The type's name after the provider's prefix.
    fn name(&self) -> &'static str;
    /// The vendor's name, which is its attribute in the provider block.
    fn vendor(&self) -> &'static str;
    /// The schema.
    fn schema(&self) -> &Schema;
    /// What the model keeps of a value: all of it where model and schema agree, which a test over all objects holds.
    fn round_trip(&self, value: Value) -> Result<Value, Diagnostics>;
    /// Every mistake in a configuration.
    fn validate(&self, config: Value) -> Diagnostics;
    /// Reads it: the state, or null with errors, and the warnings in both cases.
    async fn read(&self, config: Value, clients: &Clients) -> (Value, Diagnostics);
}

/// A data source with its schema built once.
struct DataSourceAdapter<D> {
    source: D,
    schema: Schema,
}

/// Makes a data source usable behind `dyn`.
pub fn erase<D: DataSource>(source: D) -> Arc<dyn DynDataSource> {
    Arc::new(DataSourceAdapter { schema: source.schema(), source })
}

#[async_trait]
impl<D: DataSource> DynDataSource for DataSourceAdapter<D> {
    fn name(&self) -> &'static str {
        D::NAME
    }

    fn vendor(&self) -> &'static str {
        D::Client::VENDOR
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn round_trip(&self, value: Value) -> Result<Value, Diagnostics> {
        model::round_trip::<D::Model>(value)
    }

    fn validate(&self, config: Value) -> Diagnostics {
        check::config(&self.schema, config, |model, diagnostics| self.source.validate(model, diagnostics))
    }

    async fn read(&self, config: Value, clients: &Clients) -> (Value, Diagnostics) {
        let mut warnings = Diagnostics::new();
        let state = self.look_up(config, clients, &mut warnings).await.unwrap_or_else(|diagnostics| {
            warnings.append(diagnostics);
            Value::Null
        });
        (state, field_errors::locate(&self.schema, warnings))
    }
}

impl<D: DataSource> DataSourceAdapter<D> {
    async fn look_up(
        &self,
        config: Value,
        clients: &Clients,
        warnings: &mut Diagnostics,
    ) -> Result<Value, Diagnostics> {
        let client = clients.get::<D::Client>()?;
        let found = self.source.read(&client, model::decode(config)?, warnings).await?;
        check::conform_whole_response(&self.schema, model::encode(&found)?)
    }
}
