//! Terraform and OpenTofu provider for the admin side of identity-verification vendors.

pub mod framework;
pub mod http;
pub mod plugin;
pub mod protocol;
pub mod sandbox;
pub mod vendors;
