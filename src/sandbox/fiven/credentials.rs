//! Access requests, and the credentials that parties have granted, as either generation shows them.

use std::collections::BTreeSet;

use axum::{
    Json,
    extract::{Path, State as Extract},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ApiError, Authorized, Body, Query,
    state::{AccessRequest, Credential, State, Status},
};
use crate::sandbox::engine::Handle;

const PROVIDERS: [&str; 6] = ["GOOGLE", "LINKEDIN", "GITHUB", "DISCORD", "TWITTER", "REDDIT"];

/// What both generations take.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Asked {
    party_id: String,
    providers: Vec<String>,
}

/// POST `/api/v1/credentials-access-request`.
pub(super) async fn request_v1(
    _: Authorized,
    Extract(handle): Extract<Handle>,
    Body(asked): Body<Asked>,
) -> Result<Json<Value>, ApiError> {
    let request = ask(&handle, asked)?;
    Ok(Json(json!({"requestId": request.request_id, "status": "pending", "partyId": request.party_id})))
}

/// POST `/api/v1/institutions/me/credentials/request`, which has no answer.
pub(super) async fn request(
    _: Authorized,
    Extract(handle): Extract<Handle>,
    Body(asked): Body<Asked>,
) -> Result<StatusCode, ApiError> {
    ask(&handle, asked)?;
    Ok(StatusCode::NO_CONTENT)
}

fn ask(handle: &Handle, Asked { party_id, providers }: Asked) -> Result<AccessRequest, ApiError> {
    if party_id.is_empty() {
        return Err(ApiError::bad_request("partyId must not be empty"));
    }
    if let Some(unknown) = providers.iter().find(|provider| !PROVIDERS.contains(&provider.as_str())) {
        return Err(ApiError::bad_request(format!("{unknown} is no provider")));
    }
    let created_at = handle.now().to_string();
    handle.update(|state: &mut State| {
        let request_id = state.next_id("request");
        let request = AccessRequest { request_id, party_id, providers: providers.into_iter().collect() };
        state.requests.push(request.clone());
        if state.parties_consent {
            consent(state, &request, &created_at);
        }
        Ok(request)
    })
}

/// The party grants all that it has not granted yet.
fn consent(state: &mut State, request: &AccessRequest, created_at: &str) {
    for provider in &request.providers {
        let granted = |it: &&Credential| it.provider == *provider && it.status == Status::Verified;
        if state.of_party(&request.party_id).into_iter().any(|it| granted(&it)) {
            continue;
        }
        let contract_id = state.next_id("contract");
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
pub(super) async fn list_v1(
    _: Authorized,
    Extract(handle): Extract<Handle>,
    query: Query,
) -> Result<Json<Value>, ApiError> {
    query.refuse_but(&[])?;
    let state: State = handle.read()?;
    let query = query.capped(state.page_cap);
    let rows: Vec<_> = state.credentials.iter().map(row_of_v1).collect();
    let total = rows.len();
    let (offset, limit) = (query.offset, query.limit);
    Ok(Json(json!({"credentials": query.page(rows), "total": total, "offset": offset, "limit": limit})))
}

/// GET `/api/v1/credentials/{partyId}`.
pub(super) async fn of_party_v1(
    _: Authorized,
    Extract(handle): Extract<Handle>,
    Path(party_id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let state: State = handle.read()?;
    let all = state.of_party(&party_id);
    let verified: Vec<_> = all.iter().copied().filter(|it| it.status == Status::Verified).collect();
    let shown = if verified.is_empty() { &all } else { &verified };
    let Some(first) = shown.first() else {
        return Err(ApiError::not_found("there are no credentials of this party", json!({"partyId": party_id})));
    };
    let mut answer = row_of_v1(first);
    answer["providers"] = json!(shown.iter().map(|it| &it.provider).collect::<BTreeSet<_>>());
    Ok(Json(answer))
}

fn row_of_v1(credential: &Credential) -> Value {
    let Credential { contract_id, party_id, status, created_at, .. } = credential;
    json!({"contractId": contract_id, "partyId": party_id, "status": status, "createdAt": created_at})
}

/// GET `/api/v1/institutions/me/credentials`. The filters let through what either of them does.
pub(super) async fn list(
    _: Authorized,
    Extract(handle): Extract<Handle>,
    query: Query,
) -> Result<Json<Value>, ApiError> {
    query.refuse_but(&["partyIds", "emails"])?;
    let (parties, emails) = (query.filter("partyIds").to_owned(), query.filter("emails").to_owned());
    let through = |it: &&Credential| {
        (parties.is_empty() && emails.is_empty())
            || parties.contains(&it.party_id)
            || it.email.as_ref().is_some_and(|email| emails.contains(email))
    };
    let state: State = handle.read()?;
    let row = |it: &Credential| {
        let mut row = row(it);
        row["partyId"] = json!(it.party_id);
        row["email"] = json!(it.email);
        row
    };
    Ok(query.capped(state.page_cap).items(state.credentials.iter().filter(through).map(row).collect()))
}

/// GET `/api/v1/institutions/me/credentials/{partyId}`: an array, which does not repeat the party.
pub(super) async fn of_party(
    _: Authorized,
    Extract(handle): Extract<Handle>,
    Path(party_id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let state: State = handle.read()?;
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
