//! Ephemeral resource `idv_onekosmos_service_key`, which has the secret of a key, and the action that resets a key.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::{self, Client};
use super::service_key;
use crate::framework::action::{Action, Progress};
use crate::framework::ephemeral::{Ephemeral, Opening};
use crate::framework::{Attr, Attribute, Diagnostic, Diagnostics, Rule, Schema, Secret};
use crate::http::CachePolicy;
use crate::openapi::Call;

/// The calls about service keys. Only the ephemeral resource reads all fields.
pub(super) fn calls() -> [Call; 2] {
    client::service_key_calls::<wire::ServiceKey>()
}

/// The ephemeral resource.
pub(super) struct ServiceKeySecret;

/// The attributes of the key.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct ServiceKeySecretModel {
    tag: Attr<String>,
    key_id: Attr<String>,
    key_secret: Attr<Secret>,
    #[serde(rename = "type")]
    kind: Attr<String>,
}

fn tag() -> Attribute {
    Attribute::string("tag").required().rule(Rule::Length(1, usize::MAX)).describe("The tag of the key.")
}

#[async_trait]
impl Ephemeral for ServiceKeySecret {
    type Client = Client;
    type Model = ServiceKeySecretModel;

    const NAME: &'static str = "onekosmos_service_key";

    fn schema(&self) -> Schema {
        Schema::new(
            "A service key of the 1Kosmos deployment with its secret, for a provider block or a write-only attribute. The secret may be a \
             private key that decrypts every request to the service: pass it on with care. Needs a license of level `system`.",
            vec![
                tag(),
                Attribute::string("key_id").computed().describe("The id of the key."),
                Attribute::string("key_secret").computed().sensitive().describe("The secret of the key."),
                Attribute::string("type").computed().describe("The type of the key, in the vendor's terms."),
            ],
        )
    }

    async fn open(
        &self,
        client: &Client,
        config: ServiceKeySecretModel,
        _: &mut Opening,
    ) -> Result<ServiceKeySecretModel, Diagnostics> {
        let tag = config.tag.as_str().unwrap_or_default();
        let rows = client.service_keys::<wire::ServiceKey>(CachePolicy::UseCached).await?;
        let mut rows = rows.into_iter().filter(|row| row.tag == tag);
        match (rows.next(), rows.next()) {
            (Some(row), None) => Ok(ServiceKeySecretModel {
                tag: config.tag,
                key_id: row.key_id.into(),
                key_secret: row.key_secret.into(),
                kind: row.kind.into(),
            }),
            (None, _) => Err(service_key::no_such_tag(client, tag).await?.into()),
            (Some(_), Some(_)) => Err(service_key::not_unique(tag).into()),
        }
    }
}

/// The action.
pub(super) struct ResetServiceKey;

/// The attributes of the action.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ResetServiceKeyModel {
    tag: Attr<String>,
}

#[async_trait]
impl Action for ResetServiceKey {
    type Client = Client;
    type Model = ResetServiceKeyModel;

    const NAME: &'static str = "onekosmos_reset_service_key";

    fn schema(&self) -> Schema {
        Schema::new(
            "Resets a service key of the 1Kosmos deployment: replaces the key with this tag by a new key with a new id and a new \
             secret, for everyone who uses it. Needs a license of level `system`.",
            vec![tag()],
        )
    }

    fn plan(&self, config: &ResetServiceKeyModel) -> Diagnostics {
        let tag = config.tag.as_str().unwrap_or("...");
        let detail = format!(
            "The key with the tag `{tag}` is replaced by a new one. Everyone who uses its secret needs the new secret; the old secret \
             cannot be restored. If it is the service's own key, the requests of every client fail until it has fetched the new public \
             key."
        );
        Diagnostic::warning("This will reset a service key for everyone", detail).into()
    }

    async fn invoke(
        &self,
        client: &Client,
        config: ResetServiceKeyModel,
        progress: &Progress,
    ) -> Result<(), Diagnostics> {
        let tag = config.tag.as_str().unwrap_or_default();
        progress.say(format!("Reading the service key with the tag `{tag}`"));
        let before = service_key::existing(client, tag).await?;
        progress.say(format!("Resetting the key `{before}`"));
        if let Some(warning) = service_key::reset(client, tag, &before).await? {
            progress.say(format!("{}. {}", warning.summary, warning.detail));
        }
        let after = service_key::existing(client, tag).await?;
        progress.say(format!("The key with the tag `{tag}` now has the id `{after}` and a new secret"));
        Ok(())
    }
}

mod wire {
    //! A row of `GET /servicekeys` with its secret.

    use schemars::JsonSchema;
    use serde::Deserialize;

    use crate::framework::Secret;

    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    pub(super) struct ServiceKey {
        pub(super) tag: String,
        pub(super) key_id: String,
        #[schemars(with = "Option<String>")]
        pub(super) key_secret: Option<Secret>,
        #[serde(rename = "type")]
        pub(super) kind: Option<String>,
    }
}
