//! What a vendor's handlers see of the engine: their own state, the clock, and where they are served.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    clock::Clock,
    store::{Store, StoreError, read, to_value},
};

/// A vendor's access to the engine; the state of its axum router.
#[derive(Clone)]
pub struct Handle {
    pub(super) vendor: &'static str,
    pub(super) base_url: Arc<str>,
    pub(super) started: Timestamp,
    pub(super) store: Arc<Store>,
    pub(super) clock: Arc<Clock>,
}

impl Handle {
    /// Scheme, host and port of this vendor's stand-in, without a trailing slash.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The time by the sandbox's clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Seconds since the sandbox started, by its clock.
    pub fn uptime_seconds(&self) -> i64 {
        self.now().as_second() - self.started.as_second()
    }

    /// A copy of this vendor's state.
    pub fn read<S: DeserializeOwned>(&self) -> Result<S, StoreError> {
        read(self.store.part(self.vendor))
    }

    /// Changes this vendor's state as a transaction: an error leaves it as it was.
    pub fn update<S, T, E>(&self, change: impl FnOnce(&mut S) -> Result<T, E>) -> Result<T, E>
    where
        S: Serialize + DeserializeOwned,
        E: From<StoreError>,
    {
        self.store.change(self.vendor, |document| {
            let mut state = read(document.take())?;
            let result = change(&mut state)?;
            *document = to_value(&state)?;
            Ok(result)
        })
    }
}
