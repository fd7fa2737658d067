//! The lines of shell that the forms have themselves, run as the services run them.

use super::forms::{STEPS, parse};
use super::job::Job;
use crate::support::terraform::Run;

/// Runs lines of a form in a shell, with the steps of the checkout in place of those of the image.
fn shell(job: &Job, lines: &str) -> Run {
    let steps = format!("{}/", super::pipelines("steps").display());
    let output = job.command("sh").args(["-ec", &lines.replace(STEPS, &steps)]).output().unwrap();
    let run = Run::from(output);
    eprintln!("$ {lines}\n{}{}-> {:?}", run.stdout, run.stderr, run.code);
    run
}

#[test]
fn atlantis_shows_the_report_or_the_errors_and_applies_its_plan_file() {
    let mut job = Job::new();
    let secrets = job.path("../secrets");
    std::fs::create_dir(&secrets).unwrap();
    let secret = job.sandbox.env()["IDV_VULT_CLIENT_SECRET"].clone();
    std::fs::write(secrets.join("IDV_VULT_CLIENT_SECRET"), secret).unwrap();
    job.set("IDV_VULT_CLIENT_SECRET", "");
    job.set("SECRETS_FOLDER", secrets.to_str().unwrap());
    let folder = job.path("").display().to_string();
    job.set("DIR", &folder);
    job.set("PLANFILE", &format!("{folder}idv-default.tfplan"));
    let server = parse("atlantis/repos.yaml");
    let command =
        |stage: &str| server["workflows"]["idv"][stage]["steps"][0]["run"]["command"].as_str().unwrap().to_owned();

    job.write("terraform.tfvars", "name = \"much too long\"\n");
    let failed = shell(&job, &command("plan")).failed();
    assert!(failed.stdout.contains("The name is too long for the dashboard."), "{}", failed.stdout);
    job.write("terraform.tfvars", "");

    let planned = shell(&job, &command("plan")).succeeded();
    assert!(planned.stdout.starts_with("What this plan changes") && planned.stdout.contains("is created"));
    assert!(job.path("idv-default.tfplan").exists());
    shell(&job, &command("apply")).succeeded();
    assert_eq!(job.webhooks(), ["events"]);
}

#[test]
fn gitlab_fails_the_job_of_a_plan_that_failed_and_applies_the_other() {
    let mut job = Job::new();
    job.set("CI_PIPELINE_SOURCE", "push");
    let form = parse("gitlab-ci.yml");
    let script = |name: &str| {
        let lines = form[name]["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap());
        lines.collect::<Vec<_>>().join("\n")
    };
    job.write("terraform.tfvars", "name = \"much too long\"\n");
    shell(&job, &script("plan")).failed();
    job.write("terraform.tfvars", "");
    shell(&job, &script("plan")).succeeded();
    shell(&job, &script("apply")).succeeded();
    assert_eq!(job.webhooks(), ["events"]);
    assert_eq!(shell(&job, &script("drift")).code, Some(0));
}

#[test]
fn github_says_whether_the_plan_changes_something() {
    let mut job = Job::new();
    let folder = job.path("").display().to_string();
    for name in ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"] {
        job.set(name, &format!("{folder}{name}"));
    }
    let workflow = parse("github-actions.yml");
    let run_steps = |job: &Job, name: &str, wanted: &str| {
        let steps = workflow["jobs"][name]["steps"].as_array().unwrap();
        let lines = steps.iter().filter_map(|step| step["run"].as_str()).find(|run| run.contains(wanted));
        shell(job, lines.unwrap_or_else(|| panic!("{name} has no {wanted}")))
    };
    job.write("terraform.tfvars", "name = \"much too long\"\n");
    run_steps(&job, "plan", "plan.sh").failed();
    run_steps(&job, "plan", "GITHUB_STEP_SUMMARY").succeeded();
    assert!(job.read("GITHUB_STEP_SUMMARY").contains("### The plan failed: terraform plan"));
    assert!(!job.path("GITHUB_OUTPUT").exists(), "an apply would follow");
    job.write("terraform.tfvars", "");
    run_steps(&job, "plan", "plan.sh").succeeded();
    assert_eq!(job.read("GITHUB_OUTPUT"), "changes=true\n");
    run_steps(&job, "apply", "apply.sh").succeeded();
    run_steps(&job, "plan", "plan.sh").succeeded();
    assert_eq!(job.read("GITHUB_OUTPUT"), "changes=true\nchanges=false\n");
    assert_eq!(run_steps(&job, "drift", "drift.sh").code, Some(0));
}
