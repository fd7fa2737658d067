//! Human scores: the caller's own in `v1`, one for each party in `institutions`.

use std::collections::BTreeSet;

use axum::{Json, extract::Path};
use serde_json::{Value, json};

use super::{Authorized, PageQuery, not_found, state::State};
use crate::sandbox::engine::{Handle, Reply};

/// GET `/api/v1/kyc/human-score`: the page's example.
pub(super) async fn own_v1(_: Authorized) -> Json<Value> {
    Json(json!({
        "totalScore": 95,
        "badges": [
            {"name": "identity_verified", "status": "verified"},
            {"name": "document_verified", "status": "verified"},
        ],
        "breakdown": {"identity": 100, "document": 90, "biometric": 95},
    }))
}

/// GET `/api/v1/institutions/me/human-scores`.
pub(super) async fn list(_: Authorized, handle: Handle, query: PageQuery) -> Reply {
    query.query.allow(&["partyIds", "emails"])?;
    let state = handle.read::<State>()?;
    let parties: BTreeSet<_> = state.credentials.iter().map(|credential| &credential.party_id).collect();
    let wanted = query.query.filter("partyIds");
    let matches = |party_id: &&&String| wanted.is_empty() || wanted.contains(party_id);
    let rows: Vec<_> = parties.iter().filter(matches).filter_map(|party_id| score(&state, party_id)).collect();
    Ok(query.items(state.page_cap, rows))
}

/// GET `/api/v1/institutions/me/human-scores/{partyId}`.
pub(super) async fn of_party(_: Authorized, handle: Handle, Path(party_id): Path<String>) -> Reply {
    let none = || not_found("there is no score of this party", json!({"partyId": party_id}));
    let state = handle.read::<State>()?;
    score(&state, &party_id).map(Json).ok_or_else(none)
}

/// More providers make a higher score.
fn score(state: &State, party_id: &str) -> Option<Value> {
    let credentials = state.of_party(party_id);
    let email = credentials.first()?.email.clone();
    let providers = credentials.iter().map(|credential| &credential.provider).collect::<BTreeSet<_>>().len();
    Some(json!({
        "partyId": party_id,
        "email": email,
        "humanScore": {
            "totalScore": 40 + 10 * providers,
            "confidenceLevel": "medium",
            "breakdown": {
                "accountAgeScore": 15, "socialMetricsScore": 10, "emailConsistencyScore": 15,
                "providerCountScore": 10 * providers,
            },
            "badges": [{
                "id": "early", "name": "Early account", "description": "An old account", "level": "silver",
                "category": "age",
            }],
            "details": {"providerCount": providers},
        },
    }))
}
