//! `idv_vult_service`: version, environment and health of the service.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::client::Client;
use super::operations::Operation;
use crate::framework::{Attr, Attribute, DataSource, Diagnostics, Schema, Type};

/// The data source.
pub(super) struct Service;

/// The attributes of the service. None of them changes with time, so a plan stays empty.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ServiceModel {
    service: Attr<String>,
    version: Attr<String>,
    environment: Attr<String>,
    documentation: Attr<String>,
    health: Attr<String>,
    ready: Attr<String>,
    endpoints: Attr<BTreeMap<String, Attr<String>>>,
}

#[async_trait]
impl DataSource for Service {
    type Client = Client;
    type Model = ServiceModel;

    const NAME: &'static str = "vult_service";

    fn schema(&self) -> Schema {
        let text = |name: &str, what: &str| Attribute::string(name).computed().describe(what);
        let endpoints = Attribute::of("endpoints", Type::map(Type::String));
        Schema::new(
            "What VULT's service returns about itself: version, environment, health and endpoints. Useful in a check before an apply.",
            vec![
                text("service", "The name of the service."),
                text("version", "The version of the API that the service runs."),
                text("environment", "The environment that the service runs in, such as production."),
                text("documentation", "The address of the service's documentation."),
                text("health", "The status of the health check, such as `healthy`; null if it has none."),
                text("ready", "The status of the readiness probe, such as `ready`; null if it has none."),
                endpoints.computed().describe("The endpoints of the service, as text by name."),
            ],
        )
    }

    async fn read(&self, client: &Client, _: ServiceModel, _: &mut Diagnostics) -> Result<ServiceModel, Diagnostics> {
        let root = client.service::<wire::Root>(Operation::Root).await?.unwrap_or_default();
        let status = client.service::<wire::Status>(Operation::Status).await?.unwrap_or_default();
        let health = client.service::<wire::Probe>(Operation::Health).await?.unwrap_or_default();
        let ready = client.service::<wire::Probe>(Operation::Readiness).await?.unwrap_or_default();
        let text = |value: Json| match value {
            Json::String(text) => Attr::Known(text),
            other => Attr::Known(other.to_string()),
        };
        let endpoints = status.endpoints.into_iter().map(|(name, value)| (name, text(value))).collect();
        Ok(ServiceModel {
            service: root.service.or(status.service).into(),
            version: root.version.or(status.version).into(),
            environment: root.environment.or(status.environment).into(),
            documentation: root.documentation.into(),
            health: health.status.into(),
            ready: ready.status.into(),
            endpoints: Attr::Known(endpoints),
        })
    }
}

mod wire {
    //! The responses of the "Utility" group. Every field may be absent in an older service.

    use std::collections::BTreeMap;

    use serde::Deserialize;

    #[derive(Deserialize, Default)]
    pub(super) struct Root {
        pub(super) service: Option<String>,
        pub(super) version: Option<String>,
        pub(super) environment: Option<String>,
        pub(super) documentation: Option<String>,
    }

    #[derive(Deserialize, Default)]
    pub(super) struct Status {
        pub(super) service: Option<String>,
        pub(super) version: Option<String>,
        pub(super) environment: Option<String>,
        #[serde(default)]
        pub(super) endpoints: BTreeMap<String, serde_json::Value>,
    }

    #[derive(Deserialize, Default)]
    pub(super) struct Probe {
        pub(super) status: Option<String>,
    }
}
