//! Plan, apply and drift, with a real Terraform and the sandbox.

use std::process::Command;

use super::job::Job;
use crate::support::terraform::{self, Product};

#[test]
fn the_saved_plan_is_reported_and_applied_once() {
    let job = Job::new();
    job.step("plan.sh").succeeded();
    assert_eq!(job.read("changes"), "true\n");
    let comment = job.read("comment.md");
    assert!(comment.contains("VULT webhook") && comment.contains("is created"), "{comment}");
    assert!(job.webhooks().is_empty(), "a plan applies nothing");

    // The plan is what was reviewed, whatever is in the checkout by now. Terraform applies it; OpenTofu reads the variables again
    // and refuses other ones.
    job.write("terraform.tfvars", "name = \"other\"\n");
    if terraform::product() == Product::OpenTofu {
        job.step("apply.sh").failed();
        assert!(job.webhooks().is_empty());
        job.write("terraform.tfvars", "");
        job.step("plan.sh").succeeded();
    }
    job.step("apply.sh").succeeded();
    assert_eq!(job.webhooks(), ["events"]);
    let stale = job.step("apply.sh").failed();
    assert!(stale.stderr.contains("Saved plan is stale"), "{}", stale.stderr);
    assert!(stale.stderr.contains("Run the plan job again"), "{}", stale.stderr);
    assert_eq!(job.webhooks(), ["events"]);

    job.write("terraform.tfvars", "");
    job.step("plan.sh").succeeded();
    assert_eq!(job.read("changes"), "false\n");
    assert!(job.read("comment.md").contains("Nothing changes."));
}

#[test]
fn a_step_that_fails_is_in_the_comment_with_its_errors_and_leaves_no_plan() {
    let mut job = Job::new();
    let secrets = [job.sandbox.env()["IDV_VULT_CLIENT_SECRET"].clone(), "hush-4b1e".to_owned()];
    let lock_file = job.read(".terraform.lock.hcl");
    let expect_failure = |job: &Job, step: &str, error: &str| {
        // The plan of an earlier run is not to be applied.
        for left in ["saved.tfplan", "saved.tfplan.enc", "changes"] {
            job.write(left, "from an earlier run");
        }
        job.step("plan.sh").failed();
        let comment = job.read("comment.md");
        assert!(comment.starts_with(&format!("### The plan failed: {step}\n")), "{comment}");
        assert!(comment.contains(error), "{comment}");
        assert!(!secrets.iter().any(|secret| comment.contains(secret)), "{comment}");
        for left in ["saved.tfplan", "saved.tfplan.enc", "changes"] {
            assert!(!job.path(left).exists(), "{step} leaves {left}");
        }
        let refused = job.step("apply.sh").failed();
        assert!(refused.stderr.contains("There is no saved plan"), "{}", refused.stderr);
        assert!(job.webhooks().is_empty());
    };
    job.write("terraform.tfvars", "name = \"much too long\"\n");
    expect_failure(&job, "terraform plan", "The name is too long for the dashboard.");
    job.write("terraform.tfvars", "");

    job.write(
        "typo.tf",
        "resource \"idv_vult_webhook\" \"b\" {\n  name = \"b\"\n  url  = \"https://b.example.com\"\n  nme = \"\"\n}\n",
    );
    expect_failure(&job, "lint", "unknown-key");
    std::fs::remove_file(job.path("typo.tf")).unwrap();

    std::fs::remove_file(job.path(".terraform.lock.hcl")).unwrap();
    expect_failure(&job, "terraform init", "file is read-only");
    job.write(".terraform.lock.hcl", &lock_file);

    job.set("IDV_VULT_CLIENT_SECRET", "hush-4b1e");
    expect_failure(&job, "doctor", "Check the credentials for VULT");
}

/// The forms encrypt with OpenSSL's program. Where there is none, the test says so.
#[test]
fn a_plan_with_a_key_is_encrypted_and_needs_the_same_key() {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("a_plan_with_a_key_is_encrypted_and_needs_the_same_key was not run: there is no openssl on the PATH");
        return;
    }
    let mut job = Job::new();
    job.set("PLAN_KEY", "a passphrase");
    job.step("plan.sh").succeeded();
    assert!(!job.path("saved.tfplan").exists(), "the plan is not kept in plain text");
    let encrypted = std::fs::read(job.path("saved.tfplan.enc")).unwrap();
    assert!(encrypted.starts_with(b"Salted__"));
    job.set("PLAN_KEY", "another one");
    assert_eq!(job.step("apply.sh").code, Some(1));
    job.set("PLAN_KEY", "");
    job.step("apply.sh").failed();
    assert!(job.webhooks().is_empty());
    job.set("PLAN_KEY", "a passphrase");
    job.step("apply.sh").succeeded();
    assert_eq!(job.webhooks(), ["events"]);
    assert!(!job.path("saved.tfplan").exists(), "the plan is not kept in plain text");
}

#[test]
fn drift_says_by_its_exit_code_what_it_found_and_applies_nothing() {
    let mut job = Job::new();
    job.step("plan.sh").succeeded();
    job.step("apply.sh").succeeded();
    job.sandbox.forget_requests();
    assert_eq!(job.step("drift.sh").code, Some(0));

    job.sandbox.change_state(|state| state["vult"]["webhooks"][0]["name"] = "by hand".into());
    let before = job.read("terraform.tfstate");
    let found = job.step("drift.sh");
    assert_eq!(found.code, Some(2));
    for text in [&found.stdout, &job.read("drift.md")] {
        assert!(text.contains("by hand"), "{text}");
    }
    assert_eq!((job.webhooks(), job.read("terraform.tfstate")), (vec!["by hand".to_owned()], before));
    // This call of VULT's reads, with a body.
    let is_read =
        |line: &String| line.starts_with("GET ") || line.starts_with("POST /webhook/list ") || line.contains("token");
    let writes: Vec<_> = job.sandbox.request_lines().into_iter().filter(|line| !is_read(line)).collect();
    assert!(writes.is_empty(), "{writes:?}");

    // Terraform's `init` fails with other codes than 1 too, and a 2 would say that something differs.
    job.set("IDV_VULT_CLIENT_SECRET", "wrong");
    assert_eq!(job.step("drift.sh").code, Some(1));
}

#[test]
fn secrets_are_in_the_environment_of_one_command() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("IDV_DIDIT_API_KEY"), "key with 'quotes' and $signs\n").unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(super::pipelines("steps/with-secrets.sh"));
        command.args(arguments).env("SECRETS_FOLDER", folder.path());
        command.output().unwrap()
    };
    let output = run(&["sh", "-c", "printf %s \"$IDV_DIDIT_API_KEY\"; exit 3"]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "key with 'quotes' and $signs");
    assert_eq!(output.status.code(), Some(3), "the exit code is that of the command");
}
