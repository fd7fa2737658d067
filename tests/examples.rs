//! Every folder of `examples/` works: a real Terraform applies it, plans no further change, imports and destroys it.
//!
//! An example that needs a newer Terraform than the provider has a `required_version`. On an older Terraform the test checks
//! that the example is rejected for that reason.
//!
//! Ids in the examples are those of a fresh sandbox, so that they can be run as they are.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::sandbox::Sandbox;
use crate::support::terraform::{self, Product, Version};
use crate::support::workspace::Workspace;

fn example(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(path)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The folders of one kind, with the type that each is named for.
pub(crate) fn folders(kind: &str) -> Vec<PathBuf> {
    let folders: Vec<_> = std::fs::read_dir(example(kind)).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!folders.is_empty());
    folders
}

/// The oldest Terraform that the provider works with.
const OLDEST: Version = (1, 8);

/// The first Terraform with write-only attributes, which the demo uses.
const WRITE_ONLY: Version = (1, 11);

/// The first Terraform that imports by identity.
const IDENTITY: Version = (1, 12);

/// The first Terraform in which a destroy triggers actions.
const EVENTS_OF_A_DESTROY: Version = (1, 16);

/// The oldest Terraform that an example accepts.
fn needed(folder: &Path) -> Version {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let configurations = files.filter(|path| path.extension().is_some_and(|extension| extension == "tf"));
    let asked = configurations.filter_map(|path| {
        let text = read(&path);
        let (_, rest) = text.split_once("required_version = \">= ")?;
        Some(terraform::parse_version(rest.split_once('"')?.0))
    });
    asked.max().unwrap_or(OLDEST)
}

/// Whether this Terraform runs an example. If not, `terraform init` must report the version that the example needs: it is
/// the first command of a user, and checks `required_version` before it parses newer syntax.
fn runs(folder: &Path) -> bool {
    let (major, minor) = needed(folder);
    if terraform::version() >= (major, minor) {
        return true;
    }
    let workspace = workspace(folder, &Sandbox::start());
    let refused = workspace.run(&["init", "-no-color"]).failed().stderr;
    match terraform::product() {
        Product::Terraform => {
            assert!(refused.contains("Unsupported Terraform Core version"), "{refused}");
            assert!(refused.contains(&format!("required_version = \">= {major}.{minor}\"")), "{refused}");
        }
        // OpenTofu parses the whole configuration first, and has no actions.
        Product::OpenTofu => assert!(refused.contains("Blocks of type \"action\" are not expected here."), "{refused}"),
    }
    false
}

/// A workspace for one folder: its configuration, the files that it reads, and the variables that it needs.
fn workspace(folder: &Path, sandbox: &Sandbox) -> Workspace {
    let mut workspace = Workspace::new(sandbox);
    workspace.set("TF_VAR_bucket_secret_key", "a secret that only the vendor keeps");
    workspace.set("TF_VAR_capture_license", "a license of a capture engine");
    workspace.set("TF_VAR_webhook_secret", "a secret that only we and the vendor know");
    workspace.set("TF_VAR_private_key", "NxcAkLMNySu55B5bsCB1xxHP7sLYNAHyzKIBT5V1RZA=");
    if folder.ends_with("idv_didit_access_token") {
        workspace.sign_in_at_didit_as_a_client(sandbox);
    }
    workspace.configure("");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.starts_with("import") {
            // Copied, because some are images.
            std::fs::copy(&path, workspace.path().join(name)).unwrap();
        }
    }
    workspace
}

#[test]
fn resources_are_applied_imported_and_destroyed() {
    for folder in folders("resources") {
        if !runs(&folder) {
            continue;
        }
        let sandbox = Sandbox::start();
        let first = workspace(&folder, &sandbox);
        first.apply().succeeded();
        first.plan().assert_empty();
        let (address, id) = import_command(&folder);
        imports_by_command(&folder, &sandbox, &address, &id);
        let (last, by_id) = plans_import(&folder, &sandbox, &address, "import.tf");
        if terraform::version() >= IDENTITY {
            let (other, by_identity) = plans_import(&folder, &sandbox, &address, "import-by-identity.tf");
            assert_eq!(by_identity, by_id);
            other.apply().succeeded();
            other.plan().assert_empty();
        }
        last.apply().succeeded();
        last.plan().assert_empty();
        last.destroy().succeeded();
        assert!(last.state().is_empty());
    }
}

/// The address and the id of the command that `import.sh` ends with.
fn import_command(folder: &Path) -> (String, String) {
    let script = read(&folder.join("import.sh"));
    let words: Vec<_> = script.lines().last().unwrap().split_whitespace().collect();
    match words[..] {
        ["terraform", "import", address, id] => (address.to_owned(), id.to_owned()),
        _ => panic!("{} does not end with `terraform import ADDRESS ID`", folder.join("import.sh").display()),
    }
}

fn imports_by_command(folder: &Path, sandbox: &Sandbox, address: &str, id: &str) {
    let workspace = workspace(folder, sandbox);
    workspace.import(address, id).succeeded();
    workspace.plan().assert_imported(address);
}

/// A workspace with the import blocks of a file, and the state that the plan imports.
fn plans_import(folder: &Path, sandbox: &Sandbox, address: &str, file: &str) -> (Workspace, Value) {
    let workspace = workspace(folder, sandbox);
    workspace.write("import.tf", &read(&folder.join(file)));
    let plan = workspace.plan();
    let change = plan.change(address);
    assert!(change["importing"].is_object(), "{}/{file} imports no {address}", folder.display());
    plan.assert_imported(address);
    let imported = change["before"].clone();
    (workspace, imported)
}

#[test]
fn data_sources_are_read_and_change_nothing() {
    for folder in folders("data-sources") {
        if !runs(&folder) {
            continue;
        }
        let sandbox = Sandbox::start();
        let workspace = workspace(&folder, &sandbox);
        let run = workspace.apply().succeeded();
        assert_eq!(run.warnings(), "", "in {}", folder.display());
        workspace.plan().assert_empty();
    }
}

#[test]
fn ephemeral_resources_are_opened_in_each_run() {
    for folder in folders("ephemeral-resources") {
        if !runs(&folder) {
            continue;
        }
        let sandbox = Sandbox::start();
        let workspace = workspace(&folder, &sandbox);
        workspace.apply().succeeded();
        workspace.plan().assert_empty();
        workspace.destroy().succeeded();
        assert!(workspace.state().is_empty());
    }
}

#[test]
fn actions_are_invoked_by_the_command_in_their_example() {
    for folder in folders("actions") {
        if !runs(&folder) {
            continue;
        }
        let sandbox = Sandbox::start();
        let workspace = workspace(&folder, &sandbox);
        workspace.apply().succeeded();
        let before = sandbox.state();
        let text = read(&folder.join("action.tf"));
        let (_, rest) = text.split_once(": terraform apply ").expect("an example says how to invoke its action");
        let invoke = rest.lines().next().unwrap();
        workspace.run(&["apply", "-auto-approve", "-json", invoke]).succeeded();
        assert_ne!(sandbox.state(), before, "{} does nothing", folder.display());
        workspace.plan().assert_empty();
    }
}

#[test]
fn actions_run_before_and_after_a_destroy() {
    let folder = example("actions-on-destroy");
    assert_eq!(needed(&folder), EVENTS_OF_A_DESTROY);
    if !runs(&folder) {
        return;
    }
    let sandbox = Sandbox::start();
    let workspace = workspace(&folder, &sandbox);
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
    let session = |sandbox: &Sandbox| sandbox.state()["vult"]["sessions"][1].clone();
    let key = |sandbox: &Sandbox| {
        let state = sandbox.state();
        let keys = state["onekosmos"]["service_keys"].as_array().unwrap();
        keys.iter().find(|key| key["tag"] == "pipeline").unwrap()["keyId"].clone()
    };
    let before = (session(&sandbox), key(&sandbox));
    assert_eq!(before.0["session_id"], "ses_000002");
    workspace.destroy().succeeded();
    assert!(session(&sandbox) != before.0 && key(&sandbox) != before.1);
    let lines = sandbox.request_lines();
    let place = |path: &str| lines.iter().position(|line| line.contains(path)).unwrap();
    assert!(place("/idv/session/anonymize") < place("/webhook/delete"), "{lines:?}");
}

#[test]
fn functions_compute_their_examples() {
    for folder in folders("functions") {
        let workspace = workspace(&folder, &Sandbox::start());
        workspace.apply().succeeded();
        workspace.plan().assert_empty();
    }
}

#[test]
fn provider_is_configured_by_its_variables() {
    let sandbox = Sandbox::start();
    let mut workspace = Workspace::without_vendors();
    for (name, value) in sandbox.env() {
        let variable = name.trim_start_matches("IDV_").to_lowercase();
        workspace.set(&format!("TF_VAR_{variable}"), value);
    }
    workspace.write("provider.tf", &read(&example("provider/provider.tf")));
    workspace.write("main.tf", "data \"idv_vult_weights\" \"tenant\" {}\n");
    workspace.apply().succeeded();
    assert_eq!(workspace.state().len(), 1);
}

/// A workspace with the demo.
pub(crate) fn demo(sandbox: &Sandbox) -> Workspace {
    let workspace = workspace(&example("demo"), sandbox);
    workspace.write("main.tf", ""); // the demo has its own `required_providers`
    workspace
}

#[test]
fn demo_is_applied_and_destroyed() {
    let folder = example("demo");
    assert_eq!(needed(&folder), WRITE_ONLY);
    if !runs(&folder) {
        return;
    }
    let sandbox = Sandbox::start();
    let workspace = demo(&sandbox);
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
    workspace.destroy().succeeded();
    assert!(workspace.state().is_empty());
}

#[test]
fn examples_are_formatted() {
    let workspace = Workspace::without_vendors();
    let run = workspace.run(&["fmt", "-check", "-diff", "-recursive", "-no-color", example(".").to_str().unwrap()]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
}
