//! The ready line: JSON for a program, `export` lines for a shell.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The format of the ready line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// One line of JSON: `{"event":"ready","pid":...,"urls":{...},"env":{...},"tenants":[...]}`.
    #[default]
    Json,
    /// Lines for `eval`: one `export` for each variable, without those of the tenants.
    Shell,
}

/// The name of the control port among the URLs.
pub(super) const CONTROL: &str = "control";

/// URLs and variables of a running sandbox.
#[derive(Serialize, Deserialize)]
pub(super) struct Ready {
    event: String,
    /// The process to end when the sandbox is no longer needed.
    pid: u32,
    /// One URL per vendor and one for the control port, without a trailing slash.
    pub(super) urls: BTreeMap<String, String>,
    /// Variables that point the provider at the sandbox: at the first account of each vendor.
    pub(super) env: BTreeMap<String, String>,
    /// The tenants in their order; absent without `--tenants`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tenants: Vec<Tenant>,
}

/// One of several tenants.
#[derive(Serialize, Deserialize)]
pub(super) struct Tenant {
    pub(super) name: String,
    /// Variables that point the provider at this tenant.
    pub(super) env: BTreeMap<String, String>,
}

impl Ready {
    /// Creates the ready line of this process.
    pub(super) fn new(urls: BTreeMap<String, String>, env: BTreeMap<String, String>, tenants: Vec<Tenant>) -> Self {
        Self { event: "ready".to_owned(), pid: std::process::id(), urls, env, tenants }
    }

    /// Writes the text for standard output, with a final line feed.
    pub(super) fn render(&self, format: Format) -> Result<String, serde_json::Error> {
        Ok(match format {
            Format::Json => serde_json::to_string(self)? + "\n",
            Format::Shell => self.exports(),
        })
    }

    fn exports(&self) -> String {
        let pid = self.pid.to_string();
        let control = self.urls.get(CONTROL).map(String::as_str).unwrap_or_default();
        let own = [("IDV_SANDBOX_PID", pid.as_str()), ("IDV_SANDBOX_CONTROL_URL", control)];
        let env = self.env.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let lines: Vec<_> = env.chain(own).map(|(name, value)| format!("export {name}={}", quoted(value))).collect();
        lines.join("\n") + "\n"
    }
}

/// Quotes a value with single quotes, in which a shell expands nothing.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_a_quoted_value_unchanged() {
        for value in ["plain", "it's $HOME `date` \\ \"x\"", "two\nlines", ""] {
            let script = format!("printf %s {}", quoted(value));
            let output = std::process::Command::new("sh").arg("-c").arg(script).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), value);
        }
    }
}
