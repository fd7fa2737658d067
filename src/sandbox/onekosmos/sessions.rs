//! Proofing sessions: they give access to templates, and administrators search their list.

use axum::{Json, body::Bytes, extract::Path};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::{Value, json};

use super::{
    access::{Caller, Level},
    state::{Community, State, Tenant},
};
use crate::sandbox::engine::{ApiError, Handle, Page, Reply, present};

/// The page's enumeration for `documentType`.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum DocumentType {
    #[serde(rename = "dl_object")]
    DriverLicense,
    #[serde(rename = "ppt_object")]
    Passport,
    #[serde(rename = "idcard_object")]
    IdentityCard,
}

/// The page's enumeration for a session's `status`.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Status {
    Pending,
    Inprogress,
    Expired,
    Abandoned,
    Completed,
    Declined,
}

/// The page's enumeration for `overallRecommendation`; a row shows it as `resultStatus`.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Outcome {
    CompletedPass,
    CompletedFailed,
    CompletedNotPerformed,
    Review,
}

/// A session as it is stored. Times are milliseconds since 1970.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Session {
    #[serde(rename = "_id")]
    pub(super) object_id: String,
    pub(super) id: String,
    #[serde(rename = "dvcID")]
    pub(super) dvc_id: String,
    #[serde(rename = "tenantDNS")]
    pub(super) tenant_dns: String,
    pub(super) tenant_id: String,
    pub(super) community_name: String,
    pub(super) community_id: String,
    pub(super) document_type: DocumentType,
    pub(super) status: Status,
    #[serde(rename = "expiryTS")]
    pub(super) expiry_ts: i64,
    #[serde(rename = "createdTS")]
    pub(super) created_ts: i64,
    #[serde(rename = "startedTS", default)]
    pub(super) started_ts: Option<i64>,
    #[serde(rename = "completedTS", default)]
    pub(super) completed_ts: Option<i64>,
    #[serde(default)]
    pub(super) result_status: Option<Outcome>,
    #[serde(default)]
    pub(super) user: User,
    /// The settings of its connector, which the list does not return.
    #[serde(default)]
    pub(super) capture: Capture,
}

/// The part of a session's details that is for the capture of a document.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Capture {
    /// The license of the capture engine, a secret of the caller.
    pub(super) license: String,
    pub(super) workflow_id: Option<String>,
    pub(super) wf_instance_id: Option<String>,
}

/// The user of a session.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct User {
    pub(super) uid: String,
    pub(super) username: String,
    pub(super) firstname: String,
    pub(super) lastname: String,
}

/// The body of a search.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Fetch {
    tenant_id: String,
    community_id: String,
    p_index: usize,
    p_size: usize,
    #[serde(default)]
    query: Query,
}

/// Filters; a session matches if it meets each filter that is given.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Query {
    #[serde(deserialize_with = "present")]
    id: Option<String>,
    #[serde(deserialize_with = "present")]
    status: Option<Status>,
    #[serde(deserialize_with = "present")]
    overall_recommendation: Option<Outcome>,
    #[serde(deserialize_with = "present")]
    document_type: Option<DocumentType>,
    #[serde(deserialize_with = "present")]
    name: Option<String>,
    #[serde(deserialize_with = "present")]
    uid: Option<String>,
    #[serde(rename = "dvcID", deserialize_with = "present")]
    dvc_id: Option<String>,
    #[serde(deserialize_with = "milliseconds")]
    start_date: Option<i64>,
    #[serde(deserialize_with = "milliseconds")]
    end_date: Option<i64>,
}

/// Reads `YYYY-MM-DD HH:mm:ss.SSS` as UTC; the page does not name a time zone.
fn milliseconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let civil = DateTime::strptime("%Y-%m-%d %H:%M:%S%.f", &text).map_err(D::Error::custom)?;
    let time = civil.to_zoned_datetime(TimeZone::UTC).map_err(D::Error::custom)?;
    Ok(Some(time.timestamp().as_millisecond()))
}

impl Query {
    fn matches(&self, session: &Session) -> bool {
        let is = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
        let has = |part: &Option<String>, found: &str| part.as_ref().is_none_or(|part| found.contains(part.as_str()));
        is(&self.id, &session.id)
            && is(&self.dvc_id, &session.dvc_id)
            && self.status.is_none_or(|wanted| wanted == session.status)
            && self.overall_recommendation.is_none_or(|wanted| Some(wanted) == session.result_status)
            && self.document_type.is_none_or(|wanted| wanted == session.document_type)
            && (has(&self.name, &session.user.firstname) || has(&self.name, &session.user.lastname))
            && has(&self.uid, &session.user.uid)
            && self.start_date.is_none_or(|start| session.created_ts >= start)
            && self.end_date.is_none_or(|end| session.created_ts <= end)
    }
}

impl Session {
    /// A session that is open until the year 2100, for reading templates.
    pub(super) fn of_a_new_tenant(tenant: &Tenant, community: &Community) -> Self {
        Self {
            object_id: "65f1a0c05eed000000000003".to_owned(),
            id: "sandbox-session-live".to_owned(),
            dvc_id: "dvc_sandbox".to_owned(),
            tenant_dns: tenant.dns.clone(),
            tenant_id: tenant.id.clone(),
            community_name: community.name.clone(),
            community_id: community.id.clone(),
            document_type: DocumentType::DriverLicense,
            status: Status::Pending,
            expiry_ts: 4_102_444_800_000,
            created_ts: 1_700_000_000_000,
            started_ts: None,
            completed_ts: None,
            result_status: None,
            user: User::default(),
            capture: Capture::default(),
        }
    }

    /// The status at a time: an open session expires.
    fn status(&self, now: Timestamp) -> Status {
        let is_open = matches!(self.status, Status::Pending | Status::Inprogress);
        if is_open && self.expiry_ts <= now.as_millisecond() { Status::Expired } else { self.status }
    }

    /// The response to a decline, which the details include.
    fn summary(&self, now: Timestamp) -> Value {
        json!({"status": self.status(now), "user": self.user, "id": self.id, "documentType": self.document_type})
    }

    /// The session as a row of the list, which on the page has no `status`.
    fn row(&self) -> Value {
        let mut row = json!(self);
        if let Some(fields) = row.as_object_mut() {
            fields.remove("status");
            fields.remove("capture");
            fields.retain(|_, value| !value.is_null());
            fields.insert("session-result".to_owned(), json!([]));
        }
        row
    }
}

impl State {
    /// A session that has neither ended nor expired.
    pub(super) fn live_session(&self, id: &str, now: Timestamp) -> Result<&Session, ApiError> {
        let session = self.sessions.iter().find(|session| session.id == id).ok_or_else(no_such_session)?;
        match session.status(now) {
            Status::Pending | Status::Inprogress => Ok(session),
            _ => Err(has_ended()),
        }
    }
}

fn no_such_session() -> ApiError {
    ApiError::bad_request("Session not found")
}

fn has_ended() -> ApiError {
    ApiError::bad_request("Session has ended or expired")
}

/// GET `/proofingsession/{sessionId}`: requires no license. The page shows 400 and no 404.
pub(super) async fn details(caller: Caller, handle: Handle, Path(session_id): Path<String>) -> Reply {
    let session = caller.state.sessions.iter().find(|session| session.id == session_id);
    let session = session.ok_or_else(no_such_session)?;
    let mut details = session.summary(handle.now());
    let Capture { license, workflow_id, wf_instance_id } = &session.capture;
    let capture = json!({
        "license": license,
        "selfieCaptureMode": "auto",
        "workflowId": workflow_id,
        "wfInstanceId": wf_instance_id,
        "useBucket": false,
        "bypassConfig": [],
        "autoDetectTimeout": 40,
        "postTimeoutCaptureMode": "none",
        "autoCaptureCountdownSeconds": 5,
        "autoCaptureCountdownVisible": true,
    });
    if let (Value::Object(details), Value::Object(capture)) = (&mut details, capture) {
        details.extend(capture);
    }
    Ok(Json(details))
}

/// GET `/proofingsession/{sessionId}/decline`: despite its method it ends the session. Requires no license.
pub(super) async fn decline(_: Caller, handle: Handle, Path(session_id): Path<String>) -> Reply {
    let now = handle.now();
    handle.update(|state: &mut State| {
        let session = state.sessions.iter_mut().find(|session| session.id == session_id);
        let session = session.ok_or_else(no_such_session)?;
        match session.status(now) {
            Status::Pending | Status::Inprogress => {
                session.status = Status::Declined;
                session.completed_ts = Some(now.as_millisecond());
            }
            Status::Declined => {}
            Status::Expired | Status::Abandoned | Status::Completed => return Err(has_ended()),
        }
        Ok(Json(session.summary(now)))
    })
}

/// POST `/proofingsession/fetch`.
pub(super) async fn fetch(caller: Caller, body: Bytes) -> Reply {
    caller.at_least(Level::Service)?;
    let fetch: Fetch = caller.enveloped(caller.state.body_encryption.session_fetch, &body)?;
    let Fetch { tenant_id, community_id, p_index, p_size, query } = fetch;
    caller.state.check_place(&tenant_id, &community_id)?;
    if p_size == 0 {
        return Err(ApiError::bad_request("data.pSize must be greater than 0"));
    }
    let wanted = |session: &&Session| {
        session.tenant_id == tenant_id && session.community_id == community_id && query.matches(session)
    };
    let found: Vec<_> = caller.state.sessions.iter().filter(wanted).collect();
    let (total, page) = (found.len(), Page::at_index(p_index, p_size, caller.state.page_cap));
    let rows: Vec<_> = page.of(found).into_iter().map(Session::row).collect();
    caller.response(json!({"data": rows, "page": {"index": p_index, "total": total, "size": page.size}}))
}
