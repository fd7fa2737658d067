//! The calls, one file for each family: each reads its request, calls the framework, and writes its response.

use std::sync::Arc;

use crate::framework::{Diagnostic, Diagnostics, Private, Provider};

pub(super) mod action;
pub(super) mod data_source;
pub(super) mod ephemeral;
pub(super) mod function;
pub(super) mod list;
pub(super) mod moved;
pub(super) mod provider;
pub(super) mod resource;

/// A response that can carry only diagnostics.
pub(super) trait FailedResponse {
    /// The response for a call that failed.
    fn failed(diagnostics: Diagnostics) -> Self;
}

macro_rules! failed_responses {
    ($($response:path),* $(,)?) => {$(
        impl FailedResponse for $response {
            fn failed(diagnostics: Diagnostics) -> Self {
                let mut response = Self::default();
                response.diagnostics = super::convert::diagnostics::encode(diagnostics);
                response
            }
        }
    )*};
}

use super::generated::tfplugin6 as wire;
failed_responses!(
    wire::apply_resource_change::Response,
    wire::close_ephemeral_resource::Response,
    wire::configure_provider::Response,
    wire::generate_resource_config::Response,
    wire::get_functions::Response,
    wire::get_metadata::Response,
    wire::get_provider_schema::Response,
    wire::get_resource_identity_schemas::Response,
    wire::import_resource_state::Response,
    wire::open_ephemeral_resource::Response,
    wire::plan_action::Response,
    wire::move_resource_state::Response,
    wire::plan_resource_change::Response,
    wire::read_data_source::Response,
    wire::read_resource::Response,
    wire::renew_ephemeral_resource::Response,
    wire::upgrade_resource_identity::Response,
    wire::upgrade_resource_state::Response,
    wire::validate_action_config::Response,
    wire::validate_data_resource_config::Response,
    wire::validate_ephemeral_resource_config::Response,
    wire::validate_list_resource_config::Response,
    wire::validate_provider_config::Response,
    wire::validate_resource_config::Response,
);

impl FailedResponse for wire::call_function::Response {
    fn failed(diagnostics: Diagnostics) -> Self {
        Self { result: None, error: Some(wire::FunctionError { text: diagnostics.details(), function_argument: None }) }
    }
}

impl FailedResponse for wire::stop_provider::Response {
    fn failed(diagnostics: Diagnostics) -> Self {
        Self { error: diagnostics.details() }
    }
}

/// The object of a type. The error is for a client that read the schema of another version of the provider.
fn find<'p, T: ?Sized>(
    objects: &'p std::collections::BTreeMap<String, Arc<T>>,
    type_name: &str,
) -> Result<&'p Arc<T>, Diagnostics> {
    objects.get(type_name).ok_or_else(|| {
        let detail = format!(
            "This version of the provider has no `{type_name}`. Terraform and the provider may have been replaced \
             during the run; run `terraform init -upgrade` and try again."
        );
        Diagnostic::error("Unknown type", detail).into()
    })
}

/// The reason to defer a call about a vendor; `None` if the call is not deferred.
///
/// Core rejects a deferred response to a request without the capability.
fn deferral(provider: &Provider, vendor: &str, client: Option<wire::ClientCapabilities>) -> Option<wire::Deferred> {
    let is_allowed = client.is_some_and(|client| client.deferral_allowed);
    let reason = wire::deferred::Reason::ProviderConfigUnknown.into();
    provider.clients().defers(vendor, is_allowed).then_some(wire::Deferred { reason })
}

/// Reads private state.
fn private(bytes: &[u8]) -> Result<Private, Diagnostics> {
    Private::from_bytes(bytes).map_err(|error| {
        let detail = format!(
            "The private state of this object cannot be read: {error}. It was written by another provider or edited by \
             hand. Restore a backup of the state, or remove the object from state and import it again."
        );
        Diagnostic::error("Stored private state cannot be read", detail).into()
    })
}
