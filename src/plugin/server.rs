//! Runs a plugin: listen, print the address, serve until the host asks to stop, end soon after.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use super::error::Error;
use super::handshake::Handshake;
use super::host::Host;
use super::listener::{Listener, connections};
use super::services::{self, ShutdownHook};
use super::signals::Signals;
use super::tls;

/// How long calls in flight may take to finish after the host asked to stop. It kills the process after two seconds.
const STOP_TIMEOUT: Duration = Duration::from_secs(1);

/// How long the shutdown hook may take.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// Serves a plugin's own routes to the host of `handshake`, until the host asks to stop. The limits on the size of messages
/// are those that the caller has set on its service.
///
/// `shutdown` runs before the plugin ends, for at most ten seconds.
///
/// Prints the handshake line on standard output, which must not have been written to, and ignores SIGINT and SIGTERM.
/// Ends when the host has ended without a request, such as after SIGKILL.
/// Needs a runtime of tokio with input/output and time.
pub async fn serve(
    handshake: &Handshake,
    routes: Routes,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Error> {
    let shutdown = with_timeout(shutdown);
    let host = Host::now();
    let signals = Signals::install()?;
    let server = Server::bind(handshake)?;
    announce(&server.line).map_err(Error::Announce)?;
    tokio::select! {
        result = server.run(routes, shutdown.clone()) => result,
        () = host.gone() => {
            tracing::warn!("Terraform ended without asking the plugin to stop");
            shutdown.await;
            Ok(())
        }
        never = signals.ignore() => match never {},
    }
}

/// A shutdown hook with a timeout, because the user waits for it.
pub(super) fn with_timeout(shutdown: impl Future<Output = ()> + Send + 'static) -> ShutdownHook {
    let bounded = async {
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, shutdown).await.is_err() {
            tracing::error!(timeout = ?SHUTDOWN_TIMEOUT, "ended before everything was released");
        }
    };
    bounded.boxed().shared()
}

/// Writes the handshake line, which has the plugin's address, to standard output.
fn announce(line: &str) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}

/// A plugin that listens and has not printed its address yet.
pub(super) struct Server {
    listener: Listener,
    tls: Option<TlsAcceptor>,
    /// The handshake line.
    pub(super) line: String,
}

impl Server {
    pub(super) fn bind(handshake: &Handshake) -> Result<Self, Error> {
        let (tls, certificate) = match handshake.client_certificate.clone().map(tls::configure).transpose()? {
            Some((config, certificate)) => (Some(TlsAcceptor::from(Arc::new(config))), Some(certificate)),
            None => (None, None),
        };
        let listener = Listener::bind(&handshake.place)?;
        let line = handshake.line(&listener.address(), certificate.as_ref());
        Ok(Self { listener, tls, line })
    }

    pub(super) async fn run(self, routes: Routes, shutdown: ShutdownHook) -> Result<(), Error> {
        run(self.listener, self.tls, routes, shutdown).await
    }
}

/// Serves until the host asks to stop. The socket is removed then, and calls in flight end or are cancelled.
pub(super) async fn run(
    listener: Listener,
    tls: Option<TlsAcceptor>,
    routes: Routes,
    shutdown: ShutdownHook,
) -> Result<(), Error> {
    let stop = CancellationToken::new();
    let routes = services::add(routes, stop.clone(), shutdown).await;
    let serving = tonic::transport::Server::builder()
        .add_routes(routes)
        .serve_with_incoming_shutdown(connections(listener, tls), stop.clone().cancelled_owned());
    tokio::select! {
        result = serving => result.map_err(Error::Serve),
        () = overdue(&stop) => {
            tracing::warn!(timeout = ?STOP_TIMEOUT, "stopped with calls still in flight");
            Ok(())
        }
    }
}

/// Waits until a stop has taken too long.
async fn overdue(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(STOP_TIMEOUT).await;
}
