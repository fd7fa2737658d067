//! `idv_fiven_verification_link` and `idv_fiven_verification_links`: links with which anybody can verify a credential, for
//! one run.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::{self, Client, LinkFailure};
use crate::framework::ephemeral::{Ephemeral, Opening};
use crate::framework::{Attr, Attribute, Diagnostics, Path, Rule, Schema, Secret, Type};

const LIFETIME: &str = "Links and tokens are secrets: they are kept in neither plan nor state, and they expire.";

/// The ephemeral resource of one link.
pub(super) struct VerificationLink;

/// The attributes of one link.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct LinkModel {
    contract_id: Attr<String>,
    token: Attr<Secret>,
    link: Attr<Secret>,
    expires_at: Attr<String>,
}

impl From<client::Link> for LinkModel {
    fn from(link: client::Link) -> Self {
        Self {
            contract_id: link.contract_id.into(),
            token: Secret::from(link.token).into(),
            link: Secret::from(link.link).into(),
            expires_at: link.expires_at.into(),
        }
    }
}

/// The attributes of a link beside the contract.
fn computed() -> Vec<Attribute> {
    vec![
        Attribute::string("token")
            .computed()
            .sensitive()
            .describe("The token of the link, as `idv_fiven_verification_status` takes it."),
        Attribute::string("link").computed().sensitive().describe("The address to send to the person who verifies."),
        Attribute::string("expires_at").computed().describe(
            "When the link expires, as 5N ID writes it; null with `api = \"institutions\"`, which does not return it.",
        ),
    ]
}

#[async_trait]
impl Ephemeral for VerificationLink {
    type Client = Client;
    type Model = LinkModel;

    const NAME: &'static str = "fiven_verification_link";

    fn schema(&self) -> Schema {
        let contract_id = Attribute::string("contract_id").required().rule(Rule::Length(1, usize::MAX));
        let contract_id = contract_id.describe("The contract of the credential, such as `contract_123`.");
        let description = format!(
            "Makes a link with which anybody can verify one credential of 5N ID, a new one in each run. {LIFETIME}"
        );
        Schema::new(description, [vec![contract_id], computed()].concat())
    }

    async fn open(&self, client: &Client, config: LinkModel, _: &mut Opening) -> Result<LinkModel, Diagnostics> {
        Ok(client.link(config.contract_id.as_str().unwrap_or_default()).await?.into())
    }
}

/// The ephemeral resource of many links.
pub(super) struct VerificationLinks;

/// The attributes of many links.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct LinksModel {
    contract_ids: Attr<Vec<Attr<String>>>,
    links: Attr<Vec<LinkModel>>,
}

#[async_trait]
impl Ephemeral for VerificationLinks {
    type Client = Client;
    type Model = LinksModel;

    const NAME: &'static str = "fiven_verification_links";

    fn schema(&self) -> Schema {
        static FILLED: Rule = Rule::Length(1, usize::MAX);
        let contract_ids = Attribute::of("contract_ids", Type::list(Type::String)).required().rule(Rule::Each(&FILLED));
        let contract_id = Attribute::string("contract_id").computed().describe("The contract that the link is for.");
        let description = format!(
            "Makes links with which anybody can verify credentials of 5N ID: one for each contract, with a request for every 100. \
             If 5N ID refuses a contract, there are no links, and an error names each refused contract. {LIFETIME}"
        );
        Schema::new(
            description,
            vec![
                contract_ids.describe(
                    "The contracts of the credentials. A contract that is listed twice has one link, returned twice.",
                ),
                Attribute::objects("links", [vec![contract_id], computed()].concat())
                    .computed()
                    .describe("The links, in the order of `contract_ids`."),
            ],
        )
    }

    async fn open(&self, client: &Client, config: LinksModel, _: &mut Opening) -> Result<LinksModel, Diagnostics> {
        let wanted: Vec<&str> = config.contract_ids.known().into_iter().flatten().filter_map(Attr::as_str).collect();
        let mut seen = HashSet::new();
        let distinct: Vec<&str> = wanted.iter().copied().filter(|id| seen.insert(*id)).collect();
        let (made, failures) = client.links(&distinct).await?;
        if !failures.is_empty() {
            return Err(refused(&failures, &wanted));
        }
        let made: HashMap<String, LinkModel> =
            made.into_iter().map(|link| (link.contract_id.clone(), link.into())).collect();
        let links: Vec<LinkModel> = wanted.iter().filter_map(|id| made.get(*id).cloned()).collect();
        Ok(LinksModel { links: links.into(), ..config })
    }
}

/// Makes an error for each contract that has no link, at its position in the configuration.
fn refused(failures: &[LinkFailure], wanted: &[&str]) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    for LinkFailure { contract_id, reason } in failures {
        let position = wanted.iter().position(|id| id == contract_id).unwrap_or_default();
        let detail = format!(
            "5N ID made no verification link for the contract `{contract_id}`. {reason} Links that it made for others are not \
             used and expire. Correct the id or remove it from `contract_ids`; the data source `idv_fiven_credentials` lists the \
             contracts that exist."
        );
        let path = Path::to("contract_ids").index(position);
        diagnostics.error(path, format!("No verification link for `{contract_id}`"), detail);
    }
    diagnostics
}
