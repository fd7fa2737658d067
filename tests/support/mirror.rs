//! A filesystem mirror with the provider under test, from which `terraform init` installs it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::sandbox::BINARY;

/// The version of the provider under test.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The registries of Terraform and of OpenTofu, whose addresses `identity-as-code/idv` stands for.
pub(crate) const REGISTRIES: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// Writes `mirror/` as the command `mirror` does, with links in place of copies, and returns the path of a CLI configuration
/// that selects it.
pub(crate) fn write(folder: &Path) -> PathBuf {
    let mirror = folder.join("mirror");
    let system = format!("{}_{}", std::env::consts::OS, if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" });
    for registry in REGISTRIES {
        let folder = mirror.join(registry).join("identity-as-code/idv").join(VERSION).join(&system);
        fs::create_dir_all(&folder).unwrap();
        let provider = folder.join(format!("terraform-provider-idv_v{VERSION}"));
        if !provider.exists() {
            symlink(BINARY, provider).unwrap();
        }
    }
    let configuration = folder.join("cli.tfrc");
    let path = mirror.display();
    let block = format!("provider_installation {{\n  filesystem_mirror {{\n    path = \"{path}\"\n  }}\n}}\n");
    fs::write(&configuration, block).unwrap();
    configuration
}
