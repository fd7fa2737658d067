//! The call that moves a resource from another provider.

use super::find;
use super::wire::move_resource_state as moves;
use crate::framework::moved::Source;
use crate::framework::{Diagnostic, Diagnostics, Provider};
use crate::protocol::convert;

/// Converts the state of another provider to a state of this one.
pub(crate) fn move_state(provider: &Provider, request: moves::Request) -> Result<moves::Response, Diagnostics> {
    let object = find(&provider.resources, &request.target_type_name)?;
    let raw = request.source_state.unwrap_or_default();
    let state = serde_json::from_slice(&raw.json).map_err(|error| {
        let detail = format!(
            "The stored state of the `{}` that moves to `{}` is not JSON: {error}. Restore a backup of the state, or remove the `moved` \
             block and import the object.",
            request.source_type_name, request.target_type_name
        );
        Diagnostic::error("Stored state cannot be read", detail)
    })?;
    let source = Source { provider: request.source_provider_address, type_name: request.source_type_name, state };
    let outcome = object.move_from(&source, &request.target_type_name, &provider.clients())?;
    Ok(moves::Response {
        target_state: Some(convert::value::encode(&outcome.state, object.schema().value_type())),
        diagnostics: convert::diagnostics::encode(outcome.diagnostics),
        target_private: outcome.private.to_bytes(),
        target_identity: convert::identity::encode(&outcome.identity, object.identity()),
    })
}
