//! Calls about list resources.

use std::sync::Arc;

use futures_util::stream::{BoxStream, StreamExt};
use tonic::Status;

use super::find;
use super::wire::{
    generate_resource_config as generate, list_resource as list, validate_list_resource_config as validate,
};
use crate::framework::list::Item;
use crate::framework::resource;
use crate::framework::{Diagnostics, Provider};
use crate::protocol::convert;

/// A stream of objects, each as soon as it is known.
pub(crate) type Events = BoxStream<'static, Result<list::Event, Status>>;

/// Returns every mistake in the filters of a list, offline.
pub(crate) fn validate(provider: &Provider, request: validate::Request) -> Result<validate::Response, Diagnostics> {
    let object = find(&provider.lists, &request.type_name)?;
    let filter = convert::value::decode(request.config, object.filters().value_type())?;
    Ok(validate::Response { diagnostics: convert::diagnostics::encode(object.validate(&filter)) })
}

/// Lists, at most as many objects as core asks for. Core drops the stream when it wants no more.
pub(crate) fn list(provider: &Provider, request: list::Request) -> Result<Events, Diagnostics> {
    let object = Arc::clone(find(&provider.lists, &request.type_name)?);
    let managed = Arc::clone(find(&provider.resources, &request.type_name)?);
    let filter = convert::value::decode(request.config, object.filters().value_type())?;
    let limit = usize::try_from(request.limit).ok().filter(|limit| *limit > 0).unwrap_or(usize::MAX);
    let items = object.list(filter, &provider.clients()).take(limit);
    Ok(items.map(move |item| Ok(event(item, managed.as_ref(), request.include_resource_object))).boxed())
}

fn event(item: Item, managed: &dyn resource::DynResource, include: bool) -> list::Event {
    let state = || convert::value::encode(&item.state, managed.schema().value_type());
    list::Event {
        identity: convert::identity::encode(&item.identity, managed.identity()),
        resource_object: (include && !item.state.is_null()).then(state),
        display_name: item.display_name,
        diagnostic: convert::diagnostics::encode(item.diagnostics),
    }
}

/// A stream of one event with errors.
pub(crate) fn failed(diagnostics: Diagnostics) -> Events {
    let event = list::Event { diagnostic: convert::diagnostics::encode(diagnostics), ..list::Event::default() };
    Box::pin(tokio_stream::once(Ok(event)))
}

/// Generates the configuration of an object that exists.
pub(crate) fn generate(provider: &Provider, request: generate::Request) -> Result<generate::Response, Diagnostics> {
    let object = find(&provider.resources, &request.type_name)?;
    let kind = object.schema().value_type();
    let config = object.generate_config(convert::value::decode(request.state, kind)?);
    Ok(generate::Response { config: Some(convert::value::encode(&config, kind)), diagnostics: Vec::new() })
}
