//! The engine of the sandbox, which knows no vendor.
//!
//! It serves each vendor on a port of its own, so that paths are the vendors' own, and a control port beside them. Several
//! tenants share these ports: a request is for the tenant whose credential it has, and each tenant has its own state. It owns
//! what all stand-ins need: the state, a clock that can be moved, faults on request, recordings that are replayed, a log of requests, and the parts of a
//! handler that do not depend on the vendor: errors, bodies, queries and pages, ids, tokens. A vendor is a [`StandIn`] value
//! that the caller supplies. The engine imports nothing else of the crate, so that a stand-in and the client that it tests
//! cannot share a mistake.
//!
//! Its promise is small: it is deterministic, it rejects what the vendor's documentation says is rejected, and it responds
//! to an unknown path with 404 and a list of what exists.

mod accounts;
mod background;
mod body;
mod clock;
mod control;
mod error;
mod faults;
mod file;
mod handle;
mod ids;
mod intercept;
mod log;
pub mod oauth2;
mod origin;
mod query;
mod ready;
mod replay;
mod routes;
mod server;
mod store;

pub use accounts::{FindAccount, Presented, account_with};
pub use background::start_in_background;
pub use body::{Body, parse_json, parse_json_text, present};
pub use error::{ApiError, ErrorBody};
pub use handle::{Handle, Reply};
pub use ids::{IdSource, Ids};
pub use query::{Page, Parameters, Query};
pub use ready::Format;
pub use replay::{Exchange, ResponseForm, Unreadable};
pub use routes::{Operation, Routes};
pub use server::{Error, Options, run};
pub use store::{Account, State, StateType, StoreError};

/// Variables and their values.
pub type Environment = Vec<(&'static str, String)>;

/// Changes the state of a stand-in, as a fault requires.
pub type StateChange = fn(&Handle) -> Result<(), StoreError>;

/// Changes the state of a stand-in at the start, by what a recording shows of the vendor.
pub type AdoptRecording = fn(&Handle, &[Exchange]) -> Result<(), StoreError>;

/// Everything that the engine needs to stand in for one vendor.
pub struct StandIn {
    /// The vendor's name in product terms, such as `vult`: its key in the state document and in the ready line.
    pub name: &'static str,
    /// The vendor's name as people write it, and as recordings have it: `VULT`.
    pub title: &'static str,
    /// The operations that it serves.
    pub routes: fn() -> Routes,
    /// The type of its state, whose default is a new tenant.
    pub state: StateType,
    /// Finds the account that made a request, by its credential.
    pub account: FindAccount,
    /// Returns the variables that point the provider at an account of this stand-in.
    pub environment: fn(&Handle) -> Result<Environment, StoreError>,
    /// Writes an error in the vendor's shape.
    pub error_body: ErrorBody,
    /// Revokes the tokens, for the fault `expire_token`; `None` if the vendor has no tokens.
    pub expire_token: Option<StateChange>,
    /// Replaces the key pair, for the fault `rotate_key`; `None` if the vendor has no key pair.
    pub rotate_key: Option<StateChange>,
    /// Adopts from a recording what the engine cannot replay, such as the encryption of bodies; `None` if there is nothing.
    pub replay: Option<AdoptRecording>,
}
