//! Calls about actions.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::Status;

use super::wire::invoke_action::event::{Completed, Progress, Type};
use super::wire::{invoke_action as invoke, plan_action as plan, validate_action_config as validate};
use super::{deferral, find};
use crate::framework::{Diagnostics, Provider};
use crate::protocol::convert;

/// Progress, then exactly one completion. An event without either would crash core.
pub(crate) type Events = Pin<Box<dyn Stream<Item = Result<invoke::Event, Status>> + Send>>;

/// Returns every mistake in a configuration, offline.
pub(crate) fn validate(provider: &Provider, request: validate::Request) -> Result<validate::Response, Diagnostics> {
    let object = find(&provider.actions, &request.type_name)?;
    let config = convert::value::decode(request.config, object.schema().value_type())?;
    Ok(validate::Response { diagnostics: convert::diagnostics::encode(object.validate(&config)) })
}

/// Warns of what the user should know before the action runs.
pub(crate) fn plan(provider: &Provider, request: plan::Request) -> Result<plan::Response, Diagnostics> {
    let object = find(&provider.actions, &request.action_type)?;
    provider.clients().require(object.vendor())?;
    let deferred = deferral(provider, object.vendor(), request.client_capabilities);
    if deferred.is_some() {
        return Ok(plan::Response { diagnostics: Vec::new(), deferred });
    }
    let config = convert::value::decode(request.config, object.schema().value_type())?;
    Ok(plan::Response { diagnostics: convert::diagnostics::encode(object.plan(config)), deferred: None })
}

/// Performs the action and streams its progress.
pub(crate) fn invoke(provider: &Provider, request: invoke::Request) -> Result<Events, Diagnostics> {
    let object = Arc::clone(find(&provider.actions, &request.action_type)?);
    let config = convert::value::decode(request.config, object.schema().value_type())?;
    let clients = provider.clients();
    let (progress, mut messages) = mpsc::unbounded_channel();
    let (events, stream) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let forward = async {
            while let Some(message) = messages.recv().await {
                let _ = events.send(Ok(event(Type::Progress(Progress { message }))));
            }
        };
        let (diagnostics, ()) = tokio::join!(object.invoke(config, clients, progress), forward);
        let _ = events.send(Ok(completed(diagnostics)));
    });
    Ok(Box::pin(UnboundedReceiverStream::new(stream)))
}

/// A stream of one completion with errors.
pub(crate) fn failed(diagnostics: Diagnostics) -> Events {
    Box::pin(tokio_stream::once(Ok(completed(diagnostics))))
}

fn completed(diagnostics: Diagnostics) -> invoke::Event {
    event(Type::Completed(Completed { diagnostics: convert::diagnostics::encode(diagnostics) }))
}

fn event(kind: Type) -> invoke::Event {
    invoke::Event { r#type: Some(kind) }
}
