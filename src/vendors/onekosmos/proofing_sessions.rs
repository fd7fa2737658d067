//! `idv_onekosmos_proofing_sessions`: what became of the proofing sessions of the community.
//!
//! A session is about a person. Who it is, and what was found about them, never leaves the vendor's answer: a state file is
//! no place for it. That is also why the vendor's filters by name and user id are not offered.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::client::Client;
use super::proofing_template::DOCUMENT_TYPES;
use crate::framework::{Attr, Attribute, DataSource, Diagnostic, Diagnostics, Path, Rule, Schema, Value};

/// The page's enumeration for the filter `status`.
const STATUSES: &[&str] = &["PENDING", "INPROGRESS", "EXPIRED", "ABANDONED", "COMPLETED", "DECLINED"];

/// The page's enumeration for the filter `overallRecommendation`.
const RECOMMENDATIONS: &[&str] = &["COMPLETED_PASS", "COMPLETED_FAILED", "COMPLETED_NOT_PERFORMED", "REVIEW"];

/// How many sessions are read where the user does not say.
const LIMIT: usize = 1000;

/// The sessions.
pub(super) struct ProofingSessions;

/// The attributes of the list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ProofingSessionsModel {
    id: Attr<String>,
    status: Attr<String>,
    overall_recommendation: Attr<String>,
    document_type: Attr<String>,
    dvc_id: Attr<String>,
    start_date: Attr<String>,
    end_date: Attr<String>,
    limit: Attr<usize>,
    total: Attr<usize>,
    sessions: Attr<Vec<SessionModel>>,
}

/// One session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SessionModel {
    id: Attr<String>,
    document_type: Attr<String>,
    dvc_id: Attr<String>,
    result_status: Attr<String>,
    created_at: Attr<String>,
    started_at: Attr<String>,
    completed_at: Attr<String>,
    expires_at: Attr<String>,
}

/// A filter by time, in the vendor's own format: its page does not say in which time zone, so nothing is converted.
fn date(name: &str, what: &str) -> Attribute {
    Attribute::string(name).optional().describe(what).rule(Rule::Custom {
        describe: "Must be a date and a time as 1Kosmos takes them, such as `2026-01-31 00:00:00.000`; the vendor does not \
                   say in which time zone.",
        check: |value| match value {
            Value::String(text) if !is_date(text) => {
                Err(format!("must be a date and a time such as `2026-01-31 00:00:00.000`; found `{text}`"))
            }
            _ => Ok(()),
        },
    })
}

/// Whether text is `YYYY-MM-DD HH:mm:ss.SSS`.
fn is_date(text: &str) -> bool {
    text.len() == "YYYY-MM-DD HH:mm:ss.SSS".len() && DateTime::strptime("%Y-%m-%d %H:%M:%S%.3f", text).is_ok()
}

fn filters() -> Vec<Attribute> {
    let text =
        |name: &str, what: &str| Attribute::string(name).optional().rule(Rule::Length(1, usize::MAX)).describe(what);
    let choice =
        |name: &str, choices, what: &str| Attribute::string(name).optional().rule(Rule::OneOf(choices)).describe(what);
    vec![
        text("id", "Only the session with this id."),
        choice("status", STATUSES, "Only sessions in this state."),
        choice("overall_recommendation", RECOMMENDATIONS, "Only sessions with this outcome."),
        choice("document_type", DOCUMENT_TYPES, "Only sessions for this document."),
        text("dvc_id", "Only sessions of this device verification configuration."),
        date("start_date", "Only sessions from this time on."),
        date("end_date", "Only sessions up to this time."),
        Attribute::number("limit").optional().rule(Rule::Whole).rule(Rule::Range(1, 10_000)).describe(
            "How many sessions are read at most. A warning says so when there are more. 1000 if it is left out.",
        ),
    ]
}

#[async_trait]
impl DataSource for ProofingSessions {
    type Client = Client;
    type Model = ProofingSessionsModel;

    const NAME: &'static str = "onekosmos_proofing_sessions";

    fn schema(&self) -> Schema {
        let column = |name: &str, what: &str| Attribute::string(name).computed().describe(what);
        let session = vec![
            column("id", "The id of the session."),
            column("document_type", "The document that the session is for."),
            column("dvc_id", "The id of the device verification configuration."),
            column("result_status", "The outcome as 1Kosmos tells it; null while there is none."),
            column("created_at", "When it was created, as in `2026-01-31T12:00:00Z`."),
            column("started_at", "When the person began; null while nobody has."),
            column("completed_at", "When it ended; null while it has not."),
            column("expires_at", "When it expires or did."),
        ];
        let found = [
            Attribute::number("total")
                .computed()
                .describe("How many sessions match in all; null where 1Kosmos does not say."),
            Attribute::objects("sessions", session).computed().describe("The sessions, in the vendor's order."),
        ];
        Schema::new(
            "Lists the proofing sessions of the community: when they were, and what came of them. Who they are about, and what \
             was found, is read neither into plan nor into state. Needs a license of level `system` or `service`. What it tells \
             changes with every session, so let nothing that must stay the same depend on it.",
            filters().into_iter().chain(found).collect(),
        )
    }

    async fn read(
        &self,
        client: &Client,
        config: ProofingSessionsModel,
        warnings: &mut Diagnostics,
    ) -> Result<ProofingSessionsModel, Diagnostics> {
        let limit = config.limit.known().copied().unwrap_or(LIMIT);
        let found = client.sessions::<wire::Session>(&config.query(), limit).await?;
        if !found.complete {
            let total = found.total.map_or_else(|| "more".to_owned(), |total| format!("{total}"));
            let detail = format!(
                "1Kosmos has {total} sessions that match, and `limit` lets {limit} through. Narrow the list with `status`, \
                 `start_date` or another filter, or raise `limit`."
            );
            warnings.push(Diagnostic::warning("The list of sessions is not complete", detail).at(Path::to("limit")));
        }
        let sessions: Vec<SessionModel> = found.rows.into_iter().map(SessionModel::from).collect();
        Ok(ProofingSessionsModel { total: found.total.into(), sessions: sessions.into(), ..config })
    }
}

impl ProofingSessionsModel {
    /// The filters under the page's names. One that is not set is left out.
    fn query(&self) -> Json {
        let filters = [
            ("id", &self.id),
            ("status", &self.status),
            ("overallRecommendation", &self.overall_recommendation),
            ("documentType", &self.document_type),
            ("dvcID", &self.dvc_id),
            ("startDate", &self.start_date),
            ("endDate", &self.end_date),
        ];
        let set = filters.into_iter().filter_map(|(name, filter)| Some((name.to_owned(), filter.as_str()?.into())));
        Json::Object(set.collect::<Map<_, _>>())
    }
}

impl From<wire::Session> for SessionModel {
    fn from(session: wire::Session) -> Self {
        Self {
            id: session.id.into(),
            document_type: session.document_type.into(),
            dvc_id: session.dvc_id.into(),
            result_status: session.result_status.into(),
            created_at: moment(session.created_ts).into(),
            started_at: moment(session.started_ts).into(),
            completed_at: moment(session.completed_ts).into(),
            expires_at: moment(session.expiry_ts).into(),
        }
    }
}

/// A time as the vendor tells it. The page names neither type nor unit: a number, also one in text, is taken for
/// milliseconds since 1970, or for seconds where milliseconds would put it before 1973; other text is kept as it is.
fn moment(told: Option<wire::Time>) -> Option<String> {
    const FIRST_MILLISECONDS: i64 = 100_000_000_000;
    let (number, text) = match told? {
        wire::Time::Number(number) => (Some(number), number.to_string()),
        wire::Time::Text(text) => (text.parse().ok(), text),
    };
    let timestamp = number.and_then(|number| {
        if number < FIRST_MILLISECONDS { Timestamp::from_second(number) } else { Timestamp::from_millisecond(number) }
            .ok()
    });
    Some(timestamp.map_or(text, |timestamp| timestamp.to_string()))
}

mod wire {
    //! A row of `POST /proofingsession/fetch`. Its `user` and `session-result` are about a person and never read.

    use serde::Deserialize;

    use super::super::client::SessionRow;

    impl SessionRow for Session {
        fn id(&self) -> &str {
            &self.id
        }
    }

    #[derive(Deserialize)]
    pub(super) struct Session {
        pub(super) id: String,
        #[serde(rename = "documentType")]
        pub(super) document_type: Option<String>,
        #[serde(rename = "dvcID")]
        pub(super) dvc_id: Option<String>,
        #[serde(rename = "resultStatus")]
        pub(super) result_status: Option<String>,
        #[serde(rename = "createdTS")]
        pub(super) created_ts: Option<Time>,
        #[serde(rename = "startedTS")]
        pub(super) started_ts: Option<Time>,
        #[serde(rename = "completedTS")]
        pub(super) completed_ts: Option<Time>,
        #[serde(rename = "expiryTS")]
        pub(super) expiry_ts: Option<Time>,
    }

    #[derive(Deserialize)]
    #[serde(untagged)]
    pub(super) enum Time {
        Number(i64),
        Text(String),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_one_way_whatever_the_vendor_sends() {
        let told = |json: &str| moment(serde_json::from_str(json).unwrap());
        for json in ["1700000000000", "\"1700000000000\"", "1700000000", "\"1700000000\""] {
            assert_eq!(told(json).as_deref(), Some("2023-11-14T22:13:20Z"), "{json}");
        }
        assert_eq!(told("\"2023-11-14 22:13\"").as_deref(), Some("2023-11-14 22:13"));
        assert_eq!(told("null"), None);
    }

    #[test]
    fn a_date_is_written_as_the_vendor_takes_it() {
        assert!(is_date("2024-12-13 00:00:00.000"));
        for wrong in ["2024-12-13", "2024-12-13T00:00:00.000", "2024-13-12 00:00:00.000", "2024-12-13 00:00:00"] {
            assert!(!is_date(wrong), "{wrong}");
        }
    }
}
