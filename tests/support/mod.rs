//! Shared parts of the suite: Terraform, workspaces, the sandbox, the table of objects, configurations, goldens.

pub(crate) mod configurations;
pub(crate) mod golden;
pub(crate) mod mirror;
pub(crate) mod objects;
pub(crate) mod rewriter;
pub(crate) mod sandbox;
pub(crate) mod setting;
pub(crate) mod terraform;
pub(crate) mod workspace;
pub(crate) mod yaml;
