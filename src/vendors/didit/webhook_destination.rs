//! `idv_didit_webhook_destination`: the resource is an address to which an application sends its events; the ephemeral
//! resource is the key that signs them.
//!
//! The list has every field of a destination except that key, and one request for it serves all destinations of a run. So
//! the resource never reads the key, and state cannot have it.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::{Client, Collection, Row};
use super::creates::{Creation, parse_time};
use crate::framework::ephemeral::{Ephemeral, Opening};
use crate::framework::resource::{Change, Context, Resource};
use crate::framework::spelling::{same_text, same_url};
use crate::framework::{
    Attr, Attribute, Diagnostic, Diagnostics, ListSink, Listable, Path, Rule, Schema, Secret, Type, Value, identity,
};
use crate::http::CachePolicy;
use crate::openapi::Call;
use crate::vendors::shared::config::NOT_EMPTY;
use crate::vendors::shared::reconcile::{CreateFailure, IfPresent};

/// The payload versions of the vendor's OpenAPI document.
const VERSIONS: &[&str] = &["v1", "v2", "v3"];

/// The events of the vendor's OpenAPI document.
static EVENT: Rule = Rule::Known(&[
    "status.updated",
    "data.updated",
    "user.status.updated",
    "user.data.updated",
    "business.status.updated",
    "business.data.updated",
    "activity.created",
    "transaction.created",
    "transaction.status.updated",
    "travel_rule.status.updated",
]);

/// The calls about destinations.
pub(super) fn calls() -> Vec<Call> {
    use wire::{Destination, DestinationBody, Secret};
    let collection = Collection::webhook_destinations();
    vec![
        collection.list_call::<Destination>(),
        collection.create_call().sends::<DestinationBody<'_>>().reads::<Destination>(),
        collection.object_call("GET").reads::<Secret>(),
        collection.object_call("PATCH").sends::<DestinationBody<'_>>().reads::<Destination>(),
        collection.object_call("DELETE"),
    ]
}

/// One destination.
#[derive(Clone, Copy)]
pub(super) struct WebhookDestination;

/// The attributes of one destination.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct WebhookDestinationModel {
    id: Attr<String>,
    label: Attr<String>,
    url: Attr<String>,
    enabled: Attr<bool>,
    webhook_version: Attr<String>,
    subscribed_events: Attr<Vec<Attr<String>>>,
    created_at: Attr<String>,
}

impl WebhookDestinationModel {
    fn id(&self) -> &str {
        self.id.as_str().unwrap_or_default()
    }

    /// The whole body, for a create and for a change: the events replace those before.
    fn to_wire(&self) -> wire::DestinationBody<'_> {
        wire::DestinationBody {
            label: self.label.as_str(),
            url: self.url.as_str(),
            enabled: self.enabled.known().copied(),
            webhook_version: self.webhook_version.as_str(),
            subscribed_events: self.subscribed_events.known().into_iter().flatten().filter_map(Attr::as_str).collect(),
        }
    }
}

impl From<wire::Destination> for WebhookDestinationModel {
    fn from(row: wire::Destination) -> Self {
        Self {
            id: row.uuid.into(),
            label: row.label.into(),
            url: row.url.into(),
            enabled: row.enabled.into(),
            webhook_version: row.webhook_version.into(),
            subscribed_events: row.subscribed_events.into_iter().map(Attr::Known).collect::<Vec<_>>().into(),
            created_at: row.created_at.into(),
        }
    }
}

#[async_trait]
impl Resource for WebhookDestination {
    type Client = Client;
    type Model = WebhookDestinationModel;

    const NAME: &'static str = "didit_webhook_destination";

    const NATURAL_KEY: &'static [&'static str] = &["label", "url"];

    fn schema(&self) -> Schema {
        Schema::new(
            "A webhook destination: an address to which Didit sends events of an application. Didit signs them with a key that \
             belongs to the destination. The key is never in state: the ephemeral resource of the same name reads it.",
            vec![
                Attribute::string("id").computed().use_state_for_unknown().describe("The `uuid` of the destination."),
                Attribute::string("label")
                    .required()
                    .rule(Rule::Length(1, 255))
                    .describe("The name of the destination in the Business Console."),
                Attribute::string("url").required().rule(Rule::Url).describe(
                    "The address that events are sent to. An application has at most one destination for an address.",
                ),
                Attribute::bool("enabled").default(true).describe("Whether events are sent."),
                Attribute::string("webhook_version")
                    .default("v3")
                    .rule(Rule::Known(VERSIONS))
                    .describe("The version of the payload."),
                Attribute::of("subscribed_events", Type::set(Type::String))
                    .required()
                    .rule(Rule::Each(&EVENT))
                    .rule(NOT_EMPTY)
                    .describe("The events that are sent. There is no value for all events."),
                Attribute::string("created_at")
                    .computed()
                    .use_state_for_unknown()
                    .describe("When the destination was created, in Didit's format."),
            ],
        )
    }

    fn identity(&self) -> Vec<identity::IdentityAttribute> {
        vec![identity::required("id", "The `uuid` of the destination."), super::service()]
    }

    async fn create(
        &self,
        client: &Client,
        plan: WebhookDestinationModel,
        ctx: &mut Context<WebhookDestinationModel>,
    ) -> Result<WebhookDestinationModel, Diagnostics> {
        let (collection, body) = (Collection::webhook_destinations(), plan.to_wire());
        let creation = Creation::<wire::Destination> {
            client,
            collection: &collection,
            type_name: Self::NAME,
            name: plan.label.as_str().unwrap_or_default(),
            import_prefix: "",
            if_present: IfPresent::Create,
            matches: &|row| body.matches(row),
        };
        match creation.send(&client.creates.webhook_destinations, &body, ctx).await {
            Ok(row) => Ok(row.into()),
            Err(CreateFailure::Rejected(error)) => {
                let has_url = |row: &wire::Destination| body.url.is_some_and(|url| same_url(url, &row.url));
                Err(match creation.find_duplicate(&error, "url", has_url).await {
                    Some(row) => creation.already_exists(&row.url, &row).at(Path::to("url")).into(),
                    None => error.into(),
                })
            }
            Err(failure) => Err(failure.into()),
        }
    }

    async fn read(
        &self,
        client: &Client,
        state: WebhookDestinationModel,
        ctx: &mut Context<WebhookDestinationModel>,
    ) -> Result<Option<WebhookDestinationModel>, Diagnostics> {
        let rows =
            client.list::<wire::Destination>(&Collection::webhook_destinations(), CachePolicy::UseCached).await?;
        let row = rows.get(state.id()).cloned();
        if row.is_none() {
            super::warn_gone(ctx, &Collection::webhook_destinations(), state.id());
        }
        Ok(row.map(WebhookDestinationModel::from))
    }

    async fn update(
        &self,
        client: &Client,
        change: Change<WebhookDestinationModel>,
        _: &mut Context<WebhookDestinationModel>,
    ) -> Result<WebhookDestinationModel, Diagnostics> {
        let collection = Collection::webhook_destinations();
        let updated = client.update::<wire::Destination>(&collection, change.prior.id(), &change.plan.to_wire()).await;
        Ok(updated?.into())
    }

    async fn delete(
        &self,
        client: &Client,
        state: WebhookDestinationModel,
        _: &mut Context<WebhookDestinationModel>,
    ) -> Result<(), Diagnostics> {
        Ok(client.delete(&Collection::webhook_destinations(), state.id()).await?)
    }

    fn import(&self, id: &str) -> Result<WebhookDestinationModel, Diagnostics> {
        let id = super::one_uuid(id, Self::NAME, "DESTINATION_UUID")?;
        Ok(WebhookDestinationModel { id, ..WebhookDestinationModel::default() })
    }

    fn import_id(&self, state: &WebhookDestinationModel) -> String {
        state.id().to_owned()
    }
}

#[async_trait]
impl Listable for WebhookDestination {
    fn filters(&self) -> Schema {
        Schema::new("The webhook destinations of the application.", Vec::new())
    }

    async fn list(
        &self,
        client: &Client,
        _: Value,
        sink: &mut ListSink<WebhookDestinationModel>,
    ) -> Result<(), Diagnostics> {
        let rows =
            client.list::<wire::Destination>(&Collection::webhook_destinations(), CachePolicy::UseCached).await?;
        for row in rows.iter() {
            sink.push(row.label.clone(), row.clone().into()).await;
        }
        Ok(())
    }
}

/// The key that signs the events of a destination.
pub(super) struct WebhookSecret;

/// The attributes of the key. No `Debug`: it has a secret.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct WebhookSecretModel {
    id: Attr<String>,
    secret_shared_key: Attr<Secret>,
}

#[async_trait]
impl Ephemeral for WebhookSecret {
    type Client = Client;
    type Model = WebhookSecretModel;

    const NAME: &'static str = "didit_webhook_destination";

    fn schema(&self) -> Schema {
        Schema::new(
            "The key that signs the events of a webhook destination, for one run: pass it to whatever checks the signatures, \
             such as a write-only attribute of a secret store.",
            vec![
                Attribute::string("id")
                    .required()
                    .rule(Rule::Length(1, usize::MAX))
                    .describe("The `id` of the `idv_didit_webhook_destination`."),
                Attribute::string("secret_shared_key")
                    .computed()
                    .sensitive()
                    .describe("The key of its HMAC signatures."),
            ],
        )
    }

    async fn open(
        &self,
        client: &Client,
        config: WebhookSecretModel,
        _: &mut Opening,
    ) -> Result<WebhookSecretModel, Diagnostics> {
        let id = config.id.as_str().unwrap_or_default();
        let found = client.get::<wire::Secret>(&Collection::webhook_destinations(), id, CachePolicy::UseCached).await?;
        let secret = found.ok_or_else(|| {
            let detail =
                format!("Didit has no webhook destination `{id}`. Take the id from `idv_didit_webhook_destination`.");
            Diagnostic::error(Collection::webhook_destinations().summary(id, "does not exist"), detail)
                .at(Path::to("id"))
        })?;
        Ok(WebhookSecretModel { secret_shared_key: secret.secret_shared_key.into(), ..config })
    }
}

pub(super) mod wire {
    //! The destination of the vendor's OpenAPI document. The response about a single one has `secret_shared_key` as well.

    use std::collections::BTreeSet;

    use jiff::Timestamp;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::{Row, Secret as Text, parse_time, same_text, same_url};

    #[derive(Serialize, JsonSchema)]
    pub(super) struct DestinationBody<'m> {
        pub(super) label: Option<&'m str>,
        pub(super) url: Option<&'m str>,
        pub(super) enabled: Option<bool>,
        pub(super) webhook_version: Option<&'m str>,
        pub(super) subscribed_events: BTreeSet<&'m str>,
    }

    impl DestinationBody<'_> {
        /// Whether a row has every field of the body.
        pub(super) fn matches(&self, row: &Destination) -> bool {
            self.label.is_some_and(|label| same_text(label, &row.label))
                && self.url.is_some_and(|url| same_url(url, &row.url))
                && self.enabled == Some(row.enabled)
                && self.webhook_version == Some(row.webhook_version.as_str())
                && row.subscribed_events.iter().map(String::as_str).collect::<BTreeSet<_>>() == self.subscribed_events
        }
    }

    #[derive(Clone, Deserialize, JsonSchema)]
    pub(in super::super) struct Destination {
        pub(super) uuid: String,
        pub(super) label: String,
        pub(super) url: String,
        pub(super) enabled: bool,
        pub(super) webhook_version: String,
        #[serde(default)]
        pub(super) subscribed_events: Vec<String>,
        pub(super) created_at: Option<String>,
    }

    impl Row for Destination {
        fn key(&self) -> &str {
            &self.uuid
        }

        fn created_at(&self) -> Option<Timestamp> {
            parse_time(self.created_at.as_deref())
        }
    }

    #[derive(Deserialize, JsonSchema)]
    pub(super) struct Secret {
        #[schemars(with = "String")]
        pub(super) secret_shared_key: Text,
    }
}
