//! The provider service: passes every call of the protocol to its family in `rpc`.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming};

use super::generated::tfplugin6::provider_server::{Provider as Calls, ProviderServer};
use super::generated::tfplugin6::{self as wire, get_provider_schema};
use super::rpc::{FailedResponse, action, data_source, ephemeral, function, list, moved, provider, resource};
use crate::framework::{Diagnostic, Diagnostics, Provider, panics};

/// The largest message in either direction: the limit of providers written with `HashiCorp`'s libraries.
const MAX_MESSAGE_BYTES: usize = 256 * 1024 * 1024;

/// Serves one provider.
pub struct Service {
    provider: Arc<Provider>,
    schema: OnceLock<get_provider_schema::Response>,
}

impl Service {
    /// The gRPC service for a provider.
    pub fn server(provider: Arc<Provider>) -> ProviderServer<Self> {
        ProviderServer::new(Self { provider, schema: OnceLock::new() })
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
            .max_encoding_message_size(MAX_MESSAGE_BYTES)
    }
}

/// Runs a call. A failure, even a panic, becomes a response with an error: a failed call would lose the state in the response.
async fn respond<R: FailedResponse>(
    name: &'static str,
    call: impl Future<Output = Result<R, Diagnostics>>,
) -> Result<Response<R>, Status> {
    tracing::debug!(rpc = name, "called");
    let response = match panics::catch(call).await {
        Ok(Ok(response)) => response,
        Ok(Err(diagnostics)) => R::failed(diagnostics),
        Err(panic) => R::failed(crashed(name, &panic)),
    };
    Ok(Response::new(response))
}

fn crashed(name: &str, panic: &str) -> Diagnostics {
    let detail = format!(
        "The provider failed in {name}: {panic}. This is a bug in the provider; please report it with the \
         log of a run with TF_LOG=DEBUG, which has the place."
    );
    Diagnostic::error("The provider crashed", detail).into()
}

fn absent<T>(what: &str) -> Result<Response<T>, Status> {
    Err(Status::unimplemented(format!("this provider has no {what}")))
}

type Events<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;
type CallResult<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Calls for Service {
    type ListResourceStream = Events<wire::list_resource::Event>;
    type ReadStateBytesStream = Events<wire::read_state_bytes::Response>;
    type InvokeActionStream = Events<wire::invoke_action::Event>;

    async fn get_metadata(&self, _: Request<wire::get_metadata::Request>) -> CallResult<wire::get_metadata::Response> {
        respond("GetMetadata", async { Ok(provider::metadata(&self.provider)) }).await
    }

    async fn get_provider_schema(
        &self,
        _: Request<get_provider_schema::Request>,
    ) -> CallResult<get_provider_schema::Response> {
        let schema = || self.schema.get_or_init(|| provider::schema(&self.provider)).clone();
        respond("GetProviderSchema", async { Ok(schema()) }).await
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<wire::get_resource_identity_schemas::Request>,
    ) -> CallResult<wire::get_resource_identity_schemas::Response> {
        respond("GetResourceIdentitySchemas", async { Ok(resource::identity_schemas(&self.provider)) }).await
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<wire::upgrade_resource_identity::Request>,
    ) -> CallResult<wire::upgrade_resource_identity::Response> {
        respond("UpgradeResourceIdentity", async { resource::upgrade_identity(&self.provider, request.into_inner()) })
            .await
    }

    async fn validate_provider_config(
        &self,
        request: Request<wire::validate_provider_config::Request>,
    ) -> CallResult<wire::validate_provider_config::Response> {
        respond("ValidateProviderConfig", async { provider::validate(&self.provider, request.into_inner()) }).await
    }

    async fn configure_provider(
        &self,
        request: Request<wire::configure_provider::Request>,
    ) -> CallResult<wire::configure_provider::Response> {
        respond("ConfigureProvider", async { provider::configure(&self.provider, request.into_inner()) }).await
    }

    async fn stop_provider(
        &self,
        _: Request<wire::stop_provider::Request>,
    ) -> CallResult<wire::stop_provider::Response> {
        let stop = async {
            self.provider.stop();
            Ok(wire::stop_provider::Response::default())
        };
        respond("StopProvider", stop).await
    }

    async fn validate_resource_config(
        &self,
        request: Request<wire::validate_resource_config::Request>,
    ) -> CallResult<wire::validate_resource_config::Response> {
        respond("ValidateResourceConfig", async { resource::validate(&self.provider, request.into_inner()) }).await
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<wire::upgrade_resource_state::Request>,
    ) -> CallResult<wire::upgrade_resource_state::Response> {
        respond("UpgradeResourceState", async { resource::upgrade(&self.provider, request.into_inner()) }).await
    }

    async fn read_resource(
        &self,
        request: Request<wire::read_resource::Request>,
    ) -> CallResult<wire::read_resource::Response> {
        respond("ReadResource", resource::read(&self.provider, request.into_inner())).await
    }

    async fn plan_resource_change(
        &self,
        request: Request<wire::plan_resource_change::Request>,
    ) -> CallResult<wire::plan_resource_change::Response> {
        respond("PlanResourceChange", resource::plan(&self.provider, request.into_inner())).await
    }

    async fn apply_resource_change(
        &self,
        request: Request<wire::apply_resource_change::Request>,
    ) -> CallResult<wire::apply_resource_change::Response> {
        respond("ApplyResourceChange", resource::apply(&self.provider, request.into_inner())).await
    }

    async fn import_resource_state(
        &self,
        request: Request<wire::import_resource_state::Request>,
    ) -> CallResult<wire::import_resource_state::Response> {
        respond("ImportResourceState", async { resource::import(&self.provider, request.into_inner()) }).await
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<wire::validate_data_resource_config::Request>,
    ) -> CallResult<wire::validate_data_resource_config::Response> {
        respond("ValidateDataResourceConfig", async { data_source::validate(&self.provider, request.into_inner()) })
            .await
    }

    async fn read_data_source(
        &self,
        request: Request<wire::read_data_source::Request>,
    ) -> CallResult<wire::read_data_source::Response> {
        respond("ReadDataSource", data_source::read(&self.provider, request.into_inner())).await
    }

    async fn get_functions(
        &self,
        _: Request<wire::get_functions::Request>,
    ) -> CallResult<wire::get_functions::Response> {
        let functions = async {
            let functions = function::signatures(&self.provider);
            Ok(wire::get_functions::Response { functions, diagnostics: Vec::new() })
        };
        respond("GetFunctions", functions).await
    }

    async fn validate_list_resource_config(
        &self,
        request: Request<wire::validate_list_resource_config::Request>,
    ) -> CallResult<wire::validate_list_resource_config::Response> {
        respond("ValidateListResourceConfig", async { list::validate(&self.provider, request.into_inner()) }).await
    }

    async fn list_resource(
        &self,
        request: Request<wire::list_resource::Request>,
    ) -> CallResult<Self::ListResourceStream> {
        tracing::debug!(rpc = "ListResource", "called");
        Ok(Response::new(list::list(&self.provider, request.into_inner()).unwrap_or_else(list::failed)))
    }

    async fn generate_resource_config(
        &self,
        request: Request<wire::generate_resource_config::Request>,
    ) -> CallResult<wire::generate_resource_config::Response> {
        respond("GenerateResourceConfig", async { list::generate(&self.provider, request.into_inner()) }).await
    }

    async fn call_function(
        &self,
        request: Request<wire::call_function::Request>,
    ) -> CallResult<wire::call_function::Response> {
        respond("CallFunction", async { Ok(function::call(&self.provider, request.into_inner())) }).await
    }

    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<wire::validate_ephemeral_resource_config::Request>,
    ) -> CallResult<wire::validate_ephemeral_resource_config::Response> {
        respond("ValidateEphemeralResourceConfig", async { ephemeral::validate(&self.provider, request.into_inner()) })
            .await
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<wire::open_ephemeral_resource::Request>,
    ) -> CallResult<wire::open_ephemeral_resource::Response> {
        respond("OpenEphemeralResource", ephemeral::open(&self.provider, request.into_inner())).await
    }

    async fn renew_ephemeral_resource(
        &self,
        request: Request<wire::renew_ephemeral_resource::Request>,
    ) -> CallResult<wire::renew_ephemeral_resource::Response> {
        respond("RenewEphemeralResource", ephemeral::renew(&self.provider, request.into_inner())).await
    }

    async fn close_ephemeral_resource(
        &self,
        request: Request<wire::close_ephemeral_resource::Request>,
    ) -> CallResult<wire::close_ephemeral_resource::Response> {
        respond("CloseEphemeralResource", ephemeral::close(&self.provider, request.into_inner())).await
    }

    async fn validate_action_config(
        &self,
        request: Request<wire::validate_action_config::Request>,
    ) -> CallResult<wire::validate_action_config::Response> {
        respond("ValidateActionConfig", async { action::validate(&self.provider, request.into_inner()) }).await
    }

    async fn plan_action(
        &self,
        request: Request<wire::plan_action::Request>,
    ) -> CallResult<wire::plan_action::Response> {
        respond("PlanAction", async { action::plan(&self.provider, request.into_inner()) }).await
    }

    async fn invoke_action(
        &self,
        request: Request<wire::invoke_action::Request>,
    ) -> CallResult<Self::InvokeActionStream> {
        tracing::debug!(rpc = "InvokeAction", "called");
        Ok(Response::new(action::invoke(&self.provider, request.into_inner()).unwrap_or_else(action::failed)))
    }

    async fn move_resource_state(
        &self,
        request: Request<wire::move_resource_state::Request>,
    ) -> CallResult<wire::move_resource_state::Response> {
        respond("MoveResourceState", async { moved::move_state(&self.provider, request.into_inner()) }).await
    }

    // --- Kinds of objects that this provider does not have ---

    async fn validate_state_store_config(
        &self,
        _: Request<wire::validate_state_store::Request>,
    ) -> CallResult<wire::validate_state_store::Response> {
        absent("state store")
    }

    async fn configure_state_store(
        &self,
        _: Request<wire::configure_state_store::Request>,
    ) -> CallResult<wire::configure_state_store::Response> {
        absent("state store")
    }

    async fn read_state_bytes(
        &self,
        _: Request<wire::read_state_bytes::Request>,
    ) -> CallResult<Self::ReadStateBytesStream> {
        absent("state store")
    }

    async fn write_state_bytes(
        &self,
        _: Request<Streaming<wire::write_state_bytes::RequestChunk>>,
    ) -> CallResult<wire::write_state_bytes::Response> {
        absent("state store")
    }

    async fn lock_state(&self, _: Request<wire::lock_state::Request>) -> CallResult<wire::lock_state::Response> {
        absent("state store")
    }

    async fn unlock_state(&self, _: Request<wire::unlock_state::Request>) -> CallResult<wire::unlock_state::Response> {
        absent("state store")
    }

    async fn get_states(&self, _: Request<wire::get_states::Request>) -> CallResult<wire::get_states::Response> {
        absent("state store")
    }

    async fn delete_state(&self, _: Request<wire::delete_state::Request>) -> CallResult<wire::delete_state::Response> {
        absent("state store")
    }
}
