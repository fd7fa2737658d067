//! An existing tenant is imported complete and with an empty plan: by `export`, and by `terraform query`.

mod arranged;
mod honest;
mod incomplete;
mod promote;
mod query;
mod references;
mod scopes;
mod selection;
mod tenant;

use crate::support::objects;
use crate::support::sandbox::Sandbox;
use crate::support::terraform::{self, Run};
use crate::support::workspace::Workspace;

/// Exports into the folder `tenant` of a workspace.
fn export(workspace: &Workspace, arguments: &[&str]) -> Run {
    workspace.run_provider(&[&["export", "--out", "tenant"], arguments].concat())
}

/// The text of a file without the lines at its beginning that say where it comes from.
fn without_origin(text: &str) -> String {
    let (origin, rest) = text.split_once("\n\n").unwrap();
    assert!(origin.lines().all(|line| line.starts_with("# ")), "{origin}");
    rest.to_owned()
}

/// The commands in each shell block of a document, without comments, and without `init`: a workspace overrides the provider, so
/// there is nothing to install.
fn commands(document: &str) -> Vec<Vec<String>> {
    let blocks = document.split("```shell\n").skip(1).filter_map(|rest| rest.split("```").next());
    let command = |line: &str| line.split(" # ").next().unwrap().trim().to_owned();
    let of_block = |block: &str| block.lines().map(command).filter(|command| !command.ends_with(" init")).collect();
    blocks.map(of_block).collect()
}

/// Runs a command of a document.
fn run(workspace: &Workspace, command: &str) -> Run {
    let words: Vec<_> = command.split_whitespace().collect();
    match words.split_first().unwrap() {
        (&"terraform", arguments) => workspace.run(arguments),
        (&"terraform-provider-idv", arguments) => workspace.run_provider(arguments),
        (other, _) => panic!("{other} is no command of a test"),
    }
}

/// The number of requests for pages of webhooks.
fn webhook_requests(sandbox: &Sandbox) -> usize {
    sandbox.request_lines().iter().filter(|line| line.contains("/webhook/list")).count()
}

/// Plans, applies and plans again in the folder `tenant`.
#[track_caller]
fn imports_all(workspace: &Workspace, objects: usize) {
    let planned = workspace.run(&["-chdir=tenant", "plan", "-no-color", "-input=false"]).succeeded();
    let summary = format!("Plan: {objects} to import, 0 to add, 0 to change, 0 to destroy.");
    assert!(planned.stdout.contains(&summary), "the plan differs from the summary");
    workspace.run(&["-chdir=tenant", "apply", "-no-color", "-input=false", "-auto-approve"]).succeeded();
    workspace.run(&["-chdir=tenant", "plan", "-no-color", "-detailed-exitcode"]).succeeded();
}

fn exports_and_imports(workspace: &Workspace, sandbox: &Sandbox) {
    let objects = tenant::listed(sandbox);
    sandbox.forget_requests();
    let exported = export(workspace, &[]).succeeded();
    assert!(exported.stdout.contains(&format!("{objects} to import")), "not {objects}: {}", exported.stdout);
    assert_eq!(webhook_requests(sandbox), 3, "one request for each page of webhooks");
    workspace.run(&["-chdir=tenant", "fmt", "-check", "-diff", "-no-color"]).succeeded();
    let before = sandbox.state();
    imports_all(workspace, objects);
    let unchanged = |state: &serde_json::Value| {
        let mut state = state.clone();
        for (vendor, spent) in [("vult", "tokens"), ("fiven", "tokens"), ("xident", "limits")] {
            state[vendor].as_object_mut().unwrap().remove(spent);
        }
        state
    };
    assert_eq!(unchanged(&sandbox.state()), unchanged(&before), "an import changes nothing at the vendors");
}

#[test]
fn tenant_is_exported_and_imported_complete() {
    let sandbox = tenant::sandbox();
    let state = sandbox.state();
    for (object, listed) in objects::all().filter_map(|object| Some((object, object.listed?))) {
        assert!(listed(&state) > 0, "tests/export/tenant.rs has no {}", object.type_name);
    }
    exports_and_imports(&Workspace::new(&sandbox), &sandbox);
}

/// What Terraform created comes back from an export without a change.
#[test]
fn created_objects_are_exported_and_imported_complete() {
    let sandbox = objects::sandbox();
    let creator = Workspace::new(&sandbox);
    creator.configure(&objects::configuration(objects::all(), |_| ""));
    creator.apply().succeeded();
    let workspace = Workspace::new(&sandbox);
    export(&workspace, &[]).succeeded();
    imports_all(&workspace, tenant::listed(&sandbox));
}

/// The commands of the README's section are all that a person has to type.
#[test]
fn readme_commands_import_the_tenant() {
    let readme = include_str!("../../README.md");
    let section = readme.split("## Bring an existing tenant under Terraform\n").nth(1).unwrap();
    let commands = commands(section).remove(0);
    let sandbox = tenant::sandbox();
    let mut workspace = Workspace::new(&sandbox);
    workspace.set("TF_CLI_ARGS_apply", "-auto-approve"); // nobody is there to type "yes"
    let mut outputs = Vec::new();
    for command in commands {
        outputs.push(run(&workspace, &command).succeeded().stdout);
    }
    assert_eq!(outputs.len(), 3);
    let imported = tenant::listed(&sandbox);
    let complete = format!("Apply complete! Resources: {imported} imported, 0 added, 0 changed, 0 destroyed.");
    assert!(outputs[2].contains(&complete), "{}", outputs[2]);
}

#[test]
fn oldest_terraform_imports_the_tenant() {
    let sandbox = tenant::sandbox();
    let workspace = Workspace::new(&sandbox).with_terraform(terraform::oldest());
    exports_and_imports(&workspace, &sandbox);
}

#[test]
fn import_blocks_let_terraform_generate_the_configuration() {
    let sandbox = tenant::sandbox();
    let workspace = Workspace::new(&sandbox);
    export(&workspace, &["--format", "import-blocks"]).succeeded();
    let mut files: Vec<_> =
        std::fs::read_dir(workspace.path().join("tenant")).unwrap().map(|file| file.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["imports.tf", "provider.tf", "versions.tf"]);
    let generate = ["-chdir=tenant", "plan", "-no-color", "-generate-config-out=generated.tf"];
    let planned = workspace.run(&generate).succeeded();
    let summary = format!("Plan: {} to import, 0 to add, 0 to change, 0 to destroy.", tenant::listed(&sandbox));
    assert!(planned.stdout.contains(&summary));
}

#[test]
fn second_export_equals_the_first() {
    let sandbox = tenant::sandbox();
    let read = |workspace: &Workspace| {
        let mut files: Vec<_> = std::fs::read_dir(workspace.path().join("tenant"))
            .unwrap()
            .map(|file| file.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "tf"))
            .map(|path| (path.file_name().unwrap().to_owned(), without_origin(&std::fs::read_to_string(path).unwrap())))
            .collect();
        files.sort();
        files
    };
    let first = Workspace::new(&sandbox);
    export(&first, &[]).succeeded();
    // The vendor returns another order.
    sandbox.change_state(|state| state["vult"]["webhooks"].as_array_mut().unwrap().reverse());
    let second = Workspace::new(&sandbox);
    export(&second, &[]).succeeded();
    assert_eq!(read(&first), read(&second));
}

#[test]
fn secrets_become_variables_and_are_not_written() {
    let sandbox = tenant::sandbox();
    sandbox.change_state(|state| state["onekosmos"]["show_bucket_secrets"] = true.into());
    let workspace = Workspace::new(&sandbox);
    let exported = export(&workspace, &[]).succeeded();
    let read =
        |file: &str| without_origin(&std::fs::read_to_string(workspace.path().join("tenant").join(file)).unwrap());
    assert!(read("onekosmos_buckets.tf").contains("secret_key_wo = var.acme_evidence_secret_key"));
    expect_test::expect![[r#"
        variable "acme_evidence_secret_key" {
          description = "`aws_credential.secret_key_wo` of idv_onekosmos_bucket.acme_evidence: The secret of the AWS access key. The vendor does not return it. It may stay null until the object changes; a change needs the value."
          type        = string
          sensitive   = true
          default     = null
        }

        variable "fraud_17_face_image" {
          description = "`face_image_wo` of idv_xident_blacklist_entry.fraud_17: The image of the face, in base64 as `filebase64` gives it. The vendor does not return it. It may stay null until the object changes; a change needs the value."
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
