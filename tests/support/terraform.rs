//! The real Terraform: its path, and the output of one run.

use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

use super::mirror;

/// The versions that `make test` installs.
const PINNED: &str = include_str!("../../.terraform-version");
const OLDEST: &str = include_str!("../../.terraform-version-oldest");

/// The Terraform of the tests: the one that `TF_ACC_TERRAFORM_PATH` names, which may be an OpenTofu, or else the pinned one if
/// it is installed.
pub(crate) fn pinned() -> PathBuf {
    find("TF_ACC_TERRAFORM_PATH", PINNED.trim())
}

/// The oldest Terraform that the provider is for: the one that `TF_ACC_OLDEST_TERRAFORM_PATH` names, or else the one that is
/// installed.
pub(crate) fn oldest() -> PathBuf {
    find("TF_ACC_OLDEST_TERRAFORM_PATH", OLDEST.trim())
}

fn find(variable: &str, version: &str) -> PathBuf {
    if let Some(path) = std::env::var_os(variable).filter(|path| !path.is_empty()) {
        // Runs have folders of their own, in which a relative path would mean another file.
        let path = std::path::absolute(path).unwrap();
        assert!(path.is_file(), "{variable} is {}, and there is no such file", path.display());
        return path;
    }
    let installed = format!("target/terraform/{version}/terraform");
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(installed);
    assert!(
        path.is_file(),
        "these tests run a real Terraform and found none: run `make test`, which installs Terraform {version}, or set {variable} \
         to the path of one"
    );
    path
}

/// A major and a minor version, such as `(1, 15)`.
pub(crate) type Version = (u32, u32);

/// Whose program it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Product {
    Terraform,
    OpenTofu,
}

/// The version of the tests' Terraform.
pub(crate) fn version() -> Version {
    under_test().1
}

/// Whether the tests' Terraform is an OpenTofu.
pub(crate) fn product() -> Product {
    under_test().0
}

/// The registry in which the tests' Terraform looks a provider up whose address names none.
pub(crate) fn registry() -> &'static str {
    let [terraform, opentofu] = mirror::REGISTRIES;
    if product() == Product::OpenTofu { opentofu } else { terraform }
}

fn under_test() -> (Product, Version) {
    static UNDER_TEST: OnceLock<(Product, Version)> = OnceLock::new();
    *UNDER_TEST.get_or_init(|| {
        let run = Run::from(command(pinned()).arg("version").output().unwrap()).succeeded();
        let first = run.stdout.lines().next().unwrap_or_default();
        match first.split_once(" v") {
            Some(("Terraform", version)) => (Product::Terraform, parse_version(version)),
            Some(("OpenTofu", version)) => (Product::OpenTofu, parse_version(version)),
            _ => panic!("neither Terraform nor OpenTofu: {first}"),
        }
    })
}

/// The versions that have a feature; `None` if no version of the product has it.
#[derive(Clone, Copy)]
pub(crate) struct Since {
    pub(crate) terraform: Option<Version>,
    pub(crate) opentofu: Option<Version>,
}

impl Since {
    /// Whether the tests' Terraform has the feature.
    pub(crate) fn is_met(self) -> bool {
        let since = match product() {
            Product::Terraform => self.terraform,
            Product::OpenTofu => self.opentofu,
        };
        since.is_some_and(|since| version() >= since)
    }
}

/// Reads `1.15` and `1.15.5`.
pub(crate) fn parse_version(text: &str) -> Version {
    let mut numbers = text.split('.').map(|number| number.parse().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

/// A command without the caller's variables that configure Terraform, the provider or its HTTP client.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let upper = name.to_string_lossy().to_uppercase();
        if upper.starts_with("TF_") || upper.starts_with("IDV_") || upper.ends_with("_PROXY") {
            command.env_remove(name);
        }
    }
    // Disables the check for a newer Terraform.
    command.env("CHECKPOINT_DISABLE", "1");
    command
}

/// The output of one run. A run with `-json` has diagnostics.
pub(crate) struct Run {
    /// The exit code; `None` after a signal.
    pub(crate) code: Option<i32>,
    /// All of standard output.
    pub(crate) stdout: String,
    /// All of standard error.
    pub(crate) stderr: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Run {
    /// This run, which must have succeeded.
    #[track_caller]
    pub(crate) fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "the run failed:\n{}", self.report());
        self
    }

    /// This run, which must have ended with an error.
    #[track_caller]
    pub(crate) fn failed(self) -> Self {
        assert_eq!(self.code, Some(1), "the run was to fail");
        self
    }

    /// Its errors, as [`Diagnostic`] shows them, one after the other.
    pub(crate) fn errors(&self) -> String {
        self.diagnostics("error")
    }

    /// Its warnings, as [`Diagnostic`] shows them, one after the other.
    pub(crate) fn warnings(&self) -> String {
        self.diagnostics("warning")
    }

    /// The output as a person would see it: the messages of `-json` lines, without whole documents.
    pub(crate) fn transcript(&self) -> String {
        let message = |line: &str| {
            let message = serde_json::from_str::<Value>(line).ok()?;
            Some(match (message.get("diagnostic"), message["@message"].as_str()) {
                (Some(diagnostic), _) if is_about_overrides(diagnostic) => {
                    "(the provider under test is used)".to_owned()
                }
                (Some(diagnostic), _) => Diagnostic(diagnostic.clone()).to_string(),
                (None, Some(text)) => text.to_owned(),
                (None, None) => format!("(JSON of {} bytes)", line.len()),
            })
        };
        let lines = self.stdout.lines().chain(self.stderr.lines());
        lines.map(|line| message(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
    }

    fn report(&self) -> String {
        let errors = self.errors();
        if errors.is_empty() { self.transcript() } else { errors }
    }

    fn diagnostics(&self, severity: &str) -> String {
        let documents = self.documents(severity).into_iter();
        documents.map(|document| Diagnostic(document).to_string()).collect::<Vec<_>>().join("\n\n")
    }

    /// Its diagnostics of a severity in Terraform's JSON.
    pub(crate) fn documents(&self, severity: &str) -> Vec<Value> {
        // `validate` prints one document with all diagnostics, the other commands one line for each.
        let documents: Vec<Value> = match serde_json::from_str::<Value>(&self.stdout) {
            Ok(document) if document["diagnostics"].is_array() => document["diagnostics"].as_array().unwrap().clone(),
            _ => self
                .stdout
                .lines()
                .filter_map(|line| Some(serde_json::from_str::<Value>(line).ok()?["diagnostic"].clone()))
                .collect(),
        };
        let is_wanted = |document: &Value| document["severity"] == severity && !is_about_overrides(document);
        documents.into_iter().filter(is_wanted).collect()
    }
}

/// Whether this is the warning that every run with an overridden provider prints.
fn is_about_overrides(diagnostic: &Value) -> bool {
    diagnostic["summary"] == "Provider development overrides are in effect"
}

/// A diagnostic of `-json`, displayed without boxes and line breaks.
struct Diagnostic(Value);

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |pointer: &str| self.0.pointer(pointer).and_then(Value::as_str);
        let severity = if self.0["severity"] == "error" { "Error" } else { "Warning" };
        write!(f, "{severity}: {}", text("/summary").unwrap_or_default())?;
        let context = text("/snippet/context").map(|context| format!("in {context}"));
        let code = text("/snippet/code").map(|code| format!("`{}`", code.trim()));
        let place: Vec<_> = [context, code].into_iter().flatten().collect();
        if !place.is_empty() {
            write!(f, "\n  {}", place.join(": "))?;
        }
        match text("/detail") {
            None | Some("") => Ok(()),
            Some(detail) => write!(f, "\n{detail}"),
        }
    }
}
