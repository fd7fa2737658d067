//! `examples/fleet`: many tenants with one module, in four forms. `make fleet` runs it with Prefect and a database, which
//! this suite does not need.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::mirror;
use crate::support::sandbox::{BINARY, Sandbox};
use crate::support::terraform::{self, Product, Run};
use crate::support::workspace::Workspace;

/// The line of the configuration that needs a database. Without it the state is a file.
const BACKEND: &str = "  backend \"pg\" {}\n";

/// A path below `examples/fleet`.
pub(crate) fn fleet(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fleet").join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(fleet(path)).unwrap_or_else(|error| panic!("examples/fleet/{path}: {error}"))
}

/// The values of a key of every tenant, in the order of the file.
pub(crate) fn values(key: &str) -> Vec<String> {
    let text = read("tenants.yaml");
    let lines =
        text.lines().filter_map(|line| line.trim_start_matches("- ").trim().strip_prefix(key)?.strip_prefix(": "));
    lines.map(str::to_owned).collect()
}

/// The names that a file declares as variables.
fn variables(path: &str) -> BTreeSet<String> {
    let text = read(path);
    let names = text.split("\nvariable \"").map(|rest| rest.trim_start_matches("variable \""));
    names.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
}

#[test]
fn tenants_have_different_names_and_everything_that_the_module_needs() {
    let names = values("name");
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 200);
    for key in variables("modules/tenant/variables.tf") {
        assert_eq!(values(&key).len(), 200, "{key}");
    }
    for name in &names {
        let is_plain = |character: char| character.is_ascii_lowercase() || character == '-';
        assert!(name.chars().all(is_plain), "{name} has to be a part of the names of variables, schemas and folders");
    }
    assert!(values("webhook_url").iter().all(|url| url.starts_with("https://")));
    let reported: BTreeSet<_> = values("reported_emails").into_iter().collect();
    assert_eq!(reported.len(), 200, "the entries in the shared account are different ones");
}

/// A workspace with the configuration of one tenant below `root`, with a state in a file.
fn workspace(sandbox: &Sandbox, number: usize) -> Workspace {
    let mut workspace = Workspace::without_vendors();
    for (name, value) in &sandbox.tenants()[number].env {
        workspace.set(name, value);
    }
    workspace.set("TF_VAR_tenant", &values("name")[number]);
    workspace.set("TF_VAR_shared_didit_api_key", &sandbox.env()["IDV_DIDIT_API_KEY"]);
    workspace.copy_folder(&fleet("root"), "root");
    workspace.copy_folder(&fleet("modules/tenant"), "modules/tenant");
    workspace.write("tenants.yaml", &read("tenants.yaml"));
    workspace.write("root/main.tf", &without_backend());
    workspace.run(&["-chdir=root", "get"]).succeeded();
    workspace
}

/// The configuration of a tenant, with the state in a file.
pub(crate) fn without_backend() -> String {
    let text = read("root/main.tf");
    assert!(text.contains(BACKEND), "the state of the fleet is in PostgreSQL");
    text.replace(BACKEND, "")
}

#[test]
fn two_tenants_are_applied_with_data_of_their_own() {
    let sandbox = Sandbox::start_with(&["--tenants", "2"]);
    for number in 0..2 {
        let workspace = workspace(&sandbox, number);
        workspace.run(&["-chdir=root", "validate"]).succeeded();
        workspace.run(&["-chdir=root", "apply", "-auto-approve", "-json"]).succeeded();
        workspace.run(&["-chdir=root", "plan", "-detailed-exitcode", "-json"]).succeeded();
    }
    let state = sandbox.state();
    for (number, tenant) in sandbox.tenants().iter().enumerate() {
        let own = &state["tenants"][&tenant.name];
        let webhooks = own["vult"]["webhooks"].as_array().unwrap();
        assert_eq!(webhooks.len(), 1);
        assert_eq!(webhooks[0]["name"], format!("{}-events", values("name")[number]));
        let lists = own["didit"]["lists"].as_array().unwrap();
        let trusted = lists.iter().find(|list| list["name"] == "trusted phones").unwrap();
        assert!(!trusted["entries"].as_array().unwrap().is_empty());
    }
    assert_eq!(state["vult"]["webhooks"], Value::Array(Vec::new()), "the shared account has no webhook");
    let entries =
        state["didit"]["lists"].as_array().unwrap().iter().flat_map(|list| list["entries"].as_array().unwrap());
    let reported: Vec<_> = entries.map(|entry| format!("[{}]", entry["value"].as_str().unwrap())).collect();
    assert_eq!(reported, values("reported_emails")[..2], "each tenant reports to the shared account");
}

/// Where the states are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum States {
    Files,
    Database,
}

/// What Python prints when it runs `script` with `steps` being `prefect/tenant.py`, a line for each attempt.
fn roll_out(folder: &Path, sandbox: &Sandbox, states: States, script: &str) -> Vec<String> {
    let copy = folder.join("fleet");
    for path in ["root", "modules/tenant"] {
        fs::create_dir_all(copy.join(path)).unwrap();
        for file in fs::read_dir(fleet(path)).unwrap() {
            let file = file.unwrap().path();
            if file.is_file() {
                fs::copy(&file, copy.join(path).join(file.file_name().unwrap())).unwrap();
            }
        }
    }
    fs::copy(fleet("tenants.yaml"), copy.join("tenants.yaml")).unwrap();
    if states == States::Files {
        fs::write(copy.join("root/main.tf"), without_backend()).unwrap();
    }
    // `terraform init` installs from a mirror; with an override it would ask a registry.
    let configuration = mirror::write(folder);
    let prelude = "import json, os, sys\nsys.dont_write_bytecode = True\nsys.path.insert(0, sys.argv[1])\nimport tenant as steps\n\
                   variables = json.loads(os.environ.pop('VARIABLES'))\n\
                   name = os.environ['NAME']\n\
                   def attempt():\n    \
                       try:\n        print(steps.Tenant(name, variables, steps.initialise('test')).roll_out(True).result)\n    \
                       except steps.StepFailed as failure:\n        print(failure)\n";
    let output = terraform::command("python3")
        .arg("-c")
        .arg(format!("{prelude}{script}"))
        .arg(fleet("prefect"))
        .env("VARIABLES", serde_json::to_string(&sandbox.tenants()[0].env).unwrap())
        .env("NAME", &values("name")[0])
        .env("TF_VAR_shared_didit_api_key", &sandbox.env()["IDV_DIDIT_API_KEY"])
        .env("TF_CLI_CONFIG_FILE", &configuration)
        .env("FLEET_SOURCE", &copy)
        .env("FLEET_WORK", folder.join("work"))
        .env("FLEET_TERRAFORM", terraform::pinned())
        .env("FLEET_PROVIDER", BINARY)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_tenant_is_planned_reported_and_applied_once() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start_with(&["--tenants", "1"]);
    assert_eq!(roll_out(folder.path(), &sandbox, States::Files, "attempt()\nattempt()\n"), ["changed", "unchanged"]);
}

#[test]
fn what_a_killed_apply_created_is_adopted_and_an_object_of_somebody_else_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start_with(&["--tenants", "1"]);
    // A killed Terraform has saved no state, and the file that says so stays.
    let lose_state = "attempt()\n(steps.WORK / name / 'root' / 'terraform.tfstate').unlink()\n";
    let somebody_elses =
        roll_out(folder.path(), &sandbox, States::Files, &format!("{lose_state}attempt()\nattempt()\n"));
    assert_eq!(somebody_elses.len(), 3, "{somebody_elses:?}");
    for line in &somebody_elses[1..] {
        assert!(line.starts_with("apply: ") && line.contains("already exists"), "{line}");
    }
    let ours = "(steps.WORK / name / steps.MARKER).touch()\nattempt()\nattempt()\n";
    assert_eq!(roll_out(folder.path(), &sandbox, States::Files, ours), ["changed", "unchanged"]);
    let state = sandbox.state();
    assert_eq!(state["tenants"]["tenant-001"]["vult"]["webhooks"].as_array().unwrap().len(), 1);
}

#[test]
fn a_state_that_could_not_be_saved_is_pushed_before_the_next_plan() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start_with(&["--tenants", "1"]);
    let script = "attempt()\nroot = steps.WORK / name / 'root'\n(root / 'terraform.tfstate').rename(root / steps.ERRORED_STATE)\n\
                  attempt()\nprint((root / steps.ERRORED_STATE).exists())\n";
    assert_eq!(roll_out(folder.path(), &sandbox, States::Files, script), ["changed", "unchanged", "False"]);
}

/// The suite does not need a database server: where there is none, the test says so.
#[test]
fn states_are_schemas_of_a_database_and_no_lock_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start_with(&["--tenants", "1"]);
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools");
    let script = format!(
        r#"
from pathlib import Path
sys.path.insert(0, {tools:?})
from postgres import Postgres
try:
    database = Postgres(Path({folder:?}) / "postgres")
except RuntimeError as missing:
    print(f"not run: {{missing}}")
    sys.exit()
try:
    database.create()
    database.start()
    os.environ["PG_CONN_STR"] = database.connection
    attempt()
    database.stop("immediate")
    attempt()
    database.start()
    attempt()
    print(*database.ask("select nspname from pg_namespace where nspname like 'tenant_%'"))
    print(*database.ask("select count(*) from pg_locks where locktype = 'advisory'"))
finally:
    database.remove()
"#,
        folder = folder.path(),
    );
    let lines = roll_out(folder.path(), &sandbox, States::Database, &script);
    if let [reason] = &lines[..] {
        eprintln!("states_are_schemas_of_a_database_and_no_lock_is_left was {reason}");
        assert!(reason.starts_with("not run: "), "{reason}");
        return;
    }
    let [first, without_database, last, schema, locks] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!([first.as_str(), last], ["changed", "unchanged"]);
    assert!(without_database.starts_with("init: "), "{without_database}");
    assert_eq!(*schema, format!("tenant_{}", values("name")[0].replace('-', "_")));
    assert_eq!(locks, "0");
}

#[test]
fn every_form_passes_what_the_module_and_the_configuration_need() {
    let of_module = variables("modules/tenant/variables.tf");
    for form in ["root/main.tf", "opentofu/main.tf"] {
        let text = read(form);
        assert!(text.contains("source = \"../modules/tenant\"") || text.contains("source   = \"../modules/tenant\""));
        let assigned: BTreeSet<_> = text.lines().filter_map(|line| Some(line.trim().split_once(' ')?.0)).collect();
        let missing: Vec<_> = of_module.iter().filter(|name| !assigned.contains(name.as_str())).collect();
        assert!(missing.is_empty(), "examples/fleet/{form} does not pass {missing:?}");
    }
    let of_root = variables("root/variables.tf");
    for form in ["github-actions/fleet.yml", "terragrunt/root.hcl", "prefect/tenant.py"] {
        let text = read(form);
        let named = text.split("TF_VAR_").skip(1).map(|rest| {
            let end = rest.find(|character: char| !(character.is_ascii_lowercase() || character == '_'));
            &rest[..end.unwrap_or(rest.len())]
        });
        let unknown: Vec<_> = named.filter(|name| !name.is_empty() && !of_root.contains(*name)).collect();
        assert!(unknown.is_empty(), "examples/fleet/{form} sets variables that root/ does not have: {unknown:?}");
        assert!(text.contains("root"), "{form}");
    }
    assert!(read("terragrunt/root.hcl").contains("tenant = local.tenant"));
    assert!(read("terragrunt/unit.hcl").contains("find_in_parent_folders(\"root.hcl\")"));
    assert!(read("github-actions/fleet.yml").contains("working-directory: examples/fleet/root"));
    assert!(read("prefect/fleet.py").contains("entrypoint=\"fleet.py:batch\""));
    let pinned = read("prefect/requirements.txt");
    let loose: Vec<_> = pinned.lines().filter(|line| !line.starts_with('#') && !line.contains("==")).collect();
    assert!(loose.is_empty() && pinned.contains("\nprefect==3."), "{loose:?}");
}

#[test]
fn every_form_names_variables_that_the_provider_reads() {
    let sandbox = Sandbox::start();
    for form in
        ["github-actions/fleet.yml", "terragrunt/root.hcl", "root/main.tf", "prefect/tenant.py", "prefect/fleet.py"]
    {
        let text = read(form);
        for rest in text.split("IDV_").skip(1) {
            let end = rest.find(|character: char| !(character.is_ascii_uppercase() || character == '_'));
            let name = format!("IDV_{}", &rest[..end.unwrap_or(rest.len())]);
            let is_prefix = name.ends_with('_') && sandbox.env().keys().any(|known| known.starts_with(&name));
            assert!(is_prefix || sandbox.env().contains_key(&name), "examples/fleet/{form} names {name}");
        }
    }
}

#[test]
fn lint_finds_nothing_and_python_compiles() {
    for folder in ["root", "opentofu", "modules/tenant"] {
        let output = Command::new(BINARY).arg("lint").arg(fleet(folder)).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in [
        fleet("prefect/fleet.py"),
        fleet("prefect/tenant.py"),
        root.join("tools/fleet.py"),
        root.join("tools/postgres.py"),
    ] {
        let script = "import ast, sys; ast.parse(open(sys.argv[1], encoding='utf-8').read())";
        let output = Command::new("python3").args(["-c", script]).arg(file).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// A copy of the fleet with its first two tenants, and with states in files.
fn two_tenants() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["root", "modules/tenant", "opentofu", "terragrunt"] {
        fs::create_dir_all(folder.path().join(name)).unwrap();
        for file in fs::read_dir(fleet(name)).unwrap() {
            let file = file.unwrap().path();
            fs::copy(&file, folder.path().join(name).join(file.file_name().unwrap())).unwrap();
        }
    }
    let tenants = read("tenants.yaml");
    let third = tenants.match_indices("\n- name: ").nth(2).unwrap().0;
    fs::write(folder.path().join("tenants.yaml"), &tenants[..=third]).unwrap();
    fs::write(folder.path().join("root/main.tf"), without_backend()).unwrap();
    folder
}

/// What both tenants have at their vendors after an apply.
fn assert_two_webhooks(sandbox: &Sandbox) {
    let state = sandbox.state();
    for tenant in sandbox.tenants() {
        assert_eq!(state["tenants"][&tenant.name]["vult"]["webhooks"].as_array().unwrap().len(), 1, "{}", tenant.name);
    }
}

/// `make test-tofu` runs it. What Terraform does with such a configuration is in the tests of versions.
#[test]
fn one_opentofu_configuration_manages_the_tenants_and_lets_one_leave() {
    if terraform::product() == Product::Terraform {
        return;
    }
    let sandbox = Sandbox::start_with(&["--tenants", "2"]);
    let folder = two_tenants();
    let root = folder.path().join("opentofu");
    let text = read("opentofu/main.tf");
    let (before, rest) = text.split_once("  backend \"pg\" {").unwrap();
    fs::write(root.join("main.tf"), format!("{before}{}", rest.split_once("  }\n").unwrap().1)).unwrap();
    let names = values("name");
    let credentials = sandbox.tenants().iter().zip(&names).map(|(tenant, name)| {
        let value = |variable: &str| tenant.env[variable].clone();
        let of_tenant = serde_json::json!({
            "vult_base_url": value("IDV_VULT_BASE_URL"),
            "vult_client_id": value("IDV_VULT_CLIENT_ID"),
            "vult_client_secret": value("IDV_VULT_CLIENT_SECRET"),
            "didit_api_key": value("IDV_DIDIT_API_KEY"),
        });
        (name.clone(), of_tenant)
    });
    let variables = serde_json::json!({ "credentials": credentials.collect::<serde_json::Map<_, _>>() });
    fs::write(root.join("credentials.auto.tfvars.json"), variables.to_string()).unwrap();
    let configuration = mirror::write(folder.path());
    let tofu = |arguments: &[&str]| {
        let mut command = terraform::command(terraform::pinned());
        command.args(arguments).current_dir(&root).env("TF_CLI_CONFIG_FILE", &configuration);
        command.env("IDV_DIDIT_BASE_URL", &sandbox.env()["IDV_DIDIT_BASE_URL"]);
        command.env("TF_VAR_shared_didit_api_key", &sandbox.env()["IDV_DIDIT_API_KEY"]);
        Run::from(command.output().unwrap())
    };
    tofu(&["init", "-input=false"]).succeeded();
    tofu(&["plan", "-input=false", "-out=saved.tfplan"]).succeeded();
    tofu(&["apply", "-input=false", "saved.tfplan"]).succeeded();
    assert_two_webhooks(&sandbox);
    tofu(&["plan", "-input=false", "-detailed-exitcode"]).succeeded();
    let leaving = format!("-var=leaving=[\"{}\"]", names[1]);
    tofu(&["apply", "-input=false", "-auto-approve", &leaving]).succeeded();
    let left = &sandbox.state()["tenants"][&sandbox.tenants()[1].name];
    assert_eq!(left["vult"]["webhooks"], Value::Array(Vec::new()));
}

/// Runs where Terragrunt is on the PATH; elsewhere the test says so.
#[test]
fn terragrunt_plans_reports_and_applies_each_unit() {
    if Command::new("terragrunt").arg("--version").output().is_err() {
        eprintln!("terragrunt is not on the PATH, so its form of the fleet was not run");
        return;
    }
    let sandbox = Sandbox::start_with(&["--tenants", "2"]);
    let folder = two_tenants();
    let root = folder.path().join("terragrunt");
    let text = read("terragrunt/root.hcl");
    let (before, rest) = text.split_once("remote_state {").unwrap();
    fs::write(root.join("root.hcl"), format!("{before}{}", rest.split_once("\n}\n").unwrap().1)).unwrap();
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink(BINARY, bin.join("terraform-provider-idv")).unwrap();
    let guide = include_str!("../docs/guides/fleet.md");
    let commands = guide.split("```shell\ncd examples/fleet/terragrunt\n").nth(1).unwrap().split("```").next().unwrap();
    let run = |script: &str| {
        let mut command = terraform::command("bash");
        command.args(["-uo", "pipefail", "-c", script]).current_dir(&root);
        let path = std::env::var_os("PATH").unwrap();
        command.env("PATH", format!("{}:{}", bin.display(), path.display())).env("TG_TF_PATH", terraform::pinned());
        command.env("TF_CLI_CONFIG_FILE", mirror::write(folder.path())).env("TG_NON_INTERACTIVE", "true");
        command.env("TF_VAR_shared_didit_api_key", &sandbox.env()["IDV_DIDIT_API_KEY"]);
        for (tenant, name) in sandbox.tenants().iter().zip(values("name")) {
            let prefix = format!("TENANT_{}_", name.replace('-', "_").to_uppercase());
            command.envs(tenant.env.iter().map(|(variable, value)| (format!("{prefix}{variable}"), value)));
        }
        Run::from(command.output().unwrap())
    };
    run(commands).succeeded();
    assert_two_webhooks(&sandbox);
    run("terragrunt run --all -- plan -detailed-exitcode").succeeded();
}
