//! The workflows of GitHub Actions, those of this repository and those of `examples/`: rules that all of them keep, and what the
//! release consists of.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};

use crate::support::yaml;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every workflow, with its path from the root of the repository.
fn workflows() -> Vec<(String, String)> {
    fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "yml") {
                found.push(path);
            }
        }
    }
    let mut paths = Vec::new();
    collect(&root().join(".github"), &mut paths);
    collect(&root().join("examples"), &mut paths);
    let named = paths.into_iter().map(|path| (path.strip_prefix(root()).unwrap().display().to_string(), read(&path)));
    let found: Vec<_> = named.filter(|(_, text)| text.contains("\njobs:\n")).collect();
    assert!(found.len() >= 4, "{found:?}");
    found
}

fn jobs(workflow: &Value) -> &Map<String, Value> {
    workflow["jobs"].as_object().unwrap()
}

fn steps(job: &Value) -> &[Value] {
    job["steps"].as_array().unwrap()
}

#[test]
fn every_action_is_pinned_by_one_digest_and_names_its_version() {
    let mut digests: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in workflows() {
        for line in text.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: ")) {
            let (action, pinned) = line.split_once('@').unwrap_or_else(|| panic!("{path}: {line}"));
            let (digest, version) =
                pinned.split_once(" # v").unwrap_or_else(|| panic!("{path}: no digest with its version: {line}"));
            assert!(digest.len() == 40 && digest.chars().all(|it| it.is_ascii_hexdigit()), "{path}: no digest: {line}");
            assert_eq!(version.split('.').count(), 3, "{path}: {line}");
            digests.entry(action.to_owned()).or_default().insert(pinned.to_owned());
        }
    }
    let several: Vec<_> = digests.iter().filter(|(_, pinned)| pinned.len() > 1).collect();
    assert!(several.is_empty(), "{several:?}");
}

#[test]
fn secrets_are_in_the_environment_of_steps_that_run_a_script_and_nowhere_else() {
    for (path, text) in workflows() {
        let mut workflow = yaml::parse(&text);
        for (name, job) in workflow["jobs"].as_object_mut().unwrap() {
            for step in job["steps"].as_array_mut().unwrap() {
                let is_script = step["run"].is_string() && step["env"].is_object();
                // An expression in a script is pasted into it before the shell reads it.
                assert!(!step["run"].to_string().contains("${{"), "{path}: {name}: {}", step["run"]);
                if is_script {
                    step["env"] = Value::Null;
                }
            }
        }
        assert!(!workflow.to_string().contains("{ secrets."), "{path}: too many steps can read a secret");
    }
}

#[test]
fn every_job_has_few_permissions_and_keeps_no_credentials_in_the_checkout() {
    for (path, text) in workflows() {
        let workflow = yaml::parse(&text);
        let permissions = &workflow["permissions"];
        assert!([json!({}), json!({"contents": "read"})].contains(permissions), "{path}: {permissions}");
        assert!(workflow["on"].get("pull_request_target").is_none(), "{path}: a fork would get the secrets");
        for (name, job) in jobs(&workflow) {
            let is_checkout = |step: &&Value| step["uses"].as_str().is_some_and(|it| it.contains("/checkout@"));
            for step in steps(job).iter().filter(is_checkout) {
                assert_eq!(step["with"]["persist-credentials"], false, "{path}: {name}");
            }
        }
    }
}

/// The suite does not need actionlint: where there is none, the test says so.
#[test]
fn actionlint_finds_nothing() {
    let program = std::env::var_os("ACTIONLINT").unwrap_or_else(|| "actionlint".into());
    let paths: Vec<_> = workflows().into_iter().map(|(path, _)| root().join(path)).collect();
    match Command::new(&program).args(["-no-color"]).args(paths).current_dir(root()).output() {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout)),
        Err(error) => eprintln!("actionlint_finds_nothing was not run: {}: {error}", program.display()),
    }
}

fn own(name: &str) -> Value {
    yaml::parse(&read(&root().join(".github/workflows").join(name)))
}

#[test]
fn release_builds_every_platform_with_a_target_of_the_tool() {
    let release = own("release.yml");
    let tool = read(&root().join("tools/dist.py"));
    let mut platforms = BTreeSet::new();
    for entry in jobs(&release)["build"]["strategy"]["matrix"]["include"].as_array().unwrap() {
        let (platform, target) = (entry["platform"].as_str().unwrap(), entry["target"].as_str().unwrap());
        assert!(
            tool.contains(&format!("\"{target}\": \"{platform}\",\n")),
            "tools/dist.py has no {target} for {platform}"
        );
        platforms.insert(platform.to_owned());
    }
    let systems = ["linux", "darwin", "windows", "freebsd"];
    let expected = systems.iter().flat_map(|system| ["amd64", "arm64"].map(|cpu| format!("{system}_{cpu}")));
    assert_eq!(platforms, expected.collect());
    assert_eq!(release["on"], json!({"push": {"tags": ["v[0-9]+.[0-9]+.[0-9]+"]}}));
}

#[test]
fn release_gives_each_job_what_it_alone_needs() {
    let release = own("release.yml");
    assert_eq!(release["permissions"], json!({}));
    let reads = json!({"contents": "read"});
    for (name, permissions, environment, needs) in [
        ("build", &reads, Value::Null, Value::Null),
        ("sign", &reads, json!("release"), json!("build")),
        ("check", &reads, Value::Null, json!("sign")),
        ("attest", &json!({"attestations": "write", "id-token": "write"}), Value::Null, json!("check")),
        ("draft", &json!({"contents": "write"}), Value::Null, json!("attest")),
    ] {
        let job = &jobs(&release)[name];
        assert_eq!(
            (&job["permissions"], &job["environment"], &job["needs"]),
            (permissions, &environment, &needs),
            "{name}"
        );
    }
    assert_eq!(jobs(&release).len(), 5);
    let with_secrets: Vec<_> = jobs(&release)
        .iter()
        .flat_map(|(name, job)| steps(job).iter().map(move |step| (name, step)))
        .filter(|(_, step)| step.to_string().contains("{ secrets."))
        .collect();
    let [(name, step)] = &with_secrets[..] else { panic!("one step signs: {with_secrets:?}") };
    assert_eq!(*name, "sign");
    assert!(step["run"].as_str().unwrap().contains("tools/dist.py sums --complete --key -"), "{step}");
    let check = jobs(&release)["check"].to_string();
    let terraform = read(&root().join(".terraform-version"));
    assert!(check.contains(&format!("\"terraform_version\":\"{}\"", terraform.trim())), "{check}");
    assert!(check.contains("tools/dist_check.py release --same another-folder/target/dist"), "{check}");
    let draft = steps(&jobs(&release)["draft"]).last().unwrap();
    assert!(draft["run"].as_str().unwrap().contains(" release/* --draft --verify-tag"), "{draft}");
}

#[test]
fn ci_runs_what_a_change_must_pass_and_checks_other_systems() {
    let workflow = own("ci.yml");
    assert!(steps(&jobs(&workflow)["test"]).iter().any(|step| step["run"] == ".ci/run"));
    let runners = jobs(&workflow)["check"]["strategy"]["matrix"]["runner"].as_array().unwrap();
    for system in ["macos-", "windows-"] {
        assert!(runners.iter().any(|runner| runner.as_str().unwrap().starts_with(system)), "{runners:?}");
    }
    assert_eq!(workflow["env"]["RUSTUP_TOOLCHAIN"], own("release.yml")["env"]["RUSTUP_TOOLCHAIN"]);
}
