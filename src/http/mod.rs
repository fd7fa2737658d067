//! The transport that every vendor's client sends through: timeouts, retries, limits, the cache of a run, access tokens,
//! pages, redaction and the error.
//!
//! It is the only place that names the HTTP library, and of the crate it imports only secrets and recordings: it knows neither Terraform
//! nor any vendor. A vendor differs in its [`Settings`] (address, numbers, error parser), its [`Authenticate`] (credentials,
//! and their renewal) and its [`Request`]s (whether one may be repeated, what it reads and invalidates).
//!
//! The path of one request, in the order of the files:
//!
//! 1. [`Client`] makes a [`Request`], whose [`Path`] percent-encodes the segments that come from users.
//! 2. `cache` returns a shared read from memory, or joins it to an identical one in flight.
//! 3. `sender` acquires the rate and the permit of `limits`, which processes share in a `budget`, and adds credentials by [`Authenticate`], in each attempt.
//! 4. `transport` sends the attempt and reads the [`Response`], within a timeout and a size, over `connections`.
//! 5. `retry` decides whether a failed attempt may be repeated. A write that may have been applied is not repeated unless it
//!    is idempotent: it becomes an [`Error`] of [`Kind::Unconfirmed`].
//!
//! Where a run is recorded, `record` hands the exchange to [`recording`](crate::recording).
//!
//! Lists that a vendor returns in pages are read by [`Pages`], and kept for the run as a [`List`]. No file of this folder imports in a circle.

mod auth;
mod budget;
mod cache;
mod call;
mod client;
mod clock;
mod connections;
mod decode;
mod endpoints;
mod envelope;
mod error;
mod fair;
mod known_causes;
mod limits;
mod list;
mod oauth2;
mod overrides;
mod pages;
mod path;
mod prepared;
mod probe;
mod record;
mod redact;
mod request;
mod response;
mod retry;
mod sender;
mod settings;
mod tls;
mod transport;
mod vendor_error;
mod waiting;

#[cfg(test)]
mod tests;

pub use auth::{Anonymous, Authenticate, Refusal, StaticHeader};
pub use budget::shared_folder;
pub use cache::CachePolicy;
pub use client::Client;
pub use connections::Connections;
pub use envelope::{Envelope, Nested};
pub use error::{Error, Kind};
pub use list::List;
pub use oauth2::{ClientAuth, ClientCredentials, OAuth2ClientCredentials, REQUESTING_TOKEN, Token};
pub use overrides::{CallOverride, Move, NotFound, Overrides};
pub use pages::{Page, PageRequest, PageSource, Pages};
pub use path::Path;
pub use prepared::PreparedRequest;
pub use probe::{PROBING, Probe};
pub use request::Request;
pub use response::Response;
pub use settings::{EndpointLimit, Settings};
pub use tls::TlsSettings;
pub use vendor_error::{FieldError, IsOwnError, ParseError, VendorError, parse_common};

pub use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
pub use reqwest::{Method, StatusCode};
