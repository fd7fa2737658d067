//! The plugin as a process of Terraform: how it starts, and how it ends.

mod start;
