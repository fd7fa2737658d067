//! The sandbox: a local stand-in for every vendor, with real authentication, paging, limits and errors.
//!
//! [`engine`] knows no vendor; each other module is the stand-in for one. The sandbox imports nothing else of the crate,
//! so that a stand-in and the client that it tests cannot share a mistake.

pub mod didit;
pub mod engine;
pub mod fiven;
pub mod onekosmos;
pub mod vult;
pub mod xident;

pub use engine::{Error, Format, Options, StandIn, run, start_in_background};
