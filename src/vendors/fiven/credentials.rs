//! `idv_fiven_credentials` lists the credentials that the institution may see; `idv_fiven_credential` reads one of a party.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::{Api, Client, Credential};
use super::pages::CredentialFilter;
use crate::framework::{Attr, Attribute, DataSource, Diagnostic, Diagnostics, Path, Rule, Schema, Type, summary};
use crate::http::CachePolicy;

/// The attributes of a credential that both data sources have.
fn columns() -> Vec<Attribute> {
    let text = |name: &str, what: &str| Attribute::string(name).computed().describe(what);
    vec![
        text(
            "status",
            "The state of the credential, as 5N ID writes it, such as `verified` with `api = \"v1\"` or `APPROVED` with \
             `api = \"institutions\"`.",
        ),
        text("created_at", "When the credential was created or issued."),
        text("expires_at", "When the credential expires; null with `api = \"v1\"`."),
        text("freshness", "The freshness, such as `FRESH` or `REVOKED`; null with `api = \"v1\"`."),
        Attribute::of("providers", Type::set(Type::String)).computed().describe(
            "The identity providers that it comes from, such as `GOOGLE`; null if 5N ID does not return them, as in the list of \
             `api = \"v1\"`.",
        ),
    ]
}

/// The data source of all credentials.
pub(super) struct Credentials;

/// The attributes of the list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct CredentialsModel {
    party_ids: Attr<Vec<Attr<String>>>,
    emails: Attr<Vec<Attr<String>>>,
    credentials: Attr<Vec<CredentialModel>>,
}

/// The attributes of one credential.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct CredentialModel {
    party_id: Attr<String>,
    contract_id: Attr<String>,
    status: Attr<String>,
    created_at: Attr<String>,
    expires_at: Attr<String>,
    freshness: Attr<String>,
    providers: Attr<Vec<String>>,
}

impl From<Credential> for CredentialModel {
    fn from(credential: Credential) -> Self {
        let Credential { contract_id, party_id, status, created_at, expires_at, freshness, providers } = credential;
        Self {
            party_id: party_id.into(),
            contract_id: contract_id.into(),
            status: status.into(),
            created_at: created_at.into(),
            expires_at: expires_at.into(),
            freshness: freshness.into(),
            providers: providers.map(|providers| providers.into_iter().collect()).into(),
        }
    }
}

#[async_trait]
impl DataSource for Credentials {
    type Client = Client;
    type Model = CredentialsModel;

    const NAME: &'static str = "fiven_credentials";

    fn schema(&self) -> Schema {
        static FILLED: Rule = Rule::Length(1, usize::MAX);
        let filter = |name: &str| Attribute::of(name, Type::set(Type::String)).optional().rule(Rule::Each(&FILLED));
        let key = |name: &str, what: &str| Attribute::string(name).computed().describe(what);
        let row = vec![
            key("party_id", "The party that the credential is about."),
            key("contract_id", "The contract of the credential on the ledger."),
        ];
        Schema::new(
            "Lists all credentials that the institution may see. Personal data, such as names and e-mail addresses, is left out, so \
             that it is not kept in state.",
            vec![
                filter("party_ids").describe("Return only credentials of these parties."),
                filter("emails").describe(
                    "Return only credentials of accounts with these e-mail addresses; together with `party_ids`, those that match \
                     either. Only with `api = \"institutions\"`.",
                ),
                Attribute::objects("credentials", [row, columns()].concat())
                    .computed()
                    .describe("The credentials that match, in the vendor's order."),
            ],
        )
    }

    async fn read(
        &self,
        client: &Client,
        config: CredentialsModel,
        _: &mut Diagnostics,
    ) -> Result<CredentialsModel, Diagnostics> {
        if client.api() == Api::V1 && !config.emails.is_null() {
            let what = "Credentials cannot be filtered by e-mail address in `v1`.";
            return Err(super::only_in(Api::Institutions, "emails", what).into());
        }
        // The vendor returns everything for an empty filter, which matches nothing.
        let filters = [&config.party_ids, &config.emails];
        let nothing = filters.iter().any(|filter| !filter.is_null())
            && filters.iter().all(|filter| filter.known().is_none_or(Vec::is_empty));
        let filter = CredentialFilter { party_ids: texts(&config.party_ids), emails: texts(&config.emails) };
        let credentials = if nothing { Vec::new() } else { client.credentials(filter).await? };
        let credentials = credentials.into_iter().map(CredentialModel::from).collect::<Vec<_>>();
        Ok(CredentialsModel { credentials: credentials.into(), ..config })
    }
}

fn texts(set: &Attr<Vec<Attr<String>>>) -> Vec<String> {
    set.known().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

/// The data source of one credential.
pub(super) struct OneCredential;

#[async_trait]
impl DataSource for OneCredential {
    type Client = Client;
    type Model = CredentialModel;

    const NAME: &'static str = "fiven_credential";

    fn schema(&self) -> Schema {
        let key = vec![
            super::party_id().required().describe("The party that the credential is about, such as `alice::1220abcd`."),
            Attribute::string("contract_id").optional().computed().rule(Rule::Length(1, usize::MAX)).describe(
                "The contract of the credential on the ledger. Required if the party has several, as with \
                 `api = \"institutions\"`, which has one for each identity provider.",
            ),
        ];
        Schema::new(
            "Reads a credential of a party that has granted the institution access to it. If the party has several, set \
             `contract_id`; `idv_fiven_credentials` lists them.",
            [key, columns()].concat(),
        )
    }

    async fn read(
        &self,
        client: &Client,
        config: CredentialModel,
        _: &mut Diagnostics,
    ) -> Result<CredentialModel, Diagnostics> {
        let party_id = config.party_id.as_str().unwrap_or_default();
        let mut found = client.credentials_of(party_id, CachePolicy::UseCached).await?;
        if let Some(contract_id) = config.contract_id.as_str() {
            found.retain(|credential| credential.contract_id == contract_id);
        }
        if found.len() > 1 {
            return Err(several(party_id, &found).into());
        }
        found.pop().map(CredentialModel::from).ok_or_else(|| none(party_id, config.contract_id.as_str()).into())
    }
}

fn none(party_id: &str, contract_id: Option<&str>) -> Diagnostic {
    let which = contract_id.map_or_else(String::new, |id| format!(" with the contract `{id}`"));
    let detail = format!(
        "5N ID has no credential of `{party_id}`{which} that the institution may see. The party has to grant access first: see \
         `idv_fiven_credentials_access_request`. `idv_fiven_credentials` lists the credentials that exist."
    );
    Diagnostic::error(summary("No credential of", party_id, ""), detail).at(Path::to("party_id"))
}

fn several(party_id: &str, found: &[Credential]) -> Diagnostic {
    let name = |credential: &Credential| {
        let from = credential.providers.iter().flatten().cloned().collect::<Vec<_>>().join(", ");
        let status = credential.status.as_deref().unwrap_or("no status");
        format!("`{}` ({})", credential.contract_id, if from.is_empty() { status } else { &from })
    };
    let list = found.iter().map(name).collect::<Vec<_>>().join(", ");
    let detail = format!("`{party_id}` has several: {list}. Set `contract_id` to one of them.");
    Diagnostic::error(summary("The party", party_id, "has several credentials"), detail).at(Path::to("contract_id"))
}
