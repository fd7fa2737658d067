//! What vendors share: one module per concept, so that an object says only what is its own.
//!
//! Nothing here may know a vendor.

pub(super) mod access_token;
pub(super) mod adoption;
pub(super) mod config;
pub(super) mod errors;
pub(super) mod health;
pub(super) mod import_id;
pub(super) mod reconcile;
pub(super) mod restore;
