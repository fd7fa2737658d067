//! The command `mirror`, and a `terraform init` that finds the provider there.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::mirror::{self, VERSION};
use crate::support::sandbox::{BINARY, Sandbox};
use crate::support::terraform::{self, Run};

const CONFIGURATION: &str = r#"
resource "idv_vult_webhook" "events" {
  name = "events"
  url  = "https://hooks.example.com/idv"
}
"#;

/// A person's machine: a home folder, and a working folder in it.
struct Machine {
    home: tempfile::TempDir,
    sandbox: Sandbox,
}

impl Machine {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("work")).unwrap();
        Self { home, sandbox: Sandbox::start() }
    }

    fn work(&self) -> std::path::PathBuf {
        self.home.path().join("work")
    }

    fn run(&self, mut command: Command) -> Run {
        command.current_dir(self.work()).env("HOME", self.home.path()).env_remove("XDG_DATA_HOME");
        command.env("XDG_RUNTIME_DIR", self.home.path()).envs(self.sandbox.env());
        Run::from(command.output().unwrap())
    }

    /// Runs the command `mirror`.
    fn mirror(&self, arguments: &[&str]) -> Run {
        let mut command = terraform::command(BINARY);
        command.arg("mirror").args(arguments);
        self.run(command)
    }

    /// Runs Terraform with a configuration of its command line, or without one.
    fn terraform(&self, cli: Option<&Path>, arguments: &[&str]) -> Run {
        let mut command = terraform::command(terraform::pinned());
        command.args(arguments);
        if let Some(cli) = cli {
            command.env("TF_CLI_CONFIG_FILE", cli);
        }
        self.run(command)
    }

    /// Writes `main.tf` from the lines that `mirror` printed.
    fn configure(&self, printed: &str) {
        let required = &printed[printed.find("terraform {").unwrap()..];
        std::fs::write(self.work().join("main.tf"), format!("{required}{CONFIGURATION}")).unwrap();
    }
}

#[test]
fn provider_is_found_by_terraform_init_without_any_configuration() {
    let machine = Machine::new();
    let printed = machine.mirror(&[]).succeeded().stdout;
    assert!(
        printed.contains(&format!("is in {}.", machine.home.path().join(".terraform.d/plugins").display())),
        "{printed}"
    );
    assert!(!printed.contains("filesystem_mirror"), "{printed}");
    machine.configure(&printed);
    machine.terraform(None, &["init", "-input=false"]).succeeded();
    let lock = std::fs::read_to_string(machine.work().join(".terraform.lock.hcl")).unwrap();
    let registry = terraform::registry();
    assert!(lock.contains(&format!("provider \"{registry}/identity-as-code/idv\"")), "{lock}");
    assert!(lock.contains(&format!("version     = \"{VERSION}\"")) && lock.contains("\"h1:"), "{lock}");
    machine.terraform(None, &["apply", "-auto-approve", "-input=false"]).succeeded();
    let plan = machine.terraform(None, &["plan", "-input=false", "-detailed-exitcode"]);
    assert_eq!(plan.code, Some(0), "{}", plan.stdout);

    // Another run of the command replaces a program that a Terraform may be using.
    machine.mirror(&[]).succeeded();
    machine.terraform(None, &["init", "-input=false"]).succeeded();
}

#[test]
fn mirror_in_a_folder_works_with_the_configuration_that_it_prints() {
    let machine = Machine::new();
    let printed = machine.mirror(&["shared/mirror"]).succeeded().stdout;
    for registry in mirror::REGISTRIES {
        let versions = machine.work().join("shared/mirror").join(registry).join("identity-as-code/idv").join(VERSION);
        let platform = std::fs::read_dir(versions).unwrap().next().unwrap().unwrap().path();
        let program = platform.join(format!("terraform-provider-idv_v{VERSION}"));
        assert_eq!(
            std::fs::read_dir(&platform).unwrap().count(),
            1,
            "nothing but the program is in {}",
            platform.display()
        );
        let mut version = terraform::command(program);
        version.arg("--version");
        assert!(machine.run(version).succeeded().stdout.contains(VERSION));
    }
    let cli = machine.work().join("cli.tfrc");
    let block = printed.split("provider_installation").nth(1).unwrap().split("\n\n").next().unwrap();
    std::fs::write(&cli, format!("provider_installation{block}\n")).unwrap();
    machine.configure(&printed);
    machine.terraform(Some(&cli), &["init", "-input=false"]).succeeded();
    machine.terraform(Some(&cli), &["validate"]).succeeded();
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let machine = Machine::new();
    std::fs::write(machine.work().join("file"), "").unwrap();
    let run = machine.mirror(&["file/mirror"]);
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.contains("file/mirror/registry.terraform.io") && run.stderr.contains("cannot be written"),
        "{}",
        run.stderr
    );
}

/// A web server of Python's library, for a folder of files.
struct WebServer(std::process::Child);

impl WebServer {
    /// Serves a folder with a certificate for 127.0.0.1, and returns the address of its root.
    fn start(folder: &Path, certificate: &Path, key: &Path) -> (Self, String) {
        let script = "import functools, http.server, ssl, sys\n\
                      handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])\n\
                      server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)\n\
                      context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n\
                      context.load_cert_chain(sys.argv[2], sys.argv[3])\n\
                      server.socket = context.wrap_socket(server.socket, server_side=True)\n\
                      print(server.server_port, flush=True)\n\
                      server.serve_forever()\n";
        let mut command = Command::new("python3");
        command.args(["-c", script]).args([folder, certificate, key]);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        (Self(process), format!("https://127.0.0.1:{}", port.trim()))
    }
}

impl Drop for WebServer {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Writes the provider as an archive of a release.
fn write_archive(path: &Path) {
    let script = "import sys, zipfile\n\
                  with zipfile.ZipFile(sys.argv[1], 'w') as archive:\n    archive.write(sys.argv[2], sys.argv[3])\n";
    let arguments =
        [path.as_os_str(), BINARY.as_ref(), format!("terraform-provider-idv_v{VERSION}").as_ref()].map(OsStr::to_owned);
    assert!(Command::new("python3").args(["-c", script]).args(arguments).status().unwrap().success());
}

#[test]
fn network_mirror_of_the_guide_is_used_by_terraform_init() {
    let guide = include_str!("../docs/guides/install.md");
    let section = guide.split("## A network mirror\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let block = |language: &str, number: usize| {
        section.split(&format!("```{language}\n")).nth(number).unwrap().split("```").next().unwrap()
    };
    let machine = Machine::new();
    let system = format!("{}_{}", std::env::consts::OS, if cfg!(target_arch = "x86_64") { "amd64" } else { "arm64" });
    let folder = machine.work().join("site/terraform").join(terraform::registry()).join("identity-as-code/idv");
    std::fs::create_dir_all(&folder).unwrap();
    let with_system = |text: &str| text.replace("linux_amd64", &system).replace("0.1.0", VERSION);
    std::fs::write(folder.join("index.json"), with_system(block("json", 1))).unwrap();
    std::fs::write(folder.join(format!("{VERSION}.json")), with_system(block("json", 2))).unwrap();
    write_archive(&folder.join(format!("terraform-provider-idv_{VERSION}_{system}.zip")));

    let signed = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| machine.work().join(name));
    std::fs::write(&certificate, signed.cert.pem()).unwrap();
    std::fs::write(&key, signed.signing_key.serialize_pem()).unwrap();
    let (_server, address) = WebServer::start(&machine.work().join("site"), &certificate, &key);

    let cli = machine.work().join("cli.tfrc");
    std::fs::write(&cli, block("terraform", 1).replace("https://mirror.example.com", &address)).unwrap();
    machine.configure("terraform {\n  required_providers {\n    idv = { source = \"identity-as-code/idv\" }\n  }\n}\n");
    let mut init = terraform::command(terraform::pinned());
    init.args(["init", "-input=false", "-no-color"]).env("TF_CLI_CONFIG_FILE", &cli).env("SSL_CERT_FILE", &certificate);
    let installed = machine.run(init).succeeded().stdout;
    assert!(installed.contains(&format!("Installed identity-as-code/idv v{VERSION}")), "{installed}");
    machine.terraform(Some(&cli), &["validate"]).succeeded();
}
