//! A sandbox for one test: started from the real binary on free ports, stopped when dropped.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use reqwest::blocking::{Client, RequestBuilder, Response};
use serde::Deserialize;
use serde_json::{Value, json};

/// The binary under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_terraform-provider-idv");

/// The sandbox of one test.
pub(crate) struct Sandbox {
    process: Child,
    ready: Ready,
    http: Client,
}

#[derive(Deserialize)]
struct Ready {
    event: String,
    pid: u32,
    urls: BTreeMap<String, String>,
    env: BTreeMap<String, String>,
    #[serde(default)]
    tenants: Vec<Tenant>,
}

/// One of the tenants of `--tenants`.
#[derive(Deserialize)]
pub(crate) struct Tenant {
    /// Its name in the state and in the log.
    pub(crate) name: String,
    /// The variables that point the provider at it.
    pub(crate) env: BTreeMap<String, String>,
}

impl Sandbox {
    /// Starts one with the vendors' initial states.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts one with further arguments, such as `["--state", path]`.
    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        let mut process = Command::new(BINARY).arg("sandbox").args(arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Ready = serde_json::from_str(&line).unwrap_or_else(|error| panic!("not ready: {line:?}: {error}"));
        assert_eq!((ready.event.as_str(), ready.pid), ("ready", process.id()));
        Self { process, ready, http: client() }
    }

    /// The base URL of a vendor's port, without a trailing slash.
    pub(crate) fn url(&self, vendor: &str) -> &str {
        &self.ready.urls[vendor]
    }

    /// The base URL of the control port.
    pub(crate) fn control(&self) -> &str {
        self.url("control")
    }

    /// The variables that point the provider at this sandbox.
    pub(crate) fn env(&self) -> &BTreeMap<String, String> {
        &self.ready.env
    }

    /// The tenants beside the first account of each vendor.
    pub(crate) fn tenants(&self) -> &[Tenant] {
        &self.ready.tenants
    }

    /// Adds a variable to those that point the provider at this sandbox, such as the generation of an API.
    pub(crate) fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.ready.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// A client that uses no proxy.
    pub(crate) fn http(&self) -> &Client {
        &self.http
    }

    /// Every request since the start or since [`Self::forget_requests`].
    pub(crate) fn requests(&self) -> Vec<Value> {
        serde_json::from_value(self.ask("/requests")).unwrap()
    }

    /// The requests as lines such as `POST /webhook/list 200`; the status is `-` if there was no response.
    pub(crate) fn request_lines(&self) -> Vec<String> {
        let line = |request: &Value| {
            let status = request["status"].as_u64().map_or("-".to_owned(), |status| status.to_string());
            format!("{} {} {status}", request["method"].as_str().unwrap(), request["path"].as_str().unwrap())
        };
        self.requests().iter().map(line).collect()
    }

    /// Counts the requests whose line begins with this.
    pub(crate) fn count(&self, beginning: &str) -> usize {
        self.request_lines().iter().filter(|line| line.starts_with(beginning)).count()
    }

    /// Waits for a request whose line begins with this.
    pub(crate) fn wait_for_request(&self, beginning: &str) {
        self.wait_until(beginning, |sandbox| sandbox.count(beginning) > 0);
    }

    /// Waits for a condition; `what` names it in the failure.
    pub(crate) fn wait_until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !is_so(self) {
            assert!(Instant::now() < deadline, "not within a minute: {what}; {:?}", self.request_lines());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Empties the log of requests.
    pub(crate) fn forget_requests(&self) {
        accepted(self.http.delete(self.at_control("/requests")));
    }

    /// Adds a fault; see `POST /faults`.
    pub(crate) fn fault(&self, fault: &Value) {
        accepted(self.http.post(self.at_control("/faults")).json(fault));
    }

    /// Counts the faults that have not been injected as often as requested.
    pub(crate) fn faults(&self) -> usize {
        self.ask("/faults").as_array().unwrap().len()
    }

    /// Removes all faults.
    pub(crate) fn clear_faults(&self) {
        accepted(self.http.delete(self.at_control("/faults")));
    }

    /// The whole state document.
    pub(crate) fn state(&self) -> Value {
        self.ask("/state")
    }

    /// Replaces the whole state document.
    pub(crate) fn set_state(&self, state: &Value) {
        accepted(self.http.put(self.at_control("/state")).json(state));
    }

    /// Changes the state outside Terraform.
    pub(crate) fn change_state(&self, change: impl FnOnce(&mut Value)) {
        let mut state = self.state();
        change(&mut state);
        self.set_state(&state);
    }

    /// Moves the sandbox's clock.
    pub(crate) fn advance_clock(&self, seconds: i64) {
        accepted(self.http.post(self.at_control("/clock")).json(&json!({"advance_seconds": seconds})));
    }

    /// Stops it with SIGTERM and returns how it exited.
    pub(crate) fn stop(mut self) -> ExitStatus {
        terminate(self.ready.pid);
        self.process.wait().unwrap()
    }

    fn at_control(&self, path: &str) -> String {
        format!("{}{path}", self.control())
    }

    fn ask(&self, path: &str) -> Value {
        accepted(self.http.get(self.at_control(path))).json().unwrap()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Both fail if the process has already exited, which is fine.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A client that uses no proxy.
pub(crate) fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

/// Sends SIGTERM.
pub(crate) fn terminate(pid: u32) {
    assert!(Command::new("kill").arg(pid.to_string()).status().unwrap().success());
}

/// Sends a request, which must succeed.
fn accepted(request: RequestBuilder) -> Response {
    let response = request.send().unwrap();
    let status = response.status();
    if status.is_success() { response } else { panic!("{status}: {}", response.text().unwrap()) }
}
