//! Calls about managed resources.

use super::wire::{
    apply_resource_change as apply, get_resource_identity_schemas as identity_schemas, import_resource_state as import,
    plan_resource_change as plan, read_resource as read, upgrade_resource_identity as upgrade_identity,
    upgrade_resource_state as upgrade, validate_resource_config as validate,
};
use super::{deferral, find, private};
use crate::framework::resource::{ApplyRequest, Capabilities, ImportBy, PlanRequest, plan_deferred};
use crate::framework::{Diagnostic, Diagnostics, Provider, Value, value};
use crate::protocol::convert;

/// Returns every mistake in a configuration, offline.
pub(crate) fn validate(provider: &Provider, request: validate::Request) -> Result<validate::Response, Diagnostics> {
    let object = find(&provider.resources, &request.type_name)?;
    let config = convert::value::decode(request.config, object.schema().value_type())?;
    let capabilities = Capabilities {
        write_only: request.client_capabilities.is_some_and(|client| client.write_only_attributes_allowed),
    };
    Ok(validate::Response { diagnostics: convert::diagnostics::encode(object.validate(config, capabilities)) })
}

/// Converts stored state to the current schema version. Core calls it for every object in every run.
pub(crate) fn upgrade(provider: &Provider, request: upgrade::Request) -> Result<upgrade::Response, Diagnostics> {
    let object = find(&provider.resources, &request.type_name)?;
    let raw = request.raw_state.unwrap_or_default();
    let stored = serde_json::from_slice(&raw.json).map_err(|error| {
        let detail = format!(
            "The stored state of `{}` is not JSON: {error}. Restore a backup of the state, or remove the object from state and import it again.",
            request.type_name
        );
        Diagnostic::error("Stored state cannot be read", detail)
    })?;
    let upgraded = object.upgrade(request.version, stored)?;
    let kind = object.schema().value_type();
    let state = value::from_json(&upgraded, kind)?;
    Ok(upgrade::Response { upgraded_state: Some(convert::value::encode(&state, kind)), diagnostics: Vec::new() })
}

/// Refreshes a state. Every response has the private state, because core stores only what is in it.
pub(crate) async fn read(provider: &Provider, request: read::Request) -> Result<read::Response, Diagnostics> {
    let object = find(&provider.resources, &request.type_name)?;
    let deferred = deferral(provider, object.vendor(), request.client_capabilities);
    if deferred.is_some() {
        let (new_state, private) = (request.current_state, request.private);
        let new_identity = request.current_identity;
        return Ok(read::Response { new_state, private, new_identity, deferred, diagnostics: Vec::new() });
    }
    let kind = object.schema().value_type();
    let state = convert::value::decode(request.current_state, kind)?;
    let identity = convert::identity::decode(request.current_identity, object.identity())?;
    let outcome = object.read(state, identity, private(&request.private)?, &provider.clients()).await;
    Ok(read::Response {
        new_state: Some(convert::value::encode(&outcome.state, kind)),
        diagnostics: convert::diagnostics::encode(outcome.diagnostics),
        private: outcome.private.to_bytes(),
        new_identity: convert::identity::encode(&outcome.identity, object.identity()),
        deferred: None,
    })
}

/// Plans a create, an update or a destroy.
pub(crate) async fn plan(provider: &Provider, request: plan::Request) -> Result<plan::Response, Diagnostics> {
    let object = find(&provider.resources, &request.type_name)?;
    // A plan that cannot be applied has to fail.
    provider.clients().require(object.vendor())?;
    let deferred = deferral(provider, object.vendor(), request.client_capabilities);
    let kind = object.schema().value_type();
    let request = PlanRequest {
        prior: convert::value::decode(request.prior_state, kind)?,
        proposed: convert::value::decode(request.proposed_new_state, kind)?,
        config: convert::value::decode(request.config, kind)?,
        private: private(&request.prior_private)?,
        identity: convert::identity::decode(request.prior_identity, object.identity())?,
    };
    let planned = match deferred {
        Some(_) => plan_deferred(object.schema(), request),
        None => object.plan(request, &provider.clients()).await,
    };
    Ok(plan::Response {
        planned_state: Some(convert::value::encode(&planned.state, kind)),
        requires_replace: planned.requires_replace.iter().map(convert::diagnostics::path).collect(),
        planned_private: planned.private.to_bytes(),
        planned_identity: convert::identity::encode(&planned.identity, object.identity()),
        diagnostics: convert::diagnostics::encode(planned.diagnostics),
        deferred,
        ..plan::Response::default()
    })
}

/// Applies a plan. The response always has the current state, even with errors.
pub(crate) async fn apply(provider: &Provider, request: apply::Request) -> Result<apply::Response, Diagnostics> {
    let object = find(&provider.resources, &request.type_name)?;
    let kind = object.schema().value_type();
    let apply = ApplyRequest {
        prior: convert::value::decode(request.prior_state, kind)?,
        planned: convert::value::decode(request.planned_state, kind)?,
        config: convert::value::decode(request.config, kind)?,
        private: private(&request.planned_private)?,
        identity: convert::identity::decode(request.planned_identity, object.identity())?,
    };
    let outcome = object.apply(apply, &provider.clients()).await;
    Ok(apply::Response {
        new_state: Some(convert::value::encode(&outcome.state, kind)),
        private: outcome.private.to_bytes(),
        new_identity: convert::identity::encode(&outcome.identity, object.identity()),
        diagnostics: convert::diagnostics::encode(outcome.diagnostics),
        ..apply::Response::default()
    })
}

/// Starts an import; core reads the object afterwards.
pub(crate) fn import(provider: &Provider, request: import::Request) -> Result<import::Response, Diagnostics> {
    let object = find(&provider.resources, &request.type_name)?;
    let deferred = deferral(provider, object.vendor(), request.client_capabilities);
    if deferred.is_some() {
        // `terraform show -json` fails on a plan with an unknown state, and the plan of an import by identity crashes Terraform 1.16
        // if the identity is not returned.
        let imported = import::ImportedResource {
            state: Some(convert::value::encode(&Value::Null, object.schema().value_type())),
            identity: request.identity,
            type_name: request.type_name,
            private: Vec::new(),
        };
        return Ok(import::Response { imported_resources: vec![imported], deferred, diagnostics: Vec::new() });
    }
    let by = match request.identity {
        Some(identity) => ImportBy::Identity(convert::identity::decode(Some(identity), object.identity())?),
        None => ImportBy::Id(request.id),
    };
    let outcome = object.import(&by, &provider.clients());
    let imported = import::ImportedResource {
        type_name: request.type_name,
        state: Some(convert::value::encode(&outcome.state, object.schema().value_type())),
        private: outcome.private.to_bytes(),
        identity: convert::identity::encode(&outcome.identity, object.identity()),
    };
    Ok(import::Response {
        imported_resources: if outcome.state.is_null() { Vec::new() } else { vec![imported] },
        diagnostics: convert::diagnostics::encode(outcome.diagnostics),
        deferred: None,
    })
}

/// The identity schema of each type.
pub(crate) fn identity_schemas(provider: &Provider) -> identity_schemas::Response {
    let schemas = provider.resources.iter();
    let schemas = schemas.map(|(name, object)| (name.clone(), convert::identity::schema(object.identity())));
    identity_schemas::Response { identity_schemas: schemas.collect(), diagnostics: Vec::new() }
}

/// Converts a stored identity to the current version. There is only one version.
pub(crate) fn upgrade_identity(
    provider: &Provider,
    request: upgrade_identity::Request,
) -> Result<upgrade_identity::Response, Diagnostics> {
    let object = find(&provider.resources, &request.type_name)?;
    let raw = request.raw_identity.unwrap_or_default();
    let stored = serde_json::from_slice(&raw.json).map_err(|error| {
        let detail = format!(
            "The stored identity of `{}` is not JSON: {error}. Restore a backup of the state.",
            request.type_name
        );
        Diagnostic::error("Stored identity cannot be read", detail)
    })?;
    let identity = value::from_json(&stored, object.identity().value_type())?;
    Ok(upgrade_identity::Response {
        upgraded_identity: convert::identity::encode(&identity, object.identity()),
        diagnostics: Vec::new(),
    })
}
