//! The protocol as core speaks it, to a provider that fails on demand in ways that a run of Terraform cannot cause.
//!
//! The calls go through the generated server, so that decoding and message limits are those that Terraform sees.

mod acme;
mod apply;
mod bolt;
mod deferral;
mod deprecated;
mod hostile;
mod open;
mod plan;

use std::collections::BTreeMap;
use std::sync::Arc;

use prost::Message;
use tokio_stream::StreamExt;
use tonic::Request;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic_prost::ProstCodec;

use super::convert;
use super::generated::tfplugin6::provider_server::ProviderServer;
use super::generated::tfplugin6::{self as wire, Diagnostic, DynamicValue, configure_provider};
use super::{Service, schema_json};
use crate::framework::environment::Environment;
use crate::framework::identity::IdentitySchema;
use crate::framework::{Provider, Type, Value, Vendor};
use acme::Acme;

/// A provider with both vendors, behind the server.
struct Bench {
    provider: Arc<Provider>,
    client: Grpc<ProviderServer<Service>>,
}

impl Bench {
    /// A provider that is configured with this block of Acme.
    async fn configured(acme: Value) -> Self {
        Self::started(Value::Map([("acme".to_owned(), acme)].into()), configure_provider::Request::default()).await
    }

    /// A provider that is configured with this block, and by a request that has everything else.
    async fn started(config: Value, request: configure_provider::Request) -> Self {
        let environment = Environment::of(BTreeMap::new());
        let vendors: Vec<&'static dyn Vendor> = vec![&acme::VENDOR, &bolt::VENDOR];
        let provider = Arc::new(Provider::new("idv", "0.0.0", "A provider.", Vec::new(), vendors, environment));
        let client = Grpc::new(Service::server(Arc::clone(&provider))).max_decoding_message_size(usize::MAX);
        let mut bench = Self { provider, client };
        let config = Some(convert::value::encode(&config, bench.provider.schema().value_type()));
        let request = configure_provider::Request { config, ..request };
        let response: configure_provider::Response = bench.call("ConfigureProvider", request).await;
        assert_eq!(text(&response.diagnostics), "");
        bench
    }

    async fn new() -> Self {
        Self::configured(Value::Map([("token".to_owned(), "hush".into())].into())).await
    }

    /// The response to a call. The call itself never fails.
    async fn call<Q, R>(&mut self, method: &str, request: Q) -> R
    where
        Q: Message + Send + Sync + 'static,
        R: Message + Default + Send + Sync + 'static,
    {
        let codec = ProstCodec::<Q, R>::default();
        self.client.unary(Request::new(request), path(method), codec).await.unwrap().into_inner()
    }

    /// The events of a streaming call.
    async fn events<Q, R>(&mut self, method: &str, request: Q) -> Vec<R>
    where
        Q: Message + Send + Sync + 'static,
        R: Message + Default + Send + Sync + 'static,
    {
        let codec = ProstCodec::<Q, R>::default();
        let stream = self.client.server_streaming(Request::new(request), path(method), codec).await.unwrap();
        stream.into_inner().map(Result::unwrap).collect().await
    }

    /// What the vendor's client has recorded: what was closed, and what ended.
    fn closed(&self) -> Vec<String> {
        self.provider.clients().get::<Acme>().unwrap().closed()
    }
}

fn path(method: &str) -> PathAndQuery {
    format!("/tfplugin6.Provider/{method}").parse().unwrap()
}

/// Summaries and details as one text.
fn text(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|one| format!("{}: {}\n", one.summary, one.detail)).collect::<Vec<_>>().concat()
}

/// A thing with these attributes, and null for all others.
fn thing(attributes: &[(&str, Value)]) -> Value {
    let mut entries = acme::schema().empty();
    entries.extend(attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    Value::Map(entries)
}

fn kind() -> Type {
    acme::schema().value_type().clone()
}

fn write(value: &Value) -> DynamicValue {
    convert::value::encode(value, &kind())
}

fn read(value: Option<DynamicValue>) -> Value {
    convert::value::decode(value, &kind()).unwrap()
}

fn identity_schema() -> IdentitySchema {
    IdentitySchema::new(acme::identity())
}

fn identity(id: &str) -> Option<wire::ResourceIdentityData> {
    let value = Value::Map([("id".to_owned(), id.into()), ("base_url".to_owned(), "https://acme.test".into())].into());
    convert::identity::encode(&value, &identity_schema())
}

fn id_of(identity: Option<wire::ResourceIdentityData>) -> Option<String> {
    convert::identity::decode(identity, &identity_schema()).unwrap().get("id").as_str().map(str::to_owned)
}

#[tokio::test]
async fn names_and_functions_agree_with_the_schema() {
    let mut bench = Bench::new().await;
    let schema: wire::get_provider_schema::Response =
        bench.call("GetProviderSchema", wire::get_provider_schema::Request {}).await;
    let metadata: wire::get_metadata::Response = bench.call("GetMetadata", wire::get_metadata::Request {}).await;
    let functions: wire::get_functions::Response = bench.call("GetFunctions", wire::get_functions::Request {}).await;
    assert_eq!(metadata.server_capabilities, schema.server_capabilities);
    assert_eq!(functions.functions, schema.functions);
    let named = |name: &String| metadata.resources.iter().any(|resource| resource.type_name == *name);
    assert!(schema.resource_schemas.keys().all(named) && metadata.resources.len() == schema.resource_schemas.len());
    assert_eq!(metadata.list_resources.len(), schema.list_resource_schemas.len());
    assert_eq!(metadata.ephemeral_resources.len(), schema.ephemeral_resource_schemas.len());
    assert_eq!(metadata.actions.len(), schema.action_schemas.len());
    assert_eq!(metadata.functions.len(), schema.functions.len());
}
