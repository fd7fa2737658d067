//! The users of an institution, as the SDK's `getUsers` returns them: people with names and addresses.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Authorized, PageQuery, state::State};
use crate::sandbox::engine::{Handle, Reply};

/// A user. The values of the statuses are the SDK's where it has types for them, and assumed otherwise.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct User {
    id: String,
    full_name: String,
    email: String,
    status: String,
    kyc_status: String,
    party_id: Option<String>,
    proposal_id: Option<String>,
    req_status: Option<String>,
    kyc_provider: Option<String>,
    reg_date: String,
}

impl User {
    /// One who has granted access, and one who has not answered yet.
    pub(super) fn of_a_new_tenant() -> Vec<Self> {
        let user = |id: &str, name: &str, kyc_status: &str, party_id: Option<&str>, req_status: &str| Self {
            id: id.to_owned(),
            full_name: name.to_owned(),
            email: format!("{}@example.com", name.to_lowercase()),
            status: "ACTIVE".to_owned(),
            kyc_status: kyc_status.to_owned(),
            party_id: party_id.map(str::to_owned),
            proposal_id: None,
            req_status: Some(req_status.to_owned()),
            kyc_provider: party_id.map(|_| "GOOGLE".to_owned()),
            reg_date: "2024-01-01T00:00:00Z".to_owned(),
        };
        vec![
            user("user_000001", "Bob", "APPROVED", Some("bob::1220ef01"), "APPROVED"),
            user("user_000002", "Carol", "PENDING", None, "PENDING"),
        ]
    }
}

/// GET `/api/v1/institutions/me/users`.
pub(super) async fn list(_: Authorized, handle: Handle, query: PageQuery) -> Reply {
    query.query.allow(&[])?;
    let state = handle.read::<State>()?;
    Ok(query.items(state.page_cap, state.users.iter().map(|user| json!(user)).collect()))
}
