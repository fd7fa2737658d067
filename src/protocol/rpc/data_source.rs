//! Calls about data sources.

use super::wire::{read_data_source as read, validate_data_resource_config as validate};
use super::{deferral, find};
use crate::framework::{Diagnostics, Provider, Value};
use crate::protocol::convert;

/// Returns every mistake in a configuration, offline.
pub(crate) fn validate(provider: &Provider, request: validate::Request) -> Result<validate::Response, Diagnostics> {
    let object = find(&provider.data_sources, &request.type_name)?;
    let config = convert::value::decode(request.config, object.schema().value_type())?;
    Ok(validate::Response { diagnostics: convert::diagnostics::encode(object.validate(config)) })
}

/// Reads a data source.
pub(crate) async fn read(provider: &Provider, request: read::Request) -> Result<read::Response, Diagnostics> {
    let object = find(&provider.data_sources, &request.type_name)?;
    let kind = object.schema().value_type();
    let deferred = deferral(provider, object.vendor(), request.client_capabilities);
    if deferred.is_some() {
        let state = Some(convert::value::encode(&Value::Unknown, kind));
        return Ok(read::Response { state, diagnostics: Vec::new(), deferred });
    }
    let config = convert::value::decode(request.config, kind)?;
    let (state, diagnostics) = object.read(config, &provider.clients()).await;
    Ok(read::Response {
        state: Some(convert::value::encode(&state, kind)),
        diagnostics: convert::diagnostics::encode(diagnostics),
        deferred: None,
    })
}
