//! Rules that every form keeps, and those of GitHub Actions and Atlantis.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::{Map, Value};

use super::expression::{Variables, holds};
use super::{pipelines, read};
use crate::support::yaml;

pub(super) const TERRAFORM: &str = include_str!("../../.terraform-version");
pub(super) const STEPS: &str = "/opt/idv/steps/";

/// The files with a pipeline.
const FORMS: [&str; 3] = ["github-actions.yml", "gitlab-ci.yml", "atlantis/repos.yaml"];

/// A form as JSON, with its anchors resolved.
pub(super) fn parse(path: &str) -> Value {
    yaml::parse(&read(path))
}

/// The steps of `examples/pipelines/steps` that a text runs.
pub(super) fn scripts(text: &str) -> BTreeSet<String> {
    let names = text.split(STEPS).skip(1);
    names.map(|rest| rest[..rest.find(".sh").expect("a script") + 3].to_owned()).collect()
}

#[test]
fn every_step_exists_and_is_used_and_no_form_runs_terraform_in_its_place() {
    let used: BTreeSet<_> = FORMS.iter().flat_map(|form| scripts(&read(form))).collect();
    let mut found = BTreeSet::new();
    for file in fs::read_dir(pipelines("steps")).unwrap() {
        let path = file.unwrap().path();
        assert_ne!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o111,
            0,
            "{} is not executable",
            path.display()
        );
        let output = Command::new("sh").arg("-n").arg(&path).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(fs::read_to_string(&path).unwrap().contains("\nset -eu\n"), "{}", path.display());
        found.insert(path.file_name().unwrap().to_str().unwrap().to_owned());
    }
    assert_eq!(used, found);
    for form in FORMS {
        for command in ["terraform apply", "terraform plan", "-auto-approve", "tofu"] {
            let lines = read(form);
            let mut commands = lines.lines().filter(|line| !line.trim_start().starts_with('#'));
            assert!(!commands.any(|line| line.contains(command)), "{form} runs `{command}`, which no test runs");
        }
    }
}

#[test]
fn every_form_names_variables_that_the_provider_reads() {
    let guide = include_str!("../../docs/guides/authentication.md");
    for form in FORMS {
        let text = read(form);
        for rest in text.split("IDV_").skip(1) {
            let end = rest.find(|character: char| !(character.is_ascii_uppercase() || character == '_'));
            let name = format!("IDV_{}", &rest[..end.unwrap_or(rest.len())]);
            let is_known = guide.contains(&format!("`{name}`"));
            assert!(is_known, "examples/pipelines/{form} names {name}");
        }
    }
}

#[test]
fn versions_are_pinned() {
    let tag = format!("{}-terraform{}", env!("CARGO_PKG_VERSION"), TERRAFORM.trim());
    let fleet = "../fleet/github-actions/fleet.yml";
    for form in ["github-actions.yml", fleet, "gitlab-ci.yml", "atlantis/Dockerfile", "../../docs/guides/pipelines.md"]
    {
        let text = read(form);
        let images: Vec<_> = text.split("/idv-runner:").skip(1).collect();
        assert!(!images.is_empty() && images.iter().all(|rest| rest.starts_with(&tag)), "{form} has no image {tag}");
    }
    let dockerfile = read("atlantis/Dockerfile");
    let terraform = format!("FROM hashicorp/terraform:{} AS terraform\n", TERRAFORM.trim());
    assert!(dockerfile.contains(&terraform), "another Terraform than {terraform}");
    for image in dockerfile.lines().filter_map(|line| line.strip_prefix("FROM ")) {
        let tag = image.split(' ').next().unwrap().split_once(':').unwrap_or_else(|| panic!("{image} has no tag")).1;
        assert!(tag.contains(|character: char| character.is_ascii_digit()), "{image}");
    }
    for copied in dockerfile.lines().filter_map(|line| line.strip_prefix("COPY ")) {
        let mut sources: Vec<_> = copied.split(' ').collect();
        sources.pop();
        let is_here = sources.first().is_some_and(|first| !first.starts_with("--from="));
        let absent = sources.iter().find(|source| is_here && !pipelines("../..").join(source).exists());
        assert!(absent.is_none(), "the Dockerfile copies {absent:?}");
    }
}

pub(super) fn jobs(workflow: &Value) -> &Map<String, Value> {
    workflow["jobs"].as_object().unwrap()
}

pub(super) fn steps(job: &Value) -> &[Value] {
    job["steps"].as_array().unwrap()
}

/// The jobs of the workflow that an event starts.
fn started(workflow: &Value, event: &str, fork: bool, changes: &str) -> BTreeSet<String> {
    let variables = Variables::from([
        ("github.event_name", event),
        ("github.repository", "acme/idv"),
        ("github.event.pull_request.head.repo.full_name", if fork { "mallory/idv" } else { "acme/idv" }),
        ("needs.plan.outputs.changes", changes),
    ]);
    let runs = |job: &Value| job["if"].as_str().is_none_or(|condition| holds(condition.trim(), &variables));
    jobs(workflow).iter().filter(|(_, job)| runs(job)).map(|(name, _)| name.clone()).collect()
}

#[test]
fn github_starts_the_jobs_of_the_event_and_none_with_secrets_for_a_fork() {
    let workflow = parse("github-actions.yml");
    for (event, fork, changes, expected) in [
        ("pull_request", false, "true", &["lint", "plan"][..]),
        ("pull_request", true, "", &["lint"]),
        ("push", false, "true", &["apply", "plan"]),
        ("push", false, "false", &["plan"]),
        ("schedule", false, "true", &["drift"]),
    ] {
        let expected: BTreeSet<_> = expected.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(started(&workflow, event, fork, changes), expected, "{event}, fork: {fork}");
    }
    // `pull_request_target` would give a fork the secrets.
    let events: Vec<_> = workflow["on"].as_object().unwrap().keys().collect();
    assert_eq!(events, ["pull_request", "push", "schedule"]);
    assert_eq!(workflow["on"]["push"]["branches"], serde_json::json!(["main"]));
}

#[test]
fn github_gives_secrets_to_the_step_that_needs_them() {
    let workflow = parse("github-actions.yml");
    assert!(!workflow["env"].to_string().contains("{ secrets."), "every step could read it");
    for (name, job) in jobs(&workflow) {
        let mut rest = job.clone();
        for step in rest["steps"].as_array_mut().unwrap() {
            let runs: Vec<_> = scripts(step["run"].as_str().unwrap_or_default()).into_iter().collect();
            match &runs[..] {
                [script] if ["plan.sh", "apply.sh", "drift.sh"].contains(&script.as_str()) => step["env"] = Value::Null,
                _ => {}
            }
        }
        assert!(
            !rest.to_string().contains("{ secrets."),
            "a step of {name} has a secret that it does not need: {rest:#}"
        );
        let checkout = steps(job).iter().find(|step| step["uses"].as_str().is_some_and(|it| it.contains("/checkout@")));
        assert_eq!(checkout.unwrap()["with"]["persist-credentials"], false, "{name}");
    }
    assert_eq!(workflow["permissions"], serde_json::json!({"contents": "read"}));
    assert!(jobs(&workflow)["lint"]["environment"].is_null(), "the job for forks has the secrets of no environment");
}

#[test]
fn github_applies_the_artifact_of_the_same_run_after_the_approval() {
    let workflow = parse("github-actions.yml");
    let applies: Vec<_> = jobs(&workflow).iter().filter(|(_, job)| job.to_string().contains("apply.sh")).collect();
    let [(name, apply)] = &applies[..] else { panic!("one job applies: {applies:?}") };
    assert_eq!(
        (name.as_str(), &apply["needs"], &apply["environment"]),
        ("apply", &"plan".into(), &"production".into())
    );
    let by_action = |job: &Value, action: &str| {
        let found = steps(job).iter().find(|step| step["uses"].as_str().is_some_and(|uses| uses.contains(action)));
        found.unwrap_or_else(|| panic!("no {action}"))["with"].clone()
    };
    let uploaded = by_action(&jobs(&workflow)["plan"], "/upload-artifact@");
    let downloaded = by_action(apply, "/download-artifact@");
    assert_eq!(uploaded["name"], downloaded["name"]);
    assert_eq!(downloaded.as_object().unwrap().len(), 1, "another run's artifact: {downloaded}");
    assert_eq!((&uploaded["path"], &uploaded["if-no-files-found"]), (&"saved.tfplan.enc".into(), &"error".into()));
    let concurrency = &workflow["concurrency"];
    assert_eq!(concurrency["cancel-in-progress"], false);
    assert!(
        concurrency["group"].as_str().unwrap().contains("github.event_name"),
        "a schedule would replace a push that waits"
    );
}

#[test]
fn github_comments_after_a_plan_that_failed() {
    let workflow = parse("github-actions.yml");
    let plan = steps(&jobs(&workflow)["plan"]);
    let comment = plan.iter().find(|step| step["run"].to_string().contains("comment.sh")).unwrap();
    assert!(comment["if"].as_str().unwrap().contains("!cancelled()"), "{comment}");
    assert_eq!(jobs(&workflow)["plan"]["permissions"]["pull-requests"], "write");
}

#[test]
fn atlantis_applies_the_reviewed_plan_with_the_workflow_of_the_server() {
    let server = parse("atlantis/repos.yaml");
    for repository in server["repos"].as_array().unwrap() {
        let id = &repository["id"];
        let required = repository["apply_requirements"].as_array().unwrap();
        for requirement in ["approved", "mergeable", "undiverged"] {
            assert!(required.contains(&requirement.into()), "{id}: {requirement}");
        }
        assert_eq!(repository["allow_custom_workflows"], false, "a pull request could run anything");
        assert_eq!(repository["allowed_overrides"], serde_json::json!([]));
        let workflow = &server["workflows"][repository["workflow"].as_str().unwrap()];
        for stage in ["plan", "apply"] {
            let command = workflow[stage]["steps"][0]["run"]["command"].as_str().unwrap();
            assert!(command.contains("PLAN_FILE=\"$PLANFILE\""), "{stage}: the plan that Atlantis keeps");
            assert!(scripts(command).contains(&format!("{stage}.sh")), "{stage}: {command}");
        }
    }
    let repository = parse("atlantis/atlantis.yaml");
    assert_eq!(repository["version"], 3);
    let allowed = ["name", "dir", "autoplan"];
    for project in repository["projects"].as_array().unwrap() {
        let others: Vec<_> =
            project.as_object().unwrap().keys().filter(|key| !allowed.contains(&key.as_str())).collect();
        assert!(others.is_empty(), "the server allows no {others:?}");
    }
    assert!(read("atlantis/Dockerfile").contains("ATLANTIS_ALLOW_FORK_PRS=false"));
}
