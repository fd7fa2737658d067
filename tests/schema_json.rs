//! `terraform-provider-idv schema --json` prints the same schemas as `terraform providers schema -json`.

use std::process::Command;

use serde_json::Value;

use crate::support::sandbox::BINARY;
use crate::support::workspace::Workspace;

#[test]
fn the_command_prints_the_schema_as_terraform_does() {
    let output = Command::new(BINARY).args(["schema", "--json"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();

    let workspace = Workspace::without_vendors();
    workspace.configure("");
    let terraforms: Value =
        serde_json::from_str(&workspace.run(&["providers", "schema", "-json"]).succeeded().stdout).unwrap();
    assert_eq!(printed["format_version"], terraforms["format_version"]);
    assert_same("", only_provider(&printed), only_provider(&terraforms));
}

/// The schemas of the one provider. Terraform adds the host of the registry to the address.
fn only_provider(document: &Value) -> &Value {
    let providers = document["provider_schemas"].as_object().unwrap();
    let (address, schemas) = providers.iter().next().unwrap();
    assert!(providers.len() == 1 && address.ends_with("identity-as-code/idv"), "{address}");
    schemas
}

/// Compares key by key, so that a failure names the place that differs.
fn assert_same(place: &str, ours: &Value, terraforms: &Value) {
    match (ours.as_object(), terraforms.as_object()) {
        (Some(ours), Some(terraforms)) => {
            let keys = |object: &serde_json::Map<String, Value>| object.keys().cloned().collect::<Vec<_>>();
            assert_eq!(keys(ours), keys(terraforms), "keys at {place}");
            ours.iter().for_each(|(key, value)| assert_same(&format!("{place}/{key}"), value, &terraforms[key]));
        }
        _ => assert_eq!(ours, terraforms, "at {place}"),
    }
}
