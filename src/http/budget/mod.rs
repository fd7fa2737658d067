//! A budget: the limits and the access token of one credential, shared by the processes of one machine that use it.
//!
//! A fleet of `terraform plan`s, and the processes that OpenTofu starts for each instance of a provider, use one credential,
//! and the vendor counts their requests together. So a pause that the vendor requests, the rates and the access token are in
//! a file that these processes share.
//!
//! There is no broker. A broker would have to be elected, started again when it is killed, and trusted. A locked file needs
//! none of that: the kernel releases the lock of a process that is killed, and the content is sealed with a key that follows
//! from the credential. Who cannot use the credential can neither read the content nor forge it.
//!
//! A budget may not fail a request. If there is no safe folder, or if another process keeps the lock, this process goes on
//! with what it last read: it then keeps to the limits by itself, as it does if nothing is shared.
//!
//! | file | what it has |
//! |---|---|
//! | `clock` | the time that all processes of the machine agree on |
//! | `folder` | the folder, and who may use it |
//! | `file` | the files of a credential, their locks, and their end with the last process |
//! | `seal` | the name of the files and the key of their content |
//! | `shared` | a value in such a file: read, change and write under the lock |
//! | `bucket` | the token bucket behind a number of requests per minute |
//! | `learned` | the rate that a vendor shows by its 429s |
//! | `ledger` | the value of a client: pauses, buckets and the learned rate |
//! | `token` | the value of a token endpoint: the access token |
//!
//! It knows neither requests nor vendors.

mod bucket;
mod clock;
mod file;
mod folder;
mod learned;
mod ledger;
mod seal;
mod shared;
mod token;

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub(super) use clock::until;
pub use folder::shared_folder;
pub(super) use ledger::{Claim, Ledger, Reserved};
pub(super) use seal::Owner;
pub(super) use shared::Shared;
pub(super) use token::{Lead, SharedToken};

pub(super) const MINUTE: Duration = Duration::from_secs(60);

/// A point in time, in nanoseconds of the machine's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Moment(u64);

impl Moment {
    /// This much later.
    fn after(self, time: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)))
    }

    /// This much earlier.
    fn before(self, time: Duration) -> Self {
        Self(self.0.saturating_sub(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)))
    }

    /// The time from then to now; zero if it is in the future.
    fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}
