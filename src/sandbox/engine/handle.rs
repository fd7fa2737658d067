//! A stand-in's access to the engine: its own state, the clock and its base URL.

use std::{convert::Infallible, sync::Arc};

use axum::{Json, extract::FromRequestParts, http::request::Parts};
use jiff::Timestamp;
use serde_json::Value;

use super::{
    ApiError,
    clock::Clock,
    store::{Account, State, Store, StoreError, edit, typed},
};

/// What a handler returns.
pub type Reply<T = Json<Value>> = Result<T, ApiError>;

/// A stand-in's access to the engine, for one account; the state of its axum router, and an argument of its handlers.
#[derive(Clone)]
pub struct Handle {
    pub(super) vendor: &'static str,
    pub(super) account: Account,
    pub(super) base_url: Arc<str>,
    pub(super) started: Timestamp,
    pub(super) store: Arc<Store>,
    pub(super) clock: Arc<Clock>,
}

impl Handle {
    /// Scheme, host and port of this stand-in, without a trailing slash.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The time by the sandbox's clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The time by the sandbox's clock as RFC 3339, for the times that an object has.
    pub fn timestamp(&self) -> String {
        self.now().to_string()
    }

    /// Seconds since the sandbox started, by its clock.
    pub fn uptime_seconds(&self) -> i64 {
        self.now().as_second() - self.started.as_second()
    }

    /// The state of this account at this moment. Nothing is copied.
    pub fn read<S: State>(&self) -> Result<Arc<S>, StoreError> {
        typed(&self.store.state(self.vendor, self.account)?)
    }

    /// Changes the state of this account as a transaction: after an error it is unchanged.
    pub fn update<S: State, T, E: From<StoreError>>(
        &self,
        change: impl FnOnce(&mut S) -> Result<T, E>,
    ) -> Result<T, E> {
        self.store.change(self.vendor, self.account, |state| edit(state, change))
    }

    /// Changes the state of this account by a function that cannot fail.
    pub fn edit<S: State>(&self, change: impl FnOnce(&mut S)) -> Result<(), StoreError> {
        self.update(|state| {
            change(state);
            Ok(())
        })
    }
}

impl FromRequestParts<Self> for Handle {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, handle: &Self) -> Result<Self, Infallible> {
        Ok(handle.clone())
    }
}
