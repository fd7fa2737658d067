//! What vendors share: one module for each concept, so that a vendor's files contain only what is specific to it.
//!
//! Nothing here knows a vendor.

pub(super) mod access_token;
pub(super) mod config;
pub(super) mod counts;
pub(super) mod errors;
pub(super) mod health;
pub(super) mod import_id;
pub(super) mod loose;
pub(super) mod overrides;
pub(super) mod reconcile;
pub(super) mod route;
pub(super) mod singleton;
