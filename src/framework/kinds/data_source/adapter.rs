//! Drives a [`DataSource`] with values in place of its model.

use std::sync::Arc;

use async_trait::async_trait;

use super::{DataSource, DynDataSource};
use crate::framework::clients::{Client, Clients};
use crate::framework::diagnostics::Diagnostics;
use crate::framework::schema::Schema;
use crate::framework::value::Value;
use crate::framework::{check, field_errors, model};

/// A data source with its schema, which is built once.
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
        let mut diagnostics =
            check::config(&self.schema, config, |model, diagnostics| self.source.validate(model, diagnostics));
        diagnostics.append(check::deprecated_type(D::NAME, &self.schema));
        diagnostics
    }

    async fn read(&self, config: Value, clients: &Clients) -> (Value, Diagnostics) {
        let mut diagnostics = Diagnostics::new();
        let state = self.read_state(config, clients, &mut diagnostics).await.unwrap_or_else(|errors| {
            diagnostics.append(errors);
            Value::Null
        });
        (state, field_errors::locate(&self.schema, diagnostics))
    }
}

impl<D: DataSource> DataSourceAdapter<D> {
    async fn read_state(
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
