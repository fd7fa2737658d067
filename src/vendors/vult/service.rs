//! `idv_vult_service`: version, environment and health of the service.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

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
        let endpoints =
            status.endpoints.unwrap_or_default().into_iter().map(|(name, url)| (name, url.0.into())).collect();
        Ok(ServiceModel {
            service: root.service.0.or(status.service.0).into(),
            version: root.version.0.or(status.version.0).into(),
            environment: root.environment.0.or(status.environment.0).into(),
            documentation: root.documentation.0.into(),
            health: health.status.0.into(),
            ready: ready.status.0.into(),
            endpoints: Attr::Known(endpoints),
        })
    }
}

pub(super) mod wire {
    //! The responses of the "Utility" group. Every field may be absent in an older service.

    use std::collections::BTreeMap;

    use schemars::JsonSchema;
    use serde::Deserialize;

    use crate::vendors::shared::loose::LooseText;

    #[derive(Deserialize, Default, JsonSchema)]
    pub(in super::super) struct Root {
        #[serde(default)]
        pub(super) service: LooseText,
        #[serde(default)]
        pub(super) version: LooseText,
        #[serde(default)]
        pub(super) environment: LooseText,
        #[serde(default)]
        pub(super) documentation: LooseText,
    }

    #[derive(Deserialize, Default, JsonSchema)]
    pub(in super::super) struct Status {
        #[serde(default)]
        pub(super) service: LooseText,
        #[serde(default)]
        pub(super) version: LooseText,
        #[serde(default)]
        pub(super) environment: LooseText,
        #[serde(default)]
        pub(super) endpoints: Option<BTreeMap<String, LooseText>>,
    }

    #[derive(Deserialize, Default, JsonSchema)]
    pub(in super::super) struct Probe {
        #[serde(default)]
        pub(super) status: LooseText,
    }
}
