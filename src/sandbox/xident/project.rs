//! The requirements of the project, and its usage.

use axum::{http::StatusCode, response::Response};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    access::{self, Caller, Public},
    state::State,
};
use crate::sandbox::engine::{ApiError, Body, Handle, Parameters, Reply};

/// The verification that the project requires.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Requirements {
    min_age: u32,
    liveness_required: bool,
    document_required: bool,
}

impl Default for Requirements {
    fn default() -> Self {
        Self { min_age: 18, liveness_required: true, document_required: false }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Check {
    api_key: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckToday {
    #[serde(rename = "user_id", default)]
    _user_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Period {
    #[serde(default)]
    start_date: Option<String>,
    #[serde(default)]
    end_date: Option<String>,
}

/// POST `/v1/requirements/check`.
pub(super) async fn check(public: Public, handle: Handle, Body(Check { api_key }): Body<Check>) -> Reply<Response> {
    let state = handle.read::<State>()?;
    if api_key != state.publishable_key {
        return Err(access::unauthorized());
    }
    Ok(public.response(&handle, shown(&state)))
}

/// GET `/verify/v1/requirements/check`.
pub(super) async fn check_today(
    public: Public,
    handle: Handle,
    Parameters(_): Parameters<CheckToday>,
) -> Reply<Response> {
    let state = handle.read::<State>()?;
    Ok(public.response(&handle, shown(&state)))
}

fn shown(state: &State) -> Value {
    json!({"requirements": state.requirements, "project_name": state.project_name})
}

/// GET `/v1/usage`.
pub(super) async fn usage(caller: Caller, handle: Handle, Parameters(period): Parameters<Period>) -> Reply<Response> {
    let day = |text: Option<String>, or: &str| {
        let text = text.unwrap_or_else(|| or.to_owned());
        let day = text
            .parse::<Date>()
            .or_else(|_| text.parse::<Timestamp>().map(|at| at.to_zoned_datetime(jiff::tz::TimeZone::UTC).date()));
        day.map_err(|_| ApiError::bad_request(format!("{text} is not an ISO 8601 date")))
    };
    let (start, end) = (day(period.start_date, "2024-01-01")?, day(period.end_date, "2024-01-31")?);
    let body = json!({
        "period": {"start": format!("{start}T00:00:00Z"), "end": format!("{end}T23:59:59Z")},
        "summary": {
            "total_verifications": 1523,
            "full_verifications": 892,
            "token_verifications": 631,
            "total_cost": 45.15,
        },
        "by_type": [
            {"type": "full", "count": 892, "cost": 35.68},
            {"type": "token", "count": 631, "cost": 9.47},
        ],
    });
    Ok(caller.response(&handle, StatusCode::OK, body))
}
