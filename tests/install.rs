//! The command `mirror`, and a `terraform init` that finds the provider there.

use std::path::Path;
use std::process::Command;

use crate::support::mirror::{self, VERSION};
use crate::support::sandbox::{BINARY, Sandbox};
use crate::support::terraform::{self, Run};

const CONFIGURATION: &str = r#"
resource "idv_vult_webhook" "events" {
  name = "events"
  url  = "https://hooks.example.com/idv"
}
"#;

/// A person's machine: a home folder, and a working folder in it.
struct Machine {
    home: tempfile::TempDir,
    sandbox: Sandbox,
}

impl Machine {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("work")).unwrap();
        Self { home, sandbox: Sandbox::start() }
    }

    fn work(&self) -> std::path::PathBuf {
        self.home.path().join("work")
    }

    fn run(&self, mut command: Command) -> Run {
        command.current_dir(self.work()).env("HOME", self.home.path()).env_remove("XDG_DATA_HOME");
        command.env("XDG_RUNTIME_DIR", self.home.path()).envs(self.sandbox.env());
        Run::from(command.output().unwrap())
    }

    /// Runs the command `mirror`.
    fn mirror(&self, arguments: &[&str]) -> Run {
        let mut command = terraform::command(BINARY);
        command.arg("mirror").args(arguments);
        self.run(command)
    }

    /// Runs Terraform with a configuration of its command line, or without one.
    fn terraform(&self, cli: Option<&Path>, arguments: &[&str]) -> Run {
        let mut command = terraform::command(terraform::pinned());
        command.args(arguments);
        if let Some(cli) = cli {
            command.env("TF_CLI_CONFIG_FILE", cli);
        }
        self.run(command)
    }

    /// Writes `main.tf` from the lines that `mirror` printed.
    fn configure(&self, printed: &str) {
        let required = &printed[printed.find("terraform {").unwrap()..];
        std::fs::write(self.work().join("main.tf"), format!("{required}{CONFIGURATION}")).unwrap();
    }
}

#[test]
fn provider_is_found_by_terraform_init_without_any_configuration() {
    let machine = Machine::new();
    let printed = machine.mirror(&[]).succeeded().stdout;
    assert!(
        printed.contains(&format!("is in {}.", machine.home.path().join(".terraform.d/plugins").display())),
        "{printed}"
    );
    assert!(!printed.contains("filesystem_mirror"), "{printed}");
    machine.configure(&printed);
    machine.terraform(None, &["init", "-input=false"]).succeeded();
    let lock = std::fs::read_to_string(machine.work().join(".terraform.lock.hcl")).unwrap();
    let registry = terraform::registry();
    assert!(lock.contains(&format!("provider \"{registry}/identity-as-code/idv\"")), "{lock}");
    assert!(lock.contains(&format!("version     = \"{VERSION}\"")) && lock.contains("\"h1:"), "{lock}");
    machine.terraform(None, &["apply", "-auto-approve", "-input=false"]).succeeded();
    let plan = machine.terraform(None, &["plan", "-input=false", "-detailed-exitcode"]);
    assert_eq!(plan.code, Some(0), "{}", plan.stdout);

    // Another run of the command replaces a program that a Terraform may be using.
    machine.mirror(&[]).succeeded();
    machine.terraform(None, &["init", "-input=false"]).succeeded();
}

#[test]
fn mirror_in_a_folder_works_with_the_configuration_that_it_prints() {
    let machine = Machine::new();
    let printed = machine.mirror(&["shared/mirror"]).succeeded().stdout;
    for registry in mirror::REGISTRIES {
        let versions = machine.work().join("shared/mirror").join(registry).join("identity-as-code/idv").join(VERSION);
        let platform = std::fs::read_dir(versions).unwrap().next().unwrap().unwrap().path();
        let program = platform.join(format!("terraform-provider-idv_v{VERSION}"));
        assert_eq!(
            std::fs::read_dir(&platform).unwrap().count(),
            1,
            "nothing but the program is in {}",
            platform.display()
        );
        let mut version = terraform::command(program);
        version.arg("--version");
        assert!(machine.run(version).succeeded().stdout.contains(VERSION));
    }
    let cli = machine.work().join("cli.tfrc");
    let block = printed.split("provider_installation").nth(1).unwrap().split("\n\n").next().unwrap();
    std::fs::write(&cli, format!("provider_installation{block}\n")).unwrap();
    machine.configure(&printed);
    machine.terraform(Some(&cli), &["init", "-input=false"]).succeeded();
    machine.terraform(Some(&cli), &["validate"]).succeeded();
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let machine = Machine::new();
    std::fs::write(machine.work().join("file"), "").unwrap();
    let run = machine.mirror(&["file/mirror"]);
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.contains("file/mirror/registry.terraform.io") && run.stderr.contains("cannot be written"),
        "{}",
        run.stderr
    );
}
