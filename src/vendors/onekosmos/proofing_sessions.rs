//! Data source `idv_onekosmos_proofing_sessions`: the proofing sessions of the community and their results.
//!
//! A session is about a person. The person's data and the findings are not read from the response, because they must not be in
//! state. For the same reason the vendor's filters by name and user id are not offered.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::client::Client;
use super::proofing_template::DOCUMENT_TYPES;
use super::session_list::{STATUSES, Session, SessionQuery, Time, is_date};
use crate::framework::{Attr, Attribute, DataSource, Diagnostic, Diagnostics, Path, Rule, Schema, Value};

/// The page's enumeration for the filter `overallRecommendation`.
const RECOMMENDATIONS: &[&str] = &["COMPLETED_PASS", "COMPLETED_FAILED", "COMPLETED_NOT_PERFORMED", "REVIEW"];

/// How many sessions are read by default.
const LIMIT: usize = 1000;

/// The data source.
pub(super) struct ProofingSessions;

/// The attributes of the data source.
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

/// A filter by time, in the vendor's format. The page names no time zone, so nothing is converted.
pub(super) fn date(name: &str, what: &str) -> Attribute {
    Attribute::string(name).optional().describe(what).rule(Rule::Custom {
        describe: "Must be a date and a time in the vendor's format, such as `2026-01-31 00:00:00.000`; the vendor does not \
                   document the time zone.",
        check: |value| match value {
            Value::String(text) if !is_date(text) => {
                Err(format!("must be a date and a time such as `2026-01-31 00:00:00.000`; found `{text}`"))
            }
            _ => Ok(()),
        },
    })
}

fn filters() -> Vec<Attribute> {
    let text =
        |name: &str, what: &str| Attribute::string(name).optional().rule(Rule::Length(1, usize::MAX)).describe(what);
    let choice =
        |name: &str, choices, what: &str| Attribute::string(name).optional().rule(Rule::Known(choices)).describe(what);
    vec![
        text("id", "Only the session with this id."),
        choice("status", STATUSES, "Only sessions with this status."),
        choice("overall_recommendation", RECOMMENDATIONS, "Only sessions with this result."),
        choice("document_type", DOCUMENT_TYPES, "Only sessions for this document."),
        text("dvc_id", "Only sessions of this device verification configuration."),
        date("start_date", "Only sessions from this time on."),
        date("end_date", "Only sessions up to this time."),
        Attribute::number("limit")
            .optional()
            .rule(Rule::Whole)
            .rule(Rule::Range(1, 10_000))
            .describe("The most sessions that are read. If more match, a warning says so. Defaults to 1000."),
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
            column("result_status", "The result, in the vendor's terms; null while there is none."),
            column("created_at", "When the session was created, such as `2026-01-31T12:00:00Z`."),
            column("started_at", "When the person started the session; null before that."),
            column("completed_at", "When the session ended; null before that."),
            column("expires_at", "When the session expires or expired."),
        ];
        let found = [
            Attribute::number("total")
                .computed()
                .describe("How many sessions match in all; null if 1Kosmos does not return it."),
            Attribute::objects("sessions", session).computed().describe("The sessions, in the vendor's order."),
        ];
        Schema::new(
            "Lists the proofing sessions of the community with their times and results. The persons and the findings are not read, \
             so they are neither in plan nor in state. Needs a license of level `system` or `service`. The list changes with every \
             session, so nothing stable should depend on it.",
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
        let found = client.sessions(&config.query(), limit).await?;
        if !found.complete {
            let total = found.total.map_or_else(|| "more".to_owned(), |total| format!("{total}"));
            let detail = format!(
                "1Kosmos has {total} sessions that match, and `limit` is {limit}. Narrow the list with `status`, `start_date` or \
                 another filter, or raise `limit`."
            );
            warnings.push(
                Diagnostic::warning("The list of proofing sessions is not complete", detail).at(Path::to("limit")),
            );
        }
        let sessions: Vec<SessionModel> = found.rows.into_iter().map(SessionModel::from).collect();
        Ok(ProofingSessionsModel { total: found.total.into(), sessions: sessions.into(), ..config })
    }
}

impl ProofingSessionsModel {
    fn query(&self) -> SessionQuery<'_> {
        SessionQuery {
            id: self.id.as_str(),
            status: self.status.as_str(),
            overall_recommendation: self.overall_recommendation.as_str(),
            document_type: self.document_type.as_str(),
            dvc_id: self.dvc_id.as_str(),
            start_date: self.start_date.as_str(),
            end_date: self.end_date.as_str(),
        }
    }
}

impl From<Session> for SessionModel {
    fn from(session: Session) -> Self {
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

/// Formats a time of the vendor, for which the page names neither type nor unit.
///
/// A number, also one in text, counts as milliseconds since 1970, or as seconds if milliseconds would be before 1973. Other text
/// is kept.
fn moment(time: Option<Time>) -> Option<String> {
    const FIRST_MILLISECONDS: i64 = 100_000_000_000;
    let (number, text) = match time? {
        Time::Number(number) => (Some(number), number.to_string()),
        Time::Text(text) => (text.parse().ok(), text),
    };
    let timestamp = number.and_then(|number| {
        if number < FIRST_MILLISECONDS { Timestamp::from_second(number) } else { Timestamp::from_millisecond(number) }
            .ok()
    });
    Some(timestamp.map_or(text, |timestamp| timestamp.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_time_is_formatted_the_same() {
        let format = |json: &str| moment(serde_json::from_str(json).unwrap());
        for json in ["1700000000000", "\"1700000000000\"", "1700000000", "\"1700000000\""] {
            assert_eq!(format(json).as_deref(), Some("2023-11-14T22:13:20Z"), "{json}");
        }
        assert_eq!(format("\"2023-11-14 22:13\"").as_deref(), Some("2023-11-14 22:13"));
        assert_eq!(format("null"), None);
    }

    #[test]
    fn date_has_the_vendors_format() {
        assert!(is_date("2024-12-13 00:00:00.000"));
        for wrong in ["2024-12-13", "2024-12-13T00:00:00.000", "2024-13-12 00:00:00.000", "2024-12-13 00:00:00"] {
            assert!(!is_date(wrong), "{wrong}");
        }
    }
}
