//! The command `mirror`: copies this program to where `terraform init` and `tofu init` find it. Needs neither network nor vendor.
//!
//! A filesystem mirror has a folder for each registry, namespace, type, version and platform. Terraform and OpenTofu complete
//! `identity-as-code/idv` with a registry of their own, so there is one for each of the two.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The registries that Terraform and OpenTofu add to a source address.
const REGISTRIES: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// Where to write the mirror, and of what.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder; without one, the folder in which both look without a configuration.
    pub folder: Option<PathBuf>,
    /// The source address without a registry, such as `identity-as-code/idv`.
    pub source: String,
    /// The version of this program.
    pub version: String,
}

/// What was written. It displays itself as what to do next.
#[derive(Clone, Debug)]
pub struct Mirror {
    options: Options,
    folder: PathBuf,
    platform: String,
}

/// Why nothing was written, or not everything.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no home folder for the default.
    #[error("there is no folder to write to: {0} is not set. Name one: `terraform-provider-idv mirror DIR`.")]
    NoHome(&'static str),
    /// This system has no name at the registries.
    #[error(
        "Terraform has no provider packages for {os} on {architecture}. Build the provider on a system that Terraform runs on."
    )]
    Platform {
        /// The operating system, in Rust's words.
        os: &'static str,
        /// The architecture, in Rust's words.
        architecture: &'static str,
    },
    /// A file or folder cannot be written.
    #[error("`{}` cannot be written: {error}. Check that you may write there, or name another folder.", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        error: io::Error,
    },
    /// This program cannot be read.
    #[error("this program cannot be read: {0}. Start it by its path.")]
    Program(io::Error),
}

/// Copies this program into a mirror.
pub fn run(options: Options) -> Result<Mirror, Error> {
    let program = std::env::current_exe().map_err(Error::Program)?;
    let platform = platform()?;
    let folder = match &options.folder {
        Some(folder) => std::path::absolute(folder).map_err(|error| Error::Write { path: folder.clone(), error })?,
        None => implied_folder()?,
    };
    let mirror = Mirror { options, folder, platform };
    for file in mirror.files() {
        copy(&program, &file)?;
    }
    Ok(mirror)
}

impl Mirror {
    /// The program in the folder of each registry.
    fn files(&self) -> impl Iterator<Item = PathBuf> + '_ {
        let Options { source, version, .. } = &self.options;
        let name = format!("terraform-provider-idv_v{version}{}", std::env::consts::EXE_SUFFIX);
        REGISTRIES
            .iter()
            .map(move |registry| self.folder.join(registry).join(source).join(version).join(&self.platform).join(&name))
    }
}

impl fmt::Display for Mirror {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Options { folder, source, version } = &self.options;
        let (path, platform) = (self.folder.display(), &self.platform);
        writeln!(f, "Version {version} for {platform} is in {path}.\n")?;
        if folder.is_some() {
            writeln!(
                f,
                "Name the folder in ~/.terraformrc or ~/.tofurc, or in the file that TF_CLI_CONFIG_FILE names:\n"
            )?;
            writeln!(f, "provider_installation {{")?;
            writeln!(f, "  filesystem_mirror {{\n    path    = {:?}", self.folder.to_string_lossy())?;
            writeln!(f, "    include = [\"{source}\"]\n  }}")?;
            writeln!(f, "  direct {{\n    exclude = [\"{source}\"]\n  }}\n}}\n")?;
        }
        writeln!(f, "`terraform init` and `tofu init` install it where a configuration has:\n")?;
        writeln!(f, "terraform {{\n  required_providers {{")?;
        writeln!(f, "    idv = {{ source = \"{source}\", version = \"{version}\" }}\n  }}\n}}")
    }
}

/// The folder in which Terraform and OpenTofu look for mirrors without a configuration.
fn implied_folder() -> Result<PathBuf, Error> {
    let (variable, name) = if cfg!(windows) { ("APPDATA", "terraform.d") } else { ("HOME", ".terraform.d") };
    let home = std::env::var_os(variable).map(PathBuf::from).filter(|home| home.is_absolute());
    Ok(home.ok_or(Error::NoHome(variable))?.join(name).join("plugins"))
}

/// The platform as registries name it, such as `linux_amd64`.
fn platform() -> Result<String, Error> {
    let (os, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
    let unknown = Error::Platform { os, architecture };
    let system = match os {
        "macos" => "darwin",
        "linux" | "windows" | "freebsd" | "openbsd" | "solaris" => os,
        _ => return Err(unknown),
    };
    let processor = match architecture {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        "arm" => "arm",
        _ => return Err(unknown),
    };
    Ok(format!("{system}_{processor}"))
}

/// Copies a program. The copy appears at once, so that a Terraform that starts it meanwhile finds the old one or the new one.
fn copy(program: &Path, to: &Path) -> Result<(), Error> {
    let fail = |path: &Path| {
        let path = path.to_owned();
        move |error| Error::Write { path, error }
    };
    let folder = to.parent().unwrap_or(to);
    std::fs::create_dir_all(folder).map_err(fail(folder))?;
    let part = to.with_extension("part");
    std::fs::copy(program, &part).map_err(fail(&part))?;
    std::fs::rename(&part, to).map_err(fail(to))
}
