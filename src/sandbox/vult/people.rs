//! A tenant's data about people: identities, and their sessions of verification and authentication.
//!
//! Only the operations that remove data are served. Rows have the fields of "read identities" and "session read" that are
//! about a person; they are visible in the state only.

use serde::{Deserialize, Serialize};

use super::{Authorized, done, state::State};
use crate::sandbox::engine::{ApiError, Body, Handle, Reply};

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
    #[serde(flatten)]
    person: Person,
}

impl Session {
    /// `ses_000001` and on, one for each identity, with this prefix.
    pub(super) fn of_a_new_tenant(prefix: &str) -> Vec<Self> {
        let session = |(number, person)| Self {
            session_id: format!("{prefix}_{number:06}"),
            identity_id: format!("idn_{number:06}"),
            person,
        };
        (1..).zip(Person::of_a_new_tenant()).map(session).collect()
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
