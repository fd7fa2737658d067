//! The transport that every vendor's client sends through: one place for timeouts, retries, limits, the cache of a run,
//! access tokens, redaction and the error.
//!
//! It is the only place that names the HTTP library, and it imports nothing else of the crate: it knows neither Terraform
//! nor any vendor. What differs between vendors enters through three doors: [`Settings`] (addresses, numbers, how an error
//! body is read), [`Authenticate`] (what goes on a request, and what to do when it is refused) and the [`Request`] itself
//! (whether it may be repeated, what it reads, what it invalidates).
//!
//! How one request travels, in the order of the files:
//!
//! 1. [`Client`] makes a [`Request`], with the route in a [`Path`] whose parts from users are percent-encoded.
//! 2. `cache` answers a shared read from memory, or joins it to an identical one in flight.
//! 3. `limits` makes it wait for its turn: a pause that the vendor asked for, the rate, the cap on requests in flight.
//! 4. [`Authenticate`] puts credentials on it, anew for every attempt.
//! 5. `transport` sends it and reads the [`Response`], within a timeout and a size.
//! 6. `retry` decides from what came back whether it may be repeated: a write that may have been carried out is not
//!    repeated blindly, it becomes an [`Error`] of [`Kind::Unconfirmed`].

mod auth;
mod cache;
mod client;
mod clock;
mod decode;
mod endpoints;
mod error;
mod explain;
mod limits;
mod oauth2;
mod pages;
mod path;
mod reached;
mod redact;
mod request;
mod response;
mod retry;
mod settings;
mod transport;
mod vendor_error;

#[cfg(test)]
mod tests;

pub use auth::{Anonymous, Authenticate, PreparedRequest, StaticHeader};
pub use client::Client;
pub use error::{Error, Kind};
pub use oauth2::{ClientAuth, ClientCredentials, OAuth2ClientCredentials, Token};
pub use pages::{Page, PageRequest, PageSource, Pages};
pub use path::Path;
pub use reached::Probe;
pub use request::{CachePolicy, Request};
pub use response::Response;
pub use settings::{EndpointLimit, Settings};
pub use vendor_error::{FieldError, ParseError, VendorError, parse_common};

pub use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
pub use reqwest::{Method, StatusCode};
