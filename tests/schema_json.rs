//! `terraform-provider-idv schema --json` prints the same schemas as `terraform providers schema -json`.

use std::process::Command;

use serde_json::Value;

use crate::support::sandbox::BINARY;
use crate::support::workspace::Workspace;

#[test]
fn the_command_prints_the_schema_as_terraform_does() {
    let printed = print(&["schema", "--json"]);
    let workspace = Workspace::without_vendors();
    workspace.configure("");
    let terraforms: Value =
        serde_json::from_str(&workspace.run(&["providers", "schema", "-json"]).succeeded().stdout).unwrap();
    assert_eq!(printed["format_version"], terraforms["format_version"]);
    assert_same("", &printed["provider_schemas"], &terraforms["provider_schemas"]);
}

/// tfplugindocs looks for the name alone, or for a provider in the namespace `hashicorp`.
#[test]
fn the_short_name_replaces_the_address() {
    let (long, short) = (print(&["schema", "--json"]), print(&["schema", "--json", "--short-name"]));
    let keys = |document: &Value| document["provider_schemas"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&long), ["registry.terraform.io/identity-as-code/idv"]);
    assert_eq!(keys(&short), ["idv"]);
    assert_eq!(
        short["provider_schemas"]["idv"],
        long["provider_schemas"]["registry.terraform.io/identity-as-code/idv"]
    );
}

fn print(arguments: &[&str]) -> Value {
    let output = Command::new(BINARY).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
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
