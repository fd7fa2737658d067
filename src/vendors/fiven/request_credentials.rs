//! `idv_fiven_request_credentials`: requests access to the credentials of a party, each time it is invoked.

use std::collections::BTreeSet;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::Client;
use crate::framework::action::{Action, Progress};
use crate::framework::{Attr, Diagnostic, Diagnostics, Schema};

/// The action.
pub(super) struct RequestCredentials;

/// The attributes of a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct RequestModel {
    party_id: Attr<String>,
    providers: Attr<Vec<Attr<String>>>,
}

#[async_trait]
impl Action for RequestCredentials {
    type Client = Client;
    type Model = RequestModel;

    const NAME: &'static str = "fiven_request_credentials";

    fn schema(&self) -> Schema {
        Schema::new(
            "Requests access to the credentials of a party at 5N ID, each time it is invoked: to remind a party that has not \
             responded, or to ask again after a credential has ended. The resource `idv_fiven_credentials_access_request` asks \
             once and reads what was granted.",
            vec![
                super::party_id().required().describe("The party that is asked, such as `alice::1220abcd`."),
                super::providers().required().describe("The identity providers whose credentials are requested."),
            ],
        )
    }

    fn plan(&self, config: &RequestModel) -> Diagnostics {
        let whom = config.party_id.as_str().map_or_else(|| "a party".to_owned(), |id| format!("`{id}`"));
        let detail = format!("5N ID asks {whom} for consent. A request cannot be canceled.");
        Diagnostic::warning("This asks a party for its credentials", detail).into()
    }

    async fn invoke(&self, client: &Client, config: RequestModel, progress: &Progress) -> Result<(), Diagnostics> {
        let party_id = config.party_id.as_str().unwrap_or_default();
        let providers = config.providers.known().into_iter().flatten();
        let providers: BTreeSet<String> =
            providers.filter_map(|provider| provider.as_str().map(str::to_owned)).collect();
        progress.say(format!("Asking 5N ID to request the credentials of `{party_id}`"));
        let accepted = client.request_access(party_id, &providers).await?;
        progress.say(match accepted.request_id {
            Some(id) => format!("5N ID has accepted the request `{id}`. The party has to consent."),
            None => "5N ID has accepted the request. The party has to consent.".to_owned(),
        });
        Ok(())
    }
}
