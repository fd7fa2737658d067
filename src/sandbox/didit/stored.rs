//! What the kinds of objects with a UUID share: an object is found, read and deleted by its UUID.

use axum::{Json, extract::Path, http::StatusCode};
use serde_json::Value;

use super::{access::Authorized, state::State};
use crate::sandbox::engine::{ApiError, Handle, Reply};

/// An object with a UUID.
pub(super) trait Stored: Sized + 'static {
    /// All objects of this kind, oldest first.
    fn all(state: &State) -> &[Self];

    /// All objects of this kind, to add and remove.
    fn all_mut(state: &mut State) -> &mut Vec<Self>;

    /// The UUID in its path.
    fn uuid(&self) -> &str;

    /// The object as a read returns it.
    fn response(&self, state: &State) -> Value;

    /// Rejects the deletion of an object that cannot be deleted.
    fn check_deletion(&self) -> Result<(), ApiError> {
        Ok(())
    }
}

/// The response where an object does not exist.
pub(super) fn not_found() -> ApiError {
    ApiError::not_found("Not found.")
}

/// Returns the position of an object.
pub(super) fn position<T: Stored>(state: &State, uuid: &str) -> Result<usize, ApiError> {
    T::all(state).iter().position(|object| object.uuid() == uuid).ok_or_else(not_found)
}

/// GET of one object.
pub(super) async fn get<T: Stored>(_: Authorized, handle: Handle, Path(uuid): Path<String>) -> Reply {
    let state = handle.read::<State>()?;
    let index = position::<T>(&state, &uuid)?;
    Ok(Json(T::all(&state)[index].response(&state)))
}

/// DELETE of one object.
pub(super) async fn delete<T: Stored>(_: Authorized, handle: Handle, Path(uuid): Path<String>) -> Reply<StatusCode> {
    handle.update(|state: &mut State| {
        let index = position::<T>(state, &uuid)?;
        T::all(state)[index].check_deletion()?;
        T::all_mut(state).remove(index);
        Ok(StatusCode::NO_CONTENT)
    })
}
