//! Data source `idv_onekosmos_session_counts`: how many proofing sessions a template had, by status. No session is in it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::client::Client;
use super::proofing_sessions::date;
use super::proofing_template::DOCUMENT_TYPES;
use super::session_list::{STATUSES, SessionQuery};
use crate::framework::{Attr, Attribute, DataSource, Diagnostics, Rule, Schema, Type};

/// The data source.
pub(super) struct SessionCounts;

/// The attributes of the data source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SessionCountsModel {
    document_type: Attr<String>,
    dvc_id: Attr<String>,
    start_date: Attr<String>,
    end_date: Attr<String>,
    total: Attr<u64>,
    by_status: Attr<BTreeMap<String, Attr<u64>>>,
}

#[async_trait]
impl DataSource for SessionCounts {
    type Client = Client;
    type Model = SessionCountsModel;

    const NAME: &'static str = "onekosmos_session_counts";

    fn schema(&self) -> Schema {
        let filter = |name: &str, what: &str| Attribute::string(name).optional().describe(what);
        Schema::new(
            "Counts the proofing sessions of the community, as a whole and by status. `document_type` and `dvc_id` select those of a \
             template. Sends a request for each count and keeps no session. Needs a license of level `system` or `service`. The \
             counts change with every session, so nothing stable should depend on them.",
            vec![
                filter("document_type", "Only sessions for this document.").rule(Rule::Known(DOCUMENT_TYPES)),
                filter("dvc_id", "Only sessions of this device verification configuration.").rule(Rule::Length(1, usize::MAX)),
                date("start_date", "Only sessions from this time on."),
                date("end_date", "Only sessions up to this time."),
                Attribute::number("total").computed().describe("The number of sessions; null if 1Kosmos does not return it."),
                Attribute::of("by_status", Type::map(Type::Number)).computed().describe(
                    "The number of sessions by status, such as `COMPLETED`; a status is absent if 1Kosmos does not return its number.",
                ),
            ],
        )
    }

    async fn read(
        &self,
        client: &Client,
        config: SessionCountsModel,
        _: &mut Diagnostics,
    ) -> Result<SessionCountsModel, Diagnostics> {
        let all = SessionQuery {
            document_type: config.document_type.as_str(),
            dvc_id: config.dvc_id.as_str(),
            start_date: config.start_date.as_str(),
            end_date: config.end_date.as_str(),
            ..SessionQuery::default()
        };
        let total = client.session_count(&all).await?;
        let mut by_status = BTreeMap::new();
        for status in STATUSES {
            let of_status = SessionQuery { status: Some(status), ..all };
            if let Some(count) = client.session_count(&of_status).await? {
                by_status.insert((*status).to_owned(), count.into());
            }
        }
        Ok(SessionCountsModel { total: total.into(), by_status: by_status.into(), ..config })
    }
}
