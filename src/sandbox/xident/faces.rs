//! Faces enrolled as a second factor: both generations register them; today's also reads and deletes.

use axum::{extract::Path, http::StatusCode, response::Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{access, access::Caller, check_image, check_length, state::State};
use crate::sandbox::engine::{ApiError, Body, Handle, Reply};

/// The face of one user.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Face {
    id: u64,
    /// Base64, as it was sent.
    image: String,
    /// In seconds since 1970.
    enrolled_at: i64,
}

impl Face {
    fn enrolled_at(&self) -> String {
        Timestamp::from_second(self.enrolled_at).map(|at| at.to_string()).unwrap_or_default()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OnV1 {
    user_id: String,
    face_image: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Today {
    user_id: String,
    image: String,
}

/// POST `/v1/face-2fa/register`.
pub(super) async fn register_on_v1(
    caller: Caller,
    handle: Handle,
    Body(OnV1 { user_id, face_image }): Body<OnV1>,
) -> Reply<Response> {
    let face = enroll(&handle, user_id, face_image)?;
    let body = json!({"success": true, "face_id": format!("face_{:06}", face.id), "enrolled_at": face.enrolled_at()});
    Ok(caller.response(&handle, StatusCode::OK, body))
}

/// POST `/verify/v1/2fa/register`.
pub(super) async fn register_today(
    caller: Caller,
    handle: Handle,
    Body(Today { user_id, image }): Body<Today>,
) -> Reply<Response> {
    let face = enroll(&handle, user_id, image)?;
    let challenge = json!({"challenge_id": format!("chl_{:06}", face.id), "status": "completed"});
    Ok(caller.response(&handle, StatusCode::CREATED, challenge))
}

fn enroll(handle: &Handle, user_id: String, image: String) -> Result<Face, ApiError> {
    check_length("user_id", &user_id, 255)?;
    check_image(&image)?;
    let enrolled_at = handle.now().as_second();
    handle.update(|state: &mut State| {
        access::pay(state)?;
        let face = Face { id: state.new_id(), image, enrolled_at };
        state.faces.insert(user_id, face.clone());
        Ok(face)
    })
}

/// GET `/verify/v1/2fa/users/{user_id}`.
pub(super) async fn get(caller: Caller, handle: Handle, Path(user_id): Path<String>) -> Reply<Response> {
    let state = handle.read::<State>()?;
    let face = state.faces.get(&user_id);
    let body = json!({"enrolled": face.is_some(), "enrolled_at": face.map(Face::enrolled_at)});
    Ok(caller.response(&handle, StatusCode::OK, body))
}

/// DELETE `/verify/v1/2fa/users/{user_id}`.
pub(super) async fn delete(caller: Caller, handle: Handle, Path(user_id): Path<String>) -> Reply<Response> {
    handle.update(|state: &mut State| {
        state.faces.remove(&user_id);
        Ok::<_, ApiError>(())
    })?;
    Ok(caller.response(&handle, StatusCode::OK, json!({"deleted": true})))
}
