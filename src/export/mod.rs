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
mod header;
mod layout;
mod names;
mod pages;
mod promote;
mod promotion;
mod references;
mod selection;
mod summary;
mod variables;

use std::path::PathBuf;

use self::capture::Capture;
use self::header::Header;
use self::promotion::Promotion;
use self::variables::Variables;
use crate::framework::clients::NothingConfigured;
use crate::framework::provider::Caller;
use crate::framework::{Diagnostic, Diagnostics, Provider, Severity, Value};
use crate::tenant::{self, Directory};

pub use self::layout::Layout;
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
    /// How the files are arranged.
    pub layout: Layout,
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
    /// No list of any vendor could be read.
    #[error("nothing could be captured, so nothing was written{}", .0.iter().map(|problem| format!("\n\n{problem}")).collect::<Vec<_>>().concat())]
    NothingCaptured(
        /// The first problem of each vendor.
        Vec<Diagnostic>,
    ),
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
    let mistakes = provider.configure(&Value::Null, Caller::command("export"));
    let mut chosen = options.selection.choose(provider, &provider.clients(), mistakes)?;
    if let Some(target) = &target {
        configure(target, &chosen.vendors)?;
    }
    let layout = &options.layout;
    let source = Tenant::of(provider, &chosen.types, layout).await;
    source.check_captured(provider)?;
    let mut header = Header::new(provider, &chosen.vendors);
    let (applied, tenant, promotion) = match &target {
        None => (provider, source, None),
        Some(target) => {
            let (tenant, promotion) = promote(source, target, layout, &mut chosen.unlistable).await?;
            header.add_target(&target.provider, &chosen.vendors);
            (&target.provider, tenant, Some(promotion))
        }
    };
    let mut variables = Variables::default();
    let mut files = layout.versions(applied, &options.source);
    files.append(&mut layout.provider_block(applied, &chosen.vendors, &mut variables));
    files.append(&mut configuration::imports(&tenant.captures, layout, applied.name));
    if options.format == Format::Hcl {
        files.append(&mut configuration::resources(&tenant, layout, applied.name, &mut variables));
    }
    if let Some(module) = &layout.module {
        files.append(&mut configuration::outputs(&tenant.captures, layout));
        files.extend(variables.file_of_resources().map(|text| (layout.file("variables.tf"), text)));
        files.extend(layout.module_call(applied.name, &variables, module));
    }
    files.extend(variables.file().map(|text| (layout.name("variables.tf"), text)));
    header.write(&mut files);
    folder::write(&options.folder, &files)?;
    Ok(Summary::new(provider, options, chosen, &tenant.captures, &variables, promotion))
}

/// The objects of a tenant that are exported, and what their ids refer to.
struct Tenant {
    captures: Vec<Capture>,
    directory: Directory,
}

impl Tenant {
    /// Captures these types, and lists the types to which they refer.
    async fn of(provider: &Provider, types: &[String], layout: &Layout) -> Self {
        let context = referred_to(provider, types);
        let listings = tenant::list(provider, types.iter().chain(&context)).await;
        let directory = Directory::of(provider, &listings);
        let captured =
            listings.into_iter().filter(|listing| types.contains(&listing.type_name)).filter_map(|listing| {
                let (list, resource) =
                    (provider.lists.get(&listing.type_name)?, provider.resources.get(&listing.type_name)?);
                Some(Capture::of(listing, list.as_ref(), resource, layout))
            });
        Self { captures: captured.collect(), directory }
    }

    /// Fails if lists were read and each of them failed without an object: a vendor that cannot be reached says nothing about its
    /// objects.
    fn check_captured(&self, provider: &Provider) -> Result<(), Error> {
        let clients = provider.clients();
        let is_read = |capture: &&Capture| {
            provider.lists.get(&capture.type_name).is_some_and(|list| list.available(&clients).is_ok())
        };
        let mut failures: Vec<(&str, Diagnostic)> = Vec::new();
        for capture in self.captures.iter().filter(is_read) {
            let mut errors = capture.problems.iter().filter(|problem| problem.severity == Severity::Error);
            match errors.next() {
                Some(error) if capture.objects.is_empty() => {
                    let vendor = capture.resource.vendor();
                    if !failures.iter().any(|(other, _)| *other == vendor) {
                        failures.push((vendor, error.clone()));
                    }
                }
                _ => return Ok(()),
            }
        }
        let problems: Vec<_> = failures.into_iter().map(|(_, problem)| problem).collect();
        if problems.is_empty() { Ok(()) } else { Err(Error::NothingCaptured(problems)) }
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
    let mistakes = target.provider.configure(&Value::Null, Caller::command("export"));
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
async fn promote(
    source: Tenant,
    target: &Target,
    layout: &Layout,
    unlistable: &mut Vec<String>,
) -> Result<(Tenant, Promotion), Error> {
    let clients = target.provider.clients();
    let is_listed = |capture: &&Capture| {
        let list = target.provider.lists.get(&capture.type_name);
        !capture.resource.is_personal() && list.is_some_and(|list| list.available(&clients).is_ok())
    };
    let types: Vec<_> = source.captures.iter().filter(is_listed).map(|capture| capture.type_name.clone()).collect();
    let there = Tenant::of(&target.provider, &types, layout).await;
    there.check_captured(&target.provider)?;
    let tenants = promote::Tenants { source: &source.directory, target: &there.directory, provider: &target.provider };
    let mut promotion = Promotion::new(target.title.clone());
    let is_personal =
        |name: &mut String| target.provider.resources.get(name).is_some_and(|resource| resource.is_personal());
    for type_name in unlistable.extract_if(.., is_personal) {
        promotion.leave_out(format!("{type_name} (not counted, since the vendor has no list)"), promote::PERSONAL);
    }
    let targets = there.captures.into_iter().map(|capture| (capture.type_name.clone(), capture)).collect();
    let captures = tenants.promote(source.captures, targets, &mut promotion).await;
    Ok((Tenant { captures, directory: there.directory }, promotion))
}
