//! Calls about the provider itself: schema, metadata, configuration.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::wire::{self, configure_provider, get_metadata, get_provider_schema, validate_provider_config as validate};
use crate::framework::provider::Caller;
use crate::framework::{Diagnostics, Provider, action};
use crate::protocol::convert::{self, schema::encode};

/// The optional features of this server.
fn capabilities() -> wire::ServerCapabilities {
    wire::ServerCapabilities {
        // A destroy is planned too, so that it can warn the user.
        plan_destroy: true,
        // Configure works without a schema call before it, so core may use its cached schema.
        get_provider_schema_optional: true,
        move_resource_state: true,
        generate_resource_config: true,
    }
}

/// Every schema. The service builds it once; core requests it in each of its processes.
pub(crate) fn schema(provider: &Provider) -> get_provider_schema::Response {
    let action = |object: &Arc<dyn action::DynAction>| wire::ActionSchema { schema: Some(encode(object.schema())) };
    get_provider_schema::Response {
        provider: Some(encode(provider.schema())),
        resource_schemas: each(&provider.resources, |object| encode(object.schema())),
        data_source_schemas: each(&provider.data_sources, |object| encode(object.schema())),
        functions: super::function::signatures(provider),
        ephemeral_resource_schemas: each(&provider.ephemerals, |object| encode(object.schema())),
        action_schemas: each(&provider.actions, action),
        list_resource_schemas: each(&provider.lists, |list| encode(list.filters())),
        server_capabilities: Some(capabilities()),
        ..get_provider_schema::Response::default()
    }
}

fn each<T, S>(objects: &BTreeMap<String, T>, encode: impl Fn(&T) -> S) -> HashMap<String, S> {
    objects.iter().map(|(name, object)| (name.clone(), encode(object))).collect()
}

/// The names of all objects, for multiplexers; agrees with [`schema`].
pub(crate) fn metadata(provider: &Provider) -> get_metadata::Response {
    let resource = |name: &String| get_metadata::ResourceMetadata { type_name: name.clone() };
    let data_source = |name: &String| get_metadata::DataSourceMetadata { type_name: name.clone() };
    let list = |name: &String| get_metadata::ListResourceMetadata { type_name: name.clone() };
    let ephemeral = |name: &String| get_metadata::EphemeralMetadata { type_name: name.clone() };
    let action = |name: &String| get_metadata::ActionMetadata { type_name: name.clone() };
    let function = |name: &&str| get_metadata::FunctionMetadata { name: (*name).to_owned() };
    get_metadata::Response {
        server_capabilities: Some(capabilities()),
        resources: provider.resources.keys().map(resource).collect(),
        data_sources: provider.data_sources.keys().map(data_source).collect(),
        list_resources: provider.lists.keys().map(list).collect(),
        ephemeral_resources: provider.ephemerals.keys().map(ephemeral).collect(),
        actions: provider.actions.keys().map(action).collect(),
        functions: provider.functions.keys().map(function).collect(),
        ..get_metadata::Response::default()
    }
}

/// Returns every mistake in a provider block, offline.
pub(crate) fn validate(provider: &Provider, request: validate::Request) -> Result<validate::Response, Diagnostics> {
    let config = convert::value::decode(request.config, provider.schema().value_type())?;
    Ok(validate::Response { diagnostics: convert::diagnostics::encode(provider.validate(&config)) })
}

/// Configures the provider: creates the clients.
pub(crate) fn configure(
    provider: &Provider,
    request: configure_provider::Request,
) -> Result<configure_provider::Response, Diagnostics> {
    let caller = format!("Terraform/{}", request.terraform_version);
    let can_defer = handles_deferral(&request);
    let config = convert::value::decode(request.config, provider.schema().value_type())?;
    let diagnostics = provider.configure(&config, Caller { name: &caller, can_defer });
    Ok(configure_provider::Response { diagnostics: convert::diagnostics::encode(diagnostics) })
}

/// Whether the caller handles deferred responses. `OpenTofu` 1.11 sets the capability in every request, and reads a deferred
/// response as an ordinary one: a data source that is unknown is an error then.
fn handles_deferral(request: &configure_provider::Request) -> bool {
    let is_allowed = request.client_capabilities.is_some_and(|client| client.deferral_allowed);
    is_allowed && !request.terraform_version.starts_with("1.11.")
}
