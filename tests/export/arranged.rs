//! Exports of several tenants in one folder, and an export as a module.

use std::path::PathBuf;

use super::{commands, run, tenant};
use crate::support::sandbox::Sandbox;
use crate::support::terraform;
use crate::support::workspace::Workspace;

const GUIDE: &str = include_str!("../../docs/guides/several-tenants.md");

/// Sets the variables for the secrets of a provider block.
fn set_secrets(workspace: &mut Workspace, sandbox: &Sandbox, alias: &str) {
    for (name, value) in sandbox.env() {
        if let Some(name) = name.strip_prefix("IDV_") {
            workspace.set(&format!("TF_VAR_{alias}_{}", name.to_lowercase()), value);
        }
    }
}

fn plan(workspace: &Workspace, objects: usize) {
    // What `init` does with a provider from a registry.
    workspace.run(&["-chdir=tenant", "get", "-no-color"]).succeeded();
    let planned = workspace.run(&["-chdir=tenant", "plan", "-no-color", "-input=false"]).succeeded();
    let summary = format!("Plan: {objects} to import, 0 to add, 0 to change, 0 to destroy.");
    assert!(planned.stdout.contains(&summary), "{}", planned.stdout);
}

#[test]
fn exports_of_two_tenants_are_one_configuration() {
    let (staging, production) = (tenant::sandbox(), Sandbox::start());
    let exporter = |sandbox: &Sandbox, command: &str| {
        let exporter = Workspace::new(sandbox);
        let run = run(&exporter, command).succeeded();
        let words: Vec<_> = run.stdout.split_whitespace().collect();
        let at = words.iter().position(|word| *word == "import,").unwrap();
        let objects: usize = words[at - 2].trim_start_matches('"').parse().unwrap();
        (exporter, objects)
    };
    let guide = commands(GUIDE);
    let exports = [("staging", &staging, &guide[1][0]), ("production", &production, &guide[1][1])]
        .map(|(folder, sandbox, command)| (folder, exporter(sandbox, command)));
    for terraform in [terraform::pinned(), terraform::oldest()] {
        // The environment has no tenant: the settings are in the configuration, the secrets in variables.
        let mut both = Workspace::without_vendors().with_terraform(terraform);
        set_secrets(&mut both, &staging, "staging");
        set_secrets(&mut both, &production, "production");
        for (folder, (export, _)) in &exports {
            both.copy_folder(&export.path().join(folder), "tenant");
        }
        let text = std::fs::read_to_string(both.path().join("tenant/staging_provider.tf")).unwrap();
        assert!(!text.contains(staging.env()["IDV_VULT_CLIENT_SECRET"].as_str()), "{text}");
        plan(&both, exports.iter().map(|(_, (_, objects))| objects).sum());
    }
}

#[test]
fn export_as_a_module_has_its_imports_in_the_root() {
    let sandbox = tenant::sandbox();
    for terraform in [terraform::pinned(), terraform::oldest()] {
        let workspace = Workspace::new(&sandbox).with_terraform(terraform);
        run(&workspace, &commands(GUIDE)[2][0]).succeeded();
        let root: Vec<PathBuf> =
            std::fs::read_dir(workspace.path().join("tenant")).unwrap().map(|file| file.unwrap().path()).collect();
        assert_eq!(root.len(), 6, "{root:?}");
        let read = |file: &str| std::fs::read_to_string(workspace.path().join("tenant").join(file)).unwrap();
        assert!(read("imports.tf").contains("to = module.shop.idv_vult_weights."));
        assert!(!read("shop/versions.tf").contains("provider \"idv\""));
        assert!(read("shop/outputs.tf").contains("output \"vult_webhooks\""));
        workspace.run(&["-chdir=tenant", "fmt", "-check", "-diff", "-recursive", "-no-color"]).succeeded();
        plan(&workspace, tenant::listed(&sandbox));
    }
}
