//! Calls about ephemeral resources.

use super::wire::{
    close_ephemeral_resource as close, open_ephemeral_resource as open, renew_ephemeral_resource as renew,
    validate_ephemeral_resource_config as validate,
};
use super::{find, private};
use crate::framework::{Diagnostics, Private, Provider};
use crate::protocol::convert;

/// Returns every mistake in a configuration, offline.
pub(crate) fn validate(provider: &Provider, request: validate::Request) -> Result<validate::Response, Diagnostics> {
    let object = find(&provider.ephemerals, &request.type_name)?;
    let config = convert::value::decode(request.config, object.schema().value_type())?;
    Ok(validate::Response { diagnostics: convert::diagnostics::encode(object.validate(config)) })
}

/// Opens an ephemeral resource, in a plan as well as in an apply. It is never deferred: core declares no capability for an open,
/// and a block that uses the values would have none.
pub(crate) async fn open(provider: &Provider, request: open::Request) -> Result<open::Response, Diagnostics> {
    let object = find(&provider.ephemerals, &request.type_name)?;
    let kind = object.schema().value_type();
    let opened = object.open(convert::value::decode(request.config, kind)?, &provider.clients()).await;
    // An open that failed is already closed.
    if !opened.diagnostics.has_errors() {
        provider.open.add(request.type_name, opened.private.clone());
    }
    Ok(open::Response {
        diagnostics: convert::diagnostics::encode(opened.diagnostics),
        renew_at: opened.renew_at.map(timestamp),
        result: Some(convert::value::encode(&opened.result, kind)),
        private: encode_private(&opened.private),
        deferred: None,
    })
}

/// Renews an ephemeral resource. The response has no warnings: Terraform drops them before 1.17, and repeats them from then on with
/// each renewal of a long run.
pub(crate) async fn renew(provider: &Provider, request: renew::Request) -> Result<renew::Response, Diagnostics> {
    let object = find(&provider.ephemerals, &request.type_name)?;
    let private = private(&request.private.unwrap_or_default())?;
    let errors = |failed: Diagnostics| failed.into_errors().collect::<Diagnostics>();
    let (private, renew_at) = object.renew(private, &provider.clients()).await.map_err(errors)?;
    Ok(renew::Response {
        diagnostics: Vec::new(),
        renew_at: renew_at.map(timestamp),
        private: encode_private(&private),
    })
}

/// Closes an ephemeral resource.
pub(crate) async fn close(provider: &Provider, request: close::Request) -> Result<close::Response, Diagnostics> {
    let object = find(&provider.ephemerals, &request.type_name)?;
    let private = private(&request.private.unwrap_or_default())?;
    provider.open.remove(&request.type_name, &private);
    object.close(private, &provider.clients()).await?;
    Ok(close::Response { diagnostics: Vec::new() })
}

fn encode_private(private: &Private) -> Option<Vec<u8>> {
    Some(private.to_bytes()).filter(|bytes| !bytes.is_empty())
}

fn timestamp(at: jiff::Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}
