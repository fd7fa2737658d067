//! Drives an [`Ephemeral`] with values in place of its model.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use super::{DynEphemeral, Ephemeral, OpenResponse, Opening};
use crate::framework::clients::{Client, Clients};
use crate::framework::diagnostics::Diagnostics;
use crate::framework::panics::catch_panic;
use crate::framework::private::Private;
use crate::framework::schema::Schema;
use crate::framework::value::Value;
use crate::framework::{check, field_errors, model};

/// An ephemeral resource with its schema, which is built once.
struct EphemeralAdapter<E> {
    ephemeral: E,
    schema: Schema,
}

/// Makes an ephemeral resource usable behind `dyn`.
pub fn erase<E: Ephemeral>(ephemeral: E) -> Arc<dyn DynEphemeral> {
    Arc::new(EphemeralAdapter { schema: ephemeral.schema(), ephemeral })
}

#[async_trait]
impl<E: Ephemeral> DynEphemeral for EphemeralAdapter<E> {
    fn name(&self) -> &'static str {
        E::NAME
    }

    fn vendor(&self) -> &'static str {
        E::Client::VENDOR
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn round_trip(&self, value: Value) -> Result<Value, Diagnostics> {
        model::round_trip::<E::Model>(value)
    }

    fn validate(&self, config: Value) -> Diagnostics {
        let mut diagnostics =
            check::config(&self.schema, config, |model, diagnostics| self.ephemeral.validate(model, diagnostics));
        diagnostics.append(check::deprecated_type(E::NAME, &self.schema));
        diagnostics
    }

    async fn open(&self, config: Value, clients: &Clients) -> OpenResponse {
        let mut opening = Opening::default();
        let result = self.open_value(config, clients, &mut opening).await;
        let Opening { mut private, renew_at, warnings: mut diagnostics } = opening;
        let result = match result {
            Ok(result) => result,
            Err(errors) => {
                diagnostics.append(errors);
                // Core does not close what failed to open, so it would stay open forever.
                let private = std::mem::take(&mut private);
                if private != Private::default()
                    && let Err(errors) = self.close(private, clients).await
                {
                    diagnostics.append(errors);
                }
                Value::Null
            }
        };
        OpenResponse { result, private, renew_at, diagnostics: field_errors::locate(&self.schema, diagnostics) }
    }

    async fn renew(
        &self,
        mut private: Private,
        clients: &Clients,
    ) -> Result<(Private, Option<Timestamp>), Diagnostics> {
        // Without a client nothing was opened, so there is nothing to renew.
        let Ok(client) = clients.get::<E::Client>() else { return Ok((private, None)) };
        let renew_at = self.ephemeral.renew(&client, &mut private).await?;
        Ok((private, renew_at))
    }

    async fn close(&self, private: Private, clients: &Clients) -> Result<(), Diagnostics> {
        let client = clients.get::<E::Client>()?;
        self.ephemeral.close(&client, &private).await
    }
}

impl<E: Ephemeral> EphemeralAdapter<E> {
    async fn open_value(&self, config: Value, clients: &Clients, opening: &mut Opening) -> Result<Value, Diagnostics> {
        let client = clients.get::<E::Client>()?;
        let config = model::decode(config)?;
        let model = catch_panic(self.ephemeral.open(&client, config, opening)).await?;
        check::conform_whole_response(&self.schema, model::encode(&model)?)
    }
}
