//! An existing tenant comes under Terraform complete and with an empty plan: by `export`, and by `terraform query`.

mod incomplete;
mod query;
mod references;
mod selection;
mod tenant;

use crate::support::sandbox::Sandbox;
use crate::support::terraform::{self, Run};
use crate::support::workspace::Workspace;

/// Exports into the folder `tenant` of a workspace.
fn export(workspace: &Workspace, arguments: &[&str]) -> Run {
    workspace.run_provider(&[&["export", "--out", "tenant"], arguments].concat())
}

/// The pages of webhooks that were asked for.
fn webhook_requests(sandbox: &Sandbox) -> usize {
    sandbox.request_lines().iter().filter(|line| line.contains("/webhook/list")).count()
}

/// Plans, applies and plans again in the folder `tenant`.
#[track_caller]
fn takes_over(workspace: &Workspace, objects: usize) {
    let planned = workspace.run(&["-chdir=tenant", "plan", "-no-color", "-input=false"]).succeeded();
    let summary = format!("Plan: {objects} to import, 0 to add, 0 to change, 0 to destroy.");
    assert!(planned.stdout.contains(&summary), "the plan is not what was promised");
    workspace.run(&["-chdir=tenant", "apply", "-no-color", "-input=false", "-auto-approve"]).succeeded();
    workspace.run(&["-chdir=tenant", "plan", "-no-color", "-detailed-exitcode"]).succeeded();
}

fn comes_under(workspace: &Workspace, sandbox: &Sandbox) {
    sandbox.forget_requests();
    let exported = export(workspace, &[]).succeeded();
    let promise = format!("{} to import", tenant::OBJECTS);
    assert!(exported.stdout.contains(&promise), "not {promise}: tests/export/tenant.rs says what the tenant has");
    assert_eq!(webhook_requests(sandbox), 3, "a request for each page of webhooks and no other");
    workspace.run(&["-chdir=tenant", "fmt", "-check", "-diff", "-no-color"]).succeeded();
    let before = sandbox.state();
    takes_over(workspace, tenant::OBJECTS);
    let unchanged = |state: &serde_json::Value| {
        let mut state = state.clone();
        for (vendor, spent) in [("vult", "tokens"), ("fiven", "tokens"), ("xident", "limits")] {
            state[vendor].as_object_mut().unwrap().remove(spent);
        }
        state
    };
    assert_eq!(unchanged(&sandbox.state()), unchanged(&before), "taking a tenant over changes nothing of it");
}

#[test]
fn a_tenant_is_captured_whole() {
    let sandbox = tenant::sandbox();
    let workspace = Workspace::new(&sandbox);
    comes_under(&workspace, &sandbox);
}

/// The commands of the README's section, which is all that a person has to type.
#[test]
fn the_readme_takes_three_commands() {
    let readme = include_str!("../../README.md");
    let section = readme.split("## Bring an existing tenant under Terraform\n").nth(1).unwrap();
    let commands = section.split("```shell\n").nth(1).unwrap().split("```").next().unwrap();
    let sandbox = tenant::sandbox();
    let mut workspace = Workspace::new(&sandbox);
    workspace.set("TF_CLI_ARGS_apply", "-auto-approve"); // nobody is there to type "yes"
    let mut said = Vec::new();
    for command in commands.lines() {
        let words: Vec<_> = command.split(" # ").next().unwrap().split_whitespace().collect();
        let run = match words.split_first().unwrap() {
            (&"terraform", arguments) => workspace.run(arguments),
            (&"terraform-provider-idv", arguments) => workspace.run_provider(arguments),
            (other, _) => panic!("{other} is no command of this test"),
        };
        said.push(run.succeeded().stdout);
    }
    assert_eq!(said.len(), 3);
    assert!(
        said[2].contains(&format!(
            "Apply complete! Resources: {} imported, 0 added, 0 changed, 0 destroyed.",
            tenant::OBJECTS
        )),
        "{}",
        said[2]
    );
}

#[test]
fn the_oldest_terraform_takes_it_over_as_well() {
    let sandbox = tenant::sandbox();
    let workspace = Workspace::new(&sandbox).with_terraform(terraform::oldest());
    comes_under(&workspace, &sandbox);
}

#[test]
fn import_blocks_alone_leave_the_rest_to_terraform() {
    let sandbox = tenant::sandbox();
    let workspace = Workspace::new(&sandbox);
    export(&workspace, &["--format", "import-blocks"]).succeeded();
    let mut files: Vec<_> =
        std::fs::read_dir(workspace.path().join("tenant")).unwrap().map(|file| file.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["imports.tf", "provider.tf", "versions.tf"]);
    let generate = ["-chdir=tenant", "plan", "-no-color", "-generate-config-out=generated.tf"];
    let planned = workspace.run(&generate).succeeded();
    assert!(
        planned.stdout.contains(&format!("Plan: {} to import, 0 to add, 0 to change, 0 to destroy.", tenant::OBJECTS))
    );
}

#[test]
fn an_export_can_be_repeated_to_the_letter() {
    let sandbox = tenant::sandbox();
    let read = |workspace: &Workspace| {
        let mut files: Vec<_> = std::fs::read_dir(workspace.path().join("tenant"))
            .unwrap()
            .map(|file| file.unwrap().path())
            .map(|path| (path.file_name().unwrap().to_owned(), std::fs::read_to_string(path).unwrap()))
            .collect();
        files.sort();
        files
    };
    let first = Workspace::new(&sandbox);
    export(&first, &[]).succeeded();
    // The vendor lists in another order.
    sandbox.change_state(|state| state["vult"]["webhooks"].as_array_mut().unwrap().reverse());
    let second = Workspace::new(&sandbox);
    export(&second, &[]).succeeded();
    assert_eq!(read(&first), read(&second));
}

#[test]
fn secrets_are_variables_and_nowhere_else() {
    let sandbox = tenant::sandbox();
    sandbox.change_state(|state| state["onekosmos"]["show_bucket_secrets"] = true.into());
    let workspace = Workspace::new(&sandbox);
    let exported = export(&workspace, &[]).succeeded();
    let read = |file: &str| std::fs::read_to_string(workspace.path().join("tenant").join(file)).unwrap();
    assert!(read("onekosmos_buckets.tf").contains("secret_key_wo = var.acme_evidence_secret_key"));
    expect_test::expect![[r#"
        variable "acme_evidence_secret_key" {
          description = "`aws_credential.secret_key_wo` of idv_onekosmos_bucket.acme_evidence: The secret of the AWS access key. The vendor does not tell it. It may stay null as long as the object stays as it is; a change of the object needs it."
          type        = string
          sensitive   = true
          default     = null
        }

        variable "fraud_17_face_image" {
          description = "`face_image_wo` of idv_xident_blacklist_entry.fraud_17: The image of the face, in base64 as `filebase64` gives it. The vendor does not tell it. It may stay null as long as the object stays as it is; a change of the object needs it."
          type        = string
          sensitive   = true
          default     = null
        }
    "#]].assert_eq(&read("variables.tf"));
    let everything: String = std::fs::read_dir(workspace.path().join("tenant"))
        .unwrap()
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    for secret in
        ["hidden-bucket-secret", "hidden-webhook-secret", "sandbox-client-secret-f3a91c", "sandbox-license-system-41c7"]
    {
        for place in [&everything, &exported.stdout, &exported.stderr] {
            assert!(!place.contains(secret), "{secret} was written");
        }
    }
}
