//! The policies of `examples/policies` for other tools: each passes and fails.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::terraform::Run;
use crate::support::workspace::Workspace;

fn policies(tool: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/policies").join(tool)
}

/// The names in a folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// A workspace with the configuration and the tests.
fn workspace() -> (Workspace, BTreeSet<String>) {
    let (workspace, folder) = (Workspace::without_vendors(), policies("terraform-test"));
    std::fs::create_dir(workspace.path().join("tests")).unwrap();
    let tests = names(&folder.join("tests"));
    for file in ["main.tf", "failing.tfvars"]
        .map(str::to_owned)
        .into_iter()
        .chain(tests.iter().map(|test| format!("tests/{test}")))
    {
        workspace.write(&file, &std::fs::read_to_string(folder.join(&file)).unwrap());
    }
    (workspace, tests)
}

/// The rules of the tests with an outcome: `pass` or `fail`.
fn rules(run: &Run, outcome: &str) -> BTreeSet<String> {
    let lines = run.stdout.lines().filter_map(|line| line.strip_prefix("tests/"));
    lines.filter_map(|line| line.strip_suffix(&format!(".tftest.hcl... {outcome}"))).map(str::to_owned).collect()
}

#[test]
fn each_policy_passes_and_fails_in_terraform_test() {
    let (workspace, tests) = workspace();
    let all: BTreeSet<_> = tests.iter().map(|test| test.trim_end_matches(".tftest.hcl").to_owned()).collect();
    assert_eq!(all, policy_rules());
    let passing = workspace.run(&["test", "-no-color"]).succeeded();
    assert_eq!((rules(&passing, "pass"), rules(&passing, "fail")), (all.clone(), BTreeSet::new()));
    let failing = workspace.run(&["test", "-no-color", "-var-file=failing.tfvars"]).failed();
    assert_eq!((rules(&failing, "pass"), rules(&failing, "fail")), (BTreeSet::new(), all));
}

/// The rules that a plan can be checked for: those about values, and not about files.
fn policy_rules() -> BTreeSet<String> {
    let of_files = ["unknown-key", "duplicate-settings", "literal-secret", "bad-ignore"];
    let rules = idv::lint::RULES.iter().map(|rule| rule.id).filter(|id| !of_files.contains(id));
    rules.map(str::to_owned).collect()
}

#[test]
fn each_policy_is_written_in_rego() {
    let folder = policies("conftest");
    let policies = std::fs::read_to_string(folder.join("idv.rego")).unwrap();
    let tests = std::fs::read_to_string(folder.join("idv_test.rego")).unwrap();
    for rule in policy_rules() {
        assert!(policies.contains(&format!("sprintf(\"{rule}: ")), "idv.rego does not have {rule}");
        assert!(tests.contains(&format!("{{\"{rule}\"}}")), "idv_test.rego has no failing case of {rule}");
    }
    for (tool, arguments) in [("conftest", &["verify", "-p"][..]), ("opa", &["test"])] {
        match Command::new(tool).args(arguments).arg(&folder).output() {
            Ok(output) => {
                let said =
                    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{tool}: {said}");
            }
            Err(_) => eprintln!("`{tool}` is not installed, so it did not run the policies in {}", folder.display()),
        }
    }
}
