//! The form of GitLab: which jobs a pipeline has, by their `rules`, and what the jobs are.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use serde_json::{Map, Value, json};

use super::expression::{Variables, holds};
use super::forms::{parse, scripts};
use super::pipelines;

const GLOBAL: [&str; 6] = ["image", "workflow", "stages", "variables", "default", "include"];

/// The jobs of the form, with what they extend.
fn jobs(form: &Value) -> BTreeMap<String, Map<String, Value>> {
    let entries = form.as_object().unwrap();
    let is_job = |name: &str| !name.starts_with('.') && !GLOBAL.contains(&name);
    let with_base = |job: &Value| {
        let base = job["extends"].as_str().map(|name| entries[name].as_object().unwrap().clone());
        let mut all = base.unwrap_or_default();
        all.extend(job.as_object().unwrap().clone());
        all
    };
    entries.iter().filter(|(name, _)| is_job(name)).map(|(name, job)| (name.clone(), with_base(job))).collect()
}

/// What the first rule that holds says: `on_success` is its default, and without one the job is left out.
fn when<'r>(rules: &'r Value, variables: &Variables<'_>) -> Option<&'r str> {
    let rules = rules.as_array().expect("every job has rules: without them it would run in each pipeline");
    let matches = |rule: &&Value| rule["if"].as_str().is_none_or(|condition| holds(condition, variables));
    let rule = rules.iter().find(matches)?;
    let known = rule.as_object().unwrap().keys().all(|key| key == "if" || key == "when");
    assert!(known, "the evaluator knows no other key: {rule}");
    Some(rule["when"].as_str().unwrap_or("on_success")).filter(|when| *when != "never")
}

/// The jobs of a pipeline, with what starts each; none if there is no pipeline.
fn pipeline(form: &Value, variables: &[(&'static str, &'static str)]) -> Option<Vec<String>> {
    let mut variables: Variables<'_> = variables.iter().copied().collect();
    variables.insert("CI_DEFAULT_BRANCH", "main");
    when(&form["workflow"]["rules"], &variables)?;
    let line = |(name, job): (String, Map<String, Value>)| Some(format!("{name} {}", when(&job["rules"], &variables)?));
    Some(jobs(form).into_iter().filter_map(line).collect())
}

#[test]
fn a_pipeline_has_the_jobs_of_its_source() {
    let form = parse("gitlab-ci.yml");
    let merge_request = |source: &'static str| {
        [
            ("CI_PIPELINE_SOURCE", "merge_request_event"),
            ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", source),
            ("CI_MERGE_REQUEST_PROJECT_ID", "3"),
        ]
    };
    let of =
        |source: &'static str, branch: &'static str| [("CI_PIPELINE_SOURCE", source), ("CI_COMMIT_BRANCH", branch)];
    let some = |jobs: &[&str]| Some(jobs.iter().map(|&job| job.to_owned()).collect::<Vec<_>>());
    assert_eq!(pipeline(&form, &of("schedule", "main")), some(&["drift on_success"]), "a schedule applies nothing");
    assert_eq!(pipeline(&form, &merge_request("3")), some(&["lint on_success", "plan on_success"]));
    assert_eq!(
        pipeline(&form, &merge_request("9")),
        some(&["fork on_success", "lint on_success"]),
        "no secrets for a fork"
    );
    assert_eq!(pipeline(&form, &of("push", "main")), some(&["apply manual", "plan on_success"]));
    for (source, branch) in
        [("push", "topic"), ("web", "main"), ("api", "main"), ("trigger", "main"), ("pipeline", "main")]
    {
        assert_eq!(pipeline(&form, &of(source, branch)), None, "{source} on {branch}");
    }
}

#[test]
fn apply_takes_the_artifact_of_its_pipeline_one_at_a_time() {
    let form = parse("gitlab-ci.yml");
    let jobs = jobs(&form);
    let applies: Vec<_> = jobs.iter().filter(|(_, job)| job["script"].to_string().contains("apply.sh")).collect();
    let [(name, apply)] = &applies[..] else { panic!("one job applies: {applies:?}") };
    assert_eq!(name.as_str(), "apply");
    assert_eq!(apply["needs"], json!([{"job": "plan", "artifacts": true}]));
    assert_eq!((&apply["resource_group"], &apply["interruptible"]), (&"idv".into(), &false.into()));
    assert_eq!(apply["environment"]["name"], "production");
    let artifacts = &jobs["plan"]["artifacts"];
    assert_eq!(artifacts["paths"][0], "saved.tfplan.enc", "the plan is kept encrypted only");
    for (name, job) in &jobs {
        let access = job.get("artifacts").map(|artifacts| &artifacts["access"]);
        assert!(access.is_none_or(|access| access == "developer"), "{name}: everybody could read the artifact");
    }
}

#[test]
fn jobs_without_an_environment_need_no_secrets() {
    let form = parse("gitlab-ci.yml");
    // A secret has the scope of an environment, so that the other jobs do not get it.
    assert!(form["variables"].as_object().unwrap().keys().all(|name| !name.starts_with("IDV_")));
    for (name, job) in jobs(&form) {
        let runs = scripts(&job["script"].to_string());
        let needs_secrets = !runs.is_empty();
        assert_eq!(job.contains_key("environment"), needs_secrets, "{name}");
        assert_eq!(job.contains_key("id_tokens"), needs_secrets, "{name}");
        assert!(job.get("variables").is_none(), "{name}");
    }
}

#[test]
fn the_comment_is_written_after_a_plan_that_failed_and_the_job_fails() {
    let form = parse("gitlab-ci.yml");
    let script: Vec<_> = form["plan"]["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    let [plan, comment, end] = script[..] else { panic!("{script:?}") };
    assert!(plan.ends_with("plan.sh || status=$?"), "{plan}");
    assert!(comment.contains("comment.sh"), "{comment}");
    assert_eq!(end, "exit \"$status\"");
}

/// The suite does not need gitlab-ci-local: where there is none, the test says so. It parses the form as GitLab does, and
/// evaluates the rules by an evaluator of its own.
#[test]
fn gitlab_ci_local_lists_the_same_jobs() {
    let program = std::env::var_os("GITLAB_CI_LOCAL").unwrap_or_else(|| "gitlab-ci-local".into());
    if let Err(error) = Command::new(&program).arg("--version").output() {
        eprintln!("gitlab_ci_local_lists_the_same_jobs was not run: {}: {error}", program.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::copy(pipelines("gitlab-ci.yml"), folder.path().join(".gitlab-ci.yml")).unwrap();
    let author = ["-c", "user.name=A reader", "-c", "user.email=reader@example.com"];
    for arguments in [
        &["init", "--quiet", "--initial-branch=main"][..],
        &["remote", "add", "origin", "https://gitlab.example.com/group/project.git"],
        &["add", "."],
        &["commit", "--quiet", "--message=The pipeline"],
    ] {
        let status = Command::new("git").args(author).args(arguments).current_dir(folder.path()).status().unwrap();
        assert!(status.success(), "git {arguments:?}");
    }
    let form = parse("gitlab-ci.yml");
    let projects = [("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "3"), ("CI_MERGE_REQUEST_PROJECT_ID", "3")];
    for source in ["schedule", "merge_request_event", "push", "web", "api"] {
        let variables = [&[("CI_PIPELINE_SOURCE", source), ("CI_COMMIT_BRANCH", "main")][..], &projects].concat();
        let mut command = Command::new(&program);
        command.args(["--list-csv", "--variable", "CI_DEFAULT_BRANCH=main"]).current_dir(folder.path());
        command.args(variables.iter().flat_map(|(name, value)| ["--variable".to_owned(), format!("{name}={value}")]));
        let output = command.output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
        let lines = printed.lines().skip_while(|line| !line.starts_with("name;")).skip(1).map(|line| {
            let columns: Vec<_> = line.split(';').collect();
            format!("{} {}", columns[0], columns[3])
        });
        let mut listed: Vec<_> = lines.collect();
        listed.sort();
        assert_eq!(listed, pipeline(&form, &variables).unwrap_or_default(), "{source}");
    }
}
