//! The export: writes an existing tenant as HCL, for any Terraform from 1.8 and for OpenTofu.
//!
//! It walks the provider's lists and has no code for any type: what can be listed and imported can be exported. It uses the
//! framework, and no vendor, protocol or HTTP. It reports what it could not capture in the summary and above the resources
//! concerned, so that nobody takes an incomplete configuration for the whole tenant.

mod capture;
mod configuration;
mod folder;
mod hcl;
mod names;
mod references;
mod selection;
mod summary;
mod variables;

use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressStyle};

use self::capture::Capture;
use self::variables::Variables;
use crate::framework::clients::NothingConfigured;
use crate::framework::{Diagnostics, Provider, Value};

pub use self::selection::Selection;
pub use self::summary::Summary;

/// What to export, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder to write; it must be empty or not exist.
    pub folder: PathBuf,
    /// The vendors and types to capture.
    pub selection: Selection,
    /// The form of the files.
    pub format: Format,
    /// The provider's source address: `identity-as-code/idv`.
    pub source: String,
}

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Resources with every attribute that a user would write, and `import` blocks.
    Hcl,
    /// Only `import` blocks, for `terraform plan -generate-config-out`.
    ImportBlocks,
}

/// Why nothing was exported.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder is not empty.
    #[error("`{}` is not empty, and an export overwrites nothing. Name a folder that is empty or does not exist with `--out`.", folder.display())]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder cannot be read or written.
    #[error("the export cannot be written into `{}`: {error}. Name another folder with `--out`.", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The error of the operating system.
        error: std::io::Error,
    },
    /// A name that does not exist.
    #[error("there is no {what} `{name}`. There are {known}.")]
    Unknown {
        /// `vendor` or `type`.
        what: &'static str,
        /// The name.
        name: String,
        /// Those that exist.
        known: String,
    },
    /// No vendor is configured.
    #[error(transparent)]
    NothingConfigured(#[from] NothingConfigured),
    /// The environment has mistakes.
    #[error("the provider cannot be configured from the environment{}", listed(.0))]
    Configuration(Diagnostics),
}

fn listed(diagnostics: &Diagnostics) -> String {
    diagnostics.iter().map(|diagnostic| format!("\n\n{diagnostic}")).collect::<Vec<_>>().concat()
}

/// Captures a tenant and writes its configuration. The provider is configured from its environment, as by an empty provider
/// block.
///
/// A type that cannot be captured is reported in the summary. An error is returned only if nothing can be exported.
pub async fn run(provider: &Provider, options: Options) -> Result<Summary, Error> {
    folder::check(&options.folder)?;
    let mistakes = provider.configure(&Value::Null, "export");
    let chosen = options.selection.choose(provider, &provider.clients(), mistakes)?;
    let captures = captures(provider, &chosen.types).await;
    let mut variables = Variables::default();
    let mut files = configuration::provider(provider, &options.source, &chosen.vendors);
    files.append(&mut configuration::imports(&captures));
    if options.format == Format::Hcl {
        files.append(&mut configuration::resources(&captures, &mut variables));
        files.extend(variables.file().map(|text| ("variables.tf".to_owned(), text)));
    }
    folder::write(&options.folder, &files)?;
    Ok(Summary::new(provider, options.folder, options.format, chosen, &captures, &variables))
}

/// Captures one type after the other, so that they share cached responses.
async fn captures(provider: &Provider, types: &[String]) -> Vec<Capture> {
    // Hidden where standard error is no terminal.
    let progress = ProgressBar::new(types.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} types  {msg}") {
        progress.set_style(style);
    }
    let clients = provider.clients();
    let mut captures = Vec::new();
    for name in types {
        if let (Some(list), Some(resource)) = (provider.lists.get(name), provider.resources.get(name)) {
            captures.push(Capture::of(name, list, resource, &clients, &progress).await);
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    captures
}
