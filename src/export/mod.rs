//! The export: writes an existing tenant as HCL, for any Terraform from 1.8 and for OpenTofu.
//!
//! For the tenant itself the plan of the result is empty. For another tenant (`promote`) it shows what the other one lacks.
//!
//! It walks the provider's lists and has no code for any type: what can be listed and imported can be exported. It uses the
//! framework, and no vendor, protocol or HTTP. It reports what it could not capture in the summary and above the resources
//! concerned, so that nobody takes an incomplete configuration for the whole tenant.

mod capture;
mod configuration;
mod folder;
mod hcl;
mod names;
mod promote;
mod promotion;
mod references;
mod selection;
mod summary;
mod variables;

use std::path::PathBuf;

use self::capture::Capture;
use self::promotion::Promotion;
use self::variables::Variables;
use crate::framework::clients::NothingConfigured;
use crate::framework::{Diagnostics, Provider, Value};
use crate::tenant::{self, Directory};

pub use self::promote::Target;
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
    /// The target of a promotion has mistakes, or lacks a vendor.
    #[error("the target `{title}` cannot be configured{}", listed(problems))]
    Target {
        /// The name of its file.
        title: String,
        /// The mistakes.
        problems: Diagnostics,
    },
}

fn listed(diagnostics: &Diagnostics) -> String {
    diagnostics.iter().map(|diagnostic| format!("\n\n{diagnostic}")).collect::<Vec<_>>().concat()
}

/// Captures a tenant and writes its configuration, for itself or for another tenant. The provider is configured from its
/// environment, as by an empty provider block.
///
/// A type that cannot be captured is reported in the summary. An error is returned only if nothing can be exported.
pub async fn run(provider: &Provider, target: Option<Target>, options: Options) -> Result<Summary, Error> {
    folder::check(&options.folder)?;
    let mistakes = provider.configure(&Value::Null, "export");
    let mut chosen = options.selection.choose(provider, &provider.clients(), mistakes)?;
    if let Some(target) = &target {
        configure(target, &chosen.vendors)?;
    }
    let source = Tenant::of(provider, &chosen.types).await;
    let (applied, tenant, promotion) = match &target {
        None => (provider, source, None),
        Some(target) => {
            let (tenant, promotion) = promote(source, target, &mut chosen.unlistable).await;
            (&target.provider, tenant, Some(promotion))
        }
    };
    let mut variables = Variables::default();
    let mut files = configuration::provider(applied, &options.source, &chosen.vendors);
    files.append(&mut configuration::imports(&tenant.captures));
    if options.format == Format::Hcl {
        files.append(&mut configuration::resources(&tenant, &mut variables));
        files.extend(variables.file().map(|text| ("variables.tf".to_owned(), text)));
    }
    folder::write(&options.folder, &files)?;
    Ok(Summary::new(provider, options.folder, options.format, chosen, &tenant.captures, &variables, promotion))
}

/// The objects of a tenant that are exported, and what their ids refer to.
struct Tenant {
    captures: Vec<Capture>,
    directory: Directory,
}

impl Tenant {
    /// Captures these types, and lists the types to which they refer.
    async fn of(provider: &Provider, types: &[String]) -> Self {
        let context = referred_to(provider, types);
        let listings = tenant::list(provider, types.iter().chain(&context)).await;
        let directory = Directory::of(provider, &listings);
        let captured =
            listings.into_iter().filter(|listing| types.contains(&listing.type_name)).filter_map(|listing| {
                let (list, resource) =
                    (provider.lists.get(&listing.type_name)?, provider.resources.get(&listing.type_name)?);
                Some(Capture::of(listing, list.as_ref(), resource))
            });
        Self { captures: captured.collect(), directory }
    }
}

/// The types that are not captured and to which attributes of captured types may refer.
fn referred_to(provider: &Provider, types: &[String]) -> Vec<String> {
    let clients = provider.clients();
    let captured: Vec<_> = types.iter().filter_map(|name| provider.resources.get(name)).collect();
    let is_referred_to = |name: &String| {
        provider.resources.get(name).is_some_and(|other| {
            captured.iter().filter(|resource| resource.vendor() == other.vendor()).any(|resource| {
                let mut attributes = resource.schema().attributes().iter();
                attributes.any(|attribute| !attribute.computed && tenant::refers_to(&attribute.name, other.as_ref()))
            })
        })
    };
    let listable =
        provider.lists.iter().filter(|(name, list)| !types.contains(name) && list.available(&clients).is_ok());
    listable.map(|(name, _)| name.clone()).filter(is_referred_to).collect()
}

/// Configures the target from its variables. It must have every vendor that is exported.
fn configure(target: &Target, vendors: &[&'static str]) -> Result<(), Error> {
    let mistakes = target.provider.configure(&Value::Null, "export");
    let concerned = mistakes.into_iter().filter(|mistake| target.provider.concerns(vendors, mistake));
    let mut problems: Diagnostics = concerned.collect();
    for vendor in vendors {
        problems.append(target.provider.clients().require(vendor).err().unwrap_or_default());
    }
    let failed = |problems| Error::Target { title: target.title.clone(), problems };
    problems.into_result().map_err(failed)
}

/// Prepares what was captured for another tenant. Of the types without a list, those with data about people are moved to what is
/// not promoted.
async fn promote(source: Tenant, target: &Target, unlistable: &mut Vec<String>) -> (Tenant, Promotion) {
    let clients = target.provider.clients();
    let is_listed = |capture: &&Capture| {
        let list = target.provider.lists.get(&capture.type_name);
        !capture.resource.is_personal() && list.is_some_and(|list| list.available(&clients).is_ok())
    };
    let types: Vec<_> = source.captures.iter().filter(is_listed).map(|capture| capture.type_name.clone()).collect();
    let there = Tenant::of(&target.provider, &types).await;
    let tenants = promote::Tenants { source: &source.directory, target: &there.directory, provider: &target.provider };
    let mut promotion = Promotion::new(target.title.clone());
    let is_personal =
        |name: &mut String| target.provider.resources.get(name).is_some_and(|resource| resource.is_personal());
    for type_name in unlistable.extract_if(.., is_personal) {
        promotion.leave_out(format!("{type_name} (not counted, since the vendor has no list)"), promote::PERSONAL);
    }
    let targets = there.captures.into_iter().map(|capture| (capture.type_name.clone(), capture)).collect();
    let captures = tenants.promote(source.captures, targets, &mut promotion);
    (Tenant { captures, directory: there.directory }, promotion)
}
