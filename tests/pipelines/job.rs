//! A job of a pipeline: a checkout, the programs on the PATH, and the provider in a mirror.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use tempfile::TempDir;

use crate::support::mirror;
use crate::support::sandbox::{BINARY, Sandbox};
use crate::support::terraform::{self, Run};

/// A checkout of a configuration, by default with one webhook, whose name is the variable `name`.
pub(super) struct Job {
    folder: TempDir,
    pub(super) sandbox: Sandbox,
    environment: BTreeMap<String, String>,
}

impl Job {
    /// With the state in a file.
    pub(super) fn new() -> Self {
        Self::with_backend("", &[])
    }

    /// With a backend and its variables.
    pub(super) fn with_backend(backend: &str, variables: &[(&str, &str)]) -> Self {
        let sandbox = Sandbox::start();
        // The other vendors of a fresh sandbox have objects that nobody manages.
        let mut environment = sandbox.env().clone();
        environment.retain(|name, _| name.starts_with("IDV_VULT_"));
        environment.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Self::with_configuration(sandbox, environment, |checkout| {
            fs::write(checkout.join("main.tf"), configuration(backend)).unwrap();
        })
    }

    /// With the configuration that `write` writes into the checkout, and with its variables.
    pub(super) fn with_configuration(
        sandbox: Sandbox,
        variables: BTreeMap<String, String>,
        write: impl FnOnce(&Path),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in ["bin", "home", "checkout"] {
            fs::create_dir(root.join(name)).unwrap();
        }
        std::os::unix::fs::symlink(terraform::pinned(), root.join("bin/terraform")).unwrap();
        std::os::unix::fs::symlink(BINARY, root.join("bin/terraform-provider-idv")).unwrap();
        let mirror = mirror::write(root);
        let display = |name: &str| root.join(name).display().to_string();
        let mut environment = BTreeMap::from([
            ("PATH".to_owned(), format!("{}:{}", display("bin"), std::env::var_os("PATH").unwrap().display())),
            ("HOME".to_owned(), display("home")),
            ("XDG_RUNTIME_DIR".to_owned(), display("home")),
            ("TF_CLI_CONFIG_FILE".to_owned(), mirror.display().to_string()),
        ]);
        environment.extend(variables);
        let job = Self { folder, sandbox, environment };
        write(&job.path(""));
        job.terraform(&["init", "-input=false", "-no-color"]).succeeded();
        job
    }

    pub(super) fn set(&mut self, variable: &str, value: &str) {
        self.environment.insert(variable.to_owned(), value.to_owned());
    }

    /// A path in the checkout.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("checkout").join(name)
    }

    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// A command in the checkout.
    pub(super) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = terraform::command(program.as_ref());
        command.current_dir(self.path("")).env_remove("GITHUB_REPOSITORY").envs(&self.environment).stdin(Stdio::null());
        command
    }

    /// Runs a step of the pipelines to its end.
    pub(super) fn step(&self, name: &str) -> Run {
        let run = Run::from(self.command(super::pipelines("steps").join(name)).output().unwrap());
        eprintln!("$ {name}\n{}{}-> {:?}", run.stdout, run.stderr, run.code);
        run
    }

    fn terraform(&self, arguments: &[&str]) -> Run {
        self.command(terraform::pinned()).args(arguments).output().unwrap().into()
    }

    /// The names of the webhooks at the vendor.
    pub(super) fn webhooks(&self) -> Vec<String> {
        let state = self.sandbox.state();
        let webhooks = state["vult"]["webhooks"].as_array().unwrap();
        webhooks.iter().map(|webhook| webhook["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Starts another process that holds the lock of the state until it is dropped: an apply that waits for an answer.
    pub(super) fn hold_lock(&self) -> Lock {
        let mut command = self.command(terraform::pinned());
        command.args(["apply", "-no-color", "-var=name=held"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        wait_for(process.stdout.take().unwrap(), "Only 'yes' will be accepted");
        let answer = process.stdin.take();
        Lock { process, answer }
    }
}

/// A process that holds the lock.
pub(super) struct Lock {
    process: Child,
    answer: Option<ChildStdin>,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Both fail if the process has already exited, which is fine.
        let _ = self.answer.take().map(|mut answer| answer.write_all(b"no\n"));
        let _ = self.process.wait();
    }
}

/// Reads until a line contains a text, and keeps reading the rest so that the writer is not blocked.
pub(super) fn wait_for(stream: impl std::io::Read + Send + 'static, text: &str) {
    let mut lines = BufReader::new(stream).lines();
    let found = lines.by_ref().map_while(Result::ok).any(|line| line.contains(text));
    assert!(found, "{text:?} was not printed");
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
}

fn configuration(backend: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        r#"terraform {{
  required_providers {{
    idv = {{ source = "identity-as-code/idv", version = "{version}" }}
  }}
  {backend}
}}

variable "name" {{
  type    = string
  default = "events"
}}

resource "idv_vult_webhook" "events" {{
  name = var.name
  url  = "https://hooks.example.com/idv"

  lifecycle {{
    precondition {{
      condition     = length(var.name) < 10
      error_message = "The name is too long for the dashboard."
    }}
  }}
}}
"#
    )
}
