//! Access requests, and the credentials that parties have granted, in the shapes of both generations.

use std::collections::BTreeSet;

use axum::{Json, extract::Path, http::StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Authorized, PageQuery, not_found,
    state::{AccessRequest, Credential, State, Status},
};
use crate::sandbox::engine::{ApiError, Body, Handle, Reply};

const PROVIDERS: [&str; 6] = ["GOOGLE", "LINKEDIN", "GITHUB", "DISCORD", "TWITTER", "REDDIT"];

/// The body of both generations.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewRequest {
    party_id: String,
    providers: Vec<String>,
}

/// POST `/api/v1/credentials-access-request`.
pub(super) async fn request_v1(_: Authorized, handle: Handle, Body(request): Body<NewRequest>) -> Reply {
    let request = store(&handle, request)?;
    Ok(Json(json!({"requestId": request.request_id, "status": "pending", "partyId": request.party_id})))
}

/// POST `/api/v1/institutions/me/credentials/request`, whose response has no body.
pub(super) async fn request(_: Authorized, handle: Handle, Body(request): Body<NewRequest>) -> Reply<StatusCode> {
    store(&handle, request)?;
    Ok(StatusCode::NO_CONTENT)
}

fn store(handle: &Handle, NewRequest { party_id, providers }: NewRequest) -> Result<AccessRequest, ApiError> {
    if party_id.is_empty() {
        return Err(ApiError::bad_request("partyId must not be empty"));
    }
    if let Some(unknown) = providers.iter().find(|provider| !PROVIDERS.contains(&provider.as_str())) {
        return Err(ApiError::bad_request(format!("{unknown} is not a provider")));
    }
    let created_at = handle.timestamp();
    handle.update(|state: &mut State| {
        let request_id = state.new_id("request");
        let request = AccessRequest { request_id, party_id, providers: providers.into_iter().collect() };
        state.requests.push(request.clone());
        if state.parties_consent {
            consent(state, &request, &created_at);
        }
        Ok(request)
    })
}

/// Grants every provider of the request that the party has not granted yet.
fn consent(state: &mut State, request: &AccessRequest, created_at: &str) {
    for provider in &request.providers {
        let granted = |it: &&Credential| it.provider == *provider && it.status == Status::Verified;
        if state.of_party(&request.party_id).into_iter().any(|it| granted(&it)) {
            continue;
        }
        let contract_id = state.new_id("contract");
        state.credentials.push(Credential {
            contract_id,
            party_id: request.party_id.clone(),
            provider: provider.clone(),
            status: Status::Verified,
            created_at: created_at.to_owned(),
            email: None,
        });
    }
}

/// GET `/api/v1/credentials`.
pub(super) async fn list_v1(_: Authorized, handle: Handle, query: PageQuery) -> Reply {
    query.query.allow(&[])?;
    let state = handle.read::<State>()?;
    let rows: Vec<_> = state.credentials.iter().map(row_of_v1).collect();
    let total = rows.len();
    let page = query.page(state.page_cap);
    let (offset, limit) = (page.offset, page.size);
    Ok(Json(json!({"credentials": page.of(rows), "total": total, "offset": offset, "limit": limit})))
}

/// GET `/api/v1/credentials/{partyId}`.
pub(super) async fn of_party_v1(_: Authorized, handle: Handle, Path(party_id): Path<String>) -> Reply {
    let state = handle.read::<State>()?;
    let all = state.of_party(&party_id);
    let verified: Vec<_> = all.iter().copied().filter(|it| it.status == Status::Verified).collect();
    let shown = if verified.is_empty() { &all } else { &verified };
    let Some(first) = shown.first() else {
        return Err(not_found("there are no credentials of this party", json!({"partyId": party_id})));
    };
    let mut credential = row_of_v1(first);
    credential["providers"] = json!(shown.iter().map(|it| &it.provider).collect::<BTreeSet<_>>());
    Ok(Json(credential))
}

fn row_of_v1(credential: &Credential) -> Value {
    let Credential { contract_id, party_id, status, created_at, .. } = credential;
    json!({"contractId": contract_id, "partyId": party_id, "status": status, "createdAt": created_at})
}

/// GET `/api/v1/institutions/me/credentials`: the rows that match either filter.
pub(super) async fn list(_: Authorized, handle: Handle, query: PageQuery) -> Reply {
    query.query.allow(&["partyIds", "emails"])?;
    let (parties, emails) = (query.query.filter("partyIds"), query.query.filter("emails"));
    let matches = |it: &&Credential| {
        (parties.is_empty() && emails.is_empty())
            || parties.contains(&it.party_id)
            || it.email.as_ref().is_some_and(|email| emails.contains(email))
    };
    let state = handle.read::<State>()?;
    let row = |it: &Credential| {
        let mut row = row(it);
        row["partyId"] = json!(it.party_id);
        row["email"] = json!(it.email);
        row
    };
    Ok(query.items(state.page_cap, state.credentials.iter().filter(matches).map(row).collect()))
}

/// GET `/api/v1/institutions/me/credentials/{partyId}`: an array whose rows have no party.
pub(super) async fn of_party(_: Authorized, handle: Handle, Path(party_id): Path<String>) -> Reply {
    let state = handle.read::<State>()?;
    Ok(Json(state.of_party(&party_id).into_iter().map(row).collect()))
}

fn row(credential: &Credential) -> Value {
    let (kyc_status, freshness) = match credential.status {
        Status::Verified => ("APPROVED", "FRESH"),
        Status::Expired => ("EXPIRED", "STALE"),
        Status::Revoked => ("APPROVED", "REVOKED"),
    };
    json!({
        "contractId": credential.contract_id,
        "provider": credential.provider,
        "kycStatus": kyc_status,
        "expirationDate": "2034-01-01T00:00:00Z",
        "issuedAt": credential.created_at,
        "freshness": freshness,
        "metadata": {"email": credential.email, "emailVerified": true},
    })
}
