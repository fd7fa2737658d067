//! `idv_<vendor>_access_token`: the access token that the provider uses in this run.
//!
//! Every vendor that signs clients in by OAuth2 has the same ephemeral resource. The vendor's client implements
//! [`HoldsToken`].

use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::framework::ephemeral::{Ephemeral, Opening};
use crate::framework::{Attr, Attribute, Diagnostics, Schema, Secret, provider};
use crate::http::{Error, Token};

/// A client that sends an access token with its requests.
#[async_trait]
pub(in crate::vendors) trait HoldsToken: provider::Client {
    /// The type's name after the provider's prefix, such as `vult_access_token`.
    const TYPE_NAME: &'static str;
    /// The vendor's name, as in "An access token for VULT's API".
    const API_OF: &'static str;

    /// The access token of the requests; requests one if there is none yet.
    async fn access_token(&self) -> Result<Arc<Token>, Error>;
}

/// The ephemeral resource of a vendor's access token.
pub(in crate::vendors) struct AccessToken<C>(PhantomData<fn() -> C>);

impl<C: HoldsToken> AccessToken<C> {
    /// The ephemeral resource of the vendor with the client `C`.
    pub(in crate::vendors) fn new() -> Self {
        Self(PhantomData)
    }
}

/// The attributes of the token.
#[derive(Clone, Serialize, Deserialize)]
pub(in crate::vendors) struct AccessTokenModel {
    access_token: Attr<Secret>,
    expires_at: Attr<String>,
}

#[async_trait]
impl<C: HoldsToken> Ephemeral for AccessToken<C> {
    type Client = C;
    type Model = AccessTokenModel;

    const NAME: &'static str = C::TYPE_NAME;

    fn schema(&self) -> Schema {
        Schema::new(
            format!(
                "An access token for {}'s API, from the credentials of the provider block. The provider uses the same token, so a \
                 run requests only one. It cannot be renewed, and it is of no use after it expires during a run.",
                C::API_OF
            ),
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

    async fn open(&self, client: &C, _: AccessTokenModel, _: &mut Opening) -> Result<AccessTokenModel, Diagnostics> {
        let token = client.access_token().await?;
        Ok(AccessTokenModel {
            access_token: token.secret().clone().into(),
            expires_at: token.expires_at().to_string().into(),
        })
    }
}
