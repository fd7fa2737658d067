//! The lock of the state, in a file and in a database.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::job::{Job, wait_for};

/// A database server of our own, which is stopped and removed when dropped.
struct Database {
    process: Child,
    connection: String,
}

impl Database {
    /// Starts one, or returns why there is none.
    fn start(folder: &Path) -> Result<Self, String> {
        let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools");
        let script = r#"
import sys
from pathlib import Path
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from postgres import Postgres
try:
    database = Postgres(Path(sys.argv[2]) / "postgres")
except RuntimeError as missing:
    print(f"not run: {missing}")
    sys.exit()
try:
    database.create()
    database.start()
    print(database.connection, flush=True)
    sys.stdin.read()
finally:
    database.remove()
"#;
        let mut command = Command::new("python3");
        command.args(["-c", script]).arg(tools).arg(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let database = Self { process, connection: line.trim().to_owned() };
        if database.connection.starts_with("postgres:") { Ok(database) } else { Err(database.connection.clone()) }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The script ends with its standard input.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

fn a_held_lock_refuses_or_is_waited_for(mut job: Job) {
    job.step("plan.sh").succeeded();
    let saved = std::fs::read(job.path("saved.tfplan")).unwrap();
    let lock = job.hold_lock();
    job.set("LOCK_TIMEOUT", "0s");
    let refused = job.step("apply.sh").failed();
    assert!(refused.stderr.contains("Error acquiring the state lock"), "{}", refused.stderr);
    job.step("plan.sh").failed();
    let comment = job.read("comment.md");
    assert!(comment.starts_with("### The plan failed: terraform plan") && comment.contains("state lock"), "{comment}");
    assert!(job.webhooks().is_empty());

    std::fs::write(job.path("saved.tfplan"), saved).unwrap();
    job.set("LOCK_TIMEOUT", "120s");
    let mut command = job.command(super::pipelines("steps/apply.sh"));
    let mut waiting = command.stdout(Stdio::piped()).spawn().unwrap();
    wait_for(waiting.stdout.take().unwrap(), "Acquiring state lock");
    drop(lock);
    assert!(waiting.wait().unwrap().success());
    assert_eq!(job.webhooks(), ["events"]);
}

#[test]
fn a_lock_on_a_file_refuses_or_is_waited_for() {
    a_held_lock_refuses_or_is_waited_for(Job::new());
}

/// The suite does not need a database server: where there is none, the test says so.
#[test]
fn a_lock_in_postgresql_refuses_or_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    match Database::start(folder.path()) {
        Ok(database) => {
            let job = Job::with_backend("backend \"pg\" {}", &[("PG_CONN_STR", &database.connection)]);
            a_held_lock_refuses_or_is_waited_for(job);
        }
        Err(reason) => {
            eprintln!("a_lock_in_postgresql_refuses_or_is_waited_for was {reason}");
            assert!(reason.starts_with("not run: "), "{reason}");
        }
    }
}
