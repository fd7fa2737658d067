//! The plugin as a process of Terraform: how it starts, and how it ends.

mod end;
mod start;
