//! `idv_fiven_verification_status`: the result of a verification link, as its holder sees it.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::Client;
use crate::framework::{Attr, Attribute, DataSource, Diagnostics, Rule, Schema, Secret};

/// The status in the vendor's SDK for which the page has a 404.
const NOT_FOUND: &str = "not_found";

/// The data source of a verification.
pub(super) struct VerificationStatus;

/// The attributes of a verification.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct VerificationModel {
    token: Attr<Secret>,
    status: Attr<String>,
    contract_id: Attr<String>,
    party_id: Attr<String>,
    verified_at: Attr<String>,
    issued_at: Attr<String>,
    expires_at: Attr<String>,
}

#[async_trait]
impl DataSource for VerificationStatus {
    type Client = Client;
    type Model = VerificationModel;

    const NAME: &'static str = "fiven_verification_status";

    fn schema(&self) -> Schema {
        let text = |name: &str, what: &str| Attribute::string(name).computed().describe(what);
        Schema::new(
            "Reads what 5N ID returns to the holder of a verification link. The endpoint is public: no access token is sent. The token \
             of the link is kept in state as a sensitive value, because all arguments of data sources are.",
            vec![
                Attribute::string("token")
                    .required()
                    .sensitive()
                    .rule(Rule::Length(1, usize::MAX))
                    .describe("The token of the link."),
                text(
                    "status",
                    "The state of the credential: `verified` with `api = \"v1\"`; `strong`, `moderate`, `weak`, `archived`, \
                     `revoked` or `expired` with `api = \"institutions\"`; `not_found` for an unknown token.",
                ),
                text("contract_id", "The contract of the credential that the link is for."),
                text("party_id", "The party that the credential is about; null with `api = \"institutions\"`."),
                text("verified_at", "When it was verified; null with `api = \"institutions\"`."),
                text("issued_at", "When the credential was issued; null with `api = \"v1\"`."),
                text("expires_at", "When the credential expires; null with `api = \"v1\"`."),
            ],
        )
    }

    async fn read(
        &self,
        client: &Client,
        config: VerificationModel,
        _: &mut Diagnostics,
    ) -> Result<VerificationModel, Diagnostics> {
        let token = config.token.known().map(Secret::expose).unwrap_or_default();
        let Some(found) = client.verification(token).await? else {
            return Ok(VerificationModel {
                token: config.token,
                status: NOT_FOUND.into(),
                ..VerificationModel::default()
            });
        };
        Ok(VerificationModel {
            token: config.token,
            status: found.status.into(),
            contract_id: found.contract_id.into(),
            party_id: found.party_id.into(),
            verified_at: found.verified_at.into(),
            issued_at: found.issued_at.into(),
            expires_at: found.expired_at.into(),
        })
    }
}
