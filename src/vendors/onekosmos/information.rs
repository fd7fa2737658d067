//! Data sources about a deployment: `idv_onekosmos_community`, `idv_onekosmos_connectors`, `idv_onekosmos_service`.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::Client;
use crate::framework::{Attr, Attribute, DataSource, Diagnostics, Schema, Type};
use crate::http::Method;
use crate::openapi::Call;
use crate::vendors::shared::loose::LooseText;
use crate::vendors::shared::route::Route;

const INFO: Route = Route::new(Method::GET, "/info");
const HEALTH: Route = Route::new(Method::GET, "/healthz");
const DIRECTORY: Route = Route::new(Method::GET, "/sd");

/// The public calls about a deployment.
pub(super) fn calls() -> Vec<Call> {
    vec![
        INFO.optional_call().reads::<Vec<wire::Connector>>(),
        HEALTH.optional_call().reads::<wire::Health>(),
        DIRECTORY.optional_call().reads::<BTreeMap<String, LooseText>>(),
    ]
}

fn column(name: &str, what: &str) -> Attribute {
    Attribute::string(name).computed().describe(what)
}

/// The data source of the tenant and community that the provider is configured for.
pub(super) struct CommunityData;

/// The attributes of a community.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct CommunityModel {
    tenant_id: Attr<String>,
    tenant_name: Attr<String>,
    community_id: Attr<String>,
    community_name: Attr<String>,
}

#[async_trait]
impl DataSource for CommunityData {
    type Client = Client;
    type Model = CommunityModel;

    const NAME: &'static str = "onekosmos_community";

    fn schema(&self) -> Schema {
        Schema::new(
            "The tenant and the community of the provider block, with their ids and names at 1Kosmos.",
            vec![
                column("tenant_id", "The id of the tenant."),
                column("tenant_name", "The name of the tenant."),
                column("community_id", "The id of the community."),
                column("community_name", "The name of the community."),
            ],
        )
    }

    async fn read(
        &self,
        client: &Client,
        _: CommunityModel,
        _: &mut Diagnostics,
    ) -> Result<CommunityModel, Diagnostics> {
        let community = client.discover().await?;
        Ok(CommunityModel {
            tenant_id: community.tenant_id.into(),
            tenant_name: community.tenant_name.into(),
            community_id: community.community_id.into(),
            community_name: community.community_name.into(),
        })
    }
}

/// The data source of the connectors.
pub(super) struct Connectors;

/// The attributes of the data source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ConnectorsModel {
    connectors: Attr<Vec<ConnectorModel>>,
}

/// One connector.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ConnectorModel {
    verifier_type: Attr<String>,
    doc_type: Attr<String>,
}

#[async_trait]
impl DataSource for Connectors {
    type Client = Client;
    type Model = ConnectorsModel;

    const NAME: &'static str = "onekosmos_connectors";

    fn schema(&self) -> Schema {
        let row = vec![
            column("verifier_type", "The type of the connector's verifier."),
            column("doc_type", "The type of document that the connector verifies."),
        ];
        Schema::new(
            "Lists the verification connectors of the 1Kosmos deployment.",
            vec![Attribute::objects("connectors", row).computed().describe("The connectors, in the vendor's order.")],
        )
    }

    async fn read(
        &self,
        client: &Client,
        _: ConnectorsModel,
        _: &mut Diagnostics,
    ) -> Result<ConnectorsModel, Diagnostics> {
        let rows = client.public::<Vec<wire::Connector>>(INFO, "listing the connectors").await?;
        let rows = rows
            .into_iter()
            .map(|row| ConnectorModel { verifier_type: row.verifier_type.0.into(), doc_type: row.doc_type.0.into() });
        Ok(ConnectorsModel { connectors: rows.collect::<Vec<_>>().into() })
    }
}

/// The data source of the service.
pub(super) struct Service;

/// The attributes of the service.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ServiceModel {
    status: Attr<String>,
    version: Attr<String>,
    public_key: Attr<String>,
    services: Attr<BTreeMap<String, Attr<String>>>,
}

#[async_trait]
impl DataSource for Service {
    type Client = Client;
    type Model = ServiceModel;

    const NAME: &'static str = "onekosmos_service";

    fn schema(&self) -> Schema {
        Schema::new(
            "The status, the version and the public key of the ID Proofing service of 1Kosmos. Useful in a check before an apply.",
            vec![
                column("status", "The status of the service, in the vendor's terms."),
                column("version", "The version of the service."),
                column("public_key", "The service's public key, base64 of the 64 bytes X and Y. It changes when the key is rotated."),
                Attribute::of("services", Type::map(Type::String)).computed().describe(
                    "The service directory: the URL of each service, by name. Some URLs are internal to the vendor's cluster.",
                ),
            ],
        )
    }

    async fn read(&self, client: &Client, _: ServiceModel, _: &mut Diagnostics) -> Result<ServiceModel, Diagnostics> {
        let health = client.public::<wire::Health>(HEALTH, "reading the health of the service").await?;
        let services = client.public::<BTreeMap<String, LooseText>>(DIRECTORY, "reading the service directory").await?;
        Ok(ServiceModel {
            status: health.status.0.into(),
            version: health.version.0.into(),
            public_key: health.public_key.0.into(),
            services: Attr::Known(services.into_iter().map(|(name, url)| (name, url.0.into())).collect()),
        })
    }
}

mod wire {
    //! The responses of the page's groups "Connector" and "Healthz".

    use schemars::JsonSchema;
    use serde::Deserialize;

    use crate::vendors::shared::loose::LooseText;

    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    pub(super) struct Connector {
        #[serde(default)]
        pub(super) verifier_type: LooseText,
        #[serde(default)]
        pub(super) doc_type: LooseText,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    pub(super) struct Health {
        #[serde(default)]
        pub(super) status: LooseText,
        #[serde(default)]
        pub(super) version: LooseText,
        #[serde(default)]
        pub(super) public_key: LooseText,
    }
}
