//! Verification links, one at a time or a hundred, and the public check of one.

use axum::{Json, extract::Path};
use jiff::ToSpan;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Authorized, not_found,
    state::{State, Status},
    without_nulls,
};
use crate::sandbox::engine::{ApiError, Body, Handle, Reply};

const MOST_OF_A_BATCH: usize = 100;

/// One link of a body of both generations.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Wanted {
    contract_id: String,
}

/// A batch of both generations.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Batch {
    requests: Vec<Wanted>,
}

/// A new link.
struct Link {
    contract_id: String,
    token: String,
    link: String,
    expires_at: String,
}

impl Link {
    fn of_v1(&self) -> Value {
        json!({"token": self.token, "link": self.link, "expiresAt": self.expires_at})
    }

    fn of_institutions(&self) -> Value {
        json!({"verificationUrl": self.link, "token": self.token})
    }
}

/// POST `/api/v1/generate-link`.
pub(super) async fn generate_v1(_: Authorized, handle: Handle, Body(Wanted { contract_id }): Body<Wanted>) -> Reply {
    Ok(Json(one(&handle, &contract_id)?.of_v1()))
}

/// POST `/api/v1/verification/generate-link`.
pub(super) async fn generate(_: Authorized, handle: Handle, Body(Wanted { contract_id }): Body<Wanted>) -> Reply {
    Ok(Json(one(&handle, &contract_id)?.of_institutions()))
}

/// POST `/api/v1/generate-links-batch`: all links or none.
pub(super) async fn batch_v1(_: Authorized, handle: Handle, Body(batch): Body<Batch>) -> Reply {
    let (base_url, expires_at) = base_and_expiry(&handle)?;
    let made = handle.update(|state: &mut State| {
        let made = batch.checked()?.into_iter().map(|wanted| make(state, &base_url, &expires_at, &wanted.contract_id));
        made.collect::<Result<Vec<_>, ApiError>>()
    })?;
    let row = |made: &Link| {
        let mut row = made.of_v1();
        row["contractId"] = json!(made.contract_id);
        row
    };
    Ok(Json(json!({"links": made.iter().map(row).collect::<Vec<_>>()})))
}

/// POST `/api/v1/verification/generate-links-batch`: each link succeeds or fails on its own.
pub(super) async fn batch(_: Authorized, handle: Handle, Body(batch): Body<Batch>) -> Reply {
    let (base_url, expires_at) = base_and_expiry(&handle)?;
    let results = handle.update(|state: &mut State| {
        let row = |Wanted { contract_id }: Wanted| match make(state, &base_url, &expires_at, &contract_id) {
            Ok(made) => json!({"contractId": contract_id, "result": made.of_institutions()}),
            Err(error) => {
                json!({"contractId": contract_id, "error": {"message": error.message, "code": "NOT_FOUND"}})
            }
        };
        Ok::<_, ApiError>(batch.checked()?.into_iter().map(row).collect::<Vec<_>>())
    })?;
    Ok(Json(json!({"results": results})))
}

impl Batch {
    fn checked(self) -> Result<Vec<Wanted>, ApiError> {
        let count = self.requests.len();
        if count <= MOST_OF_A_BATCH {
            return Ok(self.requests);
        }
        Err(ApiError::bad_request(format!("Maximum {MOST_OF_A_BATCH} requests per batch, found {count}")))
    }
}

fn one(handle: &Handle, contract_id: &str) -> Result<Link, ApiError> {
    let (base_url, expires_at) = base_and_expiry(handle)?;
    handle.update(|state: &mut State| make(state, &base_url, &expires_at, contract_id))
}

/// The base of links and the time at which they expire.
fn base_and_expiry(handle: &Handle) -> Result<(String, String), ApiError> {
    let expires_at = handle.now().checked_add(24.hours());
    let expires_at =
        expires_at.map_err(|error| ApiError::bad_request(format!("the clock is too far ahead: {error}")))?;
    Ok((handle.base_url().to_owned(), expires_at.to_string()))
}

fn make(state: &mut State, base_url: &str, expires_at: &str, contract_id: &str) -> Result<Link, ApiError> {
    if state.credential(contract_id).is_none() {
        return Err(not_found("there is no credential with this contract", json!({"contractId": contract_id})));
    }
    let token = state.new_id("verify_token");
    state.links.insert(token.clone(), contract_id.to_owned());
    let link = format!("{base_url}/verify/{token}");
    Ok(Link { contract_id: contract_id.to_owned(), token, link, expires_at: expires_at.to_owned() })
}

/// GET `/api/v1/check/{token}`, without authentication.
pub(super) async fn check_v1(handle: Handle, Path(token): Path<String>) -> Reply {
    let state = handle.read::<State>()?;
    let credential = state.links.get(&token).and_then(|contract_id| state.credential(contract_id));
    let credential = credential.ok_or_else(|| not_found("Token not found or expired", json!({})))?;
    let verified_at = (credential.status == Status::Verified).then_some(&credential.created_at);
    Ok(Json(without_nulls(json!({
        "status": credential.status,
        "contractId": credential.contract_id,
        "partyId": credential.party_id,
        "verifiedAt": verified_at,
    }))))
}

/// GET `/api/v1/verification/check/{token}`, without authentication.
pub(super) async fn check(handle: Handle, Path(token): Path<String>) -> Reply {
    let state = handle.read::<State>()?;
    let credential = state.links.get(&token).and_then(|contract_id| state.credential(contract_id));
    let (status, color) = match credential.map(|credential| credential.status) {
        Some(Status::Verified) => ("strong", "green"),
        Some(Status::Expired) => ("expired", "red"),
        Some(Status::Revoked) => ("revoked", "red"),
        None => ("not_found", "red"),
    };
    Ok(Json(json!({
        "status": status,
        "color": color,
        "contractId": credential.map(|credential| &credential.contract_id),
        "issuedAt": credential.map(|credential| &credential.created_at),
        "expiredAt": credential.map(|_| "2034-01-01T00:00:00Z"),
        "isActive": status == "strong",
        "isArchived": false,
        "isSuperseded": false,
        "isRevoked": status == "revoked",
        "message": null,
        "kycProvider": credential.map(|credential| &credential.provider),
        "credentialData": null,
    })))
}
