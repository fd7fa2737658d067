//! The signals that ask a process to end, which a plugin must outlive.
//!
//! Ctrl-C reaches every process of the terminal's group. Terraform then stops its providers by a call and waits for the
//! state of what they were doing; a provider that died of the signal would lose it. So the host alone ends a plugin.

use std::convert::Infallible;

use super::error::Error;

/// The signals, taken over from the moment of [`Signals::take_over`] until the process ends.
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
    /// Takes the signals over: they no longer end the process by themselves.
    #[cfg(unix)]
    pub(super) fn take_over() -> Result<Self, Error> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).map_err(Error::Signals)?,
            terminate: signal(SignalKind::terminate()).map_err(Error::Signals)?,
        })
    }

    /// Takes Ctrl-C over: it no longer ends the process by itself.
    #[cfg(not(unix))]
    pub(super) fn take_over() -> Result<Self, Error> {
        Ok(Self { interrupt: tokio::signal::windows::ctrl_c().map_err(Error::Signals)? })
    }

    /// Waits for the next signal and returns its name.
    #[cfg(unix)]
    pub(super) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }

    /// Waits for the next Ctrl-C and returns its name.
    #[cfg(not(unix))]
    pub(super) async fn next(&mut self) -> &'static str {
        self.interrupt.recv().await;
        "Ctrl-C"
    }

    /// Swallows every signal: counts it and says so in the log.
    pub(super) async fn swallow(mut self) -> Infallible {
        let mut count = 0_u64;
        loop {
            let signal = self.next().await;
            count += 1;
            tracing::info!(signal, count, "left a signal to the host, which ends its plugins itself");
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_signals_arrive_and_do_not_end_the_process() {
        let mut signals = Signals::take_over().unwrap();
        for (option, name) in [("-INT", "SIGINT"), ("-TERM", "SIGTERM"), ("-INT", "SIGINT")] {
            let status = std::process::Command::new("kill").args([option, &std::process::id().to_string()]).status();
            assert!(status.unwrap().success());
            assert_eq!(signals.next().await, name);
        }
    }
}
