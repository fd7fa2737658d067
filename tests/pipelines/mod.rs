//! `examples/pipelines`: the steps run for real, and the forms that call them keep to rules.

mod commands;
mod comment;
mod expression;
mod fleet;
mod forms;
mod gitlab;
mod job;
mod locks;
mod steps;

use std::fs;
use std::path::{Path, PathBuf};

/// A path below `examples/pipelines`.
fn pipelines(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/pipelines").join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(pipelines(path)).unwrap_or_else(|error| panic!("examples/pipelines/{path}: {error}"))
}
