//! Processes of one machine share the limits and the token of a credential.

use std::fs::File;
use std::time::{Duration, Instant};

use crate::support::objects;
use crate::support::sandbox::Sandbox;
use crate::support::workspace::{Started, Workspace};

/// How many plans run at once.
const FLEET: usize = 12;

const WEBHOOKS: &str = "data \"idv_vult_webhooks\" \"all\" {}\n";
const USAGE: &str = "data \"idv_xident_usage\" \"all\" {}\n";

/// Workspaces of one configuration, which use one credential at one sandbox.
fn fleet(sandbox: &Sandbox, configuration: &str) -> Vec<Workspace> {
    let mut fleet: Vec<Workspace> = Vec::new();
    for _ in 0..FLEET {
        let mut workspace = Workspace::new(sandbox);
        if let Some(first) = fleet.first() {
            workspace.share_with(first);
        }
        workspace.configure(configuration);
        fleet.push(workspace);
    }
    fleet
}

fn start(fleet: &[Workspace]) -> Vec<Started<'_>> {
    fleet.iter().map(|workspace| workspace.start(&["plan", "-json", "-parallelism=1"])).collect()
}

/// Uses the files of the budget as a process does that outlives the others: on a slow machine the first plan may have ended
/// before the last begins.
fn join(workspace: &Workspace, files: usize) -> Vec<File> {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let users: Vec<_> = workspace
            .shared_files()
            .into_iter()
            .filter(|path| path.extension().is_some_and(|end| end == "users"))
            .collect();
        if users.len() >= files {
            let locked = users.iter().map(|path| {
                let file = File::open(path).unwrap();
                file.lock_shared().unwrap();
                file
            });
            return locked.collect();
        }
        assert!(Instant::now() < deadline, "no shared files: {users:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn tokens(sandbox: &Sandbox) -> usize {
    sandbox.count("POST /oauth/token")
}

#[test]
fn plans_at_once_request_one_token_and_keep_to_the_limit_together() {
    let sandbox = Sandbox::start();
    let mut fleet = fleet(&sandbox, &format!("{WEBHOOKS}{USAGE}"));
    let log = fleet[0].path().join("provider.log");
    for workspace in &mut fleet {
        workspace.set("TF_LOG_PROVIDER", "INFO");
        workspace.set("TF_LOG_PATH", log.to_str().unwrap());
    }
    let running = start(&fleet);
    // The limits and the token of VULT, and the limits of Xident.
    let joined = join(&fleet[0], 3);
    for plan in running {
        plan.wait().succeeded();
    }
    assert_eq!(tokens(&sandbox), 1, "{:?}", sandbox.request_lines());
    // Ten a minute are documented: without a common budget the eleventh is a 429.
    assert_eq!(sandbox.count("GET /v1/usage 200"), FLEET, "{:?}", sandbox.request_lines());
    let is_limited = |line: &String| line.ends_with(" 429");
    assert!(!sandbox.request_lines().iter().any(is_limited), "{:?}", sandbox.request_lines());
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("waiting for the rate limit of Xident: 1 request waits, 10 per minute are allowed"), "{log}");

    drop(joined);
    fleet[1].configure(WEBHOOKS);
    fleet[1].plan().assert_empty();
    assert_eq!(tokens(&sandbox), 1, "the token is still valid");
    let left = fleet[0].shared_files();
    assert!(left.len() <= 2, "what the last process used is gone: {left:?}");
}

#[test]
fn plans_that_share_nothing_request_a_token_each() {
    let sandbox = objects::sandbox();
    let mut fleet = fleet(&sandbox, WEBHOOKS);
    for workspace in &mut fleet {
        workspace.set("IDV_SHARED_BUDGET", "off");
    }
    for plan in start(&fleet) {
        plan.wait().succeeded();
    }
    assert_eq!(tokens(&sandbox), FLEET);
    assert!(fleet[0].shared_files().is_empty());

    fleet[0].set("IDV_SHARED_BUDGET", "no");
    let error = fleet[0].try_plan().failed().errors();
    assert!(error.contains("`IDV_SHARED_BUDGET` must be `on` or `off`"), "{error}");
}

#[test]
fn providers_that_are_killed_lock_nothing() {
    let sandbox = Sandbox::start_with(&["--latency", "1s"]);
    let fleet = fleet(&sandbox, WEBHOOKS);
    let running = start(&fleet);
    let mut killed = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(60);
    while killed.len() < 4 && Instant::now() < deadline {
        for (number, plan) in running.iter().enumerate().step_by(3) {
            // Not before one of them has sent something: a provider that only reads the schema shares nothing.
            if !killed.contains(&number) && !fleet[0].shared_files().is_empty() && !plan.running_providers().is_empty()
            {
                plan.kill_provider();
                killed.push(number);
            }
        }
        std::thread::sleep(Duration::from_millis(7));
    }
    for (number, plan) in running.into_iter().enumerate() {
        let run = plan.wait();
        if !killed.contains(&number) {
            run.succeeded();
        }
    }
    assert_eq!(killed.len(), 4);
    // A kill may have left files, and they stop nobody.
    let begin = Instant::now();
    for workspace in &fleet[..2] {
        workspace.plan().assert_empty();
    }
    assert!(begin.elapsed() < Duration::from_secs(30), "{:?}", begin.elapsed());
    assert!(fleet[0].shared_files().is_empty(), "{:?}", fleet[0].shared_files());
}

#[test]
fn a_run_that_ends_leaves_no_file() {
    let sandbox = objects::sandbox();
    let workspace = Workspace::new(&sandbox);
    workspace.configure(WEBHOOKS);
    for runs in 1..=2 {
        workspace.plan().assert_empty();
        assert_eq!(tokens(&sandbox), runs, "the token ends with the last process");
        assert!(workspace.shared_files().is_empty(), "{:?}", workspace.shared_files());
    }
}
