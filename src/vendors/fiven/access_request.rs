//! `idv_fiven_credentials_access_request`: requests access to the credentials of a party, and reads what the party grants.
//!
//! The vendor can neither read nor cancel a request, and `institutions` returns no id for it. Only the credentials that the
//! party has granted can be read. So a request counts as pending until the party grants something, and a credential that was
//! granted and has ended is drift. A create reads first, and sends nothing if the party has granted everything: so it is safe
//! to repeat one whose response was lost.

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
use crate::vendors::shared::import_id;
use crate::vendors::shared::reconcile::{Noun, confirm, read_until};

/// The waits before each read after a request whose response was lost.
const WAITS: [Duration; 3] = [Duration::ZERO, Duration::from_millis(200), Duration::from_millis(500)];

/// The resource of one access request.
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

/// The credentials that a party has granted and that have not ended.
struct Granted(Vec<Credential>);

impl Granted {
    async fn by(client: &Client, party_id: &str, policy: CachePolicy) -> Result<Self, Diagnostics> {
        let mut credentials = client.credentials_of(party_id, policy).await?;
        credentials.retain(|credential| !credential.has_ended());
        Ok(Self(credentials))
    }

    /// Whether access to the credentials of a provider was granted. A credential without providers counts for every provider,
    /// so that the party is not asked again only because the vendor does not return them.
    fn has(&self, provider: &str) -> bool {
        self.0.iter().any(|it| it.providers.as_ref().is_none_or(|providers| providers.contains(provider)))
    }

    fn has_all(&self, providers: &BTreeSet<String>) -> bool {
        providers.iter().all(|provider| self.has(provider))
    }

    /// The providers of the credentials; `None` if none of them has any.
    fn named(&self) -> Option<BTreeSet<String>> {
        let mut named = self.0.iter().filter_map(|credential| credential.providers.as_ref()).flatten().peekable();
        named.peek()?;
        Some(named.cloned().collect())
    }

    /// The state of a request for these providers; `None` for an import for which the vendor does not return them.
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

impl RequestModel {
    fn noun(&self) -> Noun<'_> {
        noun(self.party_id.as_str().unwrap_or_default())
    }
}

/// What the request to a party is called in messages.
fn noun(party_id: &str) -> Noun<'_> {
    Noun {
        vendor: "5N ID",
        kind: "access request",
        name: party_id,
        type_name: AccessRequest::NAME,
        console: "5N ID's console",
    }
}

#[async_trait]
impl Resource for AccessRequest {
    type Client = Client;
    type Model = RequestModel;

    const NAME: &'static str = "fiven_credentials_access_request";

    const NATURAL_KEY: &'static [&'static str] = &["party_id"];

    const IS_PERSONAL: bool = true;

    fn schema(&self) -> Schema {
        let set = |name: &str| Attribute::of(name, Type::set(Type::String)).computed();
        Schema::new(
            "Requests access to the credentials of a party at 5N ID, and reads what the party grants. A party that has already \
             granted all of it is not asked again. 5N ID cannot cancel a request: a destroy removes it from state only, and the \
             party's consent stays. A granted credential that was revoked or has expired is drift, and the party is asked again.",
            vec![
                super::party_id().required().requires_replace().describe("The party that is asked, such as `alice::1220abcd`."),
                super::providers().required().requires_replace().describe(
                    "The identity providers whose credentials are requested.",
                ),
                Attribute::string("request_id").computed().use_state_for_unknown().describe(
                    "The id that 5N ID chose for the request. Null after an import, if the party was not asked because it had already \
                     granted access, and with `api = \"institutions\"`, which returns none.",
                ),
                Attribute::string("status").computed().describe(
                    "What the party has granted: `pending` if nothing yet, `partly_granted` or `granted`.",
                ),
                set("granted_providers").describe("The members of `providers` whose credentials the party has granted."),
                set("contract_ids").describe(
                    "The contracts of the granted credentials, as `idv_fiven_verification_links` takes them.",
                ),
            ],
        )
    }

    fn identity(&self) -> Vec<identity::IdentityAttribute> {
        vec![identity::required("party_id", "The party that is asked."), super::environment()]
    }

    fn plan_destroy(&self, prior: &RequestModel, _: &Private) -> Diagnostics {
        let detail = format!(
            "5N ID cannot cancel an access request. Terraform stops managing it, and `{}` shares the credentials that it has granted \
             until it revokes its consent.",
            prior.party_id.as_str().unwrap_or_default()
        );
        Diagnostic::warning(prior.noun().summary("stays at 5N ID"), detail).into()
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
                plan.noun().summary("is granted already"),
                format!("`{party_id}` shares all credentials that are requested, so no request was sent."),
            );
            return Ok(before.state(plan.party_id, Attr::Null, Some(wanted)));
        }
        let request_id = match client.request_access(party_id, &wanted).await {
            Ok(accepted) => {
                if let Some(error) = accepted.unreadable {
                    ctx.warn(plan.noun().summary("has no id"), error.to_string());
                }
                accepted.request_id.into()
            }
            Err(error) => {
                let read = || find(client, party_id, &wanted);
                let confirmed = confirm(&plan.noun(), "made", error, read, |_| true, RECOVERY).await?;
                ctx.append([confirmed.warning]);
                return Ok(confirmed.value.state(plan.party_id, Attr::Null, Some(wanted)));
            }
        };
        // The request exists now, also if the read fails.
        let pending = before.state(plan.party_id.clone(), request_id, Some(wanted.clone()));
        ctx.save(&pending);
        match Granted::by(client, party_id, CachePolicy::RefreshAfterWrite).await {
            Ok(granted) => Ok(granted.state(plan.party_id.clone(), pending.request_id, Some(wanted))),
            Err(diagnostics) => {
                let detail = format!("The next plan reads it.\n{}", diagnostics.details());
                ctx.warn(plan.noun().summary("was made, not read"), detail);
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
            // An import: only the credentials that were granted can be read.
            let imported =
                (!granted.0.is_empty()).then(|| granted.state(state.party_id.clone(), Attr::Null, granted.named()));
            return Ok(imported);
        }
        let before = texts(&state.granted_providers);
        let mut wanted = texts(&state.providers);
        wanted.retain(|provider| granted.has(provider) || !before.contains(provider));
        if wanted.is_empty() && !before.is_empty() {
            ctx.warn(
                state.noun().summary("is revoked or expired"),
                format!(
                    "`{party_id}` no longer shares any of the credentials that it had granted: they were revoked or have expired. \
                     The request is planned for creation, which asks the party again. To stop managing it instead, remove the \
                     resource and run `terraform apply`."
                ),
            );
            return Ok(None);
        }
        let providers = state.providers.known().map(|_| wanted);
        Ok(Some(granted.state(state.party_id, state.request_id, providers)))
    }

    /// Does nothing: the vendor cannot cancel a request.
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

const RECOVERY: &str = "Nothing is in state. Apply again: if the party has granted access by then, it is not asked a second time; \
                        otherwise it is.";

/// Reads the credentials until everything that was requested is granted. Anything less is an error, because it does not show
/// whether the party was asked.
async fn find(client: &Client, party_id: &str, wanted: &BTreeSet<String>) -> Result<Granted, Diagnostics> {
    let read = || Granted::by(client, party_id, CachePolicy::RefreshAfterWrite);
    let granted = read_until(&WAITS, read, |granted: &Granted| granted.has_all(wanted)).await?;
    if granted.has_all(wanted) {
        return Ok(granted);
    }
    let detail = format!(
        "5N ID shows an access request only after the party grants it, and `{party_id}` has not granted all of it. So it is not \
         known whether the party was asked."
    );
    Err(Diagnostic::error(noun(party_id).summary("cannot be confirmed"), detail).into())
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
                // The list of `v1` has no providers, and the rows of one party may be on several pages. The read after an import
                // is served from the cache of the run.
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
