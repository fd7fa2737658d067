//! `idv_<vendor>_access_token`: the token that the provider itself uses, for one run.
//!
//! Every vendor that signs clients in by OAuth2 offers the same ephemeral resource. What differs is the vendor's name and
//! whose client holds the token, and a vendor says both by [`HoldsToken`].

use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::framework::ephemeral::{Ephemeral, Opening};
use crate::framework::{Attr, Attribute, Diagnostics, Schema, Secret, provider};
use crate::http::{Error, Token};

/// A client that signs in for a token and sends it with its requests.
#[async_trait]
pub(in crate::vendors) trait HoldsToken: provider::Client {
    /// The type's name after the provider's prefix, such as `vult_access_token`.
    const TYPE_NAME: &'static str;
    /// Whose API the token is for, as in "An access token for VULT's API".
    const API_OF: &'static str;

    /// The token that requests carry; asks for one if there is none yet.
    async fn access_token(&self) -> Result<Arc<Token>, Error>;
}

/// The token of a vendor's client.
pub(in crate::vendors) struct AccessToken<C>(PhantomData<fn() -> C>);

impl<C: HoldsToken> AccessToken<C> {
    /// The ephemeral resource for the vendor whose client this is.
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
                "An access token for {}'s API, from the credentials of the provider block. It is the one that the provider \
                 uses itself, so that a run asks for one token only. It cannot be extended; one that expires during a run is \
                 of no use after that.",
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
            access_token: Secret::from(token.secret().clone()).into(),
            expires_at: token.expires_at().to_string().into(),
        })
    }
}
