//! The debug mode: the plugin is started first, and Terraform connects to the running process.
//!
//! There is no handshake, so there is no TLS and no cookie either; the socket's permissions keep other users out.

use std::io::Write;

use serde_json::json;

use super::environment::Lookup;
use super::error::Error;
use super::listener::{Address, Listener, Place};
use super::server::{Application, serve_on, with_timeout};
use super::signals::Signals;

/// The variable in which Terraform and OpenTofu find providers that run already.
const VARIABLE: &str = "TF_REATTACH_PROVIDERS";

/// Serves a plugin without a handshake, until Ctrl-C or SIGTERM. Which process started it does not matter.
///
/// Prints on standard output the lines that make a shell's Terraform use this process for the provider `source`, an
/// address such as `namespace/name`; `version` is the major version of the protocol.
pub async fn serve_debug(
    environment: Lookup<'_>,
    source: &str,
    version: u32,
    application: Application,
) -> Result<(), Error> {
    let mut signals = Signals::install()?;
    let listener = Listener::bind(&Place::read(environment)?)?;
    let value = reattach_value(source, version, &listener.address());
    std::io::stdout().lock().write_all(instructions(&value).as_bytes()).map_err(Error::Announce)?;
    let Application { routes, stop, shutdown } = application;
    let end = async {
        let signal = signals.next().await;
        tracing::info!(signal, "ending");
        stop();
    };
    serve_on(listener, None, routes, with_timeout(shutdown), end).await
}

/// Formats the variable's value. `Test` keeps Terraform from ending the process when it is done.
fn reattach_value(source: &str, version: u32, address: &Address) -> String {
    json!({
        source: {
            "Protocol": "grpc",
            "ProtocolVersion": version,
            "Pid": std::process::id(),
            "Test": true,
            "Addr": { "Network": address.network, "String": address.text },
        }
    })
    .to_string()
}

/// Formats the lines to copy into a shell, each with the quotes of its shell.
fn instructions(value: &str) -> String {
    let sh = value.replace('\'', r"'\''");
    let powershell = value.replace('\'', "''");
    format!(
        "The provider is running. To use it, set this variable where you run Terraform or OpenTofu:\n\n  \
         sh:          export {VARIABLE}='{sh}'\n  \
         PowerShell:  $env:{VARIABLE}='{powershell}'\n  \
         cmd:         set \"{VARIABLE}={value}\"\n\n\
         Press Ctrl-C to end it.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_is_what_terraform_parses() {
        let address = Address { network: "unix", text: "/tmp/plugin1".to_owned() };
        let value: serde_json::Value = serde_json::from_str(&reattach_value("ns/name", 6, &address)).unwrap();
        let expected = json!({"ns/name": {"Protocol": "grpc", "ProtocolVersion": 6, "Pid": std::process::id(), "Test": true,
            "Addr": {"Network": "unix", "String": "/tmp/plugin1"}}});
        assert_eq!(value, expected);
    }

    #[test]
    fn each_shell_gets_its_quotes() {
        let text = instructions(r#"{"it's":1}"#);
        assert!(text.contains(r#"export TF_REATTACH_PROVIDERS='{"it'\''s":1}'"#), "{text}");
        assert!(text.contains(r#"$env:TF_REATTACH_PROVIDERS='{"it''s":1}'"#), "{text}");
        assert!(text.contains(r#"set "TF_REATTACH_PROVIDERS={"it's":1}""#), "{text}");
    }

    /// The shell reads the original value back from the line.
    #[cfg(unix)]
    #[test]
    fn a_shell_reads_the_value_back() {
        let value = reattach_value("ns/name", 6, &Address { network: "unix", text: "/tmp/it's here $HOME".to_owned() });
        let text = instructions(&value);
        let line = text.lines().find_map(|line| line.trim().strip_prefix("sh:")).unwrap().trim();
        let script = format!("{line}; printf %s \"${VARIABLE}\"");
        let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), value);
    }
}
