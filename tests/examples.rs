//! Every folder of `examples/` does what it shows: applied by a real Terraform, planned again to nothing, imported, destroyed.
//!
//! Ids in the examples are those that a fresh sandbox gives, so that they can be run as they stand.

use std::path::{Path, PathBuf};

use crate::support::sandbox::Sandbox;
use crate::support::workspace::Workspace;

fn example(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(path)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The folders of one kind, with the type that each is named for.
fn folders(kind: &str) -> Vec<PathBuf> {
    let folders: Vec<_> = std::fs::read_dir(example(kind)).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(!folders.is_empty());
    folders
}

#[test]
fn resources_live_a_whole_life() {
    for folder in folders("resources") {
        let sandbox = Sandbox::start();
        let workspace = Workspace::new(&sandbox);
        workspace.configure(&read(&folder.join("resource.tf")));
        workspace.apply().succeeded();
        workspace.plan().assert_empty();
        let (address, id) = import_command(&folder);
        imports_by_command(&folder, &sandbox, &address, &id);
        imports_by_block(&folder, &sandbox, &address);
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
    let workspace = Workspace::new(sandbox);
    workspace.configure(&read(&folder.join("resource.tf")));
    workspace.import(address, id).succeeded();
    // Other objects of the example, if it has any, are not in this state.
    assert_eq!(workspace.plan().actions(address), ["no-op"], "after `terraform import {address} {id}`");
}

fn imports_by_block(folder: &Path, sandbox: &Sandbox, address: &str) {
    let workspace = Workspace::new(sandbox);
    workspace.configure(&read(&folder.join("resource.tf")));
    workspace.write("import.tf", &read(&folder.join("import.tf")));
    let plan = workspace.plan();
    assert!(plan.change(address)["importing"]["id"].is_string(), "{} imports no {address}", folder.display());
    assert_eq!(plan.actions(address), ["no-op"], "with the block of {}", folder.display());
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
    workspace.destroy().succeeded();
    assert!(workspace.state().is_empty());
}

#[test]
fn data_sources_are_read_and_change_nothing() {
    for folder in folders("data-sources") {
        let sandbox = Sandbox::start();
        let workspace = Workspace::new(&sandbox);
        workspace.configure(&read(&folder.join("data-source.tf")));
        let run = workspace.apply().succeeded();
        assert_eq!(run.warnings(), "", "in {}", folder.display());
        workspace.plan().assert_empty();
    }
}

#[test]
fn the_provider_is_configured_by_its_variables() {
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

#[test]
fn the_demo_applies_and_destroys() {
    let sandbox = Sandbox::start();
    let workspace = Workspace::new(&sandbox);
    for entry in std::fs::read_dir(example("demo")).unwrap() {
        let path = entry.unwrap().path();
        workspace.write(path.file_name().unwrap().to_str().unwrap(), &read(&path));
    }
    workspace.apply().succeeded();
    workspace.plan().assert_empty();
    workspace.destroy().succeeded();
    assert!(workspace.state().is_empty());
}
