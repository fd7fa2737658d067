//! Ephemeral resources: values that live for one run and reach neither plan nor state.
//!
//! Core opens one in the plan and again in the apply, renews it while the run lasts, and closes it at the end. Closing gets
//! the private state of the opening, never that of a renewal. Core leaves the closing out where an object that uses it fails
//! or the run is interrupted (Terraform 1.15.5 does), so what is open when the provider ends is closed then: see [`Open`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;

use super::check;
use super::diagnostics::Diagnostics;
use super::field_errors;
use super::model::{self, Model};
use super::panics::catch_panic;
use super::private::Private;
use super::provider::{Client, Clients};
use super::schema::Schema;
use super::value::Value;

/// Something that a vendor hands out for a while.
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

    /// Opens it. What closing needs goes into [`Opening::private`] as soon as there is something to close: an opening that fails
    /// after that is closed at once.
    async fn open(
        &self,
        client: &Self::Client,
        config: Self::Model,
        opening: &mut Opening,
    ) -> Result<Self::Model, Diagnostics>;

    /// Keeps it alive; answers when to do so next. Asked for only where [`Opening::renew_at`] was set.
    async fn renew(&self, _client: &Self::Client, _private: &mut Private) -> Result<Option<Timestamp>, Diagnostics> {
        Ok(None)
    }

    /// Gives it back. By default there is nothing to give back.
    async fn close(&self, _client: &Self::Client, _private: &Private) -> Result<(), Diagnostics> {
        Ok(())
    }
}

/// What an opening leaves beside its values.
#[derive(Default)]
pub struct Opening {
    /// What renewing and closing need.
    pub private: Private,
    /// When to renew; never if it is not set.
    pub renew_at: Option<Timestamp>,
    /// Warnings for the user.
    pub warnings: Diagnostics,
}

/// An opening for the protocol layer.
#[derive(Default)]
pub struct Opened {
    /// The values; null with errors.
    pub result: Value,
    /// What renewing and closing need.
    pub private: Private,
    /// When to renew.
    pub renew_at: Option<Timestamp>,
    /// Warnings and errors.
    pub diagnostics: Diagnostics,
}

/// An ephemeral resource without its types, as the protocol layer drives it. Implemented for every [`Ephemeral`].
#[async_trait]
pub trait DynEphemeral: Send + Sync {
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
    /// Opens it.
    async fn open(&self, config: Value, clients: &Clients) -> Opened;
    /// Keeps it alive: the private state, and when to do so next.
    async fn renew(&self, private: Private, clients: &Clients) -> Result<(Private, Option<Timestamp>), Diagnostics>;
    /// Gives it back.
    async fn close(&self, private: Private, clients: &Clients) -> Result<(), Diagnostics>;
}

/// What this process has opened and core has not closed.
#[derive(Default)]
pub struct OpenEphemerals(Mutex<Vec<(String, Private)>>);

impl OpenEphemerals {
    /// Keeps in mind what closing needs, by the full type name. What leaves nothing behind has nothing to close.
    pub fn add(&self, type_name: String, private: Private) {
        if private != Private::default() {
            self.entries().push((type_name, private));
        }
    }

    /// Core closes this one now.
    pub fn remove(&self, type_name: &str, private: &Private) {
        let mut entries = self.entries();
        if let Some(index) = entries.iter().position(|(name, kept)| name == type_name && kept == private) {
            entries.swap_remove(index);
        }
    }

    /// Closes the rest, one after the other. There is nobody to tell of a failure but the log.
    pub(super) async fn close_all(&self, objects: &BTreeMap<String, Arc<dyn DynEphemeral>>, clients: &Clients) {
        let entries = std::mem::take(&mut *self.entries());
        for (name, private) in entries {
            let Some(object) = objects.get(&name) else { continue };
            match object.close(private, clients).await {
                Ok(()) => tracing::info!(ephemeral = name, "closed at the end, since the run did not come to it"),
                Err(diagnostics) => {
                    let reasons = diagnostics.iter().map(|diagnostic| diagnostic.summary.as_str());
                    let reasons = reasons.collect::<Vec<_>>().join("; ");
                    tracing::error!(ephemeral = name, reasons, "could not be closed and stays open");
                }
            }
        }
    }

    fn entries(&self) -> MutexGuard<'_, Vec<(String, Private)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An ephemeral resource with its schema built once.
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
        check::config(&self.schema, config, |model, diagnostics| self.ephemeral.validate(model, diagnostics))
    }

    async fn open(&self, config: Value, clients: &Clients) -> Opened {
        let mut opening = Opening::default();
        let result = self.opened(config, clients, &mut opening).await;
        let Opening { mut private, renew_at, warnings: mut diagnostics } = opening;
        let result = match result {
            Ok(result) => result,
            Err(errors) => {
                diagnostics.append(errors);
                // Core closes nothing that failed to open, so it would stay open for ever.
                let private = std::mem::take(&mut private);
                if private != Private::default()
                    && let Err(errors) = self.close(private, clients).await
                {
                    diagnostics.append(errors);
                }
                Value::Null
            }
        };
        Opened { result, private, renew_at, diagnostics: field_errors::locate(&self.schema, diagnostics) }
    }

    async fn renew(
        &self,
        mut private: Private,
        clients: &Clients,
    ) -> Result<(Private, Option<Timestamp>), Diagnostics> {
        let client = clients.get::<E::Client>()?;
        let renew_at = self.ephemeral.renew(&client, &mut private).await?;
        Ok((private, renew_at))
    }

    async fn close(&self, private: Private, clients: &Clients) -> Result<(), Diagnostics> {
        let client = clients.get::<E::Client>()?;
        self.ephemeral.close(&client, &private).await
    }
}

impl<E: Ephemeral> EphemeralAdapter<E> {
    async fn opened(&self, config: Value, clients: &Clients, opening: &mut Opening) -> Result<Value, Diagnostics> {
        let client = clients.get::<E::Client>()?;
        let config = model::decode(config)?;
        let model = catch_panic(self.ephemeral.open(&client, config, opening)).await?;
        check::conform_whole_response(&self.schema, model::encode(&model)?)
    }
}
