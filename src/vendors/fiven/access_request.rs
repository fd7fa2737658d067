//! `idv_fiven_credentials_access_request`: asks a party for its credentials, and watches what was granted.
//!
//! The vendor can neither tell about a request nor take it back, and `institutions` does not even give it an id. All that
//! can be read are the credentials that the party has granted since. So a request of which nothing was granted is taken to
//! be pending; what was granted once and is no more is drift. A create looks first, and asks only for what is not there:
//! that makes it safe to repeat one whose answer went astray.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::{Client, Credential};
use super::pages::CredentialFilter;
use crate::framework::resource::{Context, Resource};
use crate::framework::{
    Attr, Attribute, Diagnostic, Diagnostics, ListSink, Listable, Private, Schema, Type, Value, identity,
};
use crate::http::CachePolicy;
use crate::vendors::shared::errors::outcome_unknown;
use crate::vendors::shared::import_id;
use crate::vendors::shared::reconcile::retry_once;

/// How long a request whose answer went astray is looked for, one wait a try.
const WAITS: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(200), Duration::from_millis(500), Duration::from_secs(1)];

/// One access request.
#[derive(Clone, Copy)]
pub(super) struct AccessRequest;

/// The attributes of one access request.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct RequestModel {
    party_id: Attr<String>,
    providers: Attr<Vec<Attr<String>>>,
    request_id: Attr<String>,
    status: Attr<String>,
    granted_providers: Attr<Vec<Attr<String>>>,
    contract_ids: Attr<Vec<Attr<String>>>,
}

fn texts(attribute: &Attr<Vec<Attr<String>>>) -> BTreeSet<String> {
    attribute.known().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

fn attribute(texts: impl IntoIterator<Item = String>) -> Attr<Vec<Attr<String>>> {
    Attr::Known(texts.into_iter().map(Attr::Known).collect())
}

/// What a party has granted: its credentials that have not ended.
struct Granted(Vec<Credential>);

impl Granted {
    async fn by(client: &Client, party_id: &str, policy: CachePolicy) -> Result<Self, Diagnostics> {
        let mut credentials = client.credentials_of(party_id, policy).await?;
        credentials.retain(|credential| !credential.has_ended());
        Ok(Self(credentials))
    }

    /// Whether access to the credentials of a provider was granted. A credential that does not say where it comes from
    /// counts for every provider: what the vendor does not tell is no reason to ask the party again.
    fn has(&self, provider: &str) -> bool {
        self.0.iter().any(|it| it.providers.as_ref().is_none_or(|providers| providers.contains(provider)))
    }

    fn has_all(&self, providers: &BTreeSet<String>) -> bool {
        providers.iter().all(|provider| self.has(provider))
    }

    /// The providers that the credentials name; `None` where none of them does.
    fn named(&self) -> Option<BTreeSet<String>> {
        let mut named = self.0.iter().filter_map(|credential| credential.providers.as_ref()).flatten().peekable();
        named.peek()?;
        Some(named.cloned().collect())
    }

    /// The state of a request for these providers; `None` for an import where the vendor does not name them.
    fn state(
        &self,
        party_id: Attr<String>,
        request_id: Attr<String>,
        providers: Option<BTreeSet<String>>,
    ) -> RequestModel {
        let wanted = providers.clone().unwrap_or_default();
        let granted: BTreeSet<String> = wanted.iter().filter(|provider| self.has(provider)).cloned().collect();
        let concerns = |it: &&Credential| it.providers.as_ref().is_none_or(|from| !from.is_disjoint(&wanted));
        let contracts: BTreeSet<String> = self.0.iter().filter(concerns).map(|it| it.contract_id.clone()).collect();
        let status = match granted.len() {
            0 if contracts.is_empty() => "pending",
            count if count < wanted.len() => "partly_granted",
            _ => "granted",
        };
        RequestModel {
            party_id,
            providers: providers.map_or(Attr::Null, attribute),
            request_id,
            status: status.into(),
            granted_providers: attribute(granted),
            contract_ids: attribute(contracts),
        }
    }
}

#[async_trait]
impl Resource for AccessRequest {
    type Client = Client;
    type Model = RequestModel;

    const NAME: &'static str = "fiven_credentials_access_request";

    fn schema(&self) -> Schema {
        let set = |name: &str| Attribute::of(name, Type::set(Type::String)).computed();
        Schema::new(
            "Asks a party at 5N ID for access to its credentials, and watches what the party grants. A party that has granted all of \
             it already is not asked again. 5N ID cannot take a request back: destroy forgets it, and the party's consent stays. \
             A credential that was granted and has been revoked or has expired since is drift, and the party is asked anew.",
            vec![
                super::party_id().required().requires_replace().describe("The party that is asked, such as `alice::1220abcd`."),
                super::providers().required().requires_replace().describe(
                    "The identity providers whose credentials are asked for.",
                ),
                Attribute::string("request_id").computed().use_state_for_unknown().describe(
                    "The id that 5N ID gave the request; null after an import, where the party was not asked because it had granted \
                     access already, and with `api = \"institutions\"`, which gives none.",
                ),
                Attribute::string("status").computed().describe(
                    "What the party has granted: `pending` for nothing yet, `partly_granted` or `granted`.",
                ),
                set("granted_providers").describe("Those of `providers` whose credentials the party has granted."),
                set("contract_ids").describe(
                    "The contracts of the credentials that were granted, as `idv_fiven_verification_links` takes them.",
                ),
            ],
        )
    }

    fn identity(&self) -> Vec<identity::IdentityAttribute> {
        vec![identity::required("party_id", "The party that is asked."), super::environment()]
    }

    fn plan_destroy(&self, prior: &RequestModel, _: &Private) -> Diagnostics {
        let detail = format!(
            "5N ID cannot take an access request back. Terraform forgets it, and `{}` goes on sharing what it has granted until it \
             revokes its consent itself.",
            prior.party_id.as_str().unwrap_or_default()
        );
        Diagnostic::warning("The access request stays at 5N ID", detail).into()
    }

    async fn create(
        &self,
        client: &Client,
        plan: RequestModel,
        ctx: &mut Context<RequestModel>,
    ) -> Result<RequestModel, Diagnostics> {
        let party_id = plan.party_id.as_str().unwrap_or_default();
        let wanted = texts(&plan.providers);
        let before = Granted::by(client, party_id, CachePolicy::Refresh).await?;
        if before.has_all(&wanted) {
            ctx.warn(
                "The party has granted access already",
                format!("`{party_id}` shares all credentials that are asked for, so 5N ID was not asked to request them again."),
            );
            return Ok(before.state(plan.party_id, Attr::Null, Some(wanted)));
        }
        let request_id = match client.request_access(party_id, &wanted).await {
            Ok(accepted) => {
                if let Some(error) = accepted.unreadable {
                    ctx.warn("The id of the access request is not known", error.to_string());
                }
                accepted.request_id.into()
            }
            Err(error) if error.may_have_applied() => {
                let granted = match find(client, party_id, &wanted).await {
                    Ok(Some(granted)) => granted,
                    Ok(None) => return Err(error.with_observation(UNCLEAR).into()),
                    Err(look) => return Err(outcome_unknown(error, UNCLEAR, look)),
                };
                ctx.warn(
                    "The access request was made though 5N ID reported an error",
                    format!(
                        "`{party_id}` has granted access, and the request is kept in state.\n{}",
                        error.description()
                    ),
                );
                return Ok(granted.state(plan.party_id, Attr::Null, Some(wanted)));
            }
            Err(error) => return Err(error.into()),
        };
        // From here on there is a request, whatever happens.
        let pending = before.state(plan.party_id.clone(), request_id, Some(wanted.clone()));
        ctx.save(&pending);
        match Granted::by(client, party_id, CachePolicy::RefreshAfterWrite).await {
            Ok(granted) => Ok(granted.state(plan.party_id.clone(), pending.request_id, Some(wanted))),
            Err(diagnostics) => {
                let detail = format!("The next plan reads it.\n{}", diagnostics.details());
                ctx.warn("What the party has granted is not known yet", detail);
                Ok(pending)
            }
        }
    }

    async fn read(
        &self,
        client: &Client,
        state: RequestModel,
        ctx: &mut Context<RequestModel>,
    ) -> Result<Option<RequestModel>, Diagnostics> {
        let party_id = state.party_id.as_str().unwrap_or_default();
        let granted = Granted::by(client, party_id, CachePolicy::UseCached).await?;
        if state.status.is_null() {
            // An import: all that can be known of a request is what came of it.
            let imported =
                (!granted.0.is_empty()).then(|| granted.state(state.party_id.clone(), Attr::Null, granted.named()));
            return Ok(imported);
        }
        let before = texts(&state.granted_providers);
        let mut wanted = texts(&state.providers);
        wanted.retain(|provider| granted.has(provider) || !before.contains(provider));
        if wanted.is_empty() && !before.is_empty() {
            ctx.warn(
                "Access to the credentials of a party is gone",
                format!(
                    "`{party_id}` shares none of the credentials any more that it had granted: they were revoked, or have expired. \
                     The request is planned for creation, which asks the party anew. To stop asking instead, remove the resource \
                     and run `terraform apply`."
                ),
            );
            return Ok(None);
        }
        let providers = state.providers.known().map(|_| wanted);
        Ok(Some(granted.state(state.party_id, state.request_id, providers)))
    }

    /// Nothing to do: the vendor cannot take a request back.
    async fn delete(&self, _: &Client, _: RequestModel, _: &mut Context<RequestModel>) -> Result<(), Diagnostics> {
        Ok(())
    }

    fn import(&self, id: &str) -> Result<RequestModel, Diagnostics> {
        if id.is_empty() {
            return Err(import_id::wrong(Self::NAME, id, "the `PARTY_ID`, such as `alice::1220abcd`"));
        }
        Ok(RequestModel { party_id: id.into(), ..RequestModel::default() })
    }

    fn import_id(&self, state: &RequestModel) -> String {
        state.party_id.as_str().unwrap_or_default().to_owned()
    }
}

const UNCLEAR: &str = "Whether the party was asked is not known: a request shows nowhere until the party grants it. Nothing is in \
                       state. Apply again: if the party has granted access by then it is not asked a second time, else it is.";

/// What was granted, once it is all that was asked for; `None` if it is not within the bound.
async fn find(client: &Client, party_id: &str, wanted: &BTreeSet<String>) -> Result<Option<Granted>, Diagnostics> {
    for wait in WAITS {
        tokio::time::sleep(wait).await;
        let look = || Granted::by(client, party_id, CachePolicy::RefreshAfterWrite);
        let granted = retry_once(look).await?;
        if granted.has_all(wanted) {
            return Ok(Some(granted));
        }
    }
    Ok(None)
}

#[async_trait]
impl Listable for AccessRequest {
    fn filters(&self) -> Schema {
        Schema::new("The parties that have granted the institution access to credentials.", Vec::new())
    }

    async fn list(&self, client: &Client, _: Value, sink: &mut ListSink<RequestModel>) -> Result<(), Diagnostics> {
        let mut parties = BTreeSet::new();
        let mut pages = client.pages(CredentialFilter::default());
        while let Some(page) = pages.next().await? {
            for party_id in page.into_iter().map(|credential| credential.party_id) {
                if !parties.insert(party_id.clone()) {
                    continue;
                }
                // The list of `v1` does not say which providers, and one party's rows may be on several pages. The read
                // after an import finds the answer in the cache of the run.
                let granted = Granted::by(client, &party_id, CachePolicy::UseCached).await?;
                if granted.0.is_empty() {
                    continue;
                }
                let model = granted.state(party_id.clone().into(), Attr::Null, granted.named());
                sink.push(party_id, model).await;
            }
        }
        Ok(())
    }
}
