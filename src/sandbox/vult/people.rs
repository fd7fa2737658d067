//! A tenant's data about people: identities, and their sessions of verification and authentication.
//!
//! Served are the operations that remove data, and the list of the sessions of verification. Rows have fields of "read
//! identities" and "session read". The list returns them whole, names and birth dates included, as the vendor's does.

use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Authorized, done, state::State};
use crate::sandbox::engine::{ApiError, Body, Handle, Page, Reply, present};

const ROWS_OF_A_PAGE: usize = 20;
const MOST_ROWS_OF_A_PAGE: usize = 100;

/// The fields that anonymising blanks.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Person {
    first_name: String,
    middle_name: String,
    last_name: String,
    suffix_name: String,
    birth_date: String,
    gender_e: Gender,
}

/// The page's enumeration; anonymising leaves "unknown".
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Gender {
    #[default]
    Unknown,
    Female,
    Male,
}

impl Person {
    fn new(first_name: &str, last_name: &str, birth_date: &str, gender_e: Gender) -> Self {
        let text = str::to_owned;
        Self {
            first_name: text(first_name),
            last_name: text(last_name),
            birth_date: text(birth_date),
            gender_e,
            ..Self::default()
        }
    }

    fn of_a_new_tenant() -> [Self; 3] {
        [
            Self::new("Ada", "Lovelace", "1815-12-10", Gender::Female),
            Self::new("Alan", "Turing", "1912-06-23", Gender::Male),
            Self::new("Grace", "Hopper", "1906-12-09", Gender::Female),
        ]
    }
}

/// A person of the tenant.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Identity {
    identity_id: String,
    #[serde(flatten)]
    person: Person,
}

impl Identity {
    /// `idn_000001` and on.
    pub(super) fn of_a_new_tenant() -> Vec<Self> {
        let identity = |(number, person)| Self { identity_id: format!("idn_{number:06}"), person };
        (1..).zip(Person::of_a_new_tenant()).map(identity).collect()
    }
}

/// A session of a person, with their data.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Session {
    session_id: String,
    identity_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    #[serde(default = "initial_weights")]
    idv_weights_id: String,
    #[serde(default)]
    status_e: Status,
    #[serde(default)]
    document_type_e: Option<String>,
    #[serde(default)]
    verified: Option<bool>,
    #[serde(default = "before_any_test")]
    created_at: String,
    #[serde(flatten)]
    person: Person,
}

/// The page's enumeration.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    #[default]
    Unknown,
    InProgress,
    Complete,
    TemporarilyBlocked,
    TemporarilyComplete,
    Expired,
}

/// The weights of a new tenant.
fn initial_weights() -> String {
    "wgt_initial".to_owned()
}

/// The creation time of the sessions of a new tenant, and of seeded sessions without one.
fn before_any_test() -> String {
    "2026-01-01T00:00:00Z".to_owned()
}

impl Session {
    fn created(&self) -> Option<Timestamp> {
        self.created_at.parse().ok()
    }

    /// `ses_000001` and on, one for each identity, with this prefix.
    pub(super) fn of_a_new_tenant(prefix: &str) -> Vec<Self> {
        let session = |(number, person)| Self {
            session_id: format!("{prefix}_{number:06}"),
            identity_id: format!("idn_{number:06}"),
            client_id: None,
            user_id: None,
            idv_weights_id: initial_weights(),
            status_e: Status::Complete,
            document_type_e: Some("passport".to_owned()),
            verified: Some(true),
            created_at: before_any_test(),
            person,
        };
        (1..).zip(Person::of_a_new_tenant()).map(session).collect()
    }
}

/// The body of "session list". Its filters by metadata and identity are not served.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct List {
    #[serde(default, deserialize_with = "present")]
    take: Option<usize>,
    #[serde(default, deserialize_with = "present")]
    skip: Option<usize>,
    start_date: Option<String>,
    end_date: Option<String>,
    #[serde(default, deserialize_with = "present")]
    status: Option<Status>,
    #[serde(default, deserialize_with = "present")]
    client_id: Option<String>,
    #[serde(default, deserialize_with = "present")]
    user_id: Option<String>,
}

/// The times between which the listed sessions were created; without a limit if there is none.
struct Between(Option<Timestamp>, Option<Timestamp>);

impl Between {
    fn of(list: &List) -> Result<Self, ApiError> {
        let time = |name: &str, text: &Option<String>| {
            let read = |text: &String| {
                text.parse::<Timestamp>().map_err(|error| ApiError::bad_request(format!("{name}: {error}")))
            };
            text.as_ref().map(read).transpose()
        };
        Ok(Self(time("start_date", &list.start_date)?, time("end_date", &list.end_date)?))
    }

    fn includes(&self, session: &Session) -> bool {
        let Some(created) = session.created() else { return true };
        self.0.is_none_or(|first| created >= first) && self.1.is_none_or(|last| created <= last)
    }
}

impl List {
    fn matches(&self, session: &Session) -> bool {
        self.status.is_none_or(|status| status == session.status_e)
            && (self.client_id.is_none() || self.client_id == session.client_id)
            && (self.user_id.is_none() || self.user_id == session.user_id)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WhichIdentity {
    identity_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WhichSession {
    session_id: String,
}

fn no_such_session(session_id: &str) -> ApiError {
    ApiError::not_found(format!("there is no session {session_id}"))
}

/// POST `/identity/anonymize`.
pub(super) async fn anonymize_identity(
    _: Authorized,
    handle: Handle,
    Body(WhichIdentity { identity_id }): Body<WhichIdentity>,
) -> Reply {
    handle.update(|state: &mut State| {
        let identity = state.identities.iter_mut().find(|identity| identity.identity_id == identity_id);
        let identity = identity.ok_or_else(|| ApiError::not_found(format!("there is no identity {identity_id}")))?;
        identity.person = Person::default();
        Ok(done())
    })
}

/// POST `/idv/session/anonymize`.
pub(super) async fn anonymize_session(
    _: Authorized,
    handle: Handle,
    Body(WhichSession { session_id }): Body<WhichSession>,
) -> Reply {
    handle.update(|state: &mut State| {
        let session = state.sessions.iter_mut().find(|session| session.session_id == session_id);
        session.ok_or_else(|| no_such_session(&session_id))?.person = Person::default();
        Ok(done())
    })
}

/// POST `/idv/session/list`: the newest first.
pub(super) async fn list_sessions(_: Authorized, handle: Handle, Body(list): Body<List>) -> Reply {
    let take = list.take.unwrap_or(ROWS_OF_A_PAGE);
    if !(1..=MOST_ROWS_OF_A_PAGE).contains(&take) {
        return Err(ApiError::bad_request(format!("take must be 1 to {MOST_ROWS_OF_A_PAGE}, found {take}")));
    }
    let state = handle.read::<State>()?;
    let between = Between::of(&list)?;
    let is_wanted =
        |session: &&Session| list.matches(session) && (state.ignores_session_dates || between.includes(session));
    let mut matching: Vec<_> = state.sessions.iter().filter(is_wanted).collect();
    matching.sort_by_key(|session| std::cmp::Reverse(session.created()));
    let total = matching.len();
    let rows = Page::at_offset(list.skip.unwrap_or_default(), take, state.page_cap).of(matching);
    Ok(Json(json!({"sessions": rows, "meta_counts": {"total": total}})))
}

/// POST `/idv/session/delete`.
pub(super) async fn delete_session(_: Authorized, handle: Handle, Body(which): Body<WhichSession>) -> Reply {
    handle.update(|state: &mut State| remove(&mut state.sessions, &which))
}

/// POST `/ida/session/delete`.
pub(super) async fn delete_authentication_session(
    _: Authorized,
    handle: Handle,
    Body(which): Body<WhichSession>,
) -> Reply {
    handle.update(|state: &mut State| remove(&mut state.authentication_sessions, &which))
}

fn remove(sessions: &mut Vec<Session>, WhichSession { session_id }: &WhichSession) -> Reply {
    let index = sessions.iter().position(|session| session.session_id == *session_id);
    sessions.remove(index.ok_or_else(|| no_such_session(session_id))?);
    Ok(done())
}
