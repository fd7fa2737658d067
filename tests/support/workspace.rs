//! A folder with a configuration, in which the real Terraform runs the provider under test.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::objects;
use super::sandbox::{BINARY, Sandbox};
use super::terraform::{self, Run};

/// Prepended to every configuration.
const REQUIREMENTS: &str =
    "terraform {\n  required_providers {\n    idv = { source = \"identity-as-code/idv\" }\n  }\n}\n";

const CLI_CONFIGURATION: &str = "cli.tfrc";

/// A workspace of one test. If the test fails, the output of every run is printed.
pub(crate) struct Workspace {
    folder: TempDir,
    /// The folder in which the providers of this workspace share limits and tokens, and those of no other test.
    runtime: TempDir,
    terraform: PathBuf,
    environment: BTreeMap<String, String>,
    transcript: RefCell<String>,
    plans: Cell<usize>,
}

/// A plan that Terraform made and saved, until the next one replaces its file.
pub(crate) struct Plan<'w> {
    workspace: &'w Workspace,
    /// Its place among the plans of the workspace.
    number: usize,
    run: Run,
    json: OnceCell<Value>,
}

impl Workspace {
    /// An empty workspace whose environment configures the vendors of a sandbox.
    pub(crate) fn new(sandbox: &Sandbox) -> Self {
        let mut workspace = Self::without_vendors();
        workspace.environment.extend(sandbox.env().clone());
        workspace
    }

    /// An empty workspace whose environment configures no vendor.
    pub(crate) fn without_vendors() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cli_path = folder.path().join(CLI_CONFIGURATION);
        let runtime = tempfile::tempdir().unwrap();
        let environment = BTreeMap::from([
            ("TF_CLI_CONFIG_FILE".to_owned(), cli_path.display().to_string()),
            ("XDG_RUNTIME_DIR".to_owned(), runtime.path().display().to_string()),
        ]);
        let workspace = Self {
            folder,
            runtime,
            terraform: terraform::pinned(),
            environment,
            transcript: RefCell::default(),
            plans: Cell::default(),
        };
        workspace.override_provider(Path::new(BINARY).parent().unwrap());
        workspace
    }

    /// The same workspace, in which lines of a shell script run before the provider.
    pub(crate) fn with_lines_before_the_provider(self, lines: &str) -> Self {
        let folder = self.path().join("provider");
        std::fs::create_dir(&folder).unwrap();
        let script = folder.join("terraform-provider-idv");
        std::fs::write(&script, format!("#!/bin/sh\n{lines}\nexec '{BINARY}' \"$@\"\n")).unwrap();
        std::fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();
        self.override_provider(&folder);
        self
    }

    /// Writes the CLI configuration that makes Terraform use the provider in a folder.
    fn override_provider(&self, folder: &Path) {
        let folder = folder.display();
        let cli = format!(
            "provider_installation {{\n  dev_overrides {{ \"identity-as-code/idv\" = \"{folder}\" }}\n  direct {{}}\n}}\n"
        );
        self.write(CLI_CONFIGURATION, &cli);
    }

    /// The same workspace with another Terraform.
    pub(crate) fn with_terraform(mut self, terraform: PathBuf) -> Self {
        self.terraform = terraform;
        self
    }

    /// Sets a variable for the runs that follow.
    pub(crate) fn set(&mut self, variable: &str, value: &str) {
        self.environment.insert(variable.to_owned(), value.to_owned());
    }

    /// Signs in at Didit by client id and secret for the runs that follow, in place of the key: one of the two is configured.
    pub(crate) fn sign_in_at_didit_as_a_client(&mut self, sandbox: &Sandbox) {
        let state = sandbox.state();
        self.set("IDV_DIDIT_API_KEY", "");
        for name in ["client_id", "client_secret"] {
            self.set(&format!("IDV_DIDIT_{}", name.to_uppercase()), state["didit"][name].as_str().unwrap());
        }
    }

    /// Shares limits and tokens with the providers of another workspace.
    pub(crate) fn share_with(&mut self, other: &Self) {
        self.set("XDG_RUNTIME_DIR", other.runtime.path().to_str().unwrap());
    }

    /// The files that the providers of this workspace share.
    pub(crate) fn shared_files(&self) -> Vec<PathBuf> {
        let found = std::fs::read_dir(self.runtime.path().join("terraform-provider-idv"));
        found.map(|files| files.map(|file| file.unwrap().path()).collect()).unwrap_or_default()
    }

    /// The folder of the configuration.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file beside the configuration.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    /// Copies the files of a folder into a folder of the workspace.
    pub(crate) fn copy_folder(&self, from: &Path, name: &str) {
        let target = self.path().join(name);
        std::fs::create_dir_all(&target).unwrap();
        for file in std::fs::read_dir(from).unwrap() {
            let file = file.unwrap().path();
            std::fs::copy(&file, target.join(file.file_name().unwrap())).unwrap();
        }
    }

    /// Writes the variables of a sandbox as a file, in the form that a shell reads.
    pub(crate) fn write_environment(&self, name: &str, sandbox: &Sandbox) {
        let lines: Vec<_> = sandbox.env().iter().map(|(name, value)| format!("export {name}='{value}'")).collect();
        self.write(name, &(lines.join("\n") + "\n# A comment.\n"));
    }

    /// Makes this the whole configuration.
    pub(crate) fn configure(&self, configuration: &str) {
        self.write("main.tf", &format!("{REQUIREMENTS}{configuration}"));
    }

    /// Runs any command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.finish(arguments, self.command(arguments).output().unwrap().into())
    }

    /// Runs a command of the provider's own binary to its end, in the environment that Terraform would give it.
    pub(crate) fn run_provider(&self, arguments: &[&str]) -> Run {
        let mut command = self.in_here(terraform::command(BINARY), arguments);
        self.finish(arguments, command.output().unwrap().into())
    }

    /// Starts a command in a process group of its own, for a test that interrupts it as a terminal does.
    pub(crate) fn start(&self, arguments: &[&str]) -> Started<'_> {
        let mut command = self.command(arguments);
        let child = command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Started { workspace: self, arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(), child }
    }

    /// Checks the configuration, offline.
    pub(crate) fn validate(&self) -> Run {
        self.run(&["validate", "-json"])
    }

    /// Plans without saving, for a plan that may fail.
    pub(crate) fn try_plan(&self) -> Run {
        self.run(&["plan", "-json"])
    }

    /// Makes a plan, which must succeed.
    #[track_caller]
    pub(crate) fn plan(&self) -> Plan<'_> {
        self.plan_with(&[])
    }

    /// Makes a plan with further arguments, such as `-destroy`.
    #[track_caller]
    pub(crate) fn plan_with(&self, arguments: &[&str]) -> Plan<'_> {
        let run = self.run(&[&["plan", "-json", "-detailed-exitcode", "-out=saved.tfplan"], arguments].concat());
        assert!(matches!(run.code, Some(0 | 2)), "no plan:\n{}", run.errors());
        self.plans.update(|number| number + 1);
        Plan { workspace: self, number: self.plans.get(), run, json: OnceCell::new() }
    }

    /// Applies the plan that was saved last, and nothing else.
    pub(crate) fn apply_saved(&self) -> Run {
        self.run(&["apply", "-json", "saved.tfplan"])
    }

    /// Plans and applies.
    pub(crate) fn apply(&self) -> Run {
        self.run(&["apply", "-json", "-auto-approve"])
    }

    /// Destroys all that is in state.
    pub(crate) fn destroy(&self) -> Run {
        self.run(&["destroy", "-json", "-auto-approve"])
    }

    /// Imports an object by its id.
    pub(crate) fn import(&self, address: &str, id: &str) -> Run {
        self.run(&["import", "-no-color", address, id])
    }

    /// The attributes of every object in state, by address.
    pub(crate) fn state(&self) -> BTreeMap<String, Value> {
        self.in_state(|resource| resource["values"].clone())
    }

    fn in_state<T>(&self, part: impl Fn(&Value) -> T) -> BTreeMap<String, T> {
        let shown = self.run(&["show", "-json"]).succeeded();
        let document: Value = serde_json::from_str(&shown.stdout).unwrap();
        let resources = document.pointer("/values/root_module/resources").and_then(Value::as_array);
        let by_address = |resource: &Value| (resource["address"].as_str().unwrap().to_owned(), part(resource));
        resources.into_iter().flatten().map(by_address).collect()
    }

    /// The identity of every object in state, by address; as JSON, which is HCL as well.
    pub(crate) fn identities(&self) -> BTreeMap<String, String> {
        self.in_state(|resource| resource["identity"].to_string())
    }

    /// The schemas of the provider, as Terraform prints them.
    pub(crate) fn schemas(&self) -> Value {
        let run = self.run(&["providers", "schema", "-json"]).succeeded();
        let document: Value = serde_json::from_str(&run.stdout).unwrap();
        document["provider_schemas"].as_object().unwrap().values().next().unwrap().clone()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        self.in_here(terraform::command(&self.terraform), arguments)
    }

    fn in_here(&self, mut command: Command, arguments: &[&str]) -> Command {
        command.args(arguments).current_dir(self.path()).envs(&self.environment).stdin(Stdio::null());
        command
    }

    fn finish(&self, arguments: &[impl AsRef<str>], run: Run) -> Run {
        let words: Vec<_> = arguments.iter().map(AsRef::as_ref).collect();
        let (words, said, code) = (words.join(" "), run.transcript(), run.code);
        writeln!(self.transcript.borrow_mut(), "$ {words}\n{said}-> {code:?}").unwrap();
        run
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the output of Terraform in this test:\n{}", self.transcript.borrow());
        }
    }
}

impl Plan<'_> {
    /// The plan as `terraform show -json` prints it. Terraform runs for it when it is first wanted.
    #[track_caller]
    pub(crate) fn json(&self) -> &Value {
        self.json.get_or_init(|| {
            assert_eq!(self.number, self.workspace.plans.get(), "a later plan replaced this one");
            let shown = self.workspace.run(&["show", "-json", "saved.tfplan"]).succeeded();
            serde_json::from_str(&shown.stdout).unwrap()
        })
    }

    /// Asserts that it changes nothing.
    #[track_caller]
    pub(crate) fn assert_empty(&self) {
        assert!(self.run.code == Some(0), "the plan is not empty: {:#}", self.json()["resource_changes"]);
    }

    /// The planned actions of an object: `["delete", "create"]` is a replacement.
    #[track_caller]
    pub(crate) fn actions(&self, address: &str) -> Vec<&str> {
        let actions = self.change(address)["actions"].as_array().unwrap();
        actions.iter().map(|action| action.as_str().unwrap()).collect()
    }

    /// The planned change of an object in Terraform's JSON.
    #[track_caller]
    pub(crate) fn change(&self, address: &str) -> &Value {
        let changes = self.json()["resource_changes"].as_array().unwrap();
        let change = changes.iter().find(|change| change["address"] == address);
        &change.unwrap_or_else(|| panic!("the plan has nothing about {address}"))["change"]
    }

    /// Asserts that the import of an object of the table read every attribute that the vendor returns. Other objects may be
    /// planned for creation.
    #[track_caller]
    pub(crate) fn assert_imported(&self, address: &str) {
        let change = self.change(address);
        let before = change["before"].as_object().unwrap();
        let not_returned = objects::find(address.split('.').next().unwrap()).not_returned;
        // The update that records the rest may leave attributes unknown until the vendor responds.
        let unknown = |name: &str| change["after_unknown"][name] == true;
        let differs = |name: &&String| before[*name] != change["after"][*name] && !unknown(name);
        let different: Vec<_> =
            before.keys().filter(differs).filter(|name| !not_returned.contains(&name.as_str())).collect();
        assert!(different.is_empty(), "the import of {address} did not read {different:?}: {change:#}");
        assert!(matches!(self.actions(address)[..], ["no-op" | "update"]), "{:?}", self.actions(address));
    }

    /// The warnings that Terraform printed.
    pub(crate) fn warnings(&self) -> String {
        self.run.warnings()
    }

    /// Whether Terraform printed a warning about an object.
    pub(crate) fn warns_about(&self, address: &str) -> bool {
        self.run.documents("warning").iter().any(|document| document["address"] == address)
    }
}

/// A running command.
pub(crate) struct Started<'w> {
    workspace: &'w Workspace,
    arguments: Vec<String>,
    child: Child,
}

impl Started<'_> {
    /// Presses Ctrl-C: SIGINT to Terraform and to the plugins below it.
    pub(crate) fn interrupt(&self) {
        send_signal("-INT", &[format!("-{}", self.child.id())]);
    }

    /// Kills Terraform, and leaves its providers alone.
    pub(crate) fn kill_terraform(&self) {
        send_signal("-KILL", &[self.child.id().to_string()]);
    }

    /// Kills the provider, as an operating system that has run out of memory does, and nothing else.
    pub(crate) fn kill_provider(&self) {
        send_signal("-KILL", &self.providers());
    }

    /// Asks the provider to end, and nothing else.
    pub(crate) fn terminate_provider(&self) {
        send_signal("-TERM", &self.providers());
    }

    /// Asks Terraform and its providers to end, as a service manager does.
    pub(crate) fn terminate(&self) {
        send_signal("-TERM", &[format!("-{}", self.child.id())]);
    }

    /// The processes of the provider in this run, of which there is at least one.
    pub(crate) fn providers(&self) -> Vec<String> {
        let providers = self.running_providers();
        assert!(!providers.is_empty(), "no provider runs below {}", self.child.id());
        providers
    }

    /// The processes of the provider in this run.
    pub(crate) fn running_providers(&self) -> Vec<String> {
        let listed = Command::new("ps").args(["-A", "-o", "pid=,pgid=,stat=,args="]).output().unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        let group = self.child.id().to_string();
        let of_this_run = listed.lines().filter_map(|line| {
            let words: Vec<_> = line.split_whitespace().collect();
            // A process that has ended and that nobody has waited for is still listed.
            let runs = words.len() == 4 && words[1] == group && !words[2].starts_with('Z') && words[3] == BINARY;
            runs.then(|| words[0].to_owned())
        });
        of_this_run.collect()
    }

    /// Waits for its end.
    pub(crate) fn wait(self) -> Run {
        let Self { workspace, arguments, child } = self;
        workspace.finish(&arguments, child.wait_with_output().unwrap().into())
    }
}

/// Sends a signal to processes, or to a group whose number is negative.
fn send_signal(signal: &str, processes: &[String]) {
    assert!(Command::new("kill").args([signal, "--"]).args(processes).status().unwrap().success());
}
