//! The signals that ask a process to end: a plugin ignores Ctrl-C and obeys SIGTERM.
//!
//! Ctrl-C reaches every process of the terminal's group. Terraform then stops its providers by a call and waits for the
//! state of their operations, which a provider that ended by the signal would lose. SIGTERM is sent to this process, or by
//! a service manager to all of them, and SIGKILL follows for those that stay.

use super::error::Error;

/// The name of the signal by which a process is asked to end.
const SIGTERM: &str = "SIGTERM";

/// The signals, handled from [`Signals::install`] until the process ends.
#[derive(Debug)]
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(not(unix))]
    interrupt: tokio::signal::windows::CtrlC,
}

impl Signals {
    /// Installs the handlers: the signals no longer end the process.
    #[cfg(unix)]
    pub(super) fn install() -> Result<Self, Error> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).map_err(Error::Signals)?,
            terminate: signal(SignalKind::terminate()).map_err(Error::Signals)?,
        })
    }

    /// Installs the handler: Ctrl-C no longer ends the process.
    #[cfg(not(unix))]
    pub(super) fn install() -> Result<Self, Error> {
        Ok(Self { interrupt: tokio::signal::windows::ctrl_c().map_err(Error::Signals)? })
    }

    /// Waits for the next signal and returns its name.
    #[cfg(unix)]
    pub(super) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => SIGTERM,
        }
    }

    /// Waits for the next Ctrl-C and returns its name.
    #[cfg(not(unix))]
    pub(super) async fn next(&mut self) -> &'static str {
        self.interrupt.recv().await;
        "Ctrl-C"
    }

    /// Waits for SIGTERM. Ignores Ctrl-C: counts and logs it.
    pub(super) async fn terminated(mut self) {
        let mut count = 0_u64;
        loop {
            match self.next().await {
                SIGTERM => return,
                signal => {
                    count += 1;
                    tracing::info!(signal, count, "ignored a signal: the host stops its plugins itself");
                }
            }
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn signals_are_received_and_do_not_end_the_process() {
        let mut signals = Signals::install().unwrap();
        for (option, name) in [("-INT", "SIGINT"), ("-TERM", SIGTERM), ("-INT", "SIGINT")] {
            let status = std::process::Command::new("kill").args([option, &std::process::id().to_string()]).status();
            assert!(status.unwrap().success());
            assert_eq!(signals.next().await, name);
        }
    }
}
