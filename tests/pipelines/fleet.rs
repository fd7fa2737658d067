//! The form of `examples/fleet` for GitHub Actions, which runs the same steps for each tenant.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use super::expression::{Variables, holds};
use super::forms::{jobs, parse, steps};
use super::job::Job;
use crate::fleet::{fleet, values, without_backend};
use crate::support::sandbox::Sandbox;

const FORM: &str = "../fleet/github-actions/fleet.yml";

#[test]
fn steps_plan_and_apply_one_tenant() {
    let sandbox = Sandbox::start_with(&["--tenants", "1"]);
    let mut variables = sandbox.tenants()[0].env.clone();
    variables.insert("TF_VAR_tenant".to_owned(), values("name")[0].clone());
    variables.insert("TF_VAR_shared_didit_api_key".to_owned(), sandbox.env()["IDV_DIDIT_API_KEY"].clone());
    let job = Job::with_configuration(sandbox, variables, |checkout| {
        let parent = checkout.join("..");
        fs::copy(fleet("tenants.yaml"), parent.join("tenants.yaml")).unwrap();
        fs::create_dir_all(parent.join("modules/tenant")).unwrap();
        for file in ["main.tf", "outputs.tf", "variables.tf"] {
            fs::copy(fleet("modules/tenant").join(file), parent.join("modules/tenant").join(file)).unwrap();
        }
        fs::copy(fleet("root/variables.tf"), checkout.join("variables.tf")).unwrap();
        fs::write(checkout.join("main.tf"), without_backend()).unwrap();
    });
    job.step("plan.sh").succeeded();
    assert_eq!(job.read("changes"), "true\n");
    assert!(job.read("comment.md").contains("module.tenant."), "{}", job.read("comment.md"));
    job.step("apply.sh").succeeded();
    job.step("plan.sh").succeeded();
    assert_eq!(job.read("changes"), "false\n");
    let state = job.sandbox.state();
    assert_eq!(state["tenants"]["tenant-001"]["vult"]["webhooks"].as_array().unwrap().len(), 1);
}

#[test]
fn review_names_the_tenants_that_change_and_those_without_a_plan() {
    let folder = tempfile::tempdir().unwrap();
    for (tenant, changes) in [("acme", "true"), ("blue-bank", "false"), ("cedar", "failed")] {
        let artifact = folder.path().join("plans").join(format!("changes-{tenant}"));
        fs::create_dir_all(&artifact).unwrap();
        fs::write(artifact.join("changes"), format!("{changes}\n")).unwrap();
    }
    let run = |tenants: &str| {
        let mut command = Command::new(fleet("github-actions/review.sh"));
        let output = command.current_dir(folder.path()).env("TENANTS", tenants).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let comment = fs::read_to_string(folder.path().join("comment.md")).unwrap();
        (serde_json::from_slice::<Value>(&output.stdout).unwrap(), comment)
    };
    let (changed, comment) = run(r#"["acme", "blue-bank", "cedar", "dune"]"#);
    assert_eq!(changed, json!(["acme"]));
    assert!(comment.starts_with("### 1 of 4 tenants change, 1 do not\n"), "{comment}");
    assert!(comment.contains("report of each:\n\n- acme\n"), "{comment}");
    assert!(comment.ends_with("the jobs have the errors:\n\n- cedar\n- dune\n"), "{comment}");
    let (changed, comment) = run(r#"["blue-bank"]"#);
    assert_eq!((changed, comment.as_str()), (json!([]), "### 0 of 1 tenants change, 1 do not\n"));
}

#[test]
fn every_tenant_is_applied_by_its_own_plan_after_one_approval() {
    let workflow = parse(FORM);
    let all = jobs(&workflow);
    let with = |job: &str, action: &str, name: &str| {
        let is_it = |step: &&Value| {
            step["uses"].as_str().is_some_and(|uses| uses.contains(action)) && step["with"]["name"] == name
        };
        let found = steps(&all[job]).iter().find(is_it);
        found.unwrap_or_else(|| panic!("{job} has no {action} for {name}")).clone()
    };
    let own = "plan-${{ matrix.tenant }}";
    let uploaded = with("plan", "/upload-artifact@", own);
    assert_eq!(uploaded["with"]["path"], "examples/fleet/root/saved.tfplan.enc");
    assert_eq!(uploaded["with"]["if-no-files-found"], "error");
    let downloaded = with("apply", "/download-artifact@", own);
    assert_eq!(downloaded["with"].as_object().unwrap().len(), 2, "another run's artifact: {downloaded}");
    assert_eq!((&all["approve"]["environment"], &all["approve"]["permissions"]), (&json!("fleet"), &json!({})));
    assert!(all["apply"]["needs"].as_array().unwrap().contains(&json!("approve")));
    assert!(all["apply"]["if"].as_str().unwrap().contains("needs.approve.result == 'success'"));
    assert_eq!(all["apply"]["environment"], "apply-${{ matrix.tenant }}");
    assert_eq!(all["plan"]["environment"], own);
    let fork = |repository| {
        let event = Variables::from([
            ("github.event_name", "pull_request"),
            ("github.repository", "acme/idv"),
            ("github.event.pull_request.head.repo.full_name", repository),
        ]);
        holds(all["plan"]["if"].as_str().unwrap().trim(), &event)
    };
    assert!(fork("acme/idv") && !fork("mallory/idv"), "a fork would get the secrets");
    assert!(all["tenants"]["environment"].is_null(), "the job for forks has the secrets of no environment");
    assert_eq!(workflow["concurrency"]["cancel-in-progress"], false);
}
