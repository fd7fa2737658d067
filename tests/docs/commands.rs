//! The commands of README and the guides run from top to bottom, in the home folder of a new user.
//!
//! A `shell` block runs in one bash for each document, in the document's order. A block of configuration becomes the file
//! that the paragraph before it names. What the document expects to be there already, such as a tenant, is set up before the
//! line that needs it. Each command that does not run is listed with its reason.

use std::fmt::Write as _;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::fs::symlink;
use std::process::Stdio;
use std::sync::Mutex;

use crate::support::sandbox::BINARY;
use crate::support::terraform::{self, Run, Version};

use super::root;

/// A document whose commands run.
struct Document {
    path: &'static str,
    /// Lines of bash that run before the block whose first line begins with the key.
    before: &'static [(&'static str, &'static str)],
    /// Lines of blocks that do not run, by their beginning, and why.
    not_run: &'static [(&'static str, &'static str)],
    /// Blocks, by the beginning of their first line, that end with another exit code than 0.
    exit_codes: &'static [(&'static str, i32)],
    /// The oldest Terraform that runs all of its commands.
    since: Version,
}

impl Document {
    const fn new(path: &'static str) -> Self {
        Self { path, before: &[], not_run: &[], exit_codes: &[], since: (1, 8) }
    }
}

const DOCUMENTS: &[Document] = &[
    Document {
        before: &[("terraform-provider-idv export --out tenant", "eval \"$(start_sandbox)\"")],
        not_run: &[
            ("make demo", "takes minutes, and the test of examples/demo applies the same configuration"),
            ("make test", "this is one of its tests"),
        ],
        ..Document::new("README.md")
    },
    Document {
        before: &[("terraform-provider-idv doctor", "eval \"$(start_sandbox)\"")],
        ..Document::new("docs/guides/authentication.md")
    },
    Document {
        before: &[
            (
                "terraform state pull",
                "eval \"$(start_sandbox)\"; managed_webhook; terraform state rm idv_vult_webhook.events; terraform state list",
            ),
            ("terraform-provider-idv compare", "start_sandbox > sandbox.env; start_sandbox > production.env"),
        ],
        exit_codes: &[("terraform state pull", 2)],
        ..Document::new("docs/guides/drift.md")
    },
    Document {
        before: &[
            ("terraform-provider-idv doctor --openapi", "eval \"$(start_sandbox)\""),
            ("export IDV_RECORD", "webhook; terraform init"),
        ],
        ..Document::new("docs/guides/first-contact.md")
    },
    Document {
        not_run: &[
            ("createdb", "needs a PostgreSQL: `make fleet` and the tests of examples/fleet run its forms"),
            ("export PG_CONN_STR", "needs a PostgreSQL"),
            ("cd examples/fleet/opentofu", "needs a PostgreSQL"),
            ("tofu ", "needs a PostgreSQL"),
            ("cd examples/fleet/terragrunt", "needs Terragrunt and a PostgreSQL"),
            ("for ", "needs Terragrunt and a PostgreSQL"),
            ("  mkdir -p", "needs Terragrunt and a PostgreSQL"),
            ("done", "needs Terragrunt and a PostgreSQL"),
            ("terragrunt ", "needs Terragrunt and a PostgreSQL"),
            ("cd examples/fleet/prefect", "`make fleet` runs this form"),
            ("pip install", "`make fleet` runs this form"),
            ("prefect ", "`make fleet` runs this form"),
            ("python fleet.py", "`make fleet` runs this form"),
            ("make fleet", "takes minutes"),
        ],
        ..Document::new("docs/guides/fleet.md")
    },
    Document::new("docs/guides/getting-started.md"),
    Document {
        before: &[
            ("terraform-provider-idv export --out tenant", "eval \"$(start_sandbox)\""),
            ("terraform query", "eval \"$(start_sandbox)\"; managed_webhook; rm webhook.tf terraform.tfstate*"),
        ],
        since: (1, 14),
        ..Document::new("docs/guides/import-a-tenant.md")
    },
    Document {
        not_run: &[
            (
                "terraform-provider-idv mirror /opt",
                "writes outside of the home folder; the tests of the command run it with another folder",
            ),
            ("oras ", "needs ORAS and a registry of images"),
            ("  --oci-layout", "needs ORAS and a registry of images"),
            ("sha256sum ", "there is no release yet; `make dist-check` checks its files the same way"),
            ("gpg ", "there is no release yet; `make dist-check` checks its files the same way"),
            ("gh ", "there is no release yet"),
        ],
        ..Document::new("docs/guides/install.md")
    },
    Document {
        before: &[("terraform-provider-idv lint envs/prod", "mkdir -p envs/prod; (cd envs/prod; webhook)")],
        ..Document::new("docs/guides/lint.md")
    },
    Document { not_run: &[("make bench", "takes minutes")], ..Document::new("docs/guides/performance.md") },
    Document {
        not_run: &[("docker ", "needs Docker and a registry of images")],
        ..Document::new("docs/guides/pipelines.md")
    },
    Document {
        before: &[
            (
                "terraform-provider-idv export --onto",
                "start_sandbox > staging.env; start_sandbox > production.env; . ./staging.env; managed_webhook",
            ),
            ("terraform -chdir=production init", ". ./production.env"),
        ],
        ..Document::new("docs/guides/promote.md")
    },
    Document {
        before: &[("terraform plan -out", "eval \"$(start_sandbox)\"; webhook; terraform init")],
        exit_codes: &[("terraform plan -out", 2), ("terraform-provider-idv impact", 2)],
        ..Document::new("docs/guides/review-a-change.md")
    },
    Document {
        before: &[
            ("terraform output -raw", "eval \"$(start_sandbox)\"; export IDV_XIDENT_API=verify/v1; encrypted_key"),
            ("terraform apply -invoke", "requirements; deletion_of_a_session; terraform init"),
        ],
        not_run: &[("age-keygen", "needs age, which is not part of this product")],
        since: (1, 14),
        ..Document::new("docs/guides/secrets.md")
    },
    Document {
        before: &[
            ("terraform-provider-idv export --out staging", "eval \"$(start_sandbox)\""),
            ("terraform-provider-idv export --alias staging", "rm -r staging"),
        ],
        ..Document::new("docs/guides/several-tenants.md")
    },
];

/// What the lines of [`Document::before`] may call.
const FUNCTIONS: &str = r#"
# Prints the variables of a new sandbox, which ends with this script.
start_sandbox() {
  terraform-provider-idv sandbox --background --format shell | tee -a "$HOME/sandboxes"
}
stop_sandboxes() {
  sed -n 's/^export IDV_SANDBOX_PID=//p' "$HOME/sandboxes" | tr -d "'\"" | xargs -r kill 2> /dev/null || true
  if [ -n "${IDV_SANDBOX_PID:-}" ]; then kill "$IDV_SANDBOX_PID" 2> /dev/null || true; fi
}
touch "$HOME/sandboxes"
trap stop_sandboxes EXIT

requirements() {
  cat > requirements.tf <<'END'
terraform {
  required_providers {
    idv = { source = "identity-as-code/idv" }
  }
}
END
}
webhook() {
  requirements
  cat > webhook.tf <<'END'
resource "idv_vult_webhook" "events" {
  name = "events"
  url  = "https://hooks.example.com/idv"
}
END
}
managed_webhook() {
  webhook
  terraform init
  terraform apply
}
encrypted_key() {
  requirements
  echo AGE-SECRET-KEY-1L35CQUQWK654MLH6ZDV5EF4999U3KNN3J3NF2X7ET4JE28Z7SS5QHATXFH > key.txt
  cat > key.tf <<'END'
resource "idv_xident_api_key" "shop" {
  name             = "shop"
  secret_recipient = "age1jymym3n6gdq6ntvlv97f7gz3szn7fp2ddt9lg06es9ljx82n3axqh45htq"
}
output "shop_key" {
  value = idv_xident_api_key.shop.encrypted_secret
}
END
  terraform init
  terraform apply
}
deletion_of_a_session() {
  cat > action.tf <<'END'
action "idv_vult_delete_session" "test_person" {
  config {
    session_id = "ses_000001"
  }
}
END
}
"#;

/// A fenced block of a document.
struct Block<'d> {
    language: &'d str,
    text: &'d str,
    /// The paragraph before it.
    introduction: &'d str,
}

impl<'d> Block<'d> {
    /// The blocks of a document in their order.
    fn all(document: &'d str) -> Vec<Self> {
        let mut blocks = Vec::new();
        let mut rest = document;
        while let Some((before, after)) = rest.split_once("\n```") {
            let (language, after) = after.split_once('\n').expect("a fence is followed by a line");
            let (text, after) = after.split_once("```").expect("each fence is closed");
            let introduction = before.trim_end().rsplit("\n\n").next().unwrap_or_default();
            blocks.push(Self { language, text, introduction });
            rest = after;
        }
        blocks
    }

    /// The file that its introduction names: the last one in backticks with the suffix of a configuration.
    fn file(&self) -> Option<&'d str> {
        let quoted = self.introduction.split('`').skip(1).step_by(2);
        let is_file = |name: &&str| [".tf", ".hcl"].iter().any(|suffix| name.ends_with(suffix)) && !name.contains('/');
        quoted.filter(is_file).last()
    }
}

/// One bash script of all commands of a document.
fn script(document: &Document, text: &str) -> String {
    // Where the document does not install the provider, its reader has done so.
    let install = if text.contains("make install") { "" } else { "make install > installed" };
    let mut script = format!("set -euo pipefail\n{FUNCTIONS}\n{install}\nset -x\n");
    for block in Block::all(text) {
        match (block.language, block.file()) {
            ("shell", _) => script.push_str(&commands(document, block.text)),
            ("terraform" | "hcl", Some(file)) => {
                write!(script, "cat > {file} <<'END_OF_FILE'\n{}END_OF_FILE\n", block.text).unwrap();
            }
            _ => {}
        }
    }
    script
}

/// A `shell` block without the lines that do not run.
fn commands(document: &Document, block: &str) -> String {
    let is_run = |line: &&str| !document.not_run.iter().any(|(beginning, _)| line.starts_with(beginning));
    // A promise of the document that bash can check.
    let checked = |line: &str| line.replace(" # no changes", " -detailed-exitcode");
    let lines: String = block.lines().filter(is_run).map(|line| checked(line) + "\n").collect();
    let before = document.before.iter().filter(|(beginning, _)| block.starts_with(beginning));
    let before: String = before.flat_map(|(_, lines)| [lines, "\n"]).collect();
    match document.exit_codes.iter().find(|(beginning, _)| block.starts_with(beginning)) {
        None => format!("{before}{lines}"),
        Some((_, code)) => {
            format!("{before}set +e\n{}\ncode=$?\nset -e\ntest \"$code\" = {code}\n", lines.trim_end())
        }
    }
}

/// The text of a document.
fn read(document: &Document) -> String {
    std::fs::read_to_string(root().join(document.path)).unwrap()
}

/// Runs a script on the machine of a new user, who has Terraform and this provider on the PATH.
fn run(script: &str) -> Run {
    let home = tempfile::tempdir().unwrap();
    let bin = home.path().join(".cargo/bin");
    std::fs::create_dir_all(&bin).unwrap();
    symlink(BINARY, bin.join("terraform-provider-idv")).unwrap();
    symlink(terraform::pinned(), bin.join("terraform")).unwrap();
    // The second command of `make install`. The first one builds for release, which takes minutes, and leaves the program at
    // this place.
    std::fs::write(bin.join("make"), "#!/bin/sh\nset -e\ntest \"$*\" = install\nterraform-provider-idv mirror\n")
        .unwrap();
    std::fs::set_permissions(bin.join("make"), Permissions::from_mode(0o755)).unwrap();
    let mut command = terraform::command("bash");
    command.args(["-c", script]).current_dir(home.path()).stdin(Stdio::null());
    let path = std::env::var_os("PATH").unwrap();
    command.env("PATH", format!("{}:{}", bin.display(), path.display())).env("HOME", home.path());
    command.env("XDG_RUNTIME_DIR", home.path()).env_remove("XDG_DATA_HOME");
    // The reader's `yes`.
    command
        .env("TF_CLI_ARGS", "-no-color")
        .env("TF_CLI_ARGS_apply", "-auto-approve")
        .env("TF_CLI_ARGS_destroy", "-auto-approve");
    Run::from(command.output().unwrap())
}

/// What went wrong in a document, or nothing.
fn failure(document: &Document) -> Option<String> {
    if terraform::version() < document.since {
        return None;
    }
    let run = run(&script(document, &read(document)));
    (run.code != Some(0))
        .then(|| format!("{}: exit code {:?}\n{}\n{}", document.path, run.code, run.stdout, run.stderr))
}

#[test]
fn commands_of_each_document_run_in_their_order() {
    let next = Mutex::new(DOCUMENTS.iter());
    let work = || {
        let mut failures = Vec::new();
        loop {
            let Some(document) = next.lock().unwrap().next() else { return failures };
            failures.extend(failure(document));
        }
    };
    let failures: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..3).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn table_has_each_document_with_commands() {
    let guides = super::names_in("docs/guides").into_iter().map(|name| format!("docs/guides/{name}"));
    for path in guides.chain(["README.md".to_owned()]) {
        let text = std::fs::read_to_string(root().join(&path)).unwrap();
        let has_commands = text.contains("\n```shell\n");
        let is_listed = DOCUMENTS.iter().any(|document| document.path == path);
        assert_eq!(has_commands, is_listed, "{path}: it has commands and an entry of the table, or neither");
    }
}

#[test]
fn exceptions_of_the_table_are_lines_of_their_document() {
    for document in DOCUMENTS {
        let text = read(document);
        let lines = document.not_run.iter().map(|(line, _)| *line);
        let blocks = document.before.iter().map(|(line, _)| *line);
        let codes = document.exit_codes.iter().map(|(line, _)| *line);
        for line in lines.chain(blocks).chain(codes) {
            let is_there = text.lines().any(|candidate| candidate.starts_with(line));
            assert!(is_there, "{} has no line that begins with `{line}`", document.path);
        }
    }
}
