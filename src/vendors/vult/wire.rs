//! The bodies of the KYC API that have a fixed form.

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::erasure::Erasure;
use crate::vendors::shared::loose::{self, Whole};

/// The response with every set of requirements of a scope.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Requirements<T> {
    /// The sets.
    pub(super) requirements: Vec<T>,
}

/// The body that creates a webhook.
#[derive(Serialize, JsonSchema)]
pub(super) struct NewWebhook<'b> {
    /// The name.
    pub(super) name: &'b str,
    /// The address that events are sent to.
    pub(super) url: &'b str,
    /// The client whose events are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) client_id: Option<&'b str>,
}

/// The body that deletes a webhook.
#[derive(Serialize, JsonSchema)]
pub(super) struct WebhookId<'b> {
    /// The id.
    pub(super) id: &'b str,
}

/// The body that lists a page of webhooks.
#[derive(Serialize, JsonSchema)]
pub(super) struct WebhookQuery<'q> {
    /// How many webhooks the page has at most.
    pub(super) take: usize,
    /// How many webhooks are before it.
    pub(super) skip: usize,
    /// Only webhooks of this client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) client_id: Option<&'q str>,
    /// Only webhooks that contain this text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) search_term: Option<&'q str>,
}

/// A page of webhooks.
#[derive(Deserialize, JsonSchema)]
pub(super) struct WebhookList<T> {
    /// The webhooks.
    pub(super) webhooks: Vec<T>,
    /// Its members are not documented; where there is a total, it saves the request for an empty page.
    #[serde(default)]
    #[schemars(extend("x-may-be-absent" = true))]
    pub(super) statistics: Statistics,
}

/// The statistics of a list.
#[derive(Default, Deserialize, JsonSchema)]
pub(super) struct Statistics {
    /// How many rows all pages have.
    #[serde(default, deserialize_with = "loose::whole_or_null")]
    #[schemars(with = "Option<Whole>", extend("x-may-be-absent" = true))]
    pub(super) total: Option<usize>,
}

/// The body of an [`Erasure`], which is made of its id.
pub(super) struct ErasedId<E>(PhantomData<E>);

impl<E: Erasure> JsonSchema for ErasedId<E> {
    fn schema_name() -> Cow<'static, str> {
        E::ID.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "object", "properties": {(E::ID): {"type": "string"}}, "required": [E::ID]})
    }
}
