//! The engine of the sandbox: a local stand-in for vendors.
//!
//! It serves each vendor on a port of its own, so that paths are the vendors' own, and a control port beside them. It
//! owns what all stand-ins need: the state document, a clock that can be moved, faults on request, a log of requests.
//! It may not know any vendor: a vendor is a [`StandIn`] value that the caller hands in. It imports nothing else of the
//! crate, so that a stand-in and the client it tests cannot share a mistake.
//!
//! What it promises is small: it is deterministic, it refuses what the vendor's documentation says is refused, and what
//! it does not know it answers with 404 and a list of what it does know.

mod background;
mod body;
mod clock;
mod control;
mod faults;
mod file;
mod handle;
mod intercept;
mod log;
pub mod oauth2;
mod ready;
mod routes;
mod server;
mod store;

use axum::http::StatusCode;
use serde_json::Value;

pub use background::start_in_background;
pub use body::{parse_json, parse_json_text, present};
pub use handle::Handle;
pub use ready::Format;
pub use routes::{Operation, Routes};
pub use server::{Error, Options, run};
pub use store::{StoreError, complete, edit, read};

/// Changes the state of one vendor as a fault asks for.
pub type StateChange = fn(&mut Value) -> Result<(), StoreError>;

/// Variables and their values.
pub type Environment = Vec<(&'static str, String)>;

/// Everything the engine needs to stand in for one vendor.
pub struct StandIn {
    /// The vendor's name in product terms, such as `vult`: its key in the state document and in the ready line.
    pub name: &'static str,
    /// The operations it answers.
    pub routes: fn() -> Routes,
    /// Completes a state with what it leaves out, or refuses one that does not fit. `{}` gives the initial state.
    pub state: fn(Value) -> Result<Value, StoreError>,
    /// The variables that point the provider at this stand-in, from its base URL (no trailing slash) and state.
    pub environment: fn(&str, &Value) -> Result<Environment, StoreError>,
    /// The vendor's own shape of an error.
    pub error_body: fn(StatusCode, &str) -> Value,
    /// What the fault `expire_token` does; `None` where the vendor has no tokens.
    pub expire_token: Option<StateChange>,
    /// What the fault `rotate_key` does; `None` where the vendor has no key of its own.
    pub rotate_key: Option<StateChange>,
}
