//! Starts the sandbox as a process of its own and waits until it is ready.

use std::{
    ffi::OsString,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use super::{Error, Options, file::remove_if_there, ready::Ready};

/// How long the child may take to open its ports, and how often that is checked.
const START_TIMEOUT: Duration = Duration::from_secs(15);
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Starts this program again as `sandbox` without a terminal and returns what to print once it is ready.
///
/// The child has a process group of its own, so that Ctrl-C in the shell does not end it. Its output goes to `<state>.log`
/// beside the state file; without a state file it is discarded.
pub async fn start_in_background(options: &Options) -> Result<String, Error> {
    let scratch = std::env::temp_dir().join(format!("idv-sandbox-{}", uuid::Uuid::new_v4()));
    fs::create_dir(&scratch).map_err(Error::system(format!("create `{}`", scratch.display())))?;
    let started = start(options, &scratch).await;
    // The child keeps its log file open; the name is not needed once the child is ready or its log was read.
    fs::remove_dir_all(&scratch).map_err(Error::system(format!("remove `{}`", scratch.display())))?;
    started
}

async fn start(options: &Options, scratch: &Path) -> Result<String, Error> {
    let ready_file = options.ready_file.clone().unwrap_or_else(|| scratch.join("ready.json"));
    remove_if_there(&ready_file).map_err(Error::system(format!("remove the old `{}`", ready_file.display())))?;
    let log = options.state.as_deref().map_or_else(|| scratch.join("sandbox.log"), log_beside);
    let output = File::create(&log).map_err(Error::system(format!("create the log `{}`", log.display())))?;
    let mut child = spawn(options, &ready_file, output)?;
    wait(&mut child, &ready_file, &log).await?;
    let text = fs::read(&ready_file).map_err(Error::system(format!("read `{}`", ready_file.display())))?;
    let ready: Ready = serde_json::from_slice(&text).map_err(|error| Error::Background {
        reason: format!("`{}` does not contain a ready line: {error}", ready_file.display()),
    })?;
    ready.render(options.format).map_err(|error| Error::Background { reason: error.to_string() })
}

fn log_beside(state: &Path) -> PathBuf {
    let mut name = state.as_os_str().to_owned();
    name.push(".log");
    name.into()
}

fn spawn(options: &Options, ready_file: &Path, output: File) -> Result<Child, Error> {
    let program = std::env::current_exe().map_err(Error::system("find this program's own file"))?;
    let mut command = Command::new(program);
    command.arg("sandbox").args(arguments(options, ready_file));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(output);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn().map_err(Error::system("start the sandbox in the background"))
}

/// Returns the command line with the same options for the child.
fn arguments(options: &Options, ready_file: &Path) -> Vec<OsString> {
    let Options { listen, port_base, state, seed, tenants, account_limit, latency, replay, ready_file: _, format: _ } =
        options;
    let mut arguments: Vec<OsString> = [
        ("--listen", listen.to_string()),
        ("--port-base", port_base.to_string()),
        ("--tenants", tenants.to_string()),
        ("--latency", format!("{}ms", latency.as_millis())),
    ]
    .into_iter()
    .chain(account_limit.map(|limit| ("--account-limit", limit.to_string())))
    .flat_map(|(name, value)| [name.into(), value.into()])
    .collect();
    for (name, path) in [
        ("--state", state.as_deref()),
        ("--seed", seed.as_deref()),
        ("--replay", replay.as_deref()),
        ("--ready-file", Some(ready_file)),
    ] {
        arguments.extend(path.into_iter().flat_map(|path| [name.into(), path.into()]));
    }
    arguments
}

/// Waits for the ready file, the child's end or the timeout, whichever comes first.
async fn wait(child: &mut Child, ready_file: &Path, log: &Path) -> Result<(), Error> {
    let mut waited = Duration::ZERO;
    while !ready_file.exists() {
        let ended = child.try_wait().map_err(Error::system("check the sandbox process"))?;
        if let Some(status) = ended {
            let output = fs::read_to_string(log).map_err(Error::system(format!("read `{}`", log.display())))?;
            return Err(Error::Background { reason: format!("it ended with {status}: {}", output.trim()) });
        }
        if waited >= START_TIMEOUT {
            child.kill().map_err(Error::system("end a sandbox that does not become ready"))?;
            return Err(Error::Background { reason: format!("it was not ready after {} s", START_TIMEOUT.as_secs()) });
        }
        tokio::time::sleep(POLL_INTERVAL).await;
        waited += POLL_INTERVAL;
    }
    Ok(())
}
