//! One run: disturb, repair, check.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write};
use std::fs::Permissions;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use serde_json::{Value, json};

use crate::support::sandbox::Sandbox;
use crate::support::terraform::{self, Run};
use crate::support::workspace::{Started, Workspace};

use super::disturbance::{Disturbance, Event};
use super::kinds::{self, KINDS, Kind};

/// How often a person applies again before it counts as a failure.
const REPAIRS: usize = 5;

/// How long a plugin may live after its Terraform.
const END: Duration = Duration::from_secs(75);

/// What a run does to the objects while something goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Create,
    Change,
    Destroy,
}

/// The result of a run.
pub(super) struct Outcome {
    what: String,
    /// Why it failed; empty if all is as it should be.
    pub(super) failures: Vec<String>,
    /// What is documented to be left at a vendor.
    pub(super) remainders: Vec<String>,
    /// How many objects were imported by the lines of an error.
    pub(super) imports: usize,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.what)?;
        match &self.failures[..] {
            [] => write!(f, "ok, {} imported, {:?}", self.imports, self.remainders),
            failures => failures.iter().try_for_each(|failure| write!(f, "\n    {failure}")),
        }
    }
}

/// The name of the object with this number, which objects of somebody else have too where a vendor allows that.
pub(super) fn name(number: usize) -> String {
    format!("object-{number}")
}

/// Whether a vendor has several objects of a kind with one name, which an object of somebody else then has too.
pub(super) fn is_name_shared(kind: &Kind) -> bool {
    let shared = ["idv_xident_api_key", "idv_xident_blacklist_entry", "idv_didit_workflow", "idv_didit_questionnaire"];
    shared.contains(&kind.type_name)
}

/// An object of the configuration.
struct Object {
    kind: &'static Kind,
    number: usize,
}

impl Object {
    fn name(&self) -> String {
        name(self.number)
    }

    fn address(&self) -> String {
        format!("{}.o{}", self.kind.type_name, self.number)
    }

    fn block(&self, changed: bool) -> String {
        let attributes = (self.kind.attributes)(&self.name(), changed);
        format!("resource \"{}\" \"o{}\" {{\n{attributes}\n}}\n", self.kind.type_name, self.number)
    }
}

/// Objects of some kinds: one or two of each.
fn objects(random: &mut Rng) -> Vec<Object> {
    let mut kinds: Vec<&Kind> = KINDS.iter().collect();
    random.shuffle(&mut kinds);
    let count = random.usize(2..=5);
    let of_kind = |kind: &'static Kind, random: &mut Rng| {
        let count = if kind.is_singleton { 1 } else { random.usize(1..=2) };
        (0..count).map(move |number| Object { kind, number })
    };
    kinds.into_iter().take(count).flat_map(|kind| of_kind(kind, random)).collect()
}

/// The vendors of a run, which can be restarted.
struct Vendors {
    sandbox: Option<Sandbox>,
    arguments: Vec<String>,
}

impl Vendors {
    fn start(folder: &Path, tenants: &Value, latency_ms: u64) -> Self {
        let seed = folder.join("seed.json");
        std::fs::write(&seed, tenants.to_string()).unwrap();
        let arguments = [
            "--seed".to_owned(),
            seed.display().to_string(),
            "--state".to_owned(),
            folder.join("state.json").display().to_string(),
            "--latency".to_owned(),
            format!("{latency_ms}ms"),
            "--port-base".to_owned(),
            free_ports().to_string(),
        ];
        let mut vendors = Self { sandbox: None, arguments: arguments.to_vec() };
        vendors.restart();
        vendors
    }

    fn restart(&mut self) {
        drop(self.sandbox.take());
        let arguments: Vec<_> = self.arguments.iter().map(String::as_str).collect();
        self.sandbox = Some(Sandbox::start_with(&arguments).with_variable("IDV_XIDENT_API", "verify/v1"));
    }

    fn get(&self) -> &Sandbox {
        self.sandbox.as_ref().unwrap()
    }
}

/// The first of several ports in a row that nobody uses. They are below those that the system gives out.
fn free_ports() -> u16 {
    static NEXT: std::sync::atomic::AtomicU16 = std::sync::atomic::AtomicU16::new(0);
    const WIDTH: u16 = 8;
    loop {
        let offset = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed) % 1200;
        // Another suite may run on this machine.
        let base = 20_000 + u16::try_from(std::process::id() % 97).unwrap() + offset * WIDTH;
        if (base..base + WIDTH).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()) {
            return base;
        }
    }
}

/// Runs one.
pub(super) fn run(seed: u64, tenants: &Value) -> Outcome {
    let mut random = Rng::with_seed(seed);
    let objects = objects(&mut random);
    let vendors: BTreeSet<&str> = objects.iter().map(|object| object.kind.vendor).collect();
    let vendors: Vec<&str> = vendors.into_iter().collect();
    let disturbance = Disturbance::new(&mut random, &vendors);
    let step = [Step::Create, Step::Create, Step::Create, Step::Change, Step::Destroy][random.usize(..5)];
    let mut tenants = tenants.clone();
    tenants["fiven"]["parties_consent"] = random.bool().into();

    let folder = tempfile::tempdir().unwrap();
    let mut chaos = Chaos {
        vendors: Vendors::start(folder.path(), &tenants, disturbance.latency_ms),
        objects,
        disturbance,
        foreign: tenants,
        transcript: String::new(),
        imports: 0,
    };
    let failures = chaos.go(step).err().into_iter().collect::<Vec<_>>();
    let kinds: Vec<_> = chaos.objects.iter().map(Object::address).collect();
    let what = format!("seed {seed}: {step:?} of {}: {}", kinds.join(" "), chaos.disturbance);
    let failures =
        failures.into_iter().map(|failure| format!("{failure}\n--- transcript\n{}", chaos.transcript)).collect();
    Outcome { what, failures, remainders: chaos.remainders(), imports: chaos.imports }
}

struct Chaos {
    vendors: Vendors,
    objects: Vec<Object>,
    disturbance: Disturbance,
    /// The tenants at the beginning, with the objects of somebody else.
    foreign: Value,
    /// What Terraform printed.
    transcript: String,
    imports: usize,
}

impl Chaos {
    fn go(&mut self, step: Step) -> Result<(), String> {
        let workspace = Workspace::new(self.vendors.get());
        if step != Step::Create {
            self.configure(&workspace, false, "");
            self.note(workspace.apply()).code.filter(|code| *code == 0).ok_or("the first apply failed")?;
        }
        self.configure(&workspace, step == Step::Change, "");
        let before = self.vendors.get().state();
        let (workspace, disturbed) = self.disturb(workspace, step)?;
        self.vendors.get().clear_faults();
        if step != Step::Destroy {
            let imports = self.imports(&workspace, &disturbed);
            self.repair(&workspace, step == Step::Change, imports)?;
            self.check(&workspace, &before)?;
        }
        self.destroy(&workspace)?;
        self.check_gone()
    }

    fn configure(&self, workspace: &Workspace, changed: bool, more: &str) {
        let blocks: String = self.objects.iter().map(|object| object.block(changed)).collect();
        workspace.configure(&format!("{blocks}{more}"));
    }

    fn note(&mut self, run: Run) -> Run {
        let _ = writeln!(self.transcript, "{}-> {:?}", run.transcript(), run.code);
        run
    }

    /// Applies or destroys while something goes wrong.
    fn disturb(&mut self, workspace: Workspace, step: Step) -> Result<(Workspace, Run), String> {
        let workspace = match self.disturbance.event {
            Event::FullDisk => {
                let script = workspace.path().join("full-disk");
                let terraform = terraform::pinned();
                // The signal about the limit is ignored, so that a write fails as it does on a full disk.
                let text = format!("#!/bin/sh\ntrap '' XFSZ\nulimit -f 4\nexec '{}' \"$@\"\n", terraform.display());
                std::fs::write(&script, text).unwrap();
                std::fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();
                workspace.with_terraform(script)
            }
            _ => workspace,
        };
        for fault in &self.disturbance.faults {
            self.vendors.get().fault(fault);
        }
        self.vendors.get().forget_requests();
        let verb = if step == Step::Destroy { "destroy" } else { "apply" };
        let started = workspace.start(&[verb, "-json", "-auto-approve"]);
        self.wait_for_a_write(&started);
        thread::sleep(Duration::from_millis(self.disturbance.after_ms));
        self.happen(&started);
        if self.disturbance.event == Event::RestartVendors {
            self.vendors.restart();
        }
        let deadline = Instant::now() + END;
        if matches!(self.disturbance.event, Event::KillTerraform | Event::KillBoth) {
            while !started.running_providers().is_empty() {
                if Instant::now() > deadline {
                    return Err("the plugin has outlived its Terraform".to_owned());
                }
                thread::sleep(Duration::from_millis(100));
            }
        }
        let run = started.wait();
        if self.disturbance.event == Event::FullDisk {
            restore_state(&workspace, &run);
        }
        let run = self.note(run);
        Ok((workspace.with_terraform(terraform::pinned()), run))
    }

    /// Waits until the vendors receive a write, or Terraform has nothing to write.
    fn wait_for_a_write(&self, started: &Started<'_>) {
        let deadline = Instant::now() + Duration::from_secs(20);
        let is_write = |request: &Value| {
            let token =
                request["path"].as_str().is_some_and(|path| path.contains("token") && !path.contains("/tokens"));
            !token && ["POST", "PUT", "PATCH", "DELETE"].contains(&request["method"].as_str().unwrap())
        };
        let mut was_there = false;
        while Instant::now() < deadline && !self.vendors.get().requests().iter().any(is_write) {
            let there = !started.running_providers().is_empty();
            if was_there && !there && self.disturbance.event == Event::Nothing {
                return;
            }
            was_there |= there;
            thread::sleep(Duration::from_millis(30));
        }
    }

    fn happen(&self, started: &Started<'_>) {
        let kill_providers = || {
            for process in started.running_providers() {
                // It may have ended by itself.
                let _ = Command::new("kill").args(["-KILL", &process]).status();
            }
        };
        match self.disturbance.event {
            Event::KillProvider => kill_providers(),
            Event::KillTerraform => started.kill_terraform(),
            Event::KillBoth => {
                started.kill_terraform();
                kill_providers();
            }
            Event::Interrupt => started.interrupt(),
            Event::InterruptTwice => {
                started.interrupt();
                thread::sleep(Duration::from_millis(500));
                started.interrupt();
            }
            Event::Terminate => started.terminate(),
            Event::Nothing | Event::RestartVendors | Event::FullDisk => {}
        }
    }

    /// Applies until it succeeds, with the import blocks that the errors have, as a person would.
    fn repair(
        &mut self,
        workspace: &Workspace,
        changed: bool,
        mut imports: BTreeMap<String, String>,
    ) -> Result<(), String> {
        for _ in 0..REPAIRS {
            let blocks: Vec<_> = imports
                .iter()
                .map(|(address, id)| format!("import {{\n  to = {address}\n  id = \"{id}\"\n}}\n"))
                .collect();
            self.configure(workspace, changed, &blocks.concat());
            let run = self.note(workspace.apply());
            if run.code == Some(0) {
                self.imports += imports.len();
                self.configure(workspace, changed, "");
                return Ok(());
            }
            imports.extend(self.imports(workspace, &run));
        }
        Err(format!("{REPAIRS} applies did not succeed"))
    }

    /// What the errors of a run say to import, by address.
    fn imports(&self, workspace: &Workspace, run: &Run) -> BTreeMap<String, String> {
        let errors = run.documents("error");
        let import = |error: &Value| {
            let (address, detail) = (error["address"].as_str()?, error["detail"].as_str()?);
            Some((address.to_owned(), self.id_to_import(workspace, address, detail)?))
        };
        errors.iter().filter_map(import).collect()
    }

    /// The import id of an error: the one that is not somebody else's, as a person sees in the console.
    fn id_to_import(&self, workspace: &Workspace, address: &str, detail: &str) -> Option<String> {
        let object = self.objects.iter().find(|object| object.address() == address)?;
        let foreign: BTreeSet<String> = (object.kind.rows)(&self.foreign).into_iter().map(|(id, _)| id).collect();
        let last = |id: &str| id.rsplit('/').next().unwrap_or_default().to_owned();
        let known: BTreeSet<String> = workspace.state().values().map(|values| text(&values[object.kind.id])).collect();
        let offered = detail.lines().filter_map(|line| line.trim().strip_prefix("id = \"")?.strip_suffix('"'));
        for id in offered {
            let own = last(id);
            if own == "ID" || own.ends_with("_ID") {
                // The error does not know it, and the console does.
                let rows = (object.kind.rows)(&self.vendors.get().state());
                let ours = rows
                    .into_iter()
                    .find(|(row, name)| *name == object.name() && !foreign.contains(row) && !known.contains(row));
                if let Some((row, _)) = ours {
                    return Some(format!("{}{row}", &id[..id.len() - own.len()]));
                }
            } else if !foreign.contains(&own) && !known.contains(&own) {
                return Some(id.to_owned());
            }
        }
        None
    }

    /// Destroys until it succeeds.
    fn destroy(&mut self, workspace: &Workspace) -> Result<(), String> {
        for _ in 0..REPAIRS {
            if self.note(workspace.destroy()).code == Some(0) {
                return Ok(());
            }
        }
        Err(format!("{REPAIRS} destroys did not succeed"))
    }

    /// The objects of a kind that are at the vendor and not somebody else's.
    fn ours(&self, kind: &Kind) -> Vec<(String, String)> {
        let foreign = (kind.rows)(&self.foreign);
        let mut rows = (kind.rows)(&self.vendors.get().state());
        rows.retain(|row| !foreign.contains(row));
        rows
    }

    fn kinds(&self) -> Vec<&'static Kind> {
        let mut kinds: Vec<&'static Kind> = Vec::new();
        for object in &self.objects {
            if !kinds.iter().any(|kind| kind.type_name == object.kind.type_name) {
                kinds.push(object.kind);
            }
        }
        kinds
    }

    /// Checks that every object is in state and at the vendor once, that nothing else was created, and that the plan is empty.
    fn check(&mut self, workspace: &Workspace, before: &Value) -> Result<(), String> {
        let plan = self.note(workspace.run(&["plan", "-json", "-detailed-exitcode"]));
        if plan.code != Some(0) {
            return Err(format!("the plan after the repair is not empty: {:?}", plan.code));
        }
        self.check_foreign(before)?;
        let state = workspace.state();
        for object in &self.objects {
            let values = state.get(&object.address()).ok_or_else(|| format!("{} is not in state", object.address()))?;
            if object.kind.is_singleton || object.kind.vendor == "fiven" {
                continue;
            }
            let id = text(&values[object.kind.id]);
            if !self.ours(object.kind).iter().any(|(row, _)| *row == id) {
                return Err(format!("{} is in state as `{id}`, and not at the vendor", object.address()));
            }
        }
        for kind in self.kinds() {
            let wanted = self.objects.iter().filter(|object| object.kind.type_name == kind.type_name).count();
            let there = self.ours(kind);
            if kind.vendor != "fiven" && !kind.is_singleton && there.len() > wanted && !self.is_documented(kind) {
                return Err(format!("{} was created twice: {there:?}", kind.type_name));
            }
        }
        Ok(())
    }

    /// Whether what a vendor has too many of is documented, and the apply has said so.
    fn is_documented(&self, kind: &Kind) -> bool {
        self.disturbance.event.loses_responses()
            && kind.remainder.iter().any(|message| self.transcript.contains(message))
    }

    /// Checks that the objects of somebody else are as they were.
    fn check_foreign(&self, before: &Value) -> Result<(), String> {
        let now = self.vendors.get().state();
        for list in [
            "/vult/webhooks",
            "/onekosmos/templates",
            "/xident/blacklist",
            "/xident/api_keys",
            "/didit/webhook_destinations",
            "/didit/workflows",
            "/didit/questionnaires",
            "/didit/lists",
        ] {
            let rows = |state: &Value| state.pointer(list).unwrap().as_array().unwrap().clone();
            let now = rows(&now);
            if let Some(row) = rows(&self.foreign).into_iter().find(|row| !now.contains(row)) {
                return Err(format!("an object of somebody else in {list} is not as it was: {row}"));
            }
        }
        let settings = |state: &Value| json!([state["onekosmos"]["communities"], state["fiven"]["credentials"][0]]);
        if settings(before) != settings(&now) {
            return Err("settings that are not managed have changed".to_owned());
        }
        Ok(())
    }

    /// Checks that nothing of ours is left but what is documented.
    fn check_gone(&self) -> Result<(), String> {
        self.check_foreign(&self.foreign)?;
        for kind in self.kinds() {
            let left = self.ours(kind);
            if !left.is_empty() && !self.is_documented(kind) {
                return Err(format!("{} is left after the destroy: {left:?}", kind.type_name));
            }
        }
        Ok(())
    }

    /// What is left at vendors, as it is documented.
    fn remainders(&self) -> Vec<String> {
        let state = self.vendors.get().state();
        let twice = kinds::asked(&state).into_iter().filter(|(_, count)| *count > 1);
        let twice = twice.map(|(party, count)| format!("{party} was asked {count} times"));
        let left = self.kinds().into_iter().filter(|kind| !kind.remainder.is_empty()).flat_map(|kind| self.ours(kind));
        twice.chain(left.map(|(id, name)| format!("{name} is left as {id}"))).collect()
    }
}

/// Writes the state that Terraform printed because it could not store it, as its message asks for.
fn restore_state(workspace: &Workspace, run: &Run) {
    let lines = run.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let dumped =
        lines.filter(|line| line["@message"] == "Emergency state dump").find_map(|line| line.get("state").cloned());
    if let Some(state) = dumped {
        workspace.write("terraform.tfstate", &state.to_string());
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
