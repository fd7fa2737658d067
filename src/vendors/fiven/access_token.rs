//! `idv_fiven_access_token`: the token that the provider itself uses, for one run.

use async_trait::async_trait;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use super::client::Client;
use crate::framework::ephemeral::{Ephemeral, Opening};
use crate::framework::model::Secret;
use crate::framework::{Attr, Attribute, Diagnostics, Schema};

/// The token.
pub(super) struct AccessToken;

/// The attributes of the token.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct AccessTokenModel {
    access_token: Attr<Secret>,
    expires_at: Attr<String>,
}

#[async_trait]
impl Ephemeral for AccessToken {
    type Client = Client;
    type Model = AccessTokenModel;

    const NAME: &'static str = "fiven_access_token";

    fn schema(&self) -> Schema {
        Schema::new(
            "An access token for 5N ID's API, from the credentials of the provider block. It is the one that the provider uses \
             itself, so that a run asks for one token only. It cannot be extended; one that expires during a run is of no use \
             after that.",
            vec![
                Attribute::string("access_token")
                    .computed()
                    .sensitive()
                    .describe("The token, for `Authorization: Bearer`."),
                Attribute::string("expires_at")
                    .computed()
                    .describe("When the token expires, as in `2026-01-31T12:00:00Z`."),
            ],
        )
    }

    async fn open(
        &self,
        client: &Client,
        _: AccessTokenModel,
        _: &mut Opening,
    ) -> Result<AccessTokenModel, Diagnostics> {
        let token = client.token().await?;
        Ok(AccessTokenModel {
            access_token: Secret::from(token.secret().expose_secret().to_owned()).into(),
            expires_at: token.expires_at().to_string().into(),
        })
    }
}
